import functools
import hashlib
import http.server
import socket
import threading
from pathlib import Path

import pytest

from seq2bert.data.download import CACHE_VARIABLE, cache_folder, fetch

CONTENT = b"a small file\n"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    """Keep requests to this machine on this machine, whatever proxy it uses."""
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "127.0.0.1")


@pytest.fixture
def server(tmp_path):
    """A web server on this machine; yields its address and the folder that it serves."""
    served = tmp_path / "served"
    served.mkdir()
    (served / "file.txt").write_bytes(CONTENT)
    handler = functools.partial(QuietHandler, directory=str(served))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(
            target=running.serve_forever, kwargs={"poll_interval": 0.01}
        )  # seconds until it stops
        thread.start()
        yield f"http://127.0.0.1:{running.server_address[1]}", served
        running.shutdown()
        thread.join()


@pytest.fixture
def nowhere():
    """An address at which nothing answers, as without a network."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{unused.getsockname()[1]}/file.txt"


def test_a_file_is_downloaded_once(server, tmp_path):
    address, served = server
    folder = tmp_path / "new" / "cache"
    path = fetch(f"{address}/file.txt", sha256=SHA256, file_name="mine.txt", folder=folder, progress=False)
    assert path == folder / "mine.txt"
    assert path.read_bytes() == CONTENT
    (served / "file.txt").unlink()
    again = fetch(f"{address}/file.txt", sha256=SHA256.upper(), file_name="mine.txt", folder=folder, progress=False)
    assert again == path


def test_a_file_that_is_there_needs_neither_network_nor_a_writable_folder(nowhere, tmp_path, monkeypatch):
    (tmp_path / "file.txt").write_bytes(CONTENT)
    monkeypatch.setattr("tempfile.TemporaryFile", None)  # nothing may be written
    for sha256 in (SHA256, SHA256.upper()):
        assert fetch(nowhere, sha256=sha256, file_name="file.txt", folder=tmp_path).read_bytes() == CONTENT


def test_a_damaged_file_is_replaced(server, tmp_path):
    (tmp_path / "file.txt").write_bytes(b"half")
    path = fetch(f"{server[0]}/file.txt", sha256=SHA256, file_name="file.txt", folder=tmp_path, progress=False)
    assert path.read_bytes() == CONTENT


def test_the_progress_bar_works(server, tmp_path, capsys):
    fetch(f"{server[0]}/file.txt", sha256=SHA256, file_name="file.txt", folder=tmp_path)
    assert "100%" in capsys.readouterr().err


def test_the_variable_chooses_the_folder(monkeypatch, tmp_path):
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "elsewhere"))
    assert cache_folder() == tmp_path / "elsewhere"
    assert not cache_folder().exists()  # asking creates nothing
    monkeypatch.delenv(CACHE_VARIABLE)
    assert cache_folder().name == "seq2bert"


def test_the_cache_folder_is_the_default(server, monkeypatch, tmp_path):
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "elsewhere"))
    path = fetch(f"{server[0]}/file.txt", sha256=SHA256, file_name="file.txt", progress=False)
    assert path == tmp_path / "elsewhere" / "file.txt"


@pytest.mark.error_messages
def test_offline_names_file_address_and_way_out(nowhere, tmp_path):
    with pytest.raises(ConnectionError) as caught:
        fetch(nowhere, sha256=SHA256, file_name="file.txt", folder=tmp_path, progress=False)
    message = str(caught.value)
    assert "file.txt is not in" in message
    assert nowhere in message
    assert "(ConnectionError). No lecture needs it" in message
    assert f"copy the file to {tmp_path / 'file.txt'}" in message
    assert list(tmp_path.iterdir()) == []


@pytest.mark.error_messages
def test_a_refusing_server_is_named(server, tmp_path):
    with pytest.raises(ConnectionError, match=r"could not be downloaded from .*/missing\.txt \(HTTPError\)"):
        fetch(f"{server[0]}/missing.txt", sha256=SHA256, file_name="file.txt", folder=tmp_path, progress=False)


@pytest.mark.error_messages
def test_a_wrong_checksum_is_named_and_nothing_is_kept(server, tmp_path):
    folder = tmp_path / "cache"
    with pytest.raises(ValueError, match=f"must be {'0' * 64}; it is another, so the download was deleted"):
        fetch(f"{server[0]}/file.txt", sha256="0" * 64, file_name="file.txt", folder=folder, progress=False)
    assert list(folder.iterdir()) == []


@pytest.mark.error_messages
def test_an_unwritable_folder_is_named(nowhere, tmp_path):
    (tmp_path / "file").write_text("in the way of a folder")
    folder = tmp_path / "file" / "cache"
    with pytest.raises(
        OSError, match=r"cannot be written \(.+\); set the environment variable SEQ2BERT_CACHE"
    ) as caught:
        fetch(nowhere, sha256=SHA256, file_name="file.txt", folder=folder)
    assert str(folder) in str(caught.value)


@pytest.mark.error_messages
def test_a_folder_that_refuses_files_is_named(nowhere, tmp_path, monkeypatch):
    def refuse(dir: Path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    with pytest.raises(OSError, match=rf"{tmp_path} cannot be written \(Permission denied\)"):
        fetch(nowhere, sha256=SHA256, file_name="file.txt", folder=tmp_path)
