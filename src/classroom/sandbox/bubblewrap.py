"""The outer wall: bubblewrap around the template process.

Inside there is the system's software and the Python environment, read-only, and nothing else: no home, no course, no
gradebook, no network. An ordinary user starts it in a user namespace. Root starts it without one, and the template
gives its rights away at once, so that limits on processes hold, which for root they do not.
"""

import contextlib
import itertools
import os
import platform
import secrets
import shutil
import signal
import site
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

import classroom
import seq2bert
from classroom.sandbox import calls, inspection
from classroom.sandbox.wire import Wire, WireClosed, WireTimeout, pair

__all__ = ["NoSandbox", "check_kept_out", "command", "start_template"]

_SYSTEM: tuple[str, ...] = ("/usr", "/lib", "/lib32", "/lib64", "/libx32", "/bin", "/sbin", "/etc/ld.so.cache")
_SYSTEM = (*_SYSTEM, "/etc/alternatives", "/etc/fonts", "/etc/localtime", "/etc/ssl/openssl.cnf")
_TEMPLATE = ("-m", "classroom.sandbox.template")
_FIRST_USER, _USERS, _SPREAD = 61184, 4336, 7919
_templates = itertools.count(secrets.randbelow(_USERS))
_ONE_THREAD = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")


class NoSandbox(RuntimeError):
    """There is no sandbox on this machine, and how to get one."""


def command(arguments: list[str], *, disk_bytes: int) -> list[str]:
    """Return the command that runs this Python inside bubblewrap.

    Parameters
    ----------
    arguments : list of str
        For Python.
    disk_bytes : int
        Room under /tmp.

    Raises
    ------
    NoSandbox
        If there is no bubblewrap.
    """
    program = shutil.which("bwrap")
    if program is None:
        raise NoSandbox("bubblewrap is not installed: apt-get install bubblewrap (or dnf, pacman, zypper)")
    if os.getuid() == 0:
        rights = ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        rights = ["--unshare-user", "--uid", "12345", "--gid", "12345"]
    walls = ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
    # Number 1 is this Python. A process of bubblewrap has no filter, and students' code of its user could write to it.
    walls += ["--as-pid-1", "--die-with-parent", "--new-session", "--clearenv", "--hostname", "sandbox"]
    folders = _python_folders()
    parents = {str(parent) for folder in folders for parent in Path(_inside(folder)).parents if parent != parent.parent}
    for path in ["/etc", *sorted(parents - set(_SYSTEM))]:
        walls += ["--perms", "0755", "--dir", path]  # bubblewrap would let no one else in
    for path in (*_SYSTEM, *folders):
        walls += ["--ro-bind-try", path, _inside(path)]
    walls += [
        "--proc",
        "/proc",
        "--dev",
        "/dev",
        "--perms",
        "1777",
        "--size",
        str(disk_bytes),
        "--tmpfs",
        "/tmp",
        "--chdir",
        "/tmp",
    ]
    for path in ("/", "/dev", "/dev/pts"):
        walls += ["--remount-ro", path]
    for name, value in _environment().items():
        walls += ["--setenv", name, value]
    return [program, *rights, *walls, _inside(sys.executable), "-P", *arguments]


def check_kept_out(keep_out: Sequence[os.PathLike[str]]) -> None:
    """Check that none of the folders lies in one that is shown inside.

    Raises
    ------
    NoSandbox
        With both folders, and what to do.
    """
    for path in map(os.fspath, keep_out):
        for kept in {os.path.abspath(path), os.path.realpath(path)}:
            for shown in (*_SYSTEM, *_python_folders()):
                if os.path.commonpath([kept, shown]) == shown:
                    raise NoSandbox(
                        f"students' code would see {kept}: it lies in {shown}, which Python or the system needs. "
                        "Move the course, or make the environment elsewhere: python -m venv beside it, not around it"
                    )


def _inside(path: str) -> str:
    """Return where a path of this machine lies inside: elsewhere, if something else is mounted over it there."""
    return f"/mnt{path}" if path.startswith(("/tmp/", "/dev/", "/proc/")) else path


