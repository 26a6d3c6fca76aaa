"""Make the published folder from what Sphinx wrote: one style sheet, drawn icons, a font for mathematics, less to load.

Sphinx's folder stays as it is, so that its next build is incremental; the finished one is written beside it, and files
that did not change keep their times. The same input gives the same bytes.
"""

import hashlib
from pathlib import Path

import yaml

from tools import site_font, site_icons, site_offline, site_pages, site_styles
from tools.install_node_packages import ROOT, find_node
from tools.set_repository import current_address, pages_address

# Written by Sphinx and loaded by no page: sources of scripts, fonts of icons that are drawn.
LEFT_OUT = (
    "*.map",
    "fontawesome.js*",
    "bootstrap.js*",
    "fa-*",
    "webpack-macros.html",
    "sbt-webpack-macros.html",
)
LIVE_CODE = "*thebe*"  # live code by a remote service: loaded only where _config.yml asks for it


class FinishError(Exception):
    """Why the site could not be finished, in words that say what to do."""


def wants_live_code(root):
    """Whether _config.yml asks for live code by a remote service."""
    settings = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    return settings["launch_buttons"]["thebe"] is True


def read_site(folder, *, live_code):
    """Pages as text and other files as bytes, each a dict by path, without what no page loads."""
    left_out = LEFT_OUT if live_code else (*LEFT_OUT, LIVE_CODE)
    pages, files = {}, {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not path.is_file() or any(path.match(pattern) for pattern in left_out) or name.startswith("_static/locales"):
            continue
        if path.suffix == ".html" and not name.startswith("_"):
            pages[name] = path.read_text(encoding="utf-8")
        else:
            files[name] = path.read_bytes()
    return pages, files


def finish_pages(pages, files, icons):
    """The pages with icons, patient pictures and names; their style sheets are still Sphinx's."""
    done, mended = {}, set()
    for name, page in pages.items():
        page = site_pages.without_needless_scripts(name, page)
        page = site_pages.with_deferred_scripts(name, site_pages.with_plain_code(page))
        page = site_icons.with_icons(page, icons)
        page = site_pages.with_patient_pictures(name, page, files.__getitem__)
        done[name] = site_pages.with_mended_theme(page, mended)
    idle = [fault for fault, _ in site_pages.MENDED if fault not in mended]
    if idle:
        raise FinishError(f"The theme has changed; these rules of tools/site_pages.py match nothing: {idle}")
    return done


def make_styles(pages, files, node):
    """The one style sheet: what the pages name in their order, then what Temml needs for mathematics."""
    sheets = site_styles.all_sheets(pages)
    parts = [site_styles.moved(site_styles.with_imports(sheet, files), sheet) for sheet in sheets]
    for sheet in {*sheets, *site_styles.IMPORTED}:
        files.pop(sheet, None)
    parts.append((ROOT / "node_modules" / "temml" / "dist" / "Temml-STIX2.css").read_text(encoding="utf-8"))
    scripts = [
        files[name].decode() for name in sorted(files) if name.endswith((".js", ".mjs")) and "search" not in name
    ]
    return site_styles.purged("\n".join(parts), list(pages.values()), scripts, node)


def finished(folder, theme_scripts):
    """Every file of the finished site, as a dict from path to bytes.

    Parameters
    ----------
    folder : Path
        What Sphinx wrote.
    theme_scripts : Path
        Folder of the theme's scripts.
    """
    node = find_node()
    if node is None:
        raise FinishError("There is no Node: run make book, which installs it.")
    pages, files = read_site(folder, live_code=wants_live_code(ROOT))
    icons = site_icons.read_icons(theme_scripts / "fontawesome.js", node)
    pages = finish_pages(pages, files, icons)
    css = make_styles(pages, files, node)
    version = hashlib.sha256(css.encode()).hexdigest()[:8]
    files[site_styles.PLACE] = css.encode()
    files[site_font.PLACE] = site_font.make_font(site_font.characters_of(pages.values()))
    for name, page in pages.items():
        files[name] = site_styles.with_one_sheet(name, page, version).encode()
    files["robots.txt"] = site_offline.robots(pages_address(current_address(ROOT)) + "/").encode()
    files[site_offline.NAME] = site_offline.make_zip(files)
    return files


def write_tree(files, folder):
    """Make `folder` hold exactly `files`, touching only what differs."""
    folder = Path(folder)
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        if str(path.relative_to(folder)) not in files:
            path.unlink()
    for name, content in files.items():
        path = folder / name
        if not path.exists() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
