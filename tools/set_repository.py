"""Write the repository's address wherever it stands: `make set-repository URL=https://github.com/owner/name`.

The address is written once by hand, in _config.yml. Everything else in the tree that holds it, or the address of the
published site, which derives from it, is rewritten here: first cells and links of the notebooks, badges and links of
the README and the pages, CITATION.cff. tests/book/test_repository_address.py finds a file that disagrees.

`make set-repository BRANCH=v0.1.0` writes in the same way from which branch or tag they install and open notebooks.
"""

import argparse
import re
import sys
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
WRITTEN = ("_config.yml", "index.md", "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "CITATION.cff", "REUSE.toml")
WRITTEN += ("pyproject.toml", "pages/**/*.md", "lectures/*.ipynb", "solutions/**/*.ipynb", "exercises/**/*.ipynb")
WRITTEN += ("solutions/**/*.md", "src/**/*.py", "tools/*.py", "references.bib")


def pages_address(repository):
    """Address at which GitHub Pages publishes a repository, without a slash at the end."""
    owner, name = urlsplit(repository).path.strip("/").split("/")
    if name.lower() == f"{owner}.github.io".lower():
        return f"https://{name.lower()}"
    return f"https://{owner.lower()}.github.io/{name}"


def current_address(root):
    """The repository's address as _config.yml has it."""
    text = (root / "_config.yml").read_text(encoding="utf-8")
    return re.search(r"^  url: (\S+)$", text, flags=re.MULTILINE)[1]


def current_branch(root):
    """The branch or tag that launch buttons and first cells use."""
    text = (root / "_config.yml").read_text(encoding="utf-8")
    return re.search(r"^  branch: (\S+)$", text, flags=re.MULTILINE)[1]


def checked_address(url):
    """The address in its normal form; raises where it is not one of a repository on GitHub."""
    match = re.fullmatch(r"https://github\.com/([A-Za-z0-9-]+)/([A-Za-z0-9._-]+?)(?:\.git)?/?", url)
    if match is None:
        raise ValueError(f"URL must look like https://github.com/owner/name; got {url!r}")
    return f"https://github.com/{match[1]}/{match[2]}"


def checked_branch(name):
    """The name of a branch or tag; raises where it is not one that needs no quoting."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._/-]*", name):
        raise ValueError(f"BRANCH must be the name of a branch or tag, v0.1.0 say; got {name!r}")
    return name


def written_files(root):
    """Files that may hold the address."""
    return sorted({path for pattern in WRITTEN for path in root.glob(pattern) if path.is_file()})


def rewrite(root, url=None, branch=None):
    """Replace the old address, and the old branch, by the new one everywhere; return the files that changed."""
    old, old_branch = current_address(root), current_branch(root)
    new = old if url is None else checked_address(url)
    new_branch = old_branch if branch is None else checked_branch(branch)
    old_colab, new_colab = (
        f"colab.research.google.com/github/{a.removeprefix('https://github.com/')}/" for a in (old, new)
    )
    pairs = [(pages_address(old), pages_address(new)), (old, new), (old_colab, new_colab)]
    pairs += [(f"{new}@{old_branch}", f"{new}@{new_branch}")]
    pairs += [(f"{place}blob/{old_branch}/", f"{place}blob/{new_branch}/") for place in (f"{new}/", new_colab)]
    changed = []
    for path in written_files(root):
        text = path.read_text(encoding="utf-8")
        result = text
        for before, after in pairs:
            result = re.sub(re.escape(before) + r"(?![A-Za-z0-9_-])" * (not before.endswith("/")), after, result)
        if path == root / "_config.yml":
            result = re.sub(r"(?m)^  branch: \S+$", f"  branch: {new_branch}", result)
        if result != text:
            path.write_text(result, encoding="utf-8")
            changed.append(path)
    return changed


def main():
    parser = argparse.ArgumentParser(description="Write the repository's address, and a branch or tag.")
    parser.add_argument("url", nargs="?", help="https://github.com/owner/name; default: as it is")
    parser.add_argument("--branch", help="from which notebooks are installed and opened; default: as it is")
    arguments = parser.parse_args()
    try:
        changed = rewrite(ROOT, arguments.url, arguments.branch)
    except ValueError as error:
        sys.exit(str(error))
    for path in changed:
        print(f"  {path.relative_to(ROOT)}")
    said = f"{len(changed)} files changed: they name {current_address(ROOT)} and {current_branch(ROOT)}."
    print(f"{said} The next make book rebuilds the site.")


if __name__ == "__main__":
    main()
