"""Which piece of what was handed in is the answer to which task.

By the name that the answer defines, where a mark (grade id) decides between several; then by the mark alone; then by
position. A cell that still is the release's stub is no answer while another cell has one.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from classroom.normalise.definitions import is_stub, plain
from classroom.normalise.release import Answer, Release, bare
from classroom.normalise.sorting import Piece, Sorted

__all__ = ["Choice", "Repair", "choose_answers", "known_places", "place_before"]


@dataclass(frozen=True)
class Repair:
    """Something that was put right.

    Parameters
    ----------
    kind : str
        "name", "marker", "position": how an answer without mark was found; "duplicate", "split", "merged", "retyped",
        "joined": what had become of its cell; "missing": it was not found; "test": a test cell was changed or
        deleted; "helper": other code was kept; "format": of the file; "attachment".
    grade_id : str
        Of the answer or test; empty if it is about none.
    says : str
        A sentence.
    """

    kind: str
    grade_id: str
    says: str


@dataclass
class Choice:
    """Sources of answers by grade id, the pieces that they use, and what was put right."""

    pieces: dict[str, list[Piece]] = field(default_factory=dict)
    found_for_certain: set[str] = field(default_factory=set)  # by mark or name; places and first lines are no proof
    repairs: list[Repair] = field(default_factory=list)

    def source(self, grade_id: str) -> str | None:
        """Return an answer's source; None if it was not found."""
        pieces = self.pieces.get(grade_id)
        return None if pieces is None else "\n\n".join(piece.source.strip("\n") for piece in pieces)

    def used(self) -> set[int]:
        """Return the ids of the pieces that are in an answer."""
        return {id(piece) for pieces in self.pieces.values() for piece in pieces}

    def note(self, kind: str, answer: Answer, says: str) -> None:
        """Remember a repair."""
        self.repairs.append(Repair(kind, answer.grade_id, says))


def choose_answers(release: Release, found: Sorted) -> Choice:
    """Choose a piece, or several, for every answer that can be found."""
    choice = Choice()
    order = sorted(release.answers.values(), key=lambda answer: answer.place)
    for by in (_by_name, _by_mark, _by_marker):
        for answer in order:
            is_found = answer.grade_id not in choice.pieces and by(release, answer, found, choice)
            if is_found and by is not _by_marker:
                choice.found_for_certain.add(answer.grade_id)
    for answer in order:
        if answer.written:
            _add_what_stands_beside(release, answer, found, choice)
        elif answer.grade_id not in choice.pieces:
            _by_position(release, answer, found, choice)
    for answer in order:
        _tell(release, answer, found, choice)
    return choice


def _by_name(release: Release, answer: Answer, found: Sorted, choice: Choice) -> bool:
    """Take, for each name, the last cell that defines it and is no stub, before its test if there is one there."""
    if not answer.names:
        return False
    test = max((at for at, place in found.fixed.items() if place == answer.test), default=None)

    def rank(piece: Piece) -> tuple[bool, bool, int]:
        before = test is not None and piece.place < test
        return before, not before and piece.grade_id == answer.grade_id, piece.place

    chosen: list[Piece] = []
    for name in sorted(answer.names):
        having = [p for p in found.pieces if p.code and name in p.names and not is_stub(p.source, answer.stub, {name})]
        if having and (best := max(having, key=rank)) not in chosen:
            chosen.append(best)
    if not chosen:
        return False
    choice.pieces[answer.grade_id] = sorted(chosen, key=lambda piece: piece.place)
    if len(chosen) > 1:
        choice.note("split", answer, f"{answer.grade_id}: the answer was in {len(chosen)} cells, now together.")
    if all(piece.grade_id != answer.grade_id for piece in chosen):
        names = ", ".join(sorted(answer.names))
        choice.note("name", answer, f"{answer.grade_id}: the answer's cell was found by what it defines ({names}).")
    return True


def _by_mark(release: Release, answer: Answer, found: Sorted, choice: Choice) -> bool:
    """Take what carries the answer's mark. Of code the last counts; of text all that differs."""
    marked = _free(found, choice, lambda piece: piece.grade_id == answer.grade_id)
    mine = [piece for piece in marked if not is_stub(piece.source, answer.stub, answer.names)]
    if not marked:
        return False
    if answer.written:
        different = {plain(piece.source): piece for piece in mine}
        choice.pieces[answer.grade_id] = sorted(different.values(), key=lambda piece: piece.place) or marked[-1:]
    else:
        choice.pieces[answer.grade_id] = (mine or marked)[-1:]
    return True


def _by_marker(release: Release, answer: Answer, found: Sorted, choice: Choice) -> bool:
    """Take the text cell that has the first line of the written answer's cell."""
    if not answer.written or not answer.marker:
        return False
    free = _free(found, choice, lambda piece: not piece.code and not piece.grade_id and not piece.added)
    having = [piece for piece in free if answer.marker in {bare(line) for line in piece.source.splitlines()}]
    if not having:
        return False
    answered = [piece for piece in having if plain(piece.source) != plain(answer.stub)]
    choice.pieces[answer.grade_id] = (answered or having)[-1:]
    choice.note("marker", answer, f"{answer.grade_id}: the answer's cell was found by its first line.")
    return True


