"""Messages between the processes: what is too long, too late or of too many parts is refused."""

import os
import struct
import threading

import pytest

from classroom.sandbox import wire as module
from classroom.sandbox.wire import Wire, WireClosed, WireTimeout, pair


@pytest.fixture
def ends():
    """A wire, and the socket at its other end."""
    ours, theirs = pair()
    with ours, theirs:
        yield Wire(ours), theirs


def framed(text):
    return struct.pack(">Q", len(text)) + text


def test_a_message_and_a_file_arrive(ends):
    wire, other = ends
    read, write = os.pipe()
    wire.send({"do": "this", "half": "\ud83e", "n": [1, 2.5, None]}, (write,))
    os.close(write)
    said, (file,) = Wire(other).receive(timeout=10.0, with_files=True)
    assert said == {"do": "this", "half": "\ud83e", "n": [1, 2.5, None]}
    os.write(file, b"x")
    assert os.read(read, 1) == b"x"
    os.close(read)
    os.close(file)


@pytest.mark.parametrize("text", [b"{", b"\xff", b"[" * 100_000, b"[" + b"1," * 200_000 + b"1]", b"1" * 10_000, b""])
def test_what_is_no_message_closes_the_wire(ends, text):
    wire, other = ends
    threading.Thread(target=other.sendall, args=(framed(text),)).start()
    with pytest.raises(WireClosed):
        wire.receive(timeout=10.0)


def test_what_is_too_long_is_not_read(ends):
    wire, other = ends
    other.sendall(framed(b"[" + b" " * 998 + b"]"))
    assert wire.receive(timeout=10.0, limit=1000) == ([], [])
    other.sendall(struct.pack(">Q", 1001))
    with pytest.raises(WireClosed, match="a message of 1001 bytes; at most 1000 are read"):
        wire.receive(timeout=10.0, limit=1000)


def test_more_files_than_allowed_are_refused_and_closed(ends):
    wire, other = ends
    read, write = os.pipe()
    Wire(other).send({}, (write,) * (module._MOST_FILES + 1))
    os.close(write)
    with pytest.raises(WireClosed):
        wire.receive(timeout=10.0, with_files=True)
    assert os.read(read, 1) == b""  # no one holds the other end any more
    os.close(read)


def test_files_that_nobody_asked_for_are_closed_and_the_message_read(ends):
    """A student's process could send four with each answer, until the grader can open nothing any more."""
    wire, other = ends
    read, write = os.pipe()
    Wire(other).send({"outputs": []}, (write,) * module._MOST_FILES)
    os.close(write)
    assert wire.receive(timeout=10.0) == ({"outputs": []}, [])
    assert os.read(read, 1) == b""
    os.close(read)


def test_a_message_that_drips_has_one_deadline(ends):
    wire, other = ends
    stop = threading.Event()

    def drip():
        other.sendall(struct.pack(">Q", 1000))
        while not stop.wait(0.02):
            other.send(b"[")

    thread = threading.Thread(target=drip)
    thread.start()
    with pytest.raises(WireTimeout):  # with a deadline for each byte the message would be there after 20 s
        wire.receive(timeout=0.3)
    stop.set()
    thread.join()


def test_who_does_not_read_is_not_waited_for(ends):
    wire, _ = ends
    with pytest.raises(WireTimeout):
        wire.send({"text": "x" * 10**7}, timeout=0.2)
