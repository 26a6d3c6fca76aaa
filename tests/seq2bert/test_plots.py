"""What the pictures show, and that drawing them twice gives the same file."""

import io

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell

from seq2bert.plots import COLOURS, MARKERS, attention_heatmap, bars, curves, new_axes, new_axes_row, use_course_style
from seq2bert.plots.style import STYLE, write_title


@pytest.fixture(autouse=True)
def _figures():
    mpl.use("agg")
    with mpl.rc_context():
        yield
    plt.close("all")


def labels(axis):
    return [text.get_text() for text in axis.get_ticklabels()]


WEIGHTS = np.array([[0.7, 0.2, 0.1], [0.0, 0.5, 0.5]])


@pytest.mark.parametrize(
    "weights", [WEIGHTS, WEIGHTS.tolist(), torch.tensor(WEIGHTS), torch.tensor(WEIGHTS).bfloat16()]
)
def test_rows_of_the_heat_map_are_target_tokens(weights):
    ax = attention_heatmap(weights, ["a", " ", "c"], ["x", "<end>"], title="t")
    assert labels(ax.xaxis) == ["a", "␣", "c"]
    assert labels(ax.yaxis) == ["x", "<end>"]
    assert ax.get_xlabel() == "source"
    assert ax.get_ylabel() == "target"
    assert ax.get_title(loc="left") == "t"
    drawn = ax.collections[0].get_array()
    np.testing.assert_allclose(np.reshape(drawn, (2, 3)), WEIGHTS, atol=2e-3)
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the first target token is on top


def test_the_heat_map_takes_a_tensor_that_has_a_gradient():
    attention_heatmap(torch.full((1, 2), 0.5, requires_grad=True), "ab", "c", title="t")


def test_dark_means_the_same_in_every_heat_map():
    small = attention_heatmap([[0.1, 0.1]], "ab", "c", title="t").collections[0]
    assert small.get_clim() == (0, 1)
    assert attention_heatmap([[0.1, 0.1]], "ab", "c", title="t", maximum=0.2).collections[0].get_clim() == (0, 0.2)


def test_annotated_cells_show_their_weight_in_a_colour_that_can_be_read():
    ax = attention_heatmap([[0.9, 0.1]], "ab", "c", title="t", annotate=True)
    assert [(text.get_text(), text.get_color()) for text in ax.texts] == [("0.90", "white"), ("0.10", "black")]


def test_long_source_tokens_are_turned():
    words = ["agreement", "on", "the", "European", "Economic", "Area"]
    turned = attention_heatmap(np.full((1, 6), 1 / 6), words, ["x"], title="t")
    short = attention_heatmap(np.full((1, 6), 1 / 6), "abcdef", ["x"], title="t")
    assert {text.get_rotation() for text in turned.get_xticklabels()} == {90}
    assert {text.get_rotation() for text in short.get_xticklabels()} == {0}


def test_a_heat_map_of_many_cells_is_stored_as_pixels():
    large = attention_heatmap(np.full((60, 60), 1 / 60), ["s"] * 60, ["t"] * 60, title="t")
    small = attention_heatmap(np.full((2, 2), 0.5), "st", "uv", title="t")
    assert large.collections[0].get_rasterized()
    assert not small.collections[0].get_rasterized()


def test_the_heat_map_uses_the_axes_it_is_given():
    ax = new_axes()
    assert attention_heatmap(WEIGHTS, "abc", "xy", title="t", ax=ax) is ax
    assert len(plt.get_fignums()) == 1


@pytest.mark.error_messages
def test_swapped_tokens_are_reported_with_both_sizes():
    with pytest.raises(ValueError, match=r"one row a target token.*\(3, 2\); got \(2, 3\)"):
        attention_heatmap(WEIGHTS, "xy", "abc", title="t")


def test_a_curve_is_the_mean_of_its_seeds_over_their_range():
    # seeds (0, 2) and (4, 4): mean (2, 3), lowest (0, 2), highest (4, 4)
    ax = curves([1, 2], {"dot": [[0, 2], [4, 4]]}, xlabel="x", ylabel="y", title="t")
    np.testing.assert_allclose(ax.lines[0].get_ydata(), [2, 3])
    corners = ax.collections[0].get_paths()[0].vertices
    for x, low, high in [(1, 0, 4), (2, 2, 4)]:
        ys = corners[corners[:, 0] == x, 1]
        assert (ys.min(), ys.max()) == (low, high)
    assert ax.get_legend() is None  # one curve needs no legend: the axis names it


