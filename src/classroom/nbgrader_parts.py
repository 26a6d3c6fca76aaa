"""What nbgrader_config.py puts into nbgrader: inputs drawn for each student, and feedback that tells no secret.

nbgrader's own autograde runs tests in the student's process, so this hides the inputs of hidden tests from those who
read a public repository, not from code that is graded. The instructors' pages say what that does not protect.
"""

import shutil
from pathlib import Path
from typing import Any

from nbconvert.filters import clean_html, strip_files_prefix
from nbgrader import utils
from nbgrader.preprocessors import Execute, NbGraderPreprocessor
from traitlets import Unicode

from classroom.cells import test_of, without_hidden_tests
from classroom.private_seed import draw_for, read_seed
from seq2bert.check.inputs import DRAW

__all__ = ["ExecuteForStudent", "HideHiddenTests", "clean", "keep_notebooks_only"]


class ExecuteForStudent(Execute):
    """Execute a submission with the inputs of its student."""

    seed_file = Unicode("", help="Path of the private seed; empty or no such file: the published inputs.").tag(
        config=True
    )

    def preprocess(self, nb: Any, resources: Any) -> Any:
        """Run the notebook; ``SEQ2BERT_DRAW`` is set for its kernel alone."""
        path = Path(self.seed_file)
        if not self.seed_file or not path.exists():
            self.log.warning(
                "No private seed%s: graded with the published inputs", f" at {path}" * bool(self.seed_file)
            )
            return super().preprocess(nb, resources)
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
    """Return HTML without scripts; it takes the place of a filter that nbgrader's template applies to all Markdown."""
    return str(clean_html(strip_files_prefix(html)))


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
