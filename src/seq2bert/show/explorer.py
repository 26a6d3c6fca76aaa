"""Figures with knobs: alive where a kernel answers, a picture of their first view elsewhere."""

import html
import inspect
import io
from base64 import b64encode
from collections.abc import Callable, Mapping

import ipywidgets
import matplotlib.pyplot as plt

from seq2bert.plots.style import STYLE


class Explorer:
    """A figure with controls: a widget where a kernel answers, its first view elsewhere.

    Attributes
    ----------
    controls : dict of str to Widget
        The control of each argument of ``draw``.
    picture : Widget
        The current view, as an image with its alt text.
    """

    def __init__(self, draw: Callable[..., object], alt: str, controls: Mapping[str, object]):
        self._draw = draw
        self._alt = alt
        self.controls = {name: _control(draw, name, control) for name, control in controls.items()}
        self._first_view = _svg(draw(**self.values))
        self.picture = ipywidgets.HTML(_image(self._first_view, alt))
        self._box = ipywidgets.VBox([*self.controls.values(), self.picture])
        for control in self.controls.values():
            control.observe(self._update, names="value")

    @property
    def values(self) -> dict[str, object]:
        """The arguments as the controls stand now."""
        return {name: control.value for name, control in self.controls.items()}

    def _update(self, _change: object) -> None:
        try:
            self.picture.value = _image(_svg(self._draw(**self.values)), self._alt)
        except ValueError as error:  # what the reader typed cannot be drawn: say why
            self.picture.value = f'<p role="alert">{html.escape(str(error))}</p>'

    def _repr_mimebundle_(self, **_kwargs: object) -> dict[str, object]:
        return {
            "text/plain": self._alt,
            "image/svg+xml": self._first_view,
            "application/vnd.jupyter.widget-view+json": {
                "version_major": 2,
                "version_minor": 0,
                "model_id": self._box.model_id,
            },
        }


def explore(draw: Callable[..., object], *, alt: str, **controls: object) -> Explorer:
    """Let the reader turn the knobs of a figure.

    Parameters
    ----------
    draw : function
        Draws a figure from the values of the controls and returns its Axes or Figure.
        The defaults of its arguments are the first view. A ``ValueError`` that it raises
        later is shown to the reader in place of the figure.
    alt : str
        What the figure shows, for those who cannot see it.
    **controls
        For each argument of ``draw`` an ipywidgets widget, or its short form: ``(low, high)``,
        ``(low, high, step)``, a list of choices, a bool, a str.

    Returns
    -------
    Explorer
        Shown by a notebook when it is the last expression of a cell.

    Raises
    ------
    ValueError
        If ``alt`` is empty, there are no controls, or a control has no widget.
    """
    if not alt.strip():
        raise ValueError("alt must say what the figure shows; got an empty text")
    if not controls:
        raise ValueError("explore needs at least one control; for a figure without any, call draw itself")
    return Explorer(draw, alt, controls)


def _control(draw: Callable[..., object], name: str, control: object) -> ipywidgets.Widget:
    """Turn the short form of a control into a widget that starts at draw's default."""
    parameter = inspect.signature(draw).parameters.get(name)
    default = inspect.Parameter.empty if parameter is None else parameter.default
    widget = ipywidgets.interactive.widget_from_abbrev(control, default)
    if widget is None:
        raise ValueError(f"control {name!r} needs a widget or one of its short forms; got {control!r}")
    if not widget.description:
        widget.description = name.replace("_", " ")
    widget.style.description_width = "initial"
    return widget


def _svg(drawn: object) -> str:
    """Turn what draw returned into the text of an SVG file, and close the figure."""
    figure = getattr(drawn, "figure", None)
    if figure is None:
        raise TypeError(f"draw must return Axes or a Figure; got {type(drawn).__name__}")
    file = io.StringIO()
    # The same bytes each time: ids from the content, no date.
    with plt.rc_context({"svg.hashsalt": STYLE["svg.hashsalt"], "svg.fonttype": "path"}):
        figure.savefig(file, format="svg", bbox_inches="tight", metadata={"Date": None})
    plt.close(figure)
    return file.getvalue()


def _image(svg: str, alt: str) -> str:
    """Wrap an SVG in an image tag: its ids cannot clash, and it shrinks with the page."""
    data = b64encode(svg.encode()).decode()
    return f'<img alt="{html.escape(alt)}" style="max-width:100%" src="data:image/svg+xml;base64,{data}">'