def _add_what_stands_beside(release: Release, answer: Answer, found: Sorted, choice: Choice) -> None:
    """Add to a written answer the text cells between the release's cells around it: many write below the cell."""
    before = choice.pieces.get(answer.grade_id)
    answered = any(plain(piece.source) != plain(answer.stub) for piece in before or [])
    others = {other.marker for other in release.answers.values() if other.written and other is not answer}
    known = {plain(piece.source) for pieces in choice.pieces.values() for piece in pieces}

    def wanted(piece: Piece) -> bool:
        draft = plain(piece.source) in known or not others.isdisjoint(map(bare, piece.source.splitlines()))
        return not piece.code and not draft and not (piece.added and answered)

    beside = _between(release, answer, found, choice, wanted)
    if not beside:
        return
    if before is None:
        choice.note("position", answer, f"{answer.grade_id}: the answer's cell was found by where it stands.")
    else:
        choice.note("joined", answer, f"{answer.grade_id}: text in cells beside the answer's was added to it.")
    choice.pieces[answer.grade_id] = sorted([*(before or []), *beside], key=lambda piece: piece.place)


def _by_position(release: Release, answer: Answer, found: Sorted, choice: Choice) -> None:
    """Take the last code between the release's cells around an answer, if it defines something."""
    beside = _between(release, answer, found, choice, lambda piece: piece.code and not piece.added)
    beside = [piece for piece in beside if piece.names or not answer.names]
    if beside:
        choice.pieces[answer.grade_id] = beside[-1:]
        choice.note("position", answer, f"{answer.grade_id}: the answer's cell was found by where it stands.")


def _between(
    release: Release, answer: Answer, found: Sorted, choice: Choice, wanted: Callable[[Piece], bool]
) -> list[Piece]:
    """Return free pieces whose nearest known neighbours stand before and behind the answer in the release."""
    known = known_places(release, found, choice)
    unknown = {
        other.place
        for name, other in release.answers.items()
        if name not in choice.pieces and other.written == answer.written
    }
    result = []
    for piece in _free(found, choice, lambda piece: wanted(piece) and not piece.grade_id):
        low = place_before(piece, known)
        high = min(
            ((at, place) for at, place in known.items() if at > piece.place), default=(0, len(release.notebook.cells))
        )[1]
        high = max(high, low + 1)  # where cells were reordered, the one before says more
        if low <= answer.place <= high and not any(low < place < answer.place for place in unknown):
            result.append(piece)
    return result


def known_places(release: Release, found: Sorted, choice: Choice) -> dict[int, int]:
    """Return the places in the release of the cells that are known, by their places in what was handed in."""
    known = dict(found.fixed)
    for grade_id, pieces in choice.pieces.items():
        known |= {piece.place: release.answers[grade_id].place for piece in pieces if not piece.added}
    return known


def place_before(piece: Piece, known: dict[int, int]) -> int:
    """Return the place in the release of the known cell before a piece; -1 if there is none."""
    return max(((at, place) for at, place in known.items() if at <= piece.place), default=(0, -1))[1]


def _free(found: Sorted, choice: Choice, wanted: Callable[[Piece], bool]) -> list[Piece]:
    used = choice.used()
    return [piece for piece in found.pieces if id(piece) not in used and piece.source.strip() and wanted(piece)]


def _tell(release: Release, answer: Answer, found: Sorted, choice: Choice) -> None:
    """Say what had become of an answer's cell."""
    name, pieces = answer.grade_id, choice.pieces.get(answer.grade_id)
    if pieces is None:
        choice.note("missing", answer, f"{name}: no answer was found; it counts as unanswered.")
        return
    same = [piece for piece in found.pieces if piece.grade_id == name]
    if len(same) > 1 and not answer.written:
        which = ", ".join(str(piece.place + 1) for piece in pieces)
        choice.note("duplicate", answer, f"{name}: {len(same)} cells carry this mark; cell {which} counts.")
    elif len(pieces) > 1 and answer.written and len(same) > 1:
        choice.note("joined", answer, f"{name}: {len(same)} cells carry this mark; their texts were put together.")
    if any(piece.parts > 1 for piece in pieces):
        choice.note("split", answer, f"{name}: the answer was cut into several cells; they were put together.")
    if any((piece.was == "code") == answer.written for piece in pieces):
        choice.note("retyped", answer, f"{name}: the answer's cell had become {_a(pieces[0].was)} cell.")
    others = _sharing(choice, name, pieces)
    if others:
        choice.note("merged", answer, f"{name}: a cell answers this and {', '.join(others)}; it stands in each place.")


def _sharing(choice: Choice, name: str, pieces: Iterable[Piece]) -> list[str]:
    mine = {id(piece) for piece in pieces}
    return [other for other, used in choice.pieces.items() if other != name and mine & {id(piece) for piece in used}]


def _a(kind: str) -> str:
    return f"a {kind}"
