"""The tests' process: it runs test cells, and talks to one snapshot of the student's process at a time."""

import contextlib
import dataclasses
import os
import socket

from classroom.cells import TestCell
from classroom.connections import StreamConnection
from classroom.grader_side import run_test
from classroom.sandbox.wire import Wire, WireClosed

__all__ = ["serve_tests"]


def serve_tests(wire: Wire) -> None:
    """Run test cells until the grader hangs up.

    A request is ``{"task": …, "points": …, "source": …, "draw": …}`` with the end that leads to the snapshot; the
    answer is an `Outcome` as a dict.
    """
    with contextlib.suppress(WireClosed):
        while True:
            request, files = wire.receive(with_files=True)
            draw = request.pop("draw")
            # What was not sent cannot be sent when the stream is closed, either: the snapshot may have closed its end.
            with contextlib.suppress(OSError), socket.socket(fileno=files[0]) as end, end.makefile("rwb") as stream:
                outcome = run_test(TestCell(**request), StreamConnection(stream, stream), draw=draw)
            wire.send(dataclasses.asdict(outcome))
            for file in files[1:]:
                os.close(file)
