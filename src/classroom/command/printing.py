"""What steps print, for people and for scripts; errors as one line and an exit code; a bar on a terminal."""

import errno
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from classroom.course import CourseError, Unavailable
from classroom.export import ExportError
from classroom.private_seed import SeedError
from classroom.receive import LayoutError, RosterError
from classroom.sandbox import NoSandbox

__all__ = ["CANNOT", "LOOK", "NOT_NOW", "STOPPED", "WRONG_USE", "Printer", "counted", "progress", "said_plainly"]

LOOK, WRONG_USE, CANNOT, NOT_NOW, STOPPED = 1, 2, 3, 4, 130
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


class Printer:
    """Prints lines as they come, or one JSON object at the end; and remembers whether something needs a look."""

    def __init__(self, as_json: bool) -> None:
        self.as_json, self.console, self.look = as_json, Console(highlight=False, soft_wrap=True), False
        self.items: list[dict[str, Any]] = []

    def line(self, text: str, *, look: bool = False, **data: Any) -> None:
        """Say something about one student or thing."""
        self.look = self.look or look
        if self.as_json:
            self.items.append({**data, "says": text})
        else:
            self.console.print(printable(text), markup=False)

    def summary(self, text: str) -> None:
        """Say something to people only; scripts are given it as data."""
        if not self.as_json:
            self.console.print(printable(text), markup=False)

    def end(self, **data: Any) -> None:
        """Print the JSON object, and end with the exit code."""
        if self.as_json:
            print(json.dumps({**data, "items": self.items}, ensure_ascii=False))
        if self.look:
            raise typer.Exit(LOOK)


def counted(number: int, noun: str) -> str:
    """Return a number and a noun, "1 grade" or "2 grades" say."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def printable(text: str) -> str:
    """Return text without what would steer a terminal: names of files are students' text."""
    return "".join(char if char.isprintable() or char == "\n" else ascii(char)[1:-1] for char in text)


@contextmanager
def said_plainly() -> Iterator[None]:
    """Turn the errors that a user can mend into one line and an exit code."""
    try:
        yield
    except NoSandbox as error:
        advice = "classroom doctor says more. --trusted grades without a sandbox: only for notebooks that you wrote."
        _stop(f"{error}\n{advice}", CANNOT)
    except Unavailable as error:
        _stop(str(error), NOT_NOW if error.busy else CANNOT)
    except (CourseError, SeedError, ExportError, RosterError, LayoutError, UnicodeDecodeError) as error:
        _stop(str(error), WRONG_USE)
    except BrokenPipeError:
        raise  # whoever read has seen enough
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        if error.errno in _NO_ROOM:
            _stop(f"{where}{error.strerror}; make room and run the same again: what was done is kept", NOT_NOW)
        _stop(f"{where}{error.strerror or error}", CANNOT if isinstance(error, PermissionError) else WRONG_USE)
    except ModuleNotFoundError as error:
        if error.name not in ("distributed", "dask"):
            raise
        _stop("--scheduler needs Dask: pip install 'seq2bert[cluster]'", CANNOT)
    except KeyboardInterrupt:
        _stop("stopped; what was done is kept: classroom grade and receive go on with the rest", STOPPED)


def _stop(text: str, code: int) -> None:
    print(f"classroom: {printable(text)}", file=sys.stderr)
    raise typer.Exit(code) from None


@contextmanager
def progress(printer: Printer, what: str, total: int | None = None) -> Iterator[Callable[[], None]]:
    """Show a bar on a terminal, which moves at each call; elsewhere nothing."""
    if printer.as_json or not printer.console.is_terminal:
        yield lambda: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=printer.console, transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda: bar.advance(task)
