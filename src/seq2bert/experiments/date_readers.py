"""Trained readers of dates that the package ships: lecture 4's score functions and lecture 10's Transformer.

Figures on the page run them in the reader's browser. For its sake the recurrent ones are narrower than
those of lecture 4's table; rates, steps and batches are those of the tables. Leaves out windows and input
feeding, and every seed but one.
"""

import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from time import process_time

import torch

from seq2bert.attention import SCORE_NAMES
from seq2bert.checkpoints import file_sha256, read_tensors, write_tensors
from seq2bert.data.dates import encode_pairs, load_dates
from seq2bert.experiments import dates_zoo, transformer_dates
from seq2bert.experiments.record import Experiment, Figures, Record, Settings, load_result
from seq2bert.experiments.sequence_task import Model, SequenceTask
from seq2bert.recurrent import build_seq2seq
from seq2bert.training import TrainingConfig, seed_everything, train
from seq2bert.transformer import SIZES, TransformerSeq2Seq
from seq2bert.vocabulary import Vocabulary

__all__ = ["CONFIG", "EXPERIMENT", "FOLDER", "READERS", "load_date_reader", "reader_files", "train_reader"]

FOLDER = "date-readers"
TRANSFORMER = "transformer"
READERS = ("none", *SCORE_NAMES, "additive, Bahdanau order", TRANSFORMER)
"""What there is, by the names of lecture 4's table; "transformer" is lecture 10's, as it is."""

CONFIG: Settings = {
    "readers": READERS,
    "widths": {"d_encoder": 48, "d_decoder": 96},  # three quarters of the table's: all readers fit in 3 MB
    "steps": dates_zoo.CONFIG["steps"],
    "batch_size": dates_zoo.CONFIG["batch_size"],
    "transformer_size": transformer_dates.CONFIG["size"],
    "transformer_steps": transformer_dates.CONFIG["steps"],
    "seed": 0,
}


def reader_files(name: str, folder: Path | None = None) -> tuple[Path, Path]:
    """Return where the weights of a reader are, and its card.

    Parameters
    ----------
    name : str
        One of `READERS`.
    folder : Path, optional
        Another folder than the package's own.

    Returns
    -------
    weights, card : Path
        A safetensors file and a JSON file.

    Raises
    ------
    ValueError
        If the name is unknown.
    """
    if name not in READERS:
        raise ValueError(f"name must be one of {'; '.join(READERS)}; got {name!r}")
    folder = Path(str(files("seq2bert") / "assets/checkpoints" / FOLDER)) if folder is None else folder
    stem = name.lower().replace(", ", "-").replace(" ", "-")
    return folder / f"{stem}.safetensors", folder / f"{stem}.json"


def load_date_reader(name: str, folder: Path | None = None) -> tuple[Model, SequenceTask]:
    """Load a trained reader.

    Parameters
    ----------
    name : str
        One of `READERS`.
    folder : Path, optional
        Another folder than the package's own.

    Returns
    -------
    model : Seq2Seq or TransformerSeq2Seq
        In eval mode, in 32 bits.
    task : SequenceTask
        With the vocabularies that the reader was trained with, whatever Babel is installed now. It has
        validation and test dates, and none to train on.

    Raises
    ------
    ValueError
        If the name is unknown.
    OSError
        If a file is not there.
    """
    weights, card = reader_files(name, folder)
    alphabets = json.loads(card.read_text(encoding="utf-8"))["vocabularies"]
    source, target = Vocabulary(alphabets["source"]), Vocabulary(alphabets["target"])
    data = load_dates(n_train=1)
    valid, test = (
        encode_pairs(pairs, source_vocabulary=source, target_vocabulary=target) for pairs in (data.valid, data.test)
    )
    task = SequenceTask(source, target, [], valid, test)
    model = _untrained(name, task, _settings_of(card))
    model.load_state_dict({key: tensor.float() for key, tensor in read_tensors(weights).items()})
    return model.eval(), task


