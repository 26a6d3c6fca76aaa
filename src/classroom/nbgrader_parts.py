"""What nbgrader_config.py puts into nbgrader: inputs drawn for each student, and feedback that tells no secret.

nbgrader's own autograde runs tests in the student's process, so this hides the inputs of hidden tests from those who
read a public repository, not from code that is graded. The instructors' pages say what that does not protect.
"""

import re
import shutil
from pathlib import Path
from typing import Any

import bleach
from bleach.css_sanitizer import CSSSanitizer
from nbconvert.filters import strip_files_prefix
from nbgrader import utils
from nbgrader.preprocessors import Execute, NbGraderPreprocessor
from traitlets import Unicode

from classroom.cells import test_of, without_hidden_tests
from classroom.private_seed import draw_for, read_seed

__all__ = ["ExecuteForStudent", "HideHiddenTests", "clean", "keep_notebooks_only"]

_TAGS = re.findall(
    r"\w+",
    "a abbr b blockquote br code dd del details div dl dt em h1 h2 h3 h4 h5 h6 hr i "
    "img li ol p pre span strong sub summary sup table tbody td th thead tr ul",
)
_ALIGNMENT = CSSSanitizer(allowed_css_properties=["text-align"])


class ExecuteForStudent(Execute):
    """Execute a submission with the inputs of its student."""

    seed_file = Unicode("", help="Path of the private seed; no such file: the published inputs.").tag(config=True)

    def preprocess(self, nb: Any, resources: Any) -> Any:
        """Run the notebook; ``SEQ2BERT_DRAW`` is set for its kernel alone."""
        path = Path(self.seed_file)
        if not self.seed_file or not path.exists():
            self.log.warning("There is no private seed (%s): graded with the published inputs", self.seed_file)
            return super().preprocess(nb, resources)
        from seq2bert.check.inputs import DRAW  # imports PyTorch; the settings of nbgrader are read by every step

        with utils.setenv(**{DRAW: draw_for(read_seed(path), resources["nbgrader"]["student"])}):
            return super().preprocess(nb, resources)


class HideHiddenTests(NbGraderPreprocessor):
    """In feedback, leave of a test cell what the student had, and of its failure the message."""

    def preprocess_cell(self, cell: Any, resources: Any, index: int) -> tuple[Any, Any]:
        """Cut the hidden region, and the traceback, which would show its lines."""
        if test_of(cell) is not None:
            cell.source = without_hidden_tests(cell.source)
            for output in cell.outputs:
                if output.output_type == "error":
                    output.traceback = [f"{output.ename}: {output.evalue}"]
        return cell, resources


def clean(html: str) -> str:
    """Return HTML without scripts; it takes the place of a filter that nbgrader's template applies to all Markdown.

    What Markdown makes stays, and everything else is shown as it was typed.
    """
    attributes = {"*": ["class", "id", "title"], "a": ["href"], "img": ["src", "alt"], "th": ["style"], "td": ["style"]}
    return bleach.clean(strip_files_prefix(html), tags=_TAGS, attributes=attributes, css_sanitizer=_ALIGNMENT)


def keep_notebooks_only(folder: Path, assignment: str) -> None:
    """Remove from a release what nbgrader copied because it lay beside the notebook.

    Parameters
    ----------
    folder : Path
        Where the releases are.
    assignment : str
        The assignment's name; ``*`` stands for all.
    """
    for release in folder.glob(assignment):
        for path in release.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            elif path.name != f"{release.name}.ipynb":
                path.unlink()
