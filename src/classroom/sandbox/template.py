"""The program inside bubblewrap: it imports what takes long once, and forks a process group for each request.

Its arguments are the descriptor of a socket, "inner" or "outer", and the user that it becomes if it is root. Requests
come over that socket: ``{"do": "spawn", "role": …, "limits": …}`` with the open ends for the new processes, answered by
``{"pid": …}``; and ``{"do": "kill", "pid": …}``, answered by ``{"gone": …}`` when all of them are gone. It has one
thread, and torch has one: a process with more could not be forked.

Each request makes two processes. The first only waits. The second, number 1 of the new namespaces where there are any,
runs the tests, or is the warden of a third, which runs the student's code.
"""

import contextlib
import gc
import importlib
import os
import signal
import socket
import sys
import traceback
from typing import Any

from classroom.sandbox import inspection, walls
from classroom.sandbox.wire import Wire, WireClosed

__all__ = ["main"]

_IMPORTED = (
    "IPython.core.interactiveshell", "matplotlib.pyplot", "numpy", "scipy.special", "classroom.sandbox.warden",
    "seq2bert.bert", "seq2bert.check", "seq2bert.checkpoints", "seq2bert.data.dates", "seq2bert.data.prose",
    "seq2bert.experiments", "seq2bert.plots", "seq2bert.recurrent", "seq2bert.show", "seq2bert.training",
    "seq2bert.transformer",
)  # fmt: skip


def main() -> None:
    """Serve requests until the other end closes."""
    wire = Wire(socket.socket(fileno=int(sys.argv[1])))
    inner = sys.argv[2] == "inner"
    _become(int(sys.argv[3]))
    _import_everything()
    try:
        _try_wall(inner)
        wire.send({"ready": True})
    except OSError as error:
        wire.send({"ready": False, "why": str(error)})
        return
    if not inner:
        walls.hide()  # the student's processes will see this one
    children: set[int] = set()
    with contextlib.suppress(WireClosed):
        while True:
            request, files = wire.receive(with_files=True)
            wire.send(_answer(request, files, children, wire, inner))
            for file in files:
                os.close(file)


def _answer(request: dict[str, Any], files: list[int], children: set[int], wire: Wire, inner: bool) -> dict[str, Any]:
    if request["do"] == "spawn":
        pid = os.fork()
        if pid == 0:
            wire.close()
            _run(lambda: _first(request["role"], walls.Limits(**request["limits"]), files, inner))
        children.add(pid)
        return {"pid": pid}
    pid = request["pid"]
    if pid in children:
        _end(pid)
        children.remove(pid)
        for orphan in set(inspection.children(os.getpid())) - children:
            if not inner or inspection.inner_number(orphan) == 1:
                _end(orphan)  # the second process; where it is number 1, everything in its namespaces ends with it
    return {"gone": pid}


def _end(child: int) -> None:
    """Kill a child of this process, and wait until it is gone."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def _first(role: str, limits: walls.Limits, files: list[int], inner: bool) -> None:
    """Enter new namespaces and wait for the process that is number 1 there."""
    from classroom.sandbox.warden import run_student, run_tests

    walls.show()
    walls.die_with_parent()
    if inner:
        walls.enter_namespaces(os.getuid(), os.getgid())
    program = run_student if role == "student" else run_tests
    second = os.fork()
    if second == 0:
        walls.die_with_parent()
        _run(lambda: program(files, limits, inner))
    walls.hide()
    for file in files:
        os.close(file)
    os.waitpid(second, 0)


def _run(program: Any) -> None:
    """Run the program of a forked process, and end the process whatever happens."""
    status = 1
    try:
        program()
        status = 0
    except BaseException:
        if os.environ.get("CLASSROOM_DEBUG"):
            traceback.print_exc()
    finally:
        os._exit(status)


def _become(user: int) -> None:
    """Give root's rights away, where bubblewrap was started with them, to a user that is no one."""
    if os.getuid() == 0:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
        walls.show()  # else the kernel keeps the files of /proc/self from their new owner


def _import_everything() -> None:
    """Do once what every child would do: import, let torch compute on one thread, make a student's shell."""
    import matplotlib
    import torch

    from classroom.sandbox.student import new_shell

    matplotlib.use("module://matplotlib_inline.backend_inline")
    for name in _IMPORTED:
        importlib.import_module(name)
    torch.set_num_threads(1)
    torch.ones(8, 8) @ torch.ones(8, 8)
    new_shell().clear_instance()  # the second is made in a quarter of the time
    gc.collect()
    gc.freeze()  # a collection in a child would write to all of this, and so copy its memory
    walls.use_large_pages()


def _try_wall(inner: bool) -> None:
    """Check in a child that the inner wall can be built here.

    Raises
    ------
    OSError
        With what the kernel said.
    """
    if not inner:
        return
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            walls.enter_namespaces(os.getuid(), os.getgid())
            second = os.fork()
            if second == 0:
                walls.cover(walls.Limits())
                os.write(write, b"built")
                os._exit(0)
            os.waitpid(second, 0)
            status = 0
        except OSError as error:
            os.write(write, str(error).encode())
        finally:
            os._exit(status)
    os.close(write)
    said = os.read(read, 1000).decode()
    os.close(read)
    os.waitpid(pid, 0)
    if said != "built":
        raise OSError(f"the inner wall cannot be built: {said or 'mounting failed'}")


if __name__ == "__main__":
    main()
