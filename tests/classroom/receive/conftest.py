import pytest

from tests.classroom.receive.made import Folders


@pytest.fixture
def folders(tmp_path):
    """A course without content."""
    return Folders(tmp_path / "course")