def train_reader(settings: Settings, folder: Path, *, made: str = FOLDER) -> Figures:
    """Train one reader, save it in 16 bits, and test what was saved.

    Parameters
    ----------
    settings : dict
        ``reader``, ``learning_rate`` and ``seed``; ``widths`` and ``steps`` where they differ from `CONFIG`.
    folder : Path
        Weights and card are written into its folder ``made``.
    made : str
        Name of that folder and of the experiment whose command makes it.

    Returns
    -------
    dict
        ``parameters``, ``processor_seconds`` of training, and ``test_exact_match``.

    Raises
    ------
    ValueError
        If the reader is unknown.
    """
    name = settings["reader"]
    kept = folder / made
    weights, card = reader_files(name, kept)
    kept.mkdir(parents=True, exist_ok=True)
    start = process_time()
    model, task = _train(settings)
    figures: Figures = {
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "processor_seconds": round(process_time() - start, 1),
    }
    write_tensors(weights, {key: tensor.half().contiguous() for key, tensor in model.state_dict().items()})
    _write_card(card, settings, task, figures, made)
    reader, unseen = load_date_reader(name, kept)
    figures["test_exact_match"] = unseen.exact_match(reader, unseen.test)
    _write_card(card, settings, task, figures, made)  # again, now that the reader was tested
    return figures


def _train(settings: Settings) -> tuple[Model, SequenceTask]:
    name, learning_rate, seed = settings["reader"], settings["learning_rate"], settings["seed"]
    if name == TRANSFORMER:
        return transformer_dates.train_variant(learning_rate=learning_rate, seed=seed)[:2]
    task = _task()
    seed_everything(seed)
    model = _untrained(name, task, settings)
    train(
        model,
        task.batches(batch_size=CONFIG["batch_size"], seed=seed),
        task.loss,
        TrainingConfig(steps=(CONFIG | settings)["steps"], learning_rate=learning_rate, seed=seed),
        device=torch.device("cpu"),
        progress=False,
    )
    return model, task


def _settings_of(card: Path) -> Settings:
    return json.loads(card.read_text(encoding="utf-8"))["settings"]


def _untrained(name: str, task: SequenceTask, settings: Settings) -> Model:
    if name == TRANSFORMER:
        return TransformerSeq2Seq(SIZES[CONFIG["transformer_size"]], **task.sizes)
    return build_seq2seq(**dates_zoo.VARIANTS[name], **(CONFIG | settings)["widths"], **task.sizes)


def _write_card(path: Path, settings: Settings, task: SequenceTask, figures: Figures, made: str) -> None:
    """Say beside the weights what they are, how to make them again, and which character has which id."""
    card = {
        "what": f"reader of dates: {settings['reader']}; 16-bit weights",
        "command": f"python -m seq2bert.experiments {made}",
        "settings": settings,
        "torch": torch.__version__.split("+")[0],
        "data": "generated: seq2bert.data.dates.load_dates()",
        "licence": "CC-BY-4.0",  # REUSE.toml's for what this package trained
        "sha256": file_sha256(path.with_suffix(".safetensors")),
        "vocabularies": {
            "source": "".join(task.source_vocabulary.regular_tokens),
            "target": "".join(task.target_vocabulary.regular_tokens),
        },
        "figures": figures,
    }
    path.write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


@cache
def _task() -> SequenceTask:
    return SequenceTask.from_dates(load_dates())


def _plan(records: list[Record]) -> list[Settings]:
    rates = {name: row["learning_rate"] for name, row in load_result("dates-zoo")["summary"]["rows"].items()}
    as_it_is = load_result("transformer-dates")["summary"]["rows"][transformer_dates.BASE]
    rates[TRANSFORMER] = as_it_is["learning_rate"]
    return [{"reader": name, "learning_rate": rates[name], "seed": CONFIG["seed"]} for name in READERS]


def _summarise(records: list[Record]) -> Figures:
    return {record.settings["reader"]: record.figures for record in records}


EXPERIMENT = Experiment(
    name=FOLDER,
    description="the trained readers of dates that figures on the page run",
    plan=_plan,
    run_job=train_reader,
    config=CONFIG,
    summarise=_summarise,
    makes=FOLDER,
)
