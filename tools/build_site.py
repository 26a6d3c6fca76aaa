"""Build the site from the executed lectures, with warnings as errors.

The tree that Sphinx reads is assembled in _build/site_source: the pages, the current text of each lecture with the
outputs of its run, and one API page for each module. Files that did not change keep their times, so Sphinx reads again
only what changed. tools/finish_site.py makes the published folder, _build/site, from what Sphinx writes. Nothing at all
happens when nothing changed since the last good build; after a failed build, or when the configuration, an extension or
the table of contents changed, Sphinx starts from nothing: otherwise a second run would be green because the page with
the warning is not read again.
"""

import argparse
import ast
import hashlib
import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat

from tools import execute, export_live
from tools.finish_site import FinishError, finished, write_tree

ROOT = Path(__file__).resolve().parent.parent
COPIED = ("_config.yml", "_toc.yml", "index.md", "references.bib", "pages/**/*.md", "_static/**/*", "_ext/**/*.py")
COPIED += ("CHANGELOG.md", "CONTRIBUTING.md")  # pages include them
COPIED += ("_templates/**/*.html",)
TOOLS = ("build_site.py", "finish_site.py", "site_*.py", "node/*.mjs")  # another tool makes another site
STARTS_ANEW = ("_config.yml", "_toc.yml", "_ext", "_templates")  # a change here concerns every page


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
    return files | export_live.live_files(root)


def hash_of(*parts):
    """Hash of names and contents."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode() if isinstance(part, str) else part)
        digest.update(b"\0")
    return digest.hexdigest()


def run_sphinx(root, source, output):
    """Build the assembled tree; raises SiteError with the warnings and errors."""
    command = [Path(sys.executable).parent / "jupyter-book", "build", "-W", "-n", "--keep-going"]
    command += ["--path-output", str(output), str(source)]
    # autodoc reads this tree, whichever copy of it the environment has installed.
    variables = dict(os.environ, PYTHONPATH=f"{root / 'src'}{os.pathsep}{root}", NO_COLOR="1")
    result = subprocess.run(command, env=variables, capture_output=True, text=True, errors="replace")
    if result.returncode != 0:
        progress = result.stdout if not result.stderr.strip() else ""
        raise SiteError(f"{progress}{result.stderr}\nThe site was not built; the warnings and errors are above.")


def tools_hash(root):
    """Hash of what makes the site besides its sources."""
    tools = [path for pattern in TOOLS for path in sorted((root / "tools").glob(pattern))]
    lock = (root / "package-lock.json").read_bytes()
    return hash_of(importlib.metadata.version("Sphinx"), lock, *(path.read_bytes() for path in tools))


def build(root, *, anew=False):
    """Bring _build/site up to date; return whether there was anything to do."""
    site, sphinx, source = (root / "_build" / name for name in ("site", "sphinx", "site_source"))
    stamp = site / "built-from"
    files = source_files(root)
    docstrings = hash_of(*(path.read_bytes() for path in sorted((root / "src").rglob("*.py"))))
    base = hash_of(*(content for name, content in files.items() if name.startswith(STARTS_ANEW)), *sorted(files))
    rest = hash_of(docstrings, tools_hash(root), *(part for item in files.items() for part in item))
    last = stamp.read_text() if stamp.exists() else ""
    if last == f"{base} {rest}" and not anew:
        return False
    if anew or last.split(" ")[0] != base:
        shutil.rmtree(sphinx, ignore_errors=True)
    stamp.unlink(missing_ok=True)
    write_tree(files, source)
    run_sphinx(root, source, sphinx)
    html = sphinx / "_build" / "html"
    for lecture in execute.find_lectures(root):  # the download button gives the notebook without outputs
        shutil.copyfile(lecture, html / "_sources" / "lectures" / lecture.name)
    theme = Path(importlib.util.find_spec("pydata_sphinx_theme").origin).parent / "theme" / "pydata_sphinx_theme"
    try:
        write_tree(finished(html, theme / "static" / "scripts"), site / "_build" / "html")
    except FinishError as error:
        raise SiteError(str(error)) from error
    stamp.write_text(f"{base} {rest}")
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
