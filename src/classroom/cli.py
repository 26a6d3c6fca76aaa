"""The command `classroom`: each step of grading a class, repeatable and resumable.

Exit codes: 0 all is well; 1 some submissions need a look; 2 wrong use; 3 this machine cannot do it.
"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from classroom.course import Course, CourseError, Unavailable, write_atomically
from classroom.export import ExportError
from classroom.private_seed import SeedError, fingerprint, make_seed, read_seed
from classroom.sandbox import NoSandbox
from classroom.verdicts import Verdict, read_verdict

__all__ = ["app", "main"]

LOOK, WRONG_USE, CANNOT = 1, 2, 3

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
Assignment = Annotated[str, typer.Argument(help="An assignment: e02, or its whole name.")]
Students = Annotated[list[str] | None, typer.Option("--student", help="Only this student; may be given several times.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object, for scripts.")]
Folder = Annotated[Path, typer.Option("--course", help="The course's folder; default: here or above.")]
HERE = Path()


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
            self.console.print(text, markup=False)

    def end(self, **data: Any) -> None:
        """Print the JSON object, and end with the exit code."""
        if self.as_json:
            print(json.dumps({**data, "items": self.items}, ensure_ascii=False))
        if self.look:
            raise typer.Exit(LOOK)


@contextmanager
def said_plainly() -> Iterator[None]:
    """Turn the errors that a user can mend into one line and an exit code."""
    try:
        yield
    except Unavailable as error:
        print(f"classroom: {error}", file=sys.stderr)
        raise typer.Exit(CANNOT) from None
    except (CourseError, SeedError, ExportError, OSError, UnicodeDecodeError) as error:
        print(f"classroom: {error}", file=sys.stderr)
        raise typer.Exit(WRONG_USE) from None
    except NoSandbox as error:
        advice = "classroom doctor says more. --trusted grades without a sandbox: only for notebooks that you wrote."
        print(f"classroom: {error}\n{advice}", file=sys.stderr)
        raise typer.Exit(CANNOT) from None


@app.command()
def init(folder: Folder = HERE, as_json: AsJson = False) -> None:
    """Make the folder of a class: settings, a private seed, an empty gradebook with all assignments."""
    with said_plainly():
        from classroom.gradebook import register

        course, printer = Course.open(folder), Printer(as_json)
        course.work.mkdir(mode=0o700, parents=True, exist_ok=True)
        settings = course.work / "classroom.toml"
        if not settings.exists():
            settings.write_text(_SETTINGS, encoding="utf-8")
        printer.line(f"settings: {settings}", path=str(settings))
        if not course.seed_file.exists():
            make_seed(course.seed_file)
        printer.line(
            f"private seed: {fingerprint(read_seed(course.seed_file))}, in {course.seed_file}: keep a copy of it"
        )
        for name in course.assignments():
            register(course, name)
            printer.line(f"{name}: in the gradebook", assignment=name)
        course.log("init")
        printer.end(course=str(course.root))


@app.command()
def release(assignment: Assignment, folder: Folder = HERE, as_json: AsJson = False) -> None:
    """Enter an assignment into the gradebook, and say where its release is."""
    with said_plainly():
        from classroom.gradebook import register

        course, printer = Course.open(folder), Printer(as_json)
        name = course.check_assignment(assignment)
        register(course, name)
        path = course.release / name / f"{name}.ipynb"
        there = path.is_file()
        text = f"{name}: give students {path}" if there else f"{name}: there is no release; make exercises writes it"
        printer.line(text, look=not there, assignment=name, path=str(path))
        course.log("release", assignment=name)
        printer.end()


@app.command()
def grade(
    assignment: Assignment,
    student: Students = None,
    workers: Annotated[int | None, typer.Option(min=1, help="How many at once; default: the settings'.")] = None,
    trusted: Annotated[bool, typer.Option(help="No sandbox: only for notebooks that you wrote yourself.")] = False,
    scheduler: Annotated[str | None, typer.Option(help="Address of a Dask scheduler that hands out the work.")] = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Grade what has not been graded; run it again after an interruption, and it goes on."""
    _grade(assignment, student, workers, trusted, scheduler, folder, as_json, again=False)


