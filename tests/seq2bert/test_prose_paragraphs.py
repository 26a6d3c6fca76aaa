"""From docstrings to paragraphs: each rule of the cleaning on a text written for it."""

import ast
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2bert.data.prose import SECTIONS, docstrings, paragraphs


def clean(text):
    return paragraphs(textwrap.dedent(text).strip("\n"))


def texts(text):
    return [found for _, found in clean(text)]


def test_lines_of_a_paragraph_are_joined_and_an_empty_line_ends_it():
    assert clean("One\n  two   three\nfour.\n\nFive.") == [("summary", "One two three four."), ("summary", "Five.")]


def test_numpydoc_sections_by_hand():
    found = clean("""
        Sum of the elements.

        Parameters
        ----------
        a : array_like
            What to add.
            It may be empty.
        axis, dtype : int, optional
        *args : tuple (ints)
            The rest.

        Returns
        -------
        total : float
            The sum.

        See Also
        --------
        mean : Not this.

        Raises
        ------
        ValueError
            If it is too long.

        Yields
        ------
        int
            A number.

        Examples
        --------
        Not this either.

        A Title Nobody Listed
        ---------------------
        Remarks.

        References
        ----------
        Nor this.
        """)
    assert found == [
        ("summary", "Sum of the elements."),
        ("parameters", "What to add. It may be empty."),
        ("parameters", "The rest."),
        ("returns", "The sum."),
        ("raises", "If it is too long."),
        ("returns", "A number."),
        ("notes", "Remarks."),
    ]


def test_google_sections_by_hand():
    found = clean("""
        Sum of the elements.

        Args:
            a (list of int): What to add
                and how.

            axis: Which one.

            **kwargs: More of them.

        Returns:
            The sum of all.

        Example:
            Not this.

        Note:
            Slow for long lists.
        """)
    assert found == [
        ("summary", "Sum of the elements."),
        ("parameters", "What to add and how."),
        ("parameters", "Which one."),
        ("parameters", "More of them."),
        ("returns", "The sum of all."),
        ("notes", "Slow for long lists."),
    ]


def test_entries_follow_each_other_without_an_empty_line():
    found = clean("Parameters\n----------\na : int\n    First.\nb : int\n    Second.\n")
    assert found == [("parameters", "First."), ("parameters", "Second.")]


def test_an_unindented_line_among_entries_counts_only_if_it_is_a_phrase():
    assert clean("Returns\n-------\nThe sum of all.") == [("returns", "The sum of all.")]
    assert clean("Returns\n-------\nndarray of float64") == [("returns", "ndarray of float64")]  # is_prose refuses it
    assert clean("Returns\n-------\nbool or") == []


def test_a_title_needs_its_line_or_its_indented_text():
    assert texts("Notes\nof a kind.") == ["Notes of a kind."]
    assert texts("Notes:\nnot indented.") == ["Notes: not indented."]
    assert texts("Colours:\n    red and blue.") == ["Colours: red and blue."]  # no title of the list


@pytest.mark.parametrize("title", sorted(SECTIONS))
def test_every_listed_title_in_both_layouts(title):
    section = SECTIONS[title]
    expected = [(section, "It is so in both.")] if section else []
    for written in (title, title.title()):
        assert clean(f"{written}\n{'-' * len(written)}\nIt is so in both.") == expected
        assert clean(f"{written}:\n    It is so in both.") == expected


def test_a_tab_is_indentation():
    assert clean("Returns:\n\tThe sum of all.") == [("returns", "The sum of all.")]


def test_code_after_a_double_colon_is_left_out():
    assert texts("Use it so::\n\n    x = 1\n\n      y = 2\n\nAnd then stop.") == ["Use it so:", "And then stop."]
    assert texts("Use it so ::\n\n    x = 1\nAnd then stop.") == ["Use it so:", "And then stop."]
    assert texts("Use it so::\n    x = 1\nAnd then stop.") == ["Use it so:", "And then stop."]
    assert texts("  Use it so::\n\n      x = 1\n\n  And then stop.") == ["Use it so:", "And then stop."]


def test_doctests_are_left_out_with_their_output_until_an_empty_line():
    assert texts("Before.\n>>> f(1)\n2\n... or\n\nAfter.") == ["Before.", "After."]


def test_directives_are_left_out_with_what_is_below_and_remarks_are_kept():
    assert texts("One.\n\n.. plot::\n   :include: yes\n\n   plt.show()\n\nTwo.") == ["One.", "Two."]
    assert texts("One.\n.. code-block:: python\n   x = 1\nTwo.") == ["One.", "Two."]
    assert texts(".. a comment\n   of two lines\n\nTwo.") == ["Two."]
    assert texts(".. [1] A. Author, A Title.\n.. _label:\n\nTwo.") == ["Two."]
    for name in ("note", "warning", "tip"):
        assert texts(f".. {name}::\n\n   Mind the gap.\n\nTwo.") == ["Mind the gap.", "Two."]