def start_template(
    *, disk_bytes: int, inner: bool = True, keep_out: Sequence[os.PathLike[str]] = (), timeout: float = 120.0
) -> tuple[subprocess.Popen[bytes], Wire]:
    """Start the template; return its process and the wire to it.

    Parameters
    ----------
    disk_bytes : int
        Of all files between the walls; without the inner wall these are the submission's.
    inner : bool
        Build the inner wall for every submission; without it a template serves one submission only.
    keep_out : sequence of path
        Folders that must not be seen inside.
    timeout : float
        Seconds until the imports must be done.

    Raises
    ------
    NoSandbox
        If one of the folders would be seen; if bubblewrap is missing, or it or the inner wall does not work here,
        with what was said.
    """
    if not calls.is_known_here():
        raise NoSandbox(f"system calls cannot be filtered on {platform.machine()}: grade on x86-64 or ARM (64 bits)")
    check_kept_out(keep_out)
    ours, theirs = pair()
    os.set_inheritable(theirs.fileno(), True)
    program = [*_TEMPLATE, str(theirs.fileno()), "inner" if inner else "outer", str(_new_user())]
    try:
        process = subprocess.Popen(
            command(program, disk_bytes=disk_bytes),
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={},  # it would show in /proc
        )
    except BaseException:
        ours.close()
        raise
    finally:
        theirs.close()
    wire = Wire(ours)
    try:
        said, _ = wire.receive(timeout=timeout)
        why = said.get("why") if isinstance(said, dict) and not said.get("ready") else None
    except (WireClosed, WireTimeout) as error:
        _kill(process)
        why = _said(process) or str(error)
    if why:
        stop(process, wire)
        raise NoSandbox(f"the sandbox does not start: {why}")
    return process, wire


def stop(process: subprocess.Popen[bytes], wire: Wire) -> None:
    """End the template and everything in it, and wait until it is gone.

    Where bubblewrap has ended before, the template ends by itself: nobody is at the other end of its wire.
    """
    _kill(process)
    wire.close()
    with contextlib.suppress(subprocess.TimeoutExpired):  # a disk that does not answer, say
        process.wait(timeout=30.0)
    if process.stderr:
        process.stderr.close()


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill the template before bubblewrap, which waits for it; that of root has no rights to kill it."""
    if process.poll() is None:
        with contextlib.suppress(OSError):
            for template in inspection.children(process.pid):
                os.kill(template, signal.SIGKILL)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=30.0)
    process.kill()


def _new_user() -> int:
    """Return the number of a user for a template that root starts.

    The kernel counts the processes of a user, and without the inner wall in one sum for the whole machine: one
    submission's must not use up another's. The range is systemd's for users that exist while something runs.
    """
    return _FIRST_USER + (_SPREAD * os.getpid() + next(_templates)) % _USERS


def _said(process: subprocess.Popen[bytes]) -> str:
    """Return what a process that ends has said; another one may have its standard error, too, and not end."""
    said: bytes | None
    try:
        said = process.communicate(timeout=5.0)[1]
    except subprocess.TimeoutExpired as error:
        said = error.stderr
    return (said or b"").decode(errors="replace").strip()[-2000:]


def _environment() -> dict[str, str]:
    roots = {_inside(str(Path(package.__path__[0]).resolve().parent)) for package in (classroom, seq2bert)}
    return {
        "PATH": os.pathsep.join([str(Path(_inside(sys.executable)).parent), "/usr/bin", "/bin"]),
        "PYTHONPATH": os.pathsep.join(sorted(roots)),
        "PYTHONSAFEPATH": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
        "HOME": "/tmp/work",
        "USER": "student",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "MPLCONFIGDIR": "/tmp/matplotlib",
        "IPYTHONDIR": "/tmp/ipython",
        **dict.fromkeys(_ONE_THREAD, "1"),
        **{name: os.environ[name] for name in ("CLASSROOM_DEBUG",) if name in os.environ},
    }


def _python_folders() -> list[str]:
    """Return the folders of Python, of installed packages and of the course's two; not what lies beside them."""
    folders = [sys.prefix, sys.base_prefix, *site.getsitepackages(), *sysconfig.get_paths().values()]
    folders += [package.__path__[0] for package in (classroom, seq2bert)]
    folders += [str(Path(sys.executable).parent), str(Path(sys.executable).resolve().parent)]
    both = {path for folder in folders for path in (folder, os.path.realpath(folder))}
    system = tuple(f"{path}{os.sep}" for path in _SYSTEM)
    wanted = sorted(path for path in both if os.path.isdir(path) and not f"{path}{os.sep}".startswith(system))
    return [path for path in wanted if not any(path.startswith(f"{other}{os.sep}") for other in wanted)]
