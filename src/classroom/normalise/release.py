"""What of a release is whose: cells for answers, test cells, and the rest."""

from dataclasses import dataclass, field

from nbformat import NotebookNode

from classroom.normalise.definitions import defined, plain

__all__ = ["Answer", "Release", "bare"]


@dataclass(frozen=True)
class Answer:
    """A cell of the release that students fill in.

    Parameters
    ----------
    place : int
        In the release, from 0.
    grade_id : str
    stub : str
        Its source in the release.
    names : frozenset of str
        What it defines; empty for a written answer.
    written : bool
        Whether it is text.
    test : int
        Place of the next test cell; the number of cells if there is none.
    """

    place: int
    grade_id: str
    stub: str
    names: frozenset[str]
    written: bool
    test: int

    @property
    def marker(self) -> str:
        """The first line of a written answer's cell, by which it is recognised."""
        return bare(next((line for line in self.stub.splitlines() if line.strip()), ""))


@dataclass
class Release:
    """A release's cells, found by id or by source.

    Raises
    ------
    ValueError
        If the notebook has no answers, or cells without id.
    """

    notebook: NotebookNode
    answers: dict[str, Answer] = field(default_factory=dict)  # by grade id
    tests: set[int] = field(default_factory=set)
    by_id: dict[str, int] = field(default_factory=dict)  # place by grade id, and by cell id
    by_source: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        cells = self.notebook.cells
        settings = [cell.metadata.get("nbgrader", {}) for cell in cells]
        self.tests = {at for at, each in enumerate(settings) if each.get("grade") and not each.get("solution")}
        for place, (cell, marks) in enumerate(zip(cells, settings, strict=True)):
            if "id" not in cell:
                raise ValueError(f"the release has a cell without id, number {place + 1}: write it in format 4.5")
            self.by_id.setdefault(cell.id, place)
            if plain(cell.source):
                self.by_source.setdefault(plain(cell.source), place)
            if marks.get("solution"):
                written = cell.cell_type != "code"
                self.answers[marks["grade_id"]] = Answer(
                    place=place,
                    grade_id=marks["grade_id"],
                    stub=cell.source,
                    names=frozenset() if written else defined(cell.source),
                    written=written,
                    test=min((at for at in self.tests if at > place), default=len(cells)),
                )
        self.by_id |= {marks["grade_id"]: place for place, marks in enumerate(settings) if "grade_id" in marks}
        if not self.answers:
            raise ValueError("the release has no cell for an answer")

    def answer_at(self, place: int) -> Answer | None:
        """Return the answer whose cell stands at a place."""
        return next((answer for answer in self.answers.values() if answer.place == place), None)


def bare(line: str) -> str:
    """Return a line without the signs of Markdown around it."""
    return line.strip(" \t#*_>").casefold()