def test_one_run_has_no_band_and_several_have_a_legend():
    ax = curves([1, 2, 3], {"a": [1, 2, 3], "b": torch.tensor([3.0, 2.0, 1.0])}, xlabel="x", ylabel="y", title="t")
    assert len(ax.lines) == 2
    assert len(ax.collections) == 0
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("x", "y")


def test_long_curves_keep_few_markers():
    short = curves(range(10), {"a": range(10)}, xlabel="x", ylabel="y", title="t")
    long = curves(range(800), {"a": range(800)}, xlabel="x", ylabel="y", title="t")
    assert short.lines[0].get_markevery() == 1
    assert long.lines[0].get_markevery() == 100


@pytest.mark.error_messages
def test_a_run_of_another_length_is_named():
    with pytest.raises(ValueError, match=r"'dot' needs one value for each of the 3 points.*\(1, 2\)"):
        curves([1, 2, 3], {"dot": [1, 2]}, xlabel="x", ylabel="y", title="t")


def test_a_bar_is_the_mean_of_its_seeds_and_each_seed_a_dot():
    ax = bars({"none": [0.8, 0.9], "dot": 0.99, "loss": -0.5}, xlabel="exact match", title="t")
    np.testing.assert_allclose([patch.get_width() for patch in ax.patches], [0.85, 0.99, -0.5])
    assert [text.get_text() for text in ax.texts] == ["0.85", "0.99", "-0.50"]
    assert labels(ax.yaxis) == ["none", "dot", "loss"]
    np.testing.assert_allclose(ax.lines[0].get_xdata(), [0.8, 0.9])
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the first bar is on top


def test_numbers_beside_bars_stand_inside_the_axes():
    for values in ({"a": 3.0}, {"a": -3.0}, {"a": -1.0, "b": 2.0}, {"a": 0.0}):
        ax = bars(values, xlabel="x", title="t")
        low, high = ax.get_xlim()
        assert all(low <= text.get_position()[0] <= high for text in ax.texts)


@pytest.mark.error_messages
def test_no_bars_is_an_error():
    with pytest.raises(ValueError, match="at least one bar"):
        bars({}, xlabel="x", title="t")


def test_a_long_title_is_wrapped_and_more_so_on_narrow_axes():
    title = "Without attention the exact match falls with the length of the date string"
    wide = new_axes()
    left, _ = new_axes_row(2)
    write_title(wide, title)
    write_title(left, title)
    lines = [ax.get_title(loc="left").count("\n") + 1 for ax in (wide, left)]
    assert lines == [2, 3]
    assert new_axes().figure.get_size_inches()[0] == left.figure.get_size_inches()[0]


def contrast(colour):
    """Return the contrast of a colour with white, as WCAG 2.1 defines it."""
    channels = np.array(mpl.colors.to_rgb(colour))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return 1.05 / (linear @ [0.2126, 0.7152, 0.0722] + 0.05)


def test_every_colour_has_a_marker_of_its_own_and_the_first_five_can_be_seen():
    assert len(set(COLOURS)) == len(set(MARKERS)) == len(COLOURS)
    assert all(contrast(colour) >= 3 for colour in COLOURS[:5])


def test_text_can_be_read_on_a_phone():
    pixels_an_inch = 350 / STYLE["figure.figsize"][0]  # the column of a 390-pixel page
    smallest = min(STYLE[name] for name in ("xtick.labelsize", "ytick.labelsize", "legend.fontsize"))
    assert smallest / 72 * pixels_an_inch >= 9.5


def picture():
    file = io.BytesIO()
    ax = curves([1, 2], {"a": [[1, 2], [2, 3]], "b": [2, 2]}, xlabel="x", ylabel="y", title="t")
    ax.figure.savefig(file, format="svg", metadata={"Date": None})
    return file.getvalue()


def test_the_same_figure_gives_the_same_bytes():
    use_course_style()
    assert picture() == picture()


def test_the_style_changes_matplotlib():
    use_course_style()
    assert mpl.rcParams["svg.hashsalt"] == "seq2bert"
    assert mpl.rcParams["figure.facecolor"] == "white"


def test_figures_are_svg_where_there_is_a_notebook():
    InteractiveShell.clear_instance()
    formatters = InteractiveShell.instance().display_formatter.formatters
    try:
        use_course_style()
        figure = new_axes().figure
        assert formatters["image/svg+xml"](figure).startswith("<?xml")
        assert formatters["image/png"](figure) is None
    finally:
        InteractiveShell.clear_instance()
