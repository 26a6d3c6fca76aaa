"""The instructor's private seed: each student's inputs come from it, so published tests are not the graded ones."""

import hashlib
import hmac
import os
import re
import secrets
from pathlib import Path

__all__ = ["SEED_BYTES", "SeedError", "draw_for", "fingerprint", "make_seed", "read_seed"]

SEED_BYTES = 32
_TEXT = re.compile(rf"[0-9a-f]{{{2 * SEED_BYTES}}}\n?")


class SeedError(ValueError):
    """Why a file cannot serve as a private seed, in words that say what to do."""


def make_seed(path: Path) -> bytes:
    """Write a new random seed, readable by its owner alone, and return it.

    Raises
    ------
    SeedError
        If there is a file already: a seed that grades were drawn from is not replaced by accident.
    """
    seed = secrets.token_bytes(SEED_BYTES)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise SeedError(f"{path} is there already. To draw anew, move it away first; grades depend on it.") from None
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(seed.hex() + "\n")
    return seed


def read_seed(path: Path) -> bytes:
    """Read a private seed.

    Raises
    ------
    SeedError
        If there is no such file, others may read it, or it does not hold a seed.
    """
    try:
        mode, text = path.stat().st_mode, path.read_text(encoding="ascii")
    except FileNotFoundError:
        raise SeedError(f"there is no private seed at {path}; python -m classroom.redraw makes one") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SeedError(f"{path} cannot be read as a private seed: {error}") from None
    if os.name != "nt" and mode & 0o077:
        raise SeedError(f"{path} can be read by others (mode {mode & 0o777:o}); chmod 600 {path}")
    if not _TEXT.fullmatch(text):
        raise SeedError(f"{path} does not hold a private seed: {2 * SEED_BYTES} hexadecimal digits on one line")
    return bytes.fromhex(text.strip())


def draw_for(seed: bytes, student: str) -> str:
    """Return what is mixed into every draw of a student's tests, see `seq2bert.check.draw`.

    Nobody finds the seed from it, nor what another student gets.

    Raises
    ------
    ValueError
        If `student` is empty.
    """
    if not student:
        raise ValueError("student must name somebody; got an empty id")
    return hmac.new(seed, f"student:{student}".encode(), hashlib.sha256).hexdigest()


def fingerprint(seed: bytes) -> str:
    """Return a short name for a seed that may be shown and written down."""
    return hashlib.sha256(b"fingerprint:" + seed).hexdigest()[:12]
