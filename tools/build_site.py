"""Build the site from the executed lectures, with warnings as errors.

The tree that Sphinx reads is assembled in _build/site_source: the pages, the current text of each lecture with the
outputs of its run, MathJax from node_modules, and one API page for each module. Files that did not change keep their
times, so Sphinx reads again only what changed. Nothing at all happens when nothing changed since the last good build;
after a failed build, or when the configuration, an extension or the table of contents changed, Sphinx starts from
nothing: otherwise a second run would be green because the page with the warning is not read again.
"""

import argparse
import ast
import hashlib
import importlib.metadata
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat

from tools import execute, export_live

ROOT = Path(__file__).resolve().parent.parent
COPIED = ("_config.yml", "_toc.yml", "index.md", "references.bib", "pages/**/*.md", "_static/**/*", "_ext/**/*.py")
MATHJAX = (
    "tex-mml-chtml.js",
    "output/chtml/fonts/woff-v2/*.woff",
    "input/tex/extensions/*.js",
    "a11y/assistive-mml.js",
)
STARTS_ANEW = ("_config.yml", "_toc.yml", "_ext")  # a change here concerns every page


class SiteError(Exception):
    """Why there is no site, in words that say what to do."""


def with_outputs(lecture, executed):
    """The lecture as it reads now, with the outputs of its run put under its code cells."""
    notebook = execute.read_lecture(lecture)
    run = nbformat.read(executed / lecture.name, as_version=4)
    ran = [cell for cell in run.cells if cell.cell_type == "code"]
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    if [cell.source for cell in ran] != [cell.source for cell in code]:
        raise SiteError(f"{lecture.name} changed since it ran: run `make book` again.")
    for cell, done in zip(code, ran, strict=True):
        cell.outputs, cell.execution_count = done.outputs, done.execution_count
    return nbformat.writes(notebook).encode()


def api_pages(package):
    """API pages of a package, as a dict from file name to text.

    A subpackage whose `__init__` re-exports names is documented under those names; any other is documented file by
    file.
    """
    pages = {}
    for path in sorted(package.iterdir()):
        if path.name.startswith("_") or path.name in ("assets", "py.typed"):
            continue
        if path.suffix == ".py":
            modules = [path.stem]
        elif (path / "__init__.py").exists():
            modules = subpackage_modules(path)
        else:
            continue
        name = f"{package.name}.{path.stem}"
        directives = "\n\n".join(
            f".. automodule:: {package.name}.{module}\n   :members:\n   :show-inheritance:" for module in modules
        )
        pages[f"{name}.md"] = f"# {name}\n\n```{{eval-rst}}\n{directives}\n```\n"
    return pages


def subpackage_modules(folder):
    """Modules of a subpackage that get documented: itself, then those from which it re-exports nothing."""
    tree = ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module]
    exported = {node.module.removeprefix(f"seq2bert.{folder.name}").strip(".").split(".")[0] for node in imports}
    files = {path.stem for path in folder.glob("[!_]*.py")}
    folders = {path.parent.name for path in folder.glob("*/__init__.py")}
    others = sorted((files | folders) - exported)
    return [folder.name, *(f"{folder.name}.{stem}" for stem in others)]


def source_files(root):
    """Every file that Sphinx will read, as a dict from its path in the assembled tree to its content."""
    files = {}
    for pattern in COPIED:
        for path in sorted(root.glob(pattern)):
            if path.is_file() and "__pycache__" not in path.parts:
                files[str(path.relative_to(root))] = path.read_bytes()
    package = execute.package_hash(root)
    executed = root / "_build" / "executed"
    for lecture in execute.find_lectures(root):
        if not execute.is_current(lecture, package, executed):
            raise SiteError(f"{lecture.name} has not been run since it changed: run `make book`.")
        files[f"lectures/{lecture.name}"] = with_outputs(lecture, executed)
    for name, text in api_pages(root / "src" / "seq2bert").items():
        files[f"pages/api/{name}"] = text.encode()
    scripts = root / "node_modules" / "mathjax" / "es5"
    for pattern in MATHJAX:
        for path in sorted(scripts.glob(pattern)):
            files[f"_vendor/_static/mathjax/{path.relative_to(scripts)}"] = path.read_bytes()
    if "_vendor/_static/mathjax/tex-mml-chtml.js" not in files:
        raise SiteError("node_modules lacks MathJax: run `make book`, which installs it.")
    return files | export_live.live_files(root)


def write_tree(files, folder):
    """Make `folder` hold exactly `files`, touching only what differs."""
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        if str(path.relative_to(folder)) not in files:
            path.unlink()
    for name, content in files.items():
        path = folder / name
        if not path.exists() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def hash_of(*parts):
    """Hash of names and contents."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode() if isinstance(part, str) else part)
        digest.update(b"\0")
    return digest.hexdigest()


def build(root, *, anew=False):
    """Bring _build/site up to date; return whether there was anything to do."""
    site, source = root / "_build" / "site", root / "_build" / "site_source"
    stamp = site / "built-from"
    files = source_files(root)
    tool = Path(__file__).read_bytes() + importlib.metadata.version("Sphinx").encode()
    docstrings = hash_of(*(path.read_bytes() for path in sorted((root / "src").rglob("*.py"))))
    base = hash_of(tool, *(content for name, content in files.items() if name.startswith(STARTS_ANEW)), *sorted(files))
    wanted = f"{base} {hash_of(docstrings, *(part for item in files.items() for part in item))}"
    last = stamp.read_text() if stamp.exists() else ""
    if last == wanted and not anew:
        return False
    if anew or last.split(" ")[0] != base:
        shutil.rmtree(site, ignore_errors=True)
    stamp.unlink(missing_ok=True)
    write_tree(files, source)
    command = [Path(sys.executable).parent / "jupyter-book", "build", "-W", "-n", "--keep-going"]
    command += ["--path-output", str(site), str(source)]
    # autodoc reads this tree, whichever copy of it the environment has installed.
    variables = dict(os.environ, PYTHONPATH=f"{root / 'src'}{os.pathsep}{root}", NO_COLOR="1")
    result = subprocess.run(command, env=variables, capture_output=True, text=True, errors="replace")
    if result.returncode != 0:
        progress = result.stdout if not result.stderr.strip() else ""
        raise SiteError(f"{progress}{result.stderr}\nThe site was not built; the warnings and errors are above.")
    html = site / "_build" / "html"
    for lecture in execute.find_lectures(root):  # the download button gives the notebook without outputs
        shutil.copyfile(lecture, html / "_sources" / "lectures" / lecture.name)
    stamp.write_text(wanted)
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--anew", action="store_true", help="build every page, whatever changed")
    arguments = parser.parse_args()
    try:
        done = build(ROOT, anew=arguments.anew)
    except SiteError as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(f"The site could not be written: {error}")
    index = ROOT / "_build" / "site" / "_build" / "html" / "index.html"
    print(f"{'The site is built' if done else 'The site is up to date'}. Open {index.as_uri()} or run make serve.")


if __name__ == "__main__":
    main()
