"""The site as one file to take along, and what robots may read.

The same site gives the same bytes: entries are sorted and carry no time.
"""

import io
import zipfile

NAME = "seq2bert-book.zip"
FOLDER = "seq2bert-book/"
README = """\
From seq2seq to BERT, to read offline.

Open index.html in a browser. Nothing is loaded from elsewhere. Search and live figures need a server on your own
machine: run `python3 -m http.server` in this folder and open http://localhost:8000.
"""


def make_zip(files):
    """Bytes of an archive with every file of the site.

    Parameters
    ----------
    files : dict
        Bytes by path in the site.
    """
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in sorted({"README.txt": README.encode(), **files}.items()):
            entry = zipfile.ZipInfo(FOLDER + name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return output.getvalue()


def robots(address):
    """Text of robots.txt for a site at `address`, which ends in a slash."""
    return f"User-agent: *\nAllow: /\n\nSitemap: {address}sitemap.xml\n"