@app.command()
def regrade(
    assignment: Assignment,
    student: Students = None,
    workers: Annotated[int | None, typer.Option(min=1)] = None,
    trusted: Annotated[bool, typer.Option(help="No sandbox: only for notebooks that you wrote yourself.")] = False,
    scheduler: Annotated[str | None, typer.Option(help="Address of a Dask scheduler that hands out the work.")] = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Grade again, also what has been graded: after a test was mended. Manual scores and comments stay."""
    _grade(assignment, student, workers, trusted, scheduler, folder, as_json, again=True)


def _grade(
    assignment: str,
    students: list[str] | None,
    workers: int | None,
    trusted: bool,
    scheduler: str | None,
    folder: Path,
    as_json: bool,
    *,
    again: bool,
) -> None:
    with said_plainly():
        from classroom.grading import grade_class, on_this_machine

        course, printer = Course.open(folder), Printer(as_json)
        name = course.check_assignment(assignment)
        total = len(students) if students else len(list(course.submitted.glob(f"*/{name}/{name}.ipynb")))
        failed: set[str] = set()
        with _progress(printer, total, f"grading {name}") as advance:

            def tell(verdict: Verdict, new: bool) -> None:
                advance()
                failed.discard(verdict.student)
                if verdict.failure:
                    failed.add(verdict.student)
                printer.line(
                    _sentence(verdict, new), look=bool(verdict.failure), student=verdict.student, new=new,
                    reached=verdict.reached, points=verdict.points, failure=verdict.failure, notes=verdict.notes,
                )  # fmt: skip

            if scheduler:
                from classroom.cluster import on_cluster

                execute = on_cluster(course, scheduler)
            else:
                execute = on_this_machine(course, workers=workers, trusted=trusted)
            verdicts = grade_class(course, name, students=students, again=again, execute=execute, tell=tell)
        if missing := sorted(set(students or ()) - set(verdicts.students)):
            printer.line(f"no submission of {', '.join(missing)}", look=True, missing=missing)
        if not as_json:
            printer.console.print(f"{len(verdicts)} submissions, {len(failed)} without a grade. Log: {course.log_file}")
        printer.end(assignment=name, submissions=len(verdicts), without_grade=len(failed))


def _sentence(verdict: Verdict, new: bool) -> str:
    if verdict.failure:
        return f"{verdict.student}: NO GRADE: {verdict.failure}"
    notes = "".join(f"; {note}" for note in verdict.notes)
    return f"{verdict.student}: {verdict.reached:g} of {verdict.points:g}{'' if new else ', graded before'}{notes}"


@contextmanager
def _progress(printer: Printer, total: int, what: str) -> Iterator[Callable[[], None]]:
    """Show a bar on a terminal; elsewhere nothing."""
    if printer.as_json or not printer.console.is_terminal:
        yield lambda: None
        return
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=printer.console, transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda: bar.advance(task)


@app.command()
def status(
    assignment: Annotated[str | None, typer.Argument(help="An assignment; default: all.")] = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Say how far each submission has come."""
    with said_plainly():
        course, printer = Course.open(folder), Printer(as_json)
        names = [course.check_assignment(assignment)] if assignment else course.assignments()
        for name in names:
            for student in sorted(_students_of(course, name)):
                verdict = read_verdict(course, name, student)
                repaired = (course.submitted / student / name / f"{name}.ipynb").is_file()
                state = _state(verdict, repaired)
                about = {"assignment": name, "student": student, "state": state}
                printer.line(f"{name} {student}: {state}", look=bool(verdict and verdict.failure), **about)
        printer.end()


def _state(verdict: Verdict | None, repaired: bool) -> str:
    if verdict is None:
        return "to be graded" if repaired else "received, cannot be read"
    if verdict.failure:
        return f"no grade: {verdict.failure}"
    done = f"{verdict.reached:g} of {verdict.points:g} by the tests"
    return done if verdict.recorded else f"{done}, not yet in the gradebook"


def _students_of(course: Course, name: str) -> set[str]:
    repaired = {path.parent.parent.name for path in course.submitted.glob(f"*/{name}/{name}.ipynb")}
    return repaired | {path.name for path in course.received.glob(f"{name}/*") if path.is_dir()}


@app.command()
def feedback(assignment: Assignment, student: Students = None, folder: Folder = HERE, as_json: AsJson = False) -> None:
    """Write a page for each student."""
    with said_plainly():
        from classroom.feedback import write_feedback

        course, printer = Course.open(folder), Printer(as_json)
        name = course.check_assignment(assignment)
        for each in sorted(student or _students_of(course, name)):
            path = write_feedback(course, name, each)
            text = f"{each}: {path}" if path else f"{each}: no grade yet"
            printer.line(text, look=path is None, student=each, path=str(path) if path else None)
        course.log("feedback", assignment=name)
        printer.end(assignment=name)


class System(StrEnum):
    """Where grades go."""

    CSV = "csv"
    CANVAS = "canvas"
    MOODLE = "moodle"
    GRADESCOPE = "gradescope"


@app.command()
def export(
    assignment: Assignment,
    to: Annotated[System, typer.Option(help="The system that takes the grades.")] = System.CSV,
    file: Annotated[Path | None, typer.Option("--fill", help="The file that Canvas or Moodle exported.")] = None,
    column: Annotated[str | None, typer.Option(help="Canvas: the heading of the assignment's column.")] = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Write the grades of an assignment for another system, into grading/exports."""
    with said_plainly():
        from classroom.export import fill_canvas, fill_moodle, grades_of, gradescope_results, table_of, write_table

        course, printer = Course.open(folder), Printer(as_json)
        name = course.check_assignment(assignment)
        if to in (System.CANVAS, System.MOODLE) and file is None:
            raise CourseError(f"--to {to} needs --fill FILE, the file that {to.title()} exported")
        grades = grades_of(course, name)
        unmatched: list[str] = []
        out = course.work / "exports" / f"{name}-{to}.csv"
        given = file.read_text(encoding="utf-8-sig") if file else ""
        if to is System.GRADESCOPE:
            out = out.with_suffix("")
            for each in grades:
                if each.state in ("graded", "to be graded by hand"):
                    write_atomically(out / each.student / "results.json", gradescope_results(each))
        elif to is System.CANVAS:
            text, unmatched = fill_canvas(given, column or name, grades)
            write_atomically(out, text)
        elif to is System.MOODLE:
            text, unmatched = fill_moodle(given, grades)
            write_atomically(out, text)
        else:
            write_atomically(out, write_table(table_of(grades)))
        printer.line(f"{len(grades)} students: {out}", path=str(out), students=len(grades))
        for sentence in unmatched:
            printer.line(sentence, look=True)
        for each in grades:
            if each.state not in ("graded", "missing"):
                printer.line(f"{each.student}: {each.state}", look=True, student=each.student)
        course.log("export", assignment=name, to=str(to), path=str(out))
        printer.end(assignment=name)


@app.command()
def doctor(folder: Folder = HERE, as_json: AsJson = False) -> None:
    """Say what works on this machine, and how to get the rest."""
    from classroom.doctor import examine

    printer = Printer(as_json)
    findings = examine(folder)
    for finding in findings:
        mark = "works" if finding.works else "MISSING" if finding.needed else "missing, optional"
        printer.line(f"{finding.name}: {mark}: {finding.says}", **asdict(finding))
    lacking = [finding.name for finding in findings if finding.needed and not finding.works]
    printer.end(lacking=lacking)
    if lacking:
        raise typer.Exit(CANNOT)


_SETTINGS = """\
# Settings of this class. What is commented out shows the default or an example.

# course_id = "seq2bert"
# workers = 0                      # submissions at the same time; 0: one for each processor core
# db_url = "postgresql+psycopg://user@/grades"   # default: gradebook.db in this folder
# late_penalty_per_day = 0.0       # share of the points that each begun day costs

# [deadlines]
# e02-attention-by-hand = 2026-12-01T23:59:59Z

# [extensions.e02-attention-by-hand]
# ada = 2026-12-03T23:59:59Z

# [limits]                         # of one submission
# cell_seconds = 120.0
# test_seconds = 60.0
# memory = 2147483648              # bytes of each process
# total_memory = 4294967296        # bytes of all of them, where there are control groups
"""


def main() -> None:
    """Run the command."""
    app()


if __name__ == "__main__":
    main()
