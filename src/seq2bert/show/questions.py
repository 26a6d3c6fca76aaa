"""Multiple-choice questions that explain every choice, drawn by jupyterquiz, offline."""

import json
import random
import re
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from IPython.display import HTML, display
from IPython.utils.capture import capture_output
from jupyterquiz import display_quiz

from seq2bert.show.text import inline

QUIZ_COLOURS = {
    "--jq-multiple-choice-bg": "#1F4E79",
    "--jq-many-choice-bg": "#7A3E00",
    "--jq-incorrect-color": "#B00020",
    "--jq-correct-color": "#00703C",
}
QUIZ_STYLE = (
    "<style>.Quiz {font-size: 1rem; line-height: 1.4;} .Feedback {font-size: 1rem; text-align: left;} "
    ".MCButton {font-size: 1rem; text-align: left;} .Quiz .Answer {grid-template-columns: 1fr;} "
    ".Quiz .MultipleChoiceQn code, .Quiz .ManyChoiceQn code {background: #FFFFFF22; color: inherit;}</style>"
)
# With version "2" jupyterquiz only ever calls Hub.Queue, and never loads a script of its own.
MATHJAX_STAND_IN = """{version: "2", Hub: {Queue: function () {
  var page = window.MathJax;
  if (page && page.typesetPromise) { page.typesetPromise(); }
  else if (page && page.Hub) { page.Hub.Queue(["Typeset", page.Hub]); }
}}}"""

QUIET_CONSOLE = "{log: function () {}, error: window.console.error.bind(window.console)}"


def quiz(questions: Sequence[Mapping[str, Any]]) -> None:
    """Display multiple-choice questions that explain every choice.

    Parameters
    ----------
    questions : sequence of mappings
        ``{"question": str, "answers": [{"answer": str, "correct": bool, "feedback": str}, …]}``.
        With ``"type": "many_choice"`` several answers may be correct, otherwise exactly one is.
        Plain text; what stands between backticks is set as code. No TeX.

    Raises
    ------
    ValueError
        If a question has fewer than two answers, no correct one, more than one where one is
        asked for, or an answer without an explanation.

    Notes
    -----
    jupyterquiz draws the questions. Its script fetches MathJax from a public host when it
    finds none ready; it runs here behind a stand-in that typesets with what the page has.
    """
    prepared = [_check_question(number, question) for number, question in enumerate(questions, start=1)]
    if not prepared:
        raise ValueError("questions need at least one question; got none")
    state = random.getstate()  # the library draws a name for the quiz from the reader's stream
    with capture_output() as captured:
        display_quiz(prepared, border_radius=6, max_width=640, colors=QUIZ_COLOURS)
    random.setstate(state)
    outputs = [output.data for output in captured.outputs]
    # A name made from the questions keeps pages reproducible.
    drawn = re.findall(r'<div id="(\w+)"', "".join(data.get("text/html", "") for data in outputs))
    name = f"quiz{zlib.crc32(json.dumps(prepared).encode()):08x}"
    for data in outputs:
        if "text/html" in data:
            display(HTML(data["text/html"].replace(drawn[0], name) + QUIZ_STYLE + "</div>"))
        elif "application/javascript" in data:
            script = _offline(data["application/javascript"].replace(drawn[0], name))
            display({"application/javascript": script, "text/plain": ""}, raw=True)


def _offline(script: str) -> str:
    """Run jupyterquiz's script in a function of its own, where MathJax is the stand-in."""
    script = re.sub(r"https?://cdn[^'\"\s]*", "", script)
    return f"(function (MathJax, console) {{\n{script}\n}})({MATHJAX_STAND_IN}, {QUIET_CONSOLE});"


def _check_question(number: int, question: Mapping[str, Any]) -> dict[str, object]:
    """Return a question as jupyterquiz wants it, or say what is wrong with it."""
    kind = question.get("type", "multiple_choice")
    if kind not in ("multiple_choice", "many_choice"):
        raise ValueError(f"question {number}: type must be 'multiple_choice' or 'many_choice'; got {kind!r}")
    text, answers = question.get("question"), question.get("answers", ())
    if not text:
        raise ValueError(f"question {number} has no text under 'question'")
    if len(answers) < 2:
        raise ValueError(f"question {number} needs at least two answers; got {len(answers)}")
    for answer in answers:
        if not str(answer.get("answer", "")).strip() or not str(answer.get("feedback", "")).strip():
            raise ValueError(f"question {number}: every answer needs 'answer' and 'feedback'; got {dict(answer)}")
        if not isinstance(answer.get("correct"), bool):
            raise ValueError(f"question {number}: 'correct' must be True or False; got {dict(answer)}")
    correct = sum(answer["correct"] for answer in answers)
    if correct == 0 or (kind == "multiple_choice" and correct > 1):
        rule = "exactly one correct answer" if kind == "multiple_choice" else "at least one correct answer"
        raise ValueError(f"question {number} needs {rule}; got {correct}")
    return {
        "question": inline(str(text)),
        "type": kind,
        "answers": [
            {"answer": inline(a["answer"]), "correct": a["correct"], "feedback": inline(a["feedback"])} for a in answers
        ],
    }
