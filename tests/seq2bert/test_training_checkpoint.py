"""Checkpoints: whole or refused, and the way back exact."""

import random
import zipfile

import pytest
import torch
from torch import nn

from seq2bert.training import load_checkpoint, save_checkpoint
from seq2bert.training.checkpoint import FORMAT, read_checkpoint


def make(width=3):
    model = nn.Linear(width, 4)
    optimizer = torch.optim.AdamW(model.parameters())
    return model, optimizer


def trained():
    model, optimizer = make()
    model(torch.randn(2, 3)).square().sum().backward()
    optimizer.step()
    return model, optimizer


def contents(model, optimizer):
    tensors = [*model.state_dict().values()]
    for state in optimizer.state_dict()["state"].values():
        tensors += [torch.as_tensor(value) for value in state.values()]
    return tensors


def equal(one, other):
    return len(one) == len(other) and all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "run.pt"
    model, optimizer = trained()
    save_checkpoint(path, model, optimizer, {"step": 5, "loss": [1.0, 0.5]})
    return path, model, optimizer


def test_everything_comes_back(saved):
    path, model, optimizer = saved
    after_saving = torch.rand(3)
    other, other_optimizer = make()
    progress = load_checkpoint(str(path), other, other_optimizer)
    assert progress == {"step": 5, "loss": [1.0, 0.5]}
    assert equal(contents(model, optimizer), contents(other, other_optimizer))
    assert torch.equal(torch.rand(3), after_saving)


def test_saving_again_replaces_the_file_and_leaves_nothing_beside(saved):
    path, model, optimizer = saved
    save_checkpoint(path, model, optimizer, {"step": 6})
    assert read_checkpoint(path)["progress"] == {"step": 6}
    assert [file.name for file in path.parent.iterdir()] == ["run.pt"]


def test_folders_are_made(tmp_path):
    path = tmp_path / "runs" / "first" / "run.pt"
    save_checkpoint(path, *trained(), {})
    assert path.is_file()


def test_a_crash_while_writing_leaves_the_old_file(saved, monkeypatch):
    path, model, optimizer = saved

    def crash(state, file):
        file.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(torch, "save", crash)
    with pytest.raises(KeyboardInterrupt):
        save_checkpoint(path, model, optimizer, {"step": 6})
    assert read_checkpoint(path)["progress"]["step"] == 5


# Damage

