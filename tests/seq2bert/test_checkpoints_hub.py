"""The hub: from the cache without a request, offline after one, and a download from a hub of our own."""

import hashlib
import json
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import huggingface_hub
import huggingface_hub.constants
import pytest
import torch

from seq2bert.bert import BertConfig, BertForMaskedTokens
from seq2bert.checkpoints import hub_folder, load_bert, save_bert
from seq2bert.tokenization import PieceVocabulary, WordPiece

CONFIG = BertConfig(n_tokens=7, d_model=4, n_heads=2, d_ff=6, n_layers=1, max_length=5)
NAME, COMMIT = "somebody/tiny-bert", "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def no_patience(monkeypatch):
    """Waiting before another try is a failure."""

    def sleep(seconds):
        raise AssertionError(f"waited for {seconds} s")

    monkeypatch.setattr(time, "sleep", sleep)


@pytest.fixture
def offline(monkeypatch, no_patience):
    """No name is resolved; return the list of those that were asked for."""
    asked = []

    def getaddrinfo(host, *rest, **options):
        asked.append(host)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    huggingface_hub.close_session()  # no connection is left open from before
    yield asked
    huggingface_hub.close_session()


@pytest.fixture
def published(tmp_path):
    """Return a folder as the hub would have it."""
    folder = tmp_path / "published"
    save_bert(
        BertForMaskedTokens(CONFIG),
        folder,
        tokenizer=WordPiece(PieceVocabulary([*PieceVocabulary.SPECIAL_TOKENS, "a", "b"])),
    )
    (folder / "README.md").write_text("not needed")
    return folder


class Hub(BaseHTTPRequestHandler):
    """As much of the hub as a download needs."""

    def do_HEAD(self):
        self.answer(body=False)

    def do_GET(self):
        self.answer(body=True)

    def answer(self, *, body):
        self.server.asked.append((self.command, self.path))
        self.server.tokens.append(self.headers["Authorization"])
        file = self.server.folder / self.path.rpartition("/")[2]
        if self.server.answer is not None:
            self.send(*self.server.answer, body=body)
        elif self.path.startswith(f"/api/models/{NAME}"):
            names = sorted(path.name for path in self.server.folder.iterdir())
            content = json.dumps({"id": NAME, "sha": COMMIT, "siblings": [{"rfilename": name} for name in names]})
            self.send(200, content.encode(), body=body)
        elif self.path.startswith(f"/{NAME}/resolve/") and file.is_file():
            self.send(200, file.read_bytes(), body=body)
        else:
            self.send(404, b"", body=body, **{"X-Error-Code": "RepoNotFound"})

    def send(self, status, content, *, body, **headers):
        self.send_response(status)
        etag = hashlib.sha256(content).hexdigest()
        headers |= {"X-Repo-Commit": COMMIT, "ETag": f'"{etag}"', "Content-Length": str(len(content))}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if body:
            self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def hub(published, monkeypatch):
    """Serve the folder; nothing else is in reach."""
    resolve = socket.getaddrinfo

    def getaddrinfo(host, *rest, **options):
        assert host == "127.0.0.1"
        return resolve(host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DISABLE_TELEMETRY", True)  # else it asks about the caller
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    server.folder, server.asked, server.tokens, server.answer = published, [], [], None
    server.endpoint = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()
    huggingface_hub.close_session()


def test_offline_is_said_at_once_after_one_request(offline, tmp_path):
    message = r"bert-base-cased is not in the cache, and the hub did not answer \(ConnectionError\)\. No lecture needs"
    with pytest.raises(ConnectionError, match=message):
        hub_folder("bert-base-cased", cache=tmp_path)
    assert len(offline) == 1
    assert list(tmp_path.iterdir()) == []


def test_in_offline_mode_nothing_is_asked(offline, tmp_path, monkeypatch):
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    message = "bert-base-cased is not in the cache, and the hub is not asked, since HF_HUB_OFFLINE is set"
    with pytest.raises(ConnectionError, match=message):
        hub_folder("bert-base-cased", cache=tmp_path)
    assert offline == []


def test_a_download_is_whole_and_then_needs_no_hub(hub, published, tmp_path, monkeypatch):
    cache = tmp_path / "cache"
    folder = hub_folder(NAME, cache=cache, endpoint=hub.endpoint)
    names = {"config.json", "model.safetensors", "vocab.txt", "tokenizer_config.json"}
    assert {path.name for path in folder.iterdir()} == names
    assert all((folder / name).read_bytes() == (published / name).read_bytes() for name in names)
    loaded, direct = load_bert(folder), load_bert(published)
    state = direct.model.state_dict()
    assert all(torch.equal(tensor, state[name]) for name, tensor in loaded.model.state_dict().items())
    assert loaded.tokenizer.vocabulary.pieces == direct.tokenizer.vocabulary.pieces
    asked = len(hub.asked)
    assert hub_folder(NAME, cache=cache, endpoint=hub.endpoint) == folder
    assert len(hub.asked) == asked


def test_another_revision_is_another_folder_to_look_for(hub, tmp_path):
    hub_folder(NAME, cache=tmp_path, endpoint=hub.endpoint)
    asked = len(hub.asked)
    folder = hub_folder(NAME, revision="v2", cache=tmp_path, endpoint=hub.endpoint)
    assert any("/v2" in path for _, path in hub.asked[asked:])
    assert (folder / "config.json").is_file()


def test_pickles_are_taken_where_there_are_no_safetensors(hub, published, tmp_path):
    (published / "model.safetensors").rename(published / "pytorch_model.bin")
    folder = hub_folder(NAME, cache=tmp_path / "cache", endpoint=hub.endpoint)
    assert (folder / "pytorch_model.bin").is_file()


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("config.json", r"has no config\.json$"),
        ("vocab.txt", r"has no vocab\.txt and no tokenizer\.json$"),
        ("model.safetensors", r"has no model\.safetensors and no pytorch_model\.bin$"),
    ],
)
def test_a_model_that_lacks_a_file_is_named_before_anything_is_downloaded(file, message, hub, published, tmp_path):
    (published / file).unlink()
    with pytest.raises(FileNotFoundError, match=f"the model '{NAME}' of the hub {message}"):
        hub_folder(NAME, cache=tmp_path / "cache", endpoint=hub.endpoint)
    assert len(hub.asked) == 1
    assert not (tmp_path / "cache").exists()


