"""What platforms write about submissions: Gradescope's list, and times."""

import re
from datetime import UTC, datetime
from typing import Any

import yaml

from classroom.receive.platforms import METADATA, LayoutError

__all__ = ["moment", "read_metadata", "word"]

_LARGEST_METADATA = 32 * 2**20
_LONGEST_TIME = 100


def word(said: Any) -> str:
    """Return a name or number as text; empty if it is anything else."""
    if not isinstance(said, str | int) or isinstance(said, bool):
        return ""
    return str(said).encode("utf-8", "replace").decode()


def moment(said: Any) -> datetime | None:
    """Return a time in UTC from YAML's or nbgrader's writing; None if it is none, or has no zone."""
    if isinstance(said, str):
        if len(said) > _LONGEST_TIME:  # a student's own file
            return None
        text = re.sub(r"(\.\d{6})\d+", r"\1", said.strip())
        text = re.sub(r"\s*(UTC|Z)\Z", "+00:00", text)
        try:
            said = datetime.fromisoformat(re.sub(r"\s+([+-]\d\d:?\d\d)\Z", r"\1", text))
        except ValueError:
            return None
        if said.tzinfo is None:
            return None
    if not isinstance(said, datetime):
        return None
    try:
        return said.replace(tzinfo=UTC) if said.tzinfo is None else said.astimezone(UTC)  # YAML's are UTC without zone
    except OverflowError:  # before the year 1 or after 9999
        return None


class _Plain(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Reads Ruby's YAML: a tag that is not YAML's own is left out."""


def _without_tag(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node) if isinstance(node, yaml.ScalarNode) else None


_Plain.add_multi_constructor("!", _without_tag)


def read_metadata(content: bytes) -> dict[str, Any]:
    """Return what Gradescope's list says, by submission.

    Raises
    ------
    LayoutError
        If it is too large, or no list.
    """
    if len(content) > _LARGEST_METADATA:
        raise LayoutError(f"{METADATA} has {len(content):,} bytes; at most {_LARGEST_METADATA:,} are read")
    try:
        said = yaml.load(content, Loader=_Plain)
    except (yaml.YAMLError, ValueError, RecursionError, TypeError) as error:
        raise LayoutError(f"{METADATA} cannot be read: {error}") from None
    if not isinstance(said, dict):
        raise LayoutError(f"{METADATA} is no list of submissions")
    return said
