"""submission_secret.txt, by which nbgrader's exchange finds a submission's page: `fetch_feedback` asks by it alone.

nbgrader makes one for each submission, and its student keeps a copy. Whoever knows a secret can read the page, so it is
in the folders of the class and in no log. `nbgrader release_feedback` stops at the first page that has none; what came
another way is therefore given one, which nobody asks by.
"""

import re
import secrets
from pathlib import Path

from classroom.course import write_atomically

__all__ = ["NAME", "read_secret", "secret_in", "write_any_secret", "write_secret"]

NAME = "submission_secret.txt"
_FORM = re.compile(rb"[0-9A-Za-z_=+/.-]{16,256}")  # nbgrader writes 128 hexadecimal digits
_NOBODYS = "nobody-"


def secret_in(content: bytes) -> str:
    """Return the secret that a file holds, as it is, line end included; empty if it is none. A student wrote it."""
    return content.decode("ascii") if _FORM.fullmatch(content) else ""


def read_secret(folder: Path) -> str:
    """Return the secret of the submission in a folder; empty if there is none."""
    try:
        return secret_in((folder / NAME).read_bytes())
    except OSError:
        return ""


def write_secret(folder: Path, secret: str) -> None:
    """Write the secret of the submission in a folder; without one, none of an earlier submission stays."""
    if not secret:
        (folder / NAME).unlink(missing_ok=True)
    elif read_secret(folder) != secret:
        write_atomically(folder / NAME, secret)


def write_any_secret(folder: Path, secret: str) -> None:
    """Write the secret of what was graded in a folder; without one, a secret that nobody knows, the same each time."""
    if not secret:
        there = read_secret(folder)
        secret = there if there.startswith(_NOBODYS) else _NOBODYS + secrets.token_hex(64)
    write_secret(folder, secret)
