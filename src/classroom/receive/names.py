"""Folder names for students' ids: any text becomes a name that every file system and nbgrader accept, and comes back.

Letters and digits of any script stay. What could hurt becomes "=" and two hexadecimal digits for each byte of UTF-8:
"+" (nbgrader's own separator), "=", "/", quotes, space at either end, a leading "." or "-", "ß" (which is "ss" on some
file systems), and so on. Ids that differ only in case are not told apart by every file system; `receive` refuses the
second.
"""

import re
import unicodedata

__all__ = ["LONGEST", "folder_name", "id_of_folder", "printable", "stored_name"]

LONGEST = 200  # bytes of a folder name; file systems allow 255, and endings are appended
_INSIDE = "-_.@, "  # besides letters and digits, where they stand inside
_UNSEEN = ("Cc", "Cs", "Zl", "Zp")  # controls, half characters, line and paragraph separators
_TURNS = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"  # left to right and back
_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?\Z")  # Windows opens these, whatever the ending


def folder_name(student: str) -> str:
    """Return the name of a student's folder; different ids have different names.

    Raises
    ------
    ValueError
        If the id is empty, or its name would be longer than `LONGEST` bytes.
    """
    if not student:
        raise ValueError("a student's id is empty")
    composed = unicodedata.normalize("NFC", student) == student  # else two spellings could be the same name on macOS
    last = len(student) - 1
    device = _DEVICES.match(student) is not None
    name = "".join(
        char if _stays(char, composed) and not (device and at == 0) and not _at_end(char, at, last) else _escaped(char)
        for at, char in enumerate(student)
    )
    if len(name.encode()) > LONGEST:
        raise ValueError(f"a student's id is too long for a folder's name: {student[:60]!r}…")
    return name


def id_of_folder(name: str) -> str:
    """Return the student's id of a folder name that `folder_name` made.

    Raises
    ------
    ValueError
        If it made no such name.
    """
    raw = re.sub(
        rb"=([0-9A-F]{2})", lambda found: bytes([int(found.group(1), 16)]), name.encode("utf-8", "surrogatepass")
    )
    student = raw.decode("utf-8", "surrogatepass")
    if folder_name(student) != name:
        raise ValueError(f"{name!r} is no student's folder")
    return student


def stored_name(original: str, taken: set[str]) -> str:
    """Return a safe file name for a raw file, like its own, that is not yet taken; add it to those taken.

    It need not be reversible: the receipt has the original name.
    """
    stem, dot, ending = original.rpartition(".")
    stem, ending = (stem, ending) if stem else (ending, "")
    name = re.sub(r"[^\w.@ -]|^[.-]", "_", unicodedata.normalize("NFC", stem))[:80].strip() or "file"
    ending = re.sub(r"\W", "", ending, flags=re.ASCII)[:10]
    name = f"_{name}" if _DEVICES.match(name) else name
    number = 1
    while True:
        whole = (name if number == 1 else f"{name}-{number}") + (f".{ending}" if dot and ending else "")
        if whole.casefold() not in taken | {"receipt.json"}:
            taken.add(whole.casefold())
            return whole
        number += 1


def printable(name: str) -> str:
    """Return a file's name as it can be shown: what would move the cursor or turn the writing becomes an escape."""
    return "".join(
        char.encode("unicode_escape").decode() if unicodedata.category(char) in _UNSEEN or char in _TURNS else char
        for char in name
    )


def _stays(char: str, composed: bool) -> bool:
    if char.isascii():
        return char.isalnum() or char in _INSIDE
    return composed and char.isalnum() and not unicodedata.combining(char) and len(char.casefold()) == 1


def _at_end(char: str, at: int, last: int) -> bool:
    return (at == 0 and char in ".-, ") or (at == last and char in ". ")


def _escaped(char: str) -> str:
    return "".join(f"={byte:02X}" for byte in char.encode("utf-8", "surrogatepass"))
