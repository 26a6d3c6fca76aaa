"""Two sentences that a notebook prints: the visible checks passed; there is no answer yet."""

from collections.abc import Callable

__all__ = ["passed", "when_answered"]


def passed(task: str) -> None:
    """Say that the checks a student can see have passed. The last line of a test cell."""
    print(f"{task}: the checks that you see here pass. More run when it is graded, with other sizes and numbers.")


def when_answered(function: Callable[[], object]) -> None:
    """Call a function of the notebook that uses an answer; without the answer say so, and let the notebook go on.

    Parameters
    ----------
    function : callable
        Without arguments. Whatever it raises but NotImplementedError comes through.
    """
    try:
        function()
    except NotImplementedError:
        print("There is nothing to show yet: first answer the task above and run its cell.")
