"""Next-sentence prediction alone: where it can be learned, beside what counting pieces gets.

Both texts get the same model, the same number of steps and a learning rate chosen on validation pairs.
Leaves out masked tokens: nothing but the pairs teaches these models. The last row starts from a checkpoint
that has filled in masked tokens and has never seen a pair.
"""

from statistics import mean

import torch

from seq2bert.bert import BertConfig, BertForClassification, start_from_sinusoids
from seq2bert.checkpoints import load_bert, shipped_folder, shipped_sha256
from seq2bert.data.prose import load_prose
from seq2bert.experiments.choosing import Cell, best_candidate, cell_jobs, mean_accuracies, table_figures
from seq2bert.experiments.record import Experiment, Figures, Record, Settings
from seq2bert.experiments.sentence_pair_task import PairTask, pair_loss, phrase_book_task, prose_pair_task
from seq2bert.tokenization import WordPiece
from seq2bert.training import TrainingConfig, train

SCRATCH = {"start": "scratch", "steps": 600, "batch_size": 64}
CONFIG: Settings = {
    "rows": [
        {"text": "phrase book", **SCRATCH},
        {"text": "prose", **SCRATCH},
        {"text": "prose", "start": "checkpoint", "steps": 240, "batch_size": 32},
    ],
    "rates": {"scratch": [1e-3, 2e-3, 4e-3, 8e-3], "checkpoint": [3e-5, 1e-4, 3e-4]},
    "choice_seeds": {"scratch": [100, 101, 102], "checkpoint": [100]},
    "seeds": {"scratch": [0, 1, 2, 3, 4], "checkpoint": [0, 1, 2]},
    "pieces": 1200,  # of the models from scratch
    "sizes": {"d_model": 64, "n_heads": 4, "d_ff": 256, "n_layers": 2, "max_length": 64, "initial_deviation": 0.08},
    "longest": 64,  # tokens of a pair
    "held_out": 1000,  # pairs
}


def untrained_model(tokenizer: WordPiece, sizes: Settings, *, seed: int) -> BertForClassification:
    """Return a small BERT with two classes over [CLS], whose positions start in order."""
    torch.manual_seed(seed)
    vocabulary = tokenizer.vocabulary
    config = BertConfig(n_tokens=len(vocabulary), pad_id=vocabulary.pad_id, dropout=0.0, attention_dropout=0.0, **sizes)
    model = BertForClassification(config, n_classes=2)
    start_from_sinusoids(model.encoder.embeddings.positions, config.initial_deviation)
    return model


def prepare(settings: Settings) -> tuple[PairTask, BertForClassification]:
    """Return the text of a row of the table, and the model that it starts from."""
    seed, limits = settings["seed"], {name: settings[name] for name in ("held_out", "longest")}
    if settings["text"] == "phrase book":
        task = phrase_book_task(pieces=settings["pieces"], seed=seed, **limits)
        return task, untrained_model(task.tokenizer, settings["sizes"], seed=seed)
    if settings["start"] == "scratch":
        sentences = (sentence for document in load_prose().train for sentence in document.sentences)
        task = prose_pair_task(WordPiece.train(sentences, settings["pieces"]), seed=seed, **limits)
        return task, untrained_model(task.tokenizer, settings["sizes"], seed=seed)
    torch.manual_seed(seed)
    folder = shipped_folder()
    loaded = load_bert(folder, lambda config: BertForClassification(config, n_classes=2), fresh=("pooler", "output"))
    segments = loaded.model.encoder.embeddings.segments.weight
    with torch.no_grad():
        segments[1] = segments[0]  # its training had no second segment: that row is still noise (lecture 15)
    return prose_pair_task(loaded.tokenizer, seed=seed, **limits), loaded.model


def predict_next(settings: Settings) -> Figures:
    """Train one model; score it on validation pairs and, for the table, on the test pairs, beside counting."""
    task, model = prepare(settings)
    config = TrainingConfig(
        steps=settings["steps"],
        learning_rate=settings["learning_rate"],
        seed=settings["seed"],
        evaluate_every=settings["steps"] // 6,
    )
    history = train(
        model,
        lambda step: task.batch(step, batch_size=settings["batch_size"], seed=settings["seed"]),
        pair_loss,
        config,
        evaluate=lambda model: task.accuracy(model, task.validation[:300]),
        device=torch.device("cpu"),
        progress=False,
    )
    figures = {
        "validation": round(task.accuracy(model, task.validation), 4),
        "curve": [[steps, round(value, 4)] for steps, value in history.evaluations],
        "train_loss": round(mean(history.loss[-20:]), 4),
        "processor_seconds": round(history.processor_seconds, 1),
    }
    if settings["part"] == "table":  # the choice never sees the test
        figures |= {
            "accuracy": round(task.accuracy(model, task.test), 4),
            "overlap": round(task.overlap_accuracy(task.test), 4),
            "linked": round(task.linked_accuracy(task.test), 4),
        }
    return figures


def _cells() -> list[Cell]:
    shared = {name: CONFIG[name] for name in ("pieces", "sizes", "longest", "held_out")}
    cells = []
    for row in CONFIG["rows"]:
        start = row["start"]
        # other weights are another run
        weights = {"weights": shipped_sha256()[:12]} if start == "checkpoint" else {}
        cells.append(
            Cell(
                {**row, **weights, **shared},
                tuple({"learning_rate": rate} for rate in CONFIG["rates"][start]),
                tuple(CONFIG["choice_seeds"][start]),
                tuple(CONFIG["seeds"][start]),
            )
        )
    return cells


def _plan(records: list[Record]) -> list[Settings]:
    return [job for cell in _cells() for job in cell_jobs(cell, records)]


def _summarise(records: list[Record]) -> Figures:
    rows: Figures = {}
    for cell in _cells():
        row: Figures = {
            "pairs seen": cell.settings["steps"] * cell.settings["batch_size"],
            "chosen": best_candidate(cell, records),
            "tried": [list(pair) for pair in zip(cell.candidates, mean_accuracies(cell, records), strict=True)],
        }
        names = ("accuracy", "overlap", "linked", "train_loss", "processor_seconds")
        row |= {name: table_figures(cell, records, name) for name in names}
        row["curve"] = [record.figures["curve"] for record in _table_runs(cell, records)]
        rows[f"{cell.settings['text']}, {cell.settings['start']}"] = row
    return {"rows": rows}


def _table_runs(cell: Cell, records: list[Record]) -> list[Record]:
    """Return the runs behind `table_figures`, in the same order."""
    wanted = {"part": "table", **cell.settings}.items()
    return sorted((r for r in records if wanted <= r.settings.items()), key=lambda run: run.settings["seed"])


EXPERIMENT = Experiment(
    name="next-sentence",
    description="next-sentence prediction on a phrase book and on the prose, beside counting pieces",
    plan=_plan,
    run_job=predict_next,
    config=CONFIG,
    summarise=_summarise,
)
