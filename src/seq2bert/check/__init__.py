"""Feedback on exercises: what the test cells of the assignments are written with.

A test cell runs in two places. In the student's notebook it sees the student's objects themselves. When a class is
graded it may run in another process, and then a student's function is a handle that takes data and gives data back. The
comparisons here say what is wrong and where; the operations ask for what is more than a call (a gradient, an
exception, a module's parameters) in a way that works in both places. The rules of test cells are in the
instructors' part of the book. Nothing here needs a grader, so feedback is the same in Colab.
"""

from seq2bert.check.comparisons import CheckFailed, close, equal, same_shape
from seq2bert.check.inputs import array, different_sizes, draw, tensor
from seq2bert.check.messages import passed, when_answered
from seq2bert.check.operations import (
    OPERATIONS,
    arguments_after,
    error_of,
    first,
    gradients,
    methods,
    module,
    seeded,
)

__all__ = [
    "OPERATIONS",
    "CheckFailed",
    "arguments_after",
    "array",
    "close",
    "different_sizes",
    "draw",
    "equal",
    "error_of",
    "first",
    "gradients",
    "methods",
    "module",
    "passed",
    "same_shape",
    "seeded",
    "tensor",
    "when_answered",
]