BROKEN = {
    "empty": lambda whole: b"",
    "half": lambda whole: whole[: len(whole) // 2],
    "one byte short": lambda whole: whole[:-1],
    "no beginning": lambda whole: whole[100:],
    "text": lambda whole: b"this is not a checkpoint\n",
    "zeros": lambda whole: bytes(len(whole)),
    "a pickle": lambda whole: b"\x80\x02}q\x00.",
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_damaged_file_is_named_and_the_model_left_alone(saved, kind):
    path, *_ = saved
    path.write_bytes(BROKEN[kind](path.read_bytes()))
    model, optimizer = make()
    before = [tensor.clone() for tensor in contents(model, optimizer)]
    with pytest.raises(ValueError, match="is damaged or not a checkpoint") as caught:
        load_checkpoint(path, model, optimizer)
    assert str(path) in str(caught.value)
    assert equal(contents(model, optimizer), before)


def test_one_wrong_bit_anywhere_is_noticed_or_harmless(saved):
    path, model, optimizer = saved
    whole, generator, noticed = path.read_bytes(), random.Random(0), []
    for _ in range(150):
        broken = bytearray(whole)
        broken[generator.randrange(len(whole))] ^= 1 << generator.randrange(8)
        path.write_bytes(broken)
        other, other_optimizer = make()
        try:
            load_checkpoint(path, other, other_optimizer)
        except ValueError as error:
            noticed.append(str(path) in str(error))
        else:
            assert equal(contents(model, optimizer), contents(other, other_optimizer))
    assert len(noticed) > 75
    assert all(noticed)


@pytest.mark.parametrize("fraction", [0.01, 0.2, 0.4, 0.6, 0.8, 0.9, 0.99])
def test_a_truncated_file_is_noticed(saved, fraction):
    path, *_ = saved
    whole = path.read_bytes()
    path.write_bytes(whole[: int(fraction * len(whole))])
    with pytest.raises(ValueError, match="is damaged or not a checkpoint"):
        load_checkpoint(path, *make())


# Other people's files


@pytest.mark.parametrize("content", [{"weight": torch.ones(3)}, {"format": "another"}, [1, 2], torch.ones(3)])
def test_a_foreign_file_of_torch_is_named(tmp_path, content):
    path = tmp_path / "other.pt"
    torch.save(content, path)
    with pytest.raises(ValueError, match="is not a training checkpoint of this package") as caught:
        load_checkpoint(path, *make())
    assert str(path) in str(caught.value)


def test_a_foreign_archive_is_named(tmp_path):
    path = tmp_path / "other.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(ValueError, match=r"other\.zip is damaged or not a checkpoint"):
        load_checkpoint(path, *make())


def test_nothing_is_executed_when_a_file_is_read(tmp_path):
    class Trap:
        def __reduce__(self):
            return (open, (str(tmp_path / "sprung"), "w"))

    path = tmp_path / "trap.pt"
    torch.save({"format": FORMAT, "model": Trap()}, path)
    with pytest.raises(ValueError, match="is damaged or not a checkpoint"):
        load_checkpoint(path, *make())
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (lambda: nn.Linear(5, 4), r"weight has shape \(4, 3\) there and \(4, 5\) here"),
        (lambda: nn.Linear(3, 4, bias=False), r"bias has shape \(4,\) there and None here"),
        (lambda: nn.Sequential(nn.Linear(3, 4)), r"0.bias has shape None there and \(4,\) here"),
        (lambda: nn.Bilinear(3, 3, 4), r"weight has shape \(4, 3\) there and \(4, 3, 3\) here"),
    ],
)
def test_a_checkpoint_of_another_model_is_named_and_the_model_left_alone(saved, model, message):
    path, *_ = saved
    model = model()
    before = [tensor.clone() for tensor in model.state_dict().values()]
    with pytest.raises(ValueError, match=f"belongs to another model: {message}") as caught:
        load_checkpoint(path, model, torch.optim.AdamW(model.parameters()))
    assert str(path) in str(caught.value)
    assert equal([*model.state_dict().values()], before)


def test_a_checkpoint_of_another_optimiser_is_named_and_the_model_left_alone(saved):
    path, *_ = saved
    model = nn.Linear(3, 4)
    before = model.weight.detach().clone()
    with pytest.raises(ValueError, match="belongs to another optimiser"):
        load_checkpoint(path, model, torch.optim.AdamW([{"params": [model.weight]}, {"params": [model.bias]}]))
    assert torch.equal(model.weight, before)


# Places that cannot be read or written


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"missing\.pt"):
        load_checkpoint(tmp_path / "missing.pt", *make())


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    path = tmp_path / "file" / "run.pt"
    with pytest.raises(OSError, match="cannot write the checkpoint") as caught:
        save_checkpoint(path, *trained(), {})
    assert str(path) in str(caught.value)


def test_a_full_disk_is_named_and_the_old_file_stays(saved, monkeypatch):
    path, model, optimizer = saved

    def full(state, file):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(OSError, match=r"cannot write the checkpoint .*run\.pt: .*No space left on device"):
        save_checkpoint(path, model, optimizer, {"step": 6})
    assert read_checkpoint(path)["progress"]["step"] == 5


def test_a_model_without_parameters(tmp_path):
    path = tmp_path / "run.pt"
    optimizer = torch.optim.AdamW([nn.Parameter(torch.ones(1))])
    save_checkpoint(path, nn.Identity(), optimizer, {"step": 1})
    assert load_checkpoint(path, nn.Identity(), optimizer) == {"step": 1}
