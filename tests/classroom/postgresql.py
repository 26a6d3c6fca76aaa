"""A PostgreSQL server of its own for a test: a cluster in a temporary folder, reached by a socket there and no port."""

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

HINT = "no PostgreSQL: apt-get install postgresql"


def programs():
    """Return the folder with initdb and pg_ctl; None if there is none. Debian keeps them off the search path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    path = found[-1] if found else shutil.which("initdb")
    return Path(path).parent if path else None


class Server:
    """A server that can be stopped as if its machine had failed, and started again."""

    def __init__(self, folder):
        self.folder, self.data = folder, folder / "data"
        self.settings = f"-c listen_addresses='' -c unix_socket_directories={folder} -c max_connections=30"
        self.settings += " -c fsync=off"  # the server is killed here, not the machine

    @property
    def url(self):
        """The address of a gradebook in it."""
        return f"postgresql+psycopg://grader@/postgres?host={self.folder}"

    def with_database(self, name):
        """Make an empty database; return the address of a gradebook in it."""
        self.run("createdb", "-h", self.folder, "-U", "grader", name)
        return self.url.replace("/postgres?", f"/{name}?")

    def make(self):
        """Make the cluster."""
        self.run(
            "initdb", "-D", self.data, "-U", "grader", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"
        )

    def start(self):
        """Start the server, and wait until it answers."""
        self.run("pg_ctl", "-D", self.data, "-w", "-t", "120", "-l", self.folder / "log", "-o", self.settings, "start")

    def stop(self, how="immediate"):
        """Stop it; immediate: without writing anything down, as if it were killed."""
        self.run("pg_ctl", "-D", self.data, "-w", "-t", "120", "-m", how, "stop")

    def run(self, program, *arguments):
        """Run a program of PostgreSQL as an ordinary user, which it insists on."""
        who = ["setpriv", "--reuid=nobody", "--clear-groups", "--"] if os.getuid() == 0 else []
        command = [*who, programs() / program, *arguments]
        with open(self.folder / "said", "a+b") as said:  # a pipe would stay open as long as the server
            done = subprocess.run(command, stdout=said, stderr=said, stdin=subprocess.DEVNULL, cwd="/", timeout=200)
        assert done.returncode == 0, (self.folder / "said").read_text(encoding="utf-8")[-2000:]


@contextmanager
def server():
    """Yield a running server; it and its files are gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="pg-"))  # a socket's path may have 107 bytes
    try:
        if os.getuid() == 0:
            shutil.chown(folder, "nobody")
        each = Server(folder)
        each.make()
        each.start()
        try:
            yield each
        finally:
            if (each.data / "postmaster.pid").exists():
                each.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
