"""A live figure: a still picture, and the script that runs the model in the reader's browser."""

import base64
import html
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from seq2bert.figures.bundle import GLOBAL, bundle
from seq2bert.figures.weights import ModelData, pack

__all__ = ["LiveFigure"]

# A notebook's colours. JupyterLab says its own; Colab and VS Code only that they are dark.
_STYLE = """<style>
.seq2bert-figure { background: var(--jp-layout-color0, #fff); color: var(--jp-content-font-color1, #1f2328);
  margin: 1em 0; max-width: 46rem; padding: .75em; }
:is([data-jp-theme-light="false"], [theme="dark"], .vscode-dark) .seq2bert-figure {
  --live-heat: #56b4e9; --live-on-heat: #10161c; --live-mark: #f2a65a; --live-most: 45%; }
:is([theme="dark"], .vscode-dark) .seq2bert-figure { --jp-layout-color0: #14181e; --jp-layout-color1: #222832;
  --jp-content-font-color1: #ced6dd; --jp-content-font-color2: #9ca4af; --jp-border-color1: #48566b; }
</style>
"""


@dataclass(frozen=True)
class LiveFigure:
    """A figure that computes.

    A notebook shows it when it is the last expression of a cell, in Jupyter and in Colab; `save` writes a page of
    its own. Both hold everything that they need.

    Attributes
    ----------
    view : str
        Which script shows it.
    title, look_for, alt : str
        Its heading, what to try and what to see, and what the still picture shows.
    first : dict
        The first input.
    options : dict
        What the view needs besides: labels, examples.
    models : mapping of str to ModelData
    still : str
        The picture of the first view, an SVG element.
    answer : callable
        Input to the dict that the script's ``answer`` returns for it, computed by the model itself.
    """

    view: str
    title: str
    look_for: str
    alt: str
    first: dict[str, Any]
    options: dict[str, Any]
    models: Mapping[str, ModelData]
    still: str
    answer: Callable[[dict[str, Any]], dict[str, Any]] = field(compare=False)

    @property
    def settings(self) -> dict[str, Any]:
        """What the script is told, besides the weights."""
        return {"view": self.view, "first": self.first, "options": self.options}

    def weights(self) -> bytes:
        """Return the weights as the script reads them; nothing if the figure has no model."""
        return pack(self.models) if self.models else b""

    def html(self) -> str:
        """Return a piece of a page with the picture, the script and the weights in it."""
        place = f"live-{secrets.token_hex(4)}"  # the same figure may stand twice in a notebook
        weights = base64.b64encode(self.weights()).decode()
        settings = json.dumps(self.settings, ensure_ascii=False).replace("</", "<\\/")
        buffer = f'{GLOBAL}.fromBase64("{weights}")' if weights else "undefined"
        return (
            f'{_STYLE}<figure class="seq2bert-figure"><figcaption><strong>{html.escape(self.title)}</strong> '
            f'{html.escape(self.look_for)}</figcaption><div id="{place}" style="margin-top:.75em">{self.still}</div>'
            f'</figure>\n<script>(() => {{\n{bundle()}\nconst place = document.getElementById("{place}");\n'
            f'const host = document.createElement("div");\n'
            f"{GLOBAL}.mount(host, {settings}, {buffer});\nplace.replaceChildren(host);\n}})();</script>"
        )

    def save(self, path: str) -> None:
        """Write a page that shows the figure alone, without a server and without the network."""
        page = (
            f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{html.escape(self.title)}</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1"></head>'
            f'<body style="font-family:system-ui,sans-serif;margin:1rem auto;max-width:46rem">{self.html()}</body>'
            "</html>\n"
        )
        with open(path, "w", encoding="utf-8") as file:
            file.write(page)

    def _repr_html_(self) -> str:
        return self.html()
