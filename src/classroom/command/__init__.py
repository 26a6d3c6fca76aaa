"""The command `classroom`: each step of grading a class, repeatable and resumable.

In order: init, receive, grade, feedback, export. Each prints what it did, student by student, and writes it to a log
that `classroom log` reads; with --json it prints one JSON object. A step that was interrupted is run again.

Exit codes: 0 all is well; 1 some submissions need a look; 2 wrong use; 3 this machine cannot do it, see classroom
doctor; 4 not now, for want of room or because the gradebook is in use: run it again; 130 stopped.
"""

from collections.abc import Callable

import typer

from classroom.command.grading import grade, regrade
from classroom.command.looking import doctor, log, status
from classroom.command.receiving import receive
from classroom.command.returning import export, feedback
from classroom.command.setting_up import demo, init, release

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
_STEPS: tuple[Callable[..., None], ...] = (init, release, receive, grade, regrade, feedback, export)
_AROUND_THEM: tuple[Callable[..., None], ...] = (status, log, doctor, demo)
for _function in (*_STEPS, *_AROUND_THEM):
    app.command(rich_help_panel="Steps" if _function in _STEPS else "Around them")(_function)