def test_lists_and_fields_are_paragraphs_without_their_marks():
    assert texts("- one\n  more\n* two\n• three\n1. four\n12) five\n(a) six\nb) seven") == [
        "one more", "two", "three", "four", "five", "six", "seven",
    ]  # fmt: skip
    assert texts(":param int x: The number.\n:returns: A sum.\n:rtype: int") == ["The number.", "A sum.", "int"]
    assert texts("It is 1. not two, and x - y.") == ["It is 1. not two, and x - y."]


def test_rules_of_tables_are_left_out():
    assert texts("Before.\n\n=====  =====\nname   value\n=====  =====\n\n+----+----+\n\nAfter.") == [
        "Before.", "name value", "After.",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("marked", "plain"),
    [
        (":func:`sum` adds", "sum adds"),
        (":py:class:`~numpy.ndarray` is", "numpy.ndarray is"),
        (":class:`!Queue` is", "Queue is"),
        ("see `the page <https://example.org/a>`_ of", "see the page of"),
        ("`name`_ and `name`__ and `x`", "name and name and x"),
        ("the ``a * b`` of", "the a * b of"),
        ("it was shown [1]_ and [Knuth*97]_.", "it was shown and."),
        ("an *old* and **very old** thing", "an old and very old thing"),
        ("2 * 3 * 4 and *args and **kwargs", "2 * 3 * 4 and *args and **kwargs"),
        ("the |version| of", "the version of"),
        ("``x``\\ s and\\ more", "xs andmore"),
        ("a\ttab  and   spaces", "a tab and spaces"),
    ],
)
def test_inline_markup_by_hand(marked, plain):
    assert texts(marked) == [plain]


def test_what_the_docstring_says_it_does_not_handle():
    """Kept so, because the shipped text was made so."""
    assert texts(".. note:: Mind the gap.\n\nTwo.") == ["Two."]
    assert texts(":ref:`the guide <guide-label>` says") == ["guide-label says"]
    assert texts("Parameters\n---\nx : int or None\n    The number.") == ["int or None The number."]
    assert texts("Args:\n    x (a: b): The number.") == ["b): The number."]
    assert texts("Args:\n    x: The first.\n    y: The second.") == ["The first. The second."]
    assert texts("Args:\n    x: The number.\n\nExample::\n\n    >>> x\n\n    A remark of code.") == [
        "The number.", "A remark of code.",
    ]  # fmt: skip


@given(st.text(alphabet="ab :.`*|_[]<>-=\\\n\t", max_size=200))
def test_any_text_gives_words_with_single_spaces(text):
    for section, found in paragraphs(text):
        assert section in {"summary", *SECTIONS.values()} - {""}
        assert found
        assert found == " ".join(found.split())


def test_nothing_to_say():
    assert paragraphs("") == paragraphs("\n \n") == []


SOURCE = '''
"""Module."""
raise RuntimeError("this file must not run")
import a_package_that_does_not_exist

def first(x="not this"):
    """First
       line.
    """
    def inner():
        """Inner."""
    "not this"

class Thing:
    """Thing."""
    attribute = 1
    """not this"""

    async def method(self):
        r"""Me\\thod."""

if True:
    def last():
        """Last."""

def bytes_are_no_docstring():
    b"not this"

def empty():
    """"""

def blank():
    """
    """
'''


def test_docstrings_by_hand_in_the_order_of_the_text_and_nothing_runs():
    assert docstrings(SOURCE) == [
        ("", "Module."),
        ("first", "First\nline."),
        ("first.inner", "Inner."),
        ("Thing", "Thing."),
        ("Thing.method", "Me\\thod."),
        ("last", "Last."),
    ]


def test_docstrings_of_a_file_with_invalid_escapes_give_no_warning():  # warnings are errors in these tests
    assert docstrings('"""A\\d."""') == [("", "A\\d.")]


@pytest.mark.error_messages
def test_what_is_not_python_is_an_error():
    with pytest.raises(SyntaxError):
        docstrings("{{ template }} here")


def test_docstrings_agree_with_ast_on_a_file_of_the_standard_library():
    with open(textwrap.__file__, encoding="utf-8") as file:
        source = file.read()
    nodes = [
        node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
    ]
    expected = {text for node in nodes if (text := ast.get_docstring(node))}
    assert {text for _, text in docstrings(source)} == expected
    assert len(expected) > 5
