"""Grades for other systems: a plain table, Canvas, Moodle, Gradescope."""

from classroom.export.canvas import fill_canvas
from classroom.export.grades import Grade, grades_of
from classroom.export.gradescope import gradescope_results
from classroom.export.moodle import fill_moodle, moodle_feedback, moodle_folders
from classroom.export.spreadsheet import ExportError, plain, read_table, safe, table_of, write_table

__all__ = [
    "ExportError",
    "Grade",
    "fill_canvas",
    "fill_moodle",
    "grades_of",
    "gradescope_results",
    "moodle_feedback",
    "moodle_folders",
    "plain",
    "read_table",
    "safe",
    "table_of",
    "write_table",
]
