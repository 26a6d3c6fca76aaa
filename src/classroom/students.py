"""Who the students are: names, addresses and numbers in the LMS, from rosters and platforms into the gradebook.

A student's id in the gradebook is the name of their folder, which any file system takes: "O=27Brien". People read the
name.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from classroom.course import Course, CourseError
from classroom.gradebook import open_gradebook
from classroom.receive import Roster, RosterError, Submitted, folder_name, id_of_folder

__all__ = ["Person", "enrol", "find_students", "full_name", "people_of", "people_of_roster", "people_of_submissions"]

_LONGEST = 128  # characters of a column in nbgrader's gradebook
_AFTER_NAMES = ("jr", "sr", "ii", "iii", "iv", "phd", "md")  # parts after a comma that are no first names


@dataclass(frozen=True)
class Person:
    """What is known of a student; what is not known is empty. `student` is the folder's name."""

    student: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    lms_id: str = ""

    @property
    def name(self) -> str:
        """First and last name; the id where there is none."""
        return full_name(self.first_name, self.last_name) or self.student

    @property
    def label(self) -> str:
        """The name, and the id where it is another one: what is printed."""
        try:
            own = id_of_folder(self.student)
        except ValueError:  # a folder that `receive` did not name
            own = self.student
        return own if self.name in (own, self.student) else f"{self.name} ({own})"


def full_name(first: str | None, last: str | None) -> str:
    """Return a name as it is read; empty if there is none."""
    return " ".join(filter(None, [first, last]))


def people_of_roster(path: Path) -> list[Person]:
    """Read students from a roster, see `classroom.receive.Roster`.

    The columns `first_name` and `last_name`, or `name`; `email`; `lms_user_id`, `lms_id`, or Canvas's `ID`.

    Raises
    ------
    RosterError
        If it cannot be read, or an id cannot be a folder's name.
    """
    Roster.read(path)  # says what is wrong with it
    found = []
    for row in csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")):
        cells = {key: (value or "").strip() for key, value in row.items() if isinstance(value, str | None) and key}
        column = "student" if "student" in cells else "id"
        first, last = cells.get("first_name", ""), cells.get("last_name", "")
        if not first and not last:
            first, last = _parts_of(cells.get("name", ""))
        number = next((cells[key] for key in ("lms_user_id", "lms_id", "ID") if cells.get(key)), "")
        try:
            found.append(Person(folder_name(cells[column]), first, last, cells.get("email", ""), number))
        except ValueError as error:
            raise RosterError(f"{path}: {error}") from None
    return found


def people_of_submissions(submissions: Iterable[Submitted]) -> list[Person]:
    """Return what platforms say of students."""
    return [Person(each.folder, *_parts_of(each.name), each.email, each.lms_id) for each in submissions]


def enrol(course: Course, people: Iterable[Person], *, overwrite: bool = False) -> list[str]:
    """Enter students into the gradebook.

    Parameters
    ----------
    overwrite : bool
        Whether what is known here takes the place of what the gradebook says; else only what is empty there is filled.

    Returns
    -------
    list of str
        The students that are new or have changed.

    Raises
    ------
    GradebookError
        If it cannot be written.
    """
    changed = []
    with open_gradebook(course) as gradebook:
        there = {str(student.id): student for student in gradebook.students}
        for person in people:
            entry = there.get(person.student)
            new = _known(person)
            if entry is not None:
                old = {key: getattr(entry, key) or "" for key in ("first_name", "last_name", "email", "lms_user_id")}
                new = {key: value for key, value in new.items() if value != old[key] and (overwrite or not old[key])}
                if not overwrite and (old["first_name"] or old["last_name"]):  # one name is not filled with another
                    new = {key: value for key, value in new.items() if not key.endswith("_name")}
            if entry is None or new:
                there[person.student] = gradebook.update_or_create_student(person.student, **new)
                changed.append(person.student)
    return changed


def people_of(course: Course) -> dict[str, Person]:
    """Return the students of the gradebook by their ids.

    Raises
    ------
    GradebookError
        If it cannot be read.
    """
    with open_gradebook(course) as gradebook:
        return {
            str(each.id): Person(
                str(each.id), each.first_name or "", each.last_name or "", each.email or "", each.lms_user_id or ""
            )
            for each in gradebook.students
        }


def find_students(wanted: Iterable[str], people: Mapping[str, Person], folders: Iterable[str] = ()) -> list[str]:
    """Return the ids of students who are given by id, as the platform writes it or as a folder's name, or by name.

    Parameters
    ----------
    folders : iterable of str
        Ids that the gradebook may not know yet.

    Raises
    ------
    CourseError
        If there is no such student, or more than one.
    """
    known = {*people, *folders}
    found = []
    for each in wanted:
        named = [person.student for person in people.values() if each.casefold() in _spellings(person)]
        own = each if each in known else folder_name(each or "?")
        if own in known:
            found.append(own)
        elif len(named) == 1:
            found += named
        else:
            many = f"{len(named)} students are called {each!r}: {', '.join(sorted(named))}; give the id"
            raise CourseError(many if named else f"there is no student {each!r}; classroom status lists them")
    return found


def _spellings(person: Person) -> set[str]:
    return {person.name.casefold(), f"{person.last_name}, {person.first_name}".casefold(), person.email.casefold()}


def _known(person: Person) -> Mapping[str, str]:
    said = {"first_name": person.first_name, "last_name": person.last_name}
    said |= {"email": person.email, "lms_user_id": person.lms_id}
    return {key: value[:_LONGEST] for key, value in said.items() if value}


def _parts_of(name: str) -> tuple[str, str]:
    """Return first and last name; together they read as before, unless the last name came first: "Doe, Jane"."""
    name = name.strip()
    before, comma, after = (part.strip() for part in name.rpartition(","))
    is_title = after.casefold().replace(".", "") in _AFTER_NAMES
    if name.count(",") == 1 and not is_title:
        return (after, before) if before and after else ("", name)
    first, _, last = (before if is_title else name).rpartition(" ")
    return first.strip(), f"{last}{comma} {after}" if is_title else last
