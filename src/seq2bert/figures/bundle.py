"""One classic script out of the modules in `scripts`: it runs where modules may not, in Colab and from file://.

Knows the forms that our modules use: ``import {a, b} from "./x.mjs";``, ``import * as x from "./x.mjs";``, and
``export`` in front of a declaration. Comments that fill their lines are left out, and so is indentation.
"""

import re
from importlib.resources import files

__all__ = ["GLOBAL", "bundle", "module_sources"]

GLOBAL = "seq2bertLive"
"""The name under which a page finds the script's functions."""

_IMPORT = re.compile(r'^import (?:\{([^}]*)\}|\* as (\w+)) from "\./([\w-]+)\.mjs";\n', flags=re.MULTILINE)
_COMMENT = re.compile(r"^ *(?://.*|/\*\*[\s\S]*?\*/)\n", flags=re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|class) (\w+))", flags=re.MULTILINE)


def module_sources() -> dict[str, str]:
    """Return the text of every module by its name."""
    folder = files("seq2bert.figures") / "scripts"
    return {
        item.name.removesuffix(".mjs"): item.read_text(encoding="utf-8")
        for item in sorted(folder.iterdir(), key=lambda item: item.name)
        if item.name.endswith(".mjs")
    }


def bundle(entry: str = "live") -> str:
    """Join a module and all that it imports.

    Parameters
    ----------
    entry : str
        A module's name.

    Returns
    -------
    str
        A script that makes the exports of ``entry`` properties of `GLOBAL`.

    Raises
    ------
    ValueError
        If a module that is asked for is not there.
    """
    sources, done = module_sources(), dict[str, str]()
    _add(entry, sources, done)
    parts = [f"modules.{name} = (() => {{\n{text}}})();\n" for name, text in done.items()]
    body = f"const modules = {{}};\n{''.join(parts)}return modules.{entry};\n"
    return f'"use strict";\nvar {GLOBAL} = (() => {{\n{body}}})();\n'


def _add(name: str, sources: dict[str, str], done: dict[str, str]) -> None:
    """Rewrite a module after those that it imports."""
    if name in done:
        return
    if name not in sources:
        raise ValueError(f"there is no script {name}.mjs; there are {', '.join(sources)}")
    text = re.sub(r"^ +", "", _COMMENT.sub("", sources[name]), flags=re.MULTILINE)
    for match in _IMPORT.finditer(text):
        _add(match[3], sources, done)
    exported = _EXPORT.findall(text)
    text = _IMPORT.sub(lambda m: f"const {m[2] or '{' + m[1] + '}'} = modules.{m[3]};\n", text)
    text = _EXPORT.sub("", text)
    done[name] = f"{text}return {{ {', '.join(exported)} }};\n"
