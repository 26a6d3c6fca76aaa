"""Which attacks there are: at least two of every category that was asked for, and sixty altogether.

The list is written by hand, and each name must be one that a module tries: in its own table, or as a test.
"""

from tests.classroom.attacks import (
    test_broken_files,
    test_calls_and_points,
    test_endings,
    test_in_the_tests_process,
    test_injection,
    test_leaks,
    test_lying_values,
    test_marks,
    test_others_work,
    test_quiet_calls,
    test_remembering,
    test_walls,
    test_walls_of_the_tests,
)
from tests.classroom.attacks_on_files import test_attacks_on_files

# What each module tries, by name.
TABLES = {
    "broken files": test_broken_files.BROKEN,
    "broken notebooks": test_marks.BROKEN,
    "calls": test_calls_and_points.FORGED | test_calls_and_points.ANSWERS,
    "endings": map(str, test_endings.ATTACKS),
    "files": [name for name in vars(test_attacks_on_files) if name.startswith("test_")],
    "formulas": test_injection.FORMULAS,
    "in the notebook": test_in_the_tests_process.ATTACKS,
    "leaks": test_leaks.TELLING | test_leaks.PRINTING,
    "lying values": test_lying_values.LIARS,
    "marks": [forge.__name__ for forge, _ in test_marks.FORGERIES],
    "others' work": test_others_work.ATTACKS,
    "pictures": test_injection.NO_PICTURES,
    "pickles": test_lying_values.BOMBS,
    "quiet calls": map(str, test_quiet_calls.ATTACKS),
    "remembering": map(str, test_remembering.ATTACKS),
    "scripts": test_injection.NASTY,
    "tags": test_marks.TAGS,
    "tests' walls": test_walls_of_the_tests.ATTACKS,
    "walls": map(str, test_walls.ATTACKS),
}
TRIED = {table: set(names) for table, names in TABLES.items()}

CENSUS = {
    "patched libraries and assertions": [
        ("in the notebook", "torch.testing"),
        ("in the notebook", "numpy.testing"),
        ("in the notebook", "torch.equal"),
        ("in the notebook", "the course's own checks"),
        ("in the notebook", "unittest"),
        ("in the notebook", "an assertion that raises nothing"),
    ],
    "IPython hooks and transformers": [
        ("in the notebook", "asserts cut from the tree"),
        ("in the notebook", "asserts cut from the text"),
        ("in the notebook", "an event before each cell"),
        ("in the notebook", "run_cell"),
    ],
    "tags and metadata": [
        ("tags", "raises-exception"),
        ("tags", "skip-execution"),
        ("marks", "more_points"),
        ("marks", "exchanged_points"),
        ("marks", "a_failing_test_that_is_none"),
    ],
    "forged outputs": [
        ("in the notebook", "the errors that are shown"),
        ("in the notebook", "an exit that says that all is well"),
        ("calls", "two things at once"),
    ],
    "frames and globals": [
        ("in the notebook", "the caller's constants"),
        ("in the notebook", "the caller's variables"),
        ("in the notebook", "the main module"),
        ("in the notebook", "a traceback"),
    ],
    "module shadowing": [
        ("in the notebook", "a file beside the notebook"),
        ("in the notebook", "a module in the table"),
        ("in the notebook", "a finder"),
    ],
    "startup and configuration files": [
        ("walls", "a module that the next one imports"),
        ("walls", "settings of matplotlib"),
    ],
    "reading or writing gradebook, solutions, peers, own tests": [
        ("others' work", "reading a hidden test"),
        ("others' work", "reading a peer's answer"),
        ("others' work", "reading the private seed"),
        ("others' work", "writing points into the gradebook"),
        ("others' work", "writing over a peer's notebook"),
        ("others' work", "rewriting one's own test"),
        ("in the notebook", "a test cell of its own"),
        ("files", "test_tests_of_a_students_own"),
    ],
    "the memory of other processes": [
        ("walls", "tracing another process"),
        ("walls", "reading another process"),
        ("walls", "taking an open file of another process"),
        ("tests' walls", "others' numbers in /proc"),
    ],
    "network": [
        ("walls", "sockets of every family but one"),
        ("walls", "listening for connections"),
        ("quiet calls", "a pair of sockets of the network's family"),
        ("tests' walls", "a socket of the network"),
    ],
    "background processes": [
        ("walls", "a process that outlives its submission"),
        ("walls", "signals to the warden"),
        ("remembering", "a process in the background"),
    ],
    "fork bombs": [("endings", "many processes"), ("endings", "many threads")],
    "memory bombs": [("endings", "much memory"), ("tests' walls", "much memory")],
    "disk bombs": [("endings", "a large disk"), ("endings", "a large file"), ("endings", "many open files")],
    "output bombs": [("endings", "much text past the student's own bound"), ("endings", "many outputs")],
    "endless loops that ignore interrupts": [
        ("endings", "a cell that swallows interrupts"),
        ("endings", "a cell that blocks signals"),
        ("endings", "a function that swallows interrupts"),
        ("endings", "much processor time"),
    ],
    "segfault": [("endings", "a segmentation fault"), ("endings", "an abort"), ("endings", "a stack that is too deep")],
    "exit": [("endings", "an exit past Python"), ("endings", "a signal to its own group")],
    "pickles": [("pickles", "an object"), ("pickles", "an array of objects"), ("pickles", "a Tensor")],
    "proxies that lie": [
        ("lying values", "equal to everything"),
        ("lying values", "another value at each look"),
        ("lying values", "a proxy of whatever it is compared with"),
    ],
    "broken JSON": [
        ("broken files", "half of it"),
        ("broken files", "nested deeply"),
        ("broken files", "a number of a million digits"),
    ],
    "empty cells": [
        ("marks", "an_empty_test_of_its_own"),
        ("marks", "an_empty_test_in_the_place_of_a_failing_one"),
        ("broken notebooks", "no cells"),
    ],
    "duplicate cells": [("marks", "the_same_test_twice"), ("broken notebooks", "cells twice")],
    "missing cells": [("marks", "a_failing_test_that_is_gone"), ("broken files", "no cells")],
    "zip bombs": [
        ("files", "test_zip_bombs_unpack_without_limits_and_not_with_them"),
        ("files", "test_a_bomb_of_shared_bytes"),
        ("files", "test_a_list_of_a_million_members_is_not_built"),
    ],
    "path tricks": [
        ("files", "test_paths_that_lead_out"),
        ("files", "test_students_ids_that_are_paths"),
        ("files", "test_a_link_in_an_archive"),
    ],
    "script injection into feedback and exports": [
        ("scripts", "a script"),
        ("scripts", "a redirection"),
        ("pictures", "the end of a string"),
    ],
    "formula injection into feedback and exports": [
        ("formulas", "a formula with a link"),
        ("formulas", "a formula that starts a program"),
    ],
    "seeing a hidden test": [
        ("leaks", "an exception"),
        ("leaks", "a visible check behind the hidden ones"),
        ("remembering", "memory that processes share"),
    ],
}


def test_each_that_is_named_is_tried():
    named = [each for attacks in CENSUS.values() for each in attacks]
    assert [(table, name) for table, name in named if name not in TRIED[table]] == []


def test_there_are_two_of_each_category_and_sixty_altogether():
    assert [category for category, attacks in CENSUS.items() if len(set(attacks)) < 2] == []
    assert len({each for attacks in CENSUS.values() for each in attacks}) >= 60
