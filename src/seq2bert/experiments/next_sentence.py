"""Next-sentence prediction alone: where it can be learned, beside what counting shared pieces gets.

Leaves out masked tokens: nothing but the pairs teaches these models. The last row starts from a checkpoint
that has filled in masked tokens and has never seen a pair.
"""

import torch

from seq2bert.bert import BertConfig, BertForClassification, start_from_sinusoids
from seq2bert.checkpoints import load_bert, shipped_folder, shipped_sha256
from seq2bert.data.prose import load_prose
from seq2bert.experiments.record import Experiment, Figures, Record, Settings
from seq2bert.experiments.sentence_pair_task import PairTask, pair_loss, phrase_book_task, prose_pair_task
from seq2bert.tokenization import WordPiece
from seq2bert.training import TrainingConfig, train

SCRATCH = {"start": "scratch", "steps": 600, "batch_size": 64, "learning_rate": 2e-3}
CONFIG: Settings = {
    "rows": [
        {"text": "phrase book", **SCRATCH, "pieces": 1200},
        {"text": "prose", **SCRATCH, "pieces": 4000},
        {"text": "prose", "start": "checkpoint", "steps": 80, "batch_size": 32, "learning_rate": 3e-4},
    ],
    "seeds": {"phrase book": 5, "prose": 3},
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
    return prose_pair_task(loaded.tokenizer, seed=seed, **limits), loaded.model


def predict_next(settings: Settings) -> Figures:
    """Train one model and score it on the test pairs, beside the overlap."""
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
    return {
        "accuracy": round(task.accuracy(model, task.test), 4),
        "overlap": round(task.overlap_accuracy(task.test), 4),
        "pairs seen": settings["steps"] * settings["batch_size"],
        "processor_seconds": round(history.processor_seconds, 1),
        "validation": [[steps, round(value, 4)] for steps, value in history.evaluations],
    }


def _plan(records: list[Record]) -> list[Settings]:
    shared = {name: CONFIG[name] for name in ("sizes", "longest", "held_out")}
    jobs: list[Settings] = []
    for row in CONFIG["rows"]:
        # other weights are another run
        weights = {"weights": shipped_sha256()[:12]} if row["start"] == "checkpoint" else {}
        jobs += [{**row, **weights, **shared, "seed": seed} for seed in range(CONFIG["seeds"][row["text"]])]
    return jobs


def _summarise(records: list[Record]) -> Figures:
    rows: Figures = {}
    for record in records:
        row = rows.setdefault(f"{record.settings['text']}, {record.settings['start']}", {})
        for name in ("accuracy", "overlap", "processor_seconds", "validation"):
            row.setdefault(name, []).append(record.figures[name])
        row["pairs seen"] = record.figures["pairs seen"]
    return {"rows": rows}


EXPERIMENT = Experiment(
    name="next-sentence",
    description="next-sentence prediction on a phrase book and on the prose, beside the overlap of words",
    plan=_plan,
    run_job=predict_next,
    config=CONFIG,
    summarise=_summarise,
)