def test_half_a_copy_in_the_cache_is_not_enough(hub, tmp_path):
    folder = hub_folder(NAME, cache=tmp_path / "cache", endpoint=hub.endpoint)
    (folder / "vocab.txt").unlink()
    assert hub_folder(NAME, cache=tmp_path / "cache", endpoint=hub.endpoint) == folder
    assert (folder / "vocab.txt").is_file()


def test_a_download_that_breaks_off_leaves_no_copy_that_looks_whole(hub, tmp_path, monkeypatch):
    # without tokenizer_config.json a model that keeps capitals would be read as one that does not
    whole = huggingface_hub.hf_hub_download
    for number in range(4):
        fetched = []

        def break_off(name, file, fetched=fetched, number=number, **options):
            if len(fetched) == number:
                raise OSError("the line is dead")
            fetched.append(file)
            return whole(name, file, **options)

        cache = tmp_path / str(number)
        monkeypatch.setattr(huggingface_hub, "hf_hub_download", break_off)
        with pytest.raises(ConnectionError, match="could not be downloaded whole"):
            hub_folder(NAME, cache=cache, endpoint=hub.endpoint)
        monkeypatch.setattr(huggingface_hub, "hf_hub_download", whole)
        assert (hub_folder(NAME, cache=cache, endpoint=hub.endpoint) / "tokenizer_config.json").is_file()


def test_a_model_that_the_hub_does_not_have_is_named(hub, tmp_path):
    with pytest.raises(FileNotFoundError, match="the hub shows no model 'nobody/nothing' at main: 404"):
        hub_folder("nobody/nothing", cache=tmp_path, endpoint=hub.endpoint)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((500, b""), "HTTPError"),
        ((200, b"<html>"), "JSONDecodeError"),
        ((200, b"{}"), "KeyError"),
        ((200, b"[]"), "TypeError"),
        ((429, b""), "HTTPError"),
    ],
)
def test_a_hub_out_of_order_is_asked_once(answer, error, hub, tmp_path, no_patience):
    hub.answer = answer
    with pytest.raises(ConnectionError, match=rf"{NAME} is not in the cache, and the hub did not answer \({error}\)"):
        hub_folder(NAME, cache=tmp_path, endpoint=hub.endpoint)
    assert len(hub.asked) == 1


def test_a_token_is_shown_to_the_hub(hub, tmp_path, monkeypatch):
    monkeypatch.setattr(huggingface_hub, "get_token", lambda: "secret")
    hub.answer = (404, b"")
    with pytest.raises(FileNotFoundError):
        hub_folder(NAME, cache=tmp_path, endpoint=hub.endpoint)
    assert hub.tokens == ["Bearer secret"]


def test_a_download_that_breaks_off_is_named(hub, tmp_path, monkeypatch):
    def break_off(*_, **__):
        raise OSError("the line is dead")

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", break_off)
    with pytest.raises(ConnectionError, match=f"{NAME} could not be downloaded whole from the hub: the line is dead"):
        hub_folder(NAME, cache=tmp_path, endpoint=hub.endpoint)


@pytest.mark.parametrize("name", ["a/b/c", "", "../x", "a b"])
def test_what_cannot_be_a_name_is_refused(name, tmp_path, offline):
    with pytest.raises(ValueError, match="name must be that of a model of the hub; got "):
        hub_folder(name, cache=tmp_path)
    assert offline == []


def test_without_the_extra_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(ImportError, match=r"pip install 'seq2bert\[hub\]'"):
        hub_folder("bert-base-cased")
