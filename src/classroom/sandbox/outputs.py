"""What a cell has shown, as the grader keeps it: of a known form, printable, and not too much.

It comes from the student's process, which may send anything. Whatever is not of the form of a notebook's output is
left out, and what is too long is cut.
"""

from typing import Any

from classroom.printable import printable

__all__ = ["KINDS", "LARGEST", "MOST", "Room", "error_output"]

MOST = 20  # rich outputs of one cell
LARGEST = 2 * 2**20  # characters of a rich output
KINDS = ("image/png", "text/plain")  # others can hold a program, and nobody is shown them
_NAME, _MESSAGE, _TRACE = 200, 2000, 4000  # characters of an error's type, its message, its lines
_FRAME = 200  # characters of an output beside its texts, so that empty ones take room, too


class Room:
    """How much a submission may still show.

    Parameters
    ----------
    text : int
        Characters that one cell may print.
    total : int
        Characters of everything that is kept of the submission.
    """

    def __init__(self, text: int, total: int = 8 * 2**20) -> None:
        self.text, self.left = text, total

    def keep(self, said: Any) -> list[dict[str, Any]]:
        """Return what is kept of what a cell has shown.

        Parameters
        ----------
        said : object
            A list of outputs, or anything else.

        Returns
        -------
        list of dict
            Outputs as a notebook has them. Of their texts no more is kept than there is room for.
        """
        kept: list[dict[str, Any]] = []
        for output in said if isinstance(said, list) else ():
            made = _made(output, self.text) if isinstance(output, dict) else None
            size = 0 if made is None else _size(made)
            if made is None or len(kept) >= MOST + 2 or size > self.left:
                continue
            self.left -= size
            kept.append(made)
        return kept


def error_output(why: str) -> dict[str, Any]:
    """Return the output of a cell that did not come to its end."""
    return {"output_type": "error", "ename": "Stopped", "evalue": why, "traceback": [why]}


def _made(output: dict[str, Any], room: int) -> dict[str, Any] | None:
    match output.get("output_type"):
        case "stream":
            return {"output_type": "stream", "name": "stdout", "text": _text(output.get("text"), room + 100)}
        case "display_data":
            said = output.get("data")
            found = said if isinstance(said, dict) else {}
            kinds = {kind: found[kind] for kind in KINDS if isinstance(found.get(kind), str)}
            data = {kind: printable(text, LARGEST) for kind, text in kinds.items() if len(text) <= LARGEST}
            return {"output_type": "display_data", "data": data, "metadata": {}} if data else None
        case "error":
            lines = output.get("traceback")
            trace = "\n".join(line for line in lines if isinstance(line, str)) if isinstance(lines, list) else ""
            return {
                "output_type": "error",
                "ename": _text(output.get("ename"), _NAME) or "Error",
                "evalue": _text(output.get("evalue"), _MESSAGE),
                "traceback": [printable(trace, _TRACE)],
            }
    return None


def _text(said: Any, longest: int) -> str:
    return printable(said, longest) if isinstance(said, str) else ""


def _size(output: dict[str, Any]) -> int:
    texts = [output.get(name, "") for name in ("text", "ename", "evalue")] + output.get("traceback", [])
    return _FRAME + sum(map(len, [*texts, *output.get("data", {}).values()]))
