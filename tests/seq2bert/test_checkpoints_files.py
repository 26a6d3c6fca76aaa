"""Files of weights: both forms, damage, and pickles that would run code."""

import os
import pickle
import stat
import zipfile

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch.testing import assert_close

from seq2bert.bert import Bert, BertConfig
from seq2bert.checkpoints import file_sha256, load_bert, read_tensors, save_bert, weights_file, write_tensors

CONFIG = BertConfig(n_tokens=7, d_model=4, n_heads=2, d_ff=6, n_layers=2, max_length=5)
TENSORS = {"a": torch.arange(6.0).view(2, 3), "b": torch.tensor([1, 2])}


class Malicious:
    """What it does when it is unpickled: make a file that gives it away."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return os.mkdir, (self.path,)


@pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin"])
def test_both_forms_are_read(name, tmp_path):
    path = tmp_path / name
    save_file(TENSORS, path) if name.endswith("safetensors") else torch.save(TENSORS, path)
    assert weights_file(tmp_path) == path
    found = read_tensors(path)
    assert found.keys() == TENSORS.keys()
    assert all(torch.equal(found[name], TENSORS[name]) for name in TENSORS)


def test_the_first_pickles_of_torch_are_read(tmp_path):
    path = tmp_path / "pytorch_model.bin"
    torch.save(TENSORS, path, _use_new_zipfile_serialization=False)
    assert torch.equal(read_tensors(path)["a"], TENSORS["a"])


def test_safetensors_come_first(tmp_path):
    (tmp_path / "model.safetensors").touch()
    (tmp_path / "pytorch_model.bin").touch()
    assert weights_file(tmp_path).name == "model.safetensors"


@pytest.mark.parametrize("form", ["torch", "torch, old", "plain"])
def test_a_pickle_that_runs_code_is_not_opened(form, tmp_path):
    given_away, path = tmp_path / "it ran", tmp_path / "pytorch_model.bin"
    content = TENSORS | {"c": Malicious(given_away)}
    if form == "plain":
        path.write_bytes(pickle.dumps(content))
    else:
        torch.save(content, path, _use_new_zipfile_serialization=form == "torch")
    with pytest.raises(ValueError, match="holds more than tensors, or is damaged, and was not opened") as caught:
        read_tensors(path)
    assert str(path) in str(caught.value)
    assert not given_away.exists()
    pickled = path.read_bytes() if form != "torch" else zipfile.ZipFile(path).read("pytorch_model/data.pkl")
    assert b"mkdir" in pickled  # the file does hold the call


def test_loading_a_folder_with_such_a_pickle_runs_nothing(tmp_path):
    save_bert(Bert(CONFIG), tmp_path)
    (tmp_path / "model.safetensors").unlink()
    torch.save({"x": Malicious(tmp_path / "it ran")}, tmp_path / "pytorch_model.bin")
    with pytest.raises(ValueError, match="was not opened"):
        load_bert(tmp_path)
    assert not (tmp_path / "it ran").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([1, 2], "must hold tensors by name; got list"),
        ({"a": torch.ones(1), "step": 3}, "must hold tensors by name; got a dict of Tensor, int"),
        ({"model": {"a": torch.ones(1)}}, "must hold tensors by name; got a dict of dict"),
    ],
)
def test_a_pickle_of_something_else_is_named(content, message, tmp_path):
    path = tmp_path / "pytorch_model.bin"
    torch.save(content, path)
    with pytest.raises(ValueError, match=message) as caught:
        read_tensors(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin"])
@pytest.mark.parametrize("damage", ["empty", "half", "noise"])
def test_a_damaged_file_is_named(name, damage, tmp_path):
    path = tmp_path / name
    save_file(TENSORS, path) if name.endswith("safetensors") else torch.save(TENSORS, path)
    whole = path.read_bytes()
    path.write_bytes({"empty": b"", "half": whole[: len(whole) // 2], "noise": bytes(range(256)) * 4}[damage])
    with pytest.raises(ValueError, match=r"damaged|not a whole safetensors file") as caught:
        read_tensors(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin"])
def test_a_file_that_is_not_there_is_named(name, tmp_path):
    with pytest.raises(FileNotFoundError):
        read_tensors(tmp_path / name)


def test_a_folder_without_weights_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"has neither model\.safetensors nor pytorch_model\.bin$"):
        weights_file(tmp_path)
    (tmp_path / "model.safetensors.index.json").touch()
    message = r"weights in parts are not read, and model\.safetensors\.index\.json lists some"
    with pytest.raises(FileNotFoundError, match=message):
        weights_file(tmp_path)


def test_what_is_written_is_read_back_and_says_what_it_is(tmp_path):
    path = tmp_path / "model.safetensors"
    write_tensors(path, TENSORS)
    assert all(torch.equal(tensor, TENSORS[name]) for name, tensor in read_tensors(path).items())
    with safe_open(path, "pt") as file:
        assert file.metadata() == {"format": "pt"}  # transformers asks for it


def test_an_interrupted_save_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "model.safetensors"
    write_tensors(path, TENSORS)

    def cut_off(tensors, file, metadata):
        file.write_bytes(b"half")
        raise OSError("No space left on device")

    monkeypatch.setattr("seq2bert.checkpoints.files.save_file", cut_off)
    with pytest.raises(OSError, match="No space left"):
        write_tensors(path, {"a": torch.zeros(1)})
    assert_close(read_tensors(path)["a"], TENSORS["a"])


def test_the_checksum_by_hand(tmp_path):
    (tmp_path / "abc").write_bytes(b"abc")  # the first example of FIPS 180-2, appendix B.1
    assert file_sha256(tmp_path / "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such modes")
@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_who_may_read_the_file_is_for_the_user_to_say(mask, mode, tmp_path):
    path = tmp_path / "model.safetensors"
    before = os.umask(mask)
    try:
        write_tensors(path, TENSORS)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_what_a_run_that_was_killed_left_behind_is_written_over(tmp_path):
    left = tmp_path / "model.safetensors.part"
    left.write_bytes(b"half")
    left.chmod(0o400)
    write_tensors(tmp_path / "model.safetensors", TENSORS)
    assert [path.name for path in tmp_path.iterdir()] == ["model.safetensors"]
    assert (tmp_path / "model.safetensors").stat().st_mode & stat.S_IWUSR
    assert read_tensors(tmp_path / "model.safetensors").keys() == TENSORS.keys()
