"""HTML of a question: a form, and its explanations in a fold that opens without scripts."""

from html import escape


def intro_html(docname):
    """What the reader should know before answering."""
    to_root = "../" * docname.count("/")
    return (
        '<p class="quiz-intro">Choose, then press <em>Check</em>: every choice is explained. '
        "Answers are kept in this browser and sent nowhere. "
        f'<a href="{to_root}pages/progress.html">Your progress</a></p>\n'
        "<noscript><p>This browser runs no scripts: the explanations are folded under each question.</p></noscript>\n"
    )


def question_html(question, number, total):
    """One question; texts come as HTML from `seq2bert.show.quiz`, which has escaped them.

    Parameters
    ----------
    question : dict
        ``id``, ``text``, ``several`` (whether more than one answer may be right) and ``answers``, each with
        ``answer``, ``correct`` and ``feedback``.
    number, total : int
        Which question of how many of the page.
    """
    name, kind = question["id"], "checkbox" if question["several"] else "radio"
    choices, explanations = [], []
    for position, answer in enumerate(question["answers"]):
        said = answer["correct"] and answer["feedback"].startswith(("Yes", "Right"))
        verdict = "" if said else f"<strong>{'Right' if answer['correct'] else 'Wrong'}.</strong> "
        choices.append(
            f'<div class="choice"><input type="{kind}" name="choice" id="{name}-{position}" value="{position}">'
            f'<label for="{name}-{position}">{answer["answer"]}</label></div>'
        )
        explanations.append(
            f'<li data-choice="{position}" data-correct="{str(answer["correct"]).lower()}">'
            f'<span class="choice-text">{answer["answer"]}</span> '
            f"{verdict}{answer['feedback']}</li>"
        )
    label = escape(f"Question {number} of {total}")
    return (
        f'<form class="question" id="question-{name}" data-question="{name}" autocomplete="off">\n'
        f'<fieldset><legend><span class="question-number">{label}</span> {question["text"]}</legend>\n'
        + "\n".join(choices)
        + "\n</fieldset>\n"
        + '<details class="explanations"><summary>Answer and explanations</summary>\n<ul>\n'
        + "\n".join(explanations)
        + "\n</ul></details>\n</form>\n"
    )
