"""Settings of nbgrader: `nbgrader generate_assignment e02-attention-by-hand` and its other commands read this file.

solutions/ is the source, exercises/ the release. What belongs to a class (submissions, grades, the private seed) is in
grading/, which git ignores; the environment variable SEQ2BERT_GRADING names another folder.
"""

import os
import sys
import tomllib
from pathlib import Path

from nbconvert.preprocessors import ClearMetadataPreprocessor, CSSHTMLHeaderPreprocessor
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    GetGrades,
    IgnorePattern,
    LimitOutput,
    SaveAutoGrades,
)

from classroom.nbgrader_parts import ExecuteForStudent, HideHiddenTests, keep_notebooks_only

ROOT = Path(__file__).resolve().parent
GRADING = Path(os.environ.get("SEQ2BERT_GRADING", ROOT / "grading")).absolute()
GRADING.mkdir(mode=0o700, parents=True, exist_ok=True)
# nbgrader starts alembic by its name: it must be found without an activated environment, too.
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"

# The same gradebook for `classroom` and for nbgrader's own commands.
settings = GRADING / "classroom.toml"
chosen = tomllib.loads(settings.read_text(encoding="utf-8")) if settings.is_file() else {}

c = get_config()

c.CourseDirectory.root = str(ROOT)
c.CourseDirectory.course_id = chosen.get("course_id", "seq2bert")
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
c.CourseDirectory.submitted_directory = str(GRADING / "submitted")
c.CourseDirectory.autograded_directory = str(GRADING / "autograded")
c.CourseDirectory.feedback_directory = str(GRADING / "feedback")
c.CourseDirectory.db_url = chosen.get("db_url", f"sqlite:///{GRADING / 'gradebook.db'}")

c.ClearSolutions.begin_solution_delimeter = "### BEGIN SOLUTION"
c.ClearSolutions.end_solution_delimeter = "### END SOLUTION"
c.ClearSolutions.code_stub = {"python": '# Your answer here.\nraise NotImplementedError("not answered yet")'}
c.ClearSolutions.text_stub = "*Your answer here.*"
c.ClearHiddenTests.begin_test_delimeter = "### BEGIN HIDDEN TESTS"
c.ClearHiddenTests.end_test_delimeter = "### END HIDDEN TESTS"
c.GenerateAssignment.post_convert_hook = lambda assignment, **_: keep_notebooks_only(ROOT / "exercises", assignment)

c.ExecuteForStudent.seed_file = str(GRADING / "private-seed")
c.ExecutePreprocessor.timeout = 90
c.Autograde.autograde_preprocessors = [
    ExecuteForStudent,  # in place of nbgrader's Execute
    IgnorePattern,
    ClearMetadataPreprocessor,
    LimitOutput,
    SaveAutoGrades,
    AssignLatePenalties,
    CheckCellMetadata,
]

c.GenerateFeedback.preprocessors = [GetGrades, HideHiddenTests, CSSHTMLHeaderPreprocessor]
c.HTMLExporter.sanitize_html = True  # outputs; Markdown is cleaned by the filter
c.HTMLExporter.filters = {"strip_files_prefix": "classroom.nbgrader_parts.clean"}
