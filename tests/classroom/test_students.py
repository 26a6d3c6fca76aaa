"""Names as platforms write them."""

import pytest

from classroom.students import people_of_roster


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("Ada Lovelace", "Ada", "Lovelace"),
        ("Lovelace, Ada", "Ada", "Lovelace"),
        ('Jean "JJ" Smith, Jr.', 'Jean "JJ"', "Smith, Jr."),
        ("Maria de la Cruz, PhD", "Maria de la", "Cruz, PhD"),
        ("Smith, Jean, Jr.", "Smith,", "Jean, Jr."),
        ("Smith, Jean, Ann", "Smith, Jean,", "Ann"),
        ("Sukarno", "", "Sukarno"),
        ("Sukarno,", "", "Sukarno,"),
        ("مریم میرزاخانی", "مریم", "میرزاخانی"),
        ("  Ada   Lovelace ", "Ada", "Lovelace"),
        ("", "", ""),
    ],
)
def test_a_name_reads_as_it_was_written(tmp_path, name, first, last):
    roster = tmp_path / "roster.csv"
    quoted = name.replace('"', '""')
    roster.write_text(f'student,name\nada,"{quoted}"\n', encoding="utf-8")
    (person,) = people_of_roster(roster)
    assert (person.first_name, person.last_name) == (first, last)
    assert person.name == (f"{first} {last}".strip() or "ada")
