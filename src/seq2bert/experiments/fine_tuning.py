"""Is pretraining worth it? A classifier from the checkpoint beside the same one from scratch and a bag of words.

Three questions about sentences of the prose, with few labels and with many. Every arm tries as many
settings and keeps those with the best accuracy on the validation documents; with the most labels the two
BERTs keep the learning rate that was best with fewer. Intervals are over the draw of the labels and the start
of the weights: all runs are tested on the same sentences, and other sentences would move all arms together.
"""

import time
from functools import cache
from statistics import mean

from seq2bert.bert import BertEncoder, BertForClassification, BertForMaskedTokens
from seq2bert.checkpoints import load_bert, shipped_folder, shipped_sha256
from seq2bert.data.prose import load_prose
from seq2bert.experiments.bag_of_words import BagOfWords, inverse_frequencies
from seq2bert.experiments.choosing import Cell, best_candidate, cell_jobs, mean_accuracies, table_figures
from seq2bert.experiments.compare import interval, paired_interval
from seq2bert.experiments.labelled_prose import TASKS, SentenceTask
from seq2bert.experiments.record import Experiment, Figures, Record, Settings
from seq2bert.experiments.sentence_classifier import (
    Example,
    SentenceClassification,
    classifier_from,
    untrained_classifier,
)
from seq2bert.training.precision import precision_of_this_processor

__all__ = ["ARMS", "CONFIG", "EXPERIMENT", "fit_bag_of_words", "pretrained", "sentence_task", "start_classifier"]

CHECKPOINT_ARM, SCRATCH, BAG = ARMS = ("checkpoint", "scratch", "bag of words")

CONFIG: Settings = {
    "tasks": {"package": [100, 1000, 7000], "section": [100, 1000], "word order": [100, 1000]},
    "labels": {
        "100": {"batch_size": 16, "steps": 100, "choice_seeds": [100, 101], "seeds": [0, 1, 2, 3, 4]},
        "1000": {"batch_size": 32, "steps": 150, "choice_seeds": [100], "seeds": [0, 1, 2]},
        "7000": {"batch_size": 32, "steps": 400, "rate_of": 1000, "choice_seeds": [100], "seeds": [0, 1, 2]},
    },
    "rates": {CHECKPOINT_ARM: [3e-5, 1e-4, 3e-4], SCRATCH: [1e-4, 3e-4, 1e-3]},
    "penalties": [1e-2, 1e-3, 1e-4],
    "head_penalty": 0.3,
    "precision": "bfloat16",
}


@cache
def sentence_task(name: str) -> SentenceTask:
    """Return one of the tasks on the package's prose."""
    return TASKS[name](load_prose())


@cache
def pretrained() -> tuple[BertEncoder, SentenceClassification]:
    """Return the encoder that the package ships, and what reads sentences with its tokenizer, as fast as it can be."""
    loaded = load_bert(shipped_folder(), BertForMaskedTokens)
    precision = precision_of_this_processor(CONFIG["precision"])
    return loaded.model.encoder, SentenceClassification(loaded.tokenizer, precision=precision)


def start_classifier(
    task_name: str, arm: str, *, labels: int, seed: int
) -> tuple[BertForClassification, list[Example]]:
    """Return a classifier whose head is fitted and whose encoder is as it starts, and what it shall learn from.

    `SentenceClassification.train` goes on from there.

    Parameters
    ----------
    task_name : str
        A key of `TASKS`.
    arm : str
        "checkpoint" or "scratch": what the encoder starts from.
    labels : int
        How many labelled sentences are drawn.
    seed : int
        Of the draw and of the weights that are new.

    Returns
    -------
    model : BertForClassification
    examples : list of Example

    Raises
    ------
    ValueError
        If the arm is another.
    """
    if arm not in (CHECKPOINT_ARM, SCRATCH):
        raise ValueError(f"arm must be {CHECKPOINT_ARM!r} or {SCRATCH!r}; got {arm!r}")
    task = sentence_task(task_name)
    encoder, reader = pretrained()
    n_classes = len(task.classes)
    if arm == CHECKPOINT_ARM:
        model = classifier_from(encoder, n_classes=n_classes, seed=seed)
    else:
        model = untrained_classifier(encoder.config, n_classes=n_classes, seed=seed)
    examples = reader.encode(task.draw(labels, seed=seed))
    reader.fit_head(model, examples, penalty=CONFIG["head_penalty"])
    return model, examples


def fit_bag_of_words(task_name: str, *, labels: int, penalty: float, seed: int) -> BagOfWords:
    """Fit the baseline to the same sentences; arguments as for `start_classifier` and `BagOfWords`.

    The words' weights come from all training documents: those that the checkpoint has learned from, too.
    """
    task = sentence_task(task_name)
    drawn = task.draw(labels, seed=seed)
    return BagOfWords(
        [sentence.text for sentence in drawn],
        [sentence.label for sentence in drawn],
        weights=_word_weights(),
        n_classes=len(task.classes),
        penalty=penalty,
    )


def _run_job(settings: Settings) -> Figures:
    part = "test" if settings["part"] == "table" else "validation"  # the choice never sees the test
    run = _run_bag if settings["arm"] == BAG else _run_bert
    return run(settings, part)


def _run_bag(settings: Settings, part: str) -> Figures:
    sentences = getattr(sentence_task(settings["task"]), part)
    _word_weights()  # not part of the time
    start = time.process_time()
    names = ("labels", "penalty", "seed")
    bag = fit_bag_of_words(settings["task"], **{name: settings[name] for name in names})
    seconds = time.process_time() - start
    guesses = bag.predict([sentence.text for sentence in sentences]).tolist()
    right = sum(guess == sentence.label for guess, sentence in zip(guesses, sentences, strict=True))
    return {part: right / len(sentences), "processor_seconds": round(seconds, 2)}


def _run_bert(settings: Settings, part: str) -> Figures:
    reader, asked = pretrained()[1], _examples(settings["task"], part)
    start = time.process_time()
    model, examples = start_classifier(
        settings["task"], settings["arm"], labels=settings["labels"], seed=settings["seed"]
    )
    seconds = time.process_time() - start
    figures = {f"{part} frozen": reader.accuracy(model, asked)} if settings["part"] == "table" else {}
    history = reader.train(
        model,
        examples,
        steps=settings["steps"],
        learning_rate=settings["learning_rate"],
        batch_size=CONFIG["labels"][str(settings["labels"])]["batch_size"],
        seed=settings["seed"],
    )
    return figures | {
        part: reader.accuracy(model, asked),
        "train_loss": round(mean(history.loss[-10:]), 4),
        "processor_seconds": round(seconds + history.processor_seconds, 2),
    }


def _cells(records: list[Record]) -> list[Cell]:
    """Return every combination of task, number of labels and arm, as far as it is known what each may choose from."""
    cells: dict[tuple[str, int, str], Cell] = {}
    for task, counts in CONFIG["tasks"].items():
        for labels in counts:
            for arm in ARMS:
                options = CONFIG["labels"][str(labels)]
                settings = {"task": task, "labels": labels, "arm": arm}
                if arm == BAG:
                    candidates = [{"penalty": penalty} for penalty in CONFIG["penalties"]]
                else:
                    settings["weights"] = shipped_sha256()[:12]  # other weights are another run
                    rates = CONFIG["rates"][arm]
                    if "rate_of" in options:
                        best = best_candidate(cells[task, options["rate_of"], arm], records)
                        rates = [] if best is None else [best["learning_rate"]]
                    candidates = [{"learning_rate": rate, "steps": options["steps"]} for rate in rates]
                cells[task, labels, arm] = Cell(
                    settings, tuple(candidates), tuple(options["choice_seeds"]), tuple(options["seeds"])
                )
    return list(cells.values())


def _plan(records: list[Record]) -> list[Settings]:
    return [job for cell in _cells(records) for job in cell_jobs(cell, records)]


def _summarise(records: list[Record]) -> Figures:
    rows = []
    cells = _cells(records)
    tested = {_names(cell): table_figures(cell, records, "test") for cell in cells}
    for cell in cells:
        task, labels, arm = _names(cell)
        row = {
            **cell.settings,
            "chance": 1 / len(sentence_task(task).classes),
            "chosen": best_candidate(cell, records),
            "tried": [list(pair) for pair in zip(cell.candidates, mean_accuracies(cell, records), strict=False)],
            "test": _with_interval(tested[task, labels, arm]),
            "processor_seconds": table_figures(cell, records, "processor_seconds"),
        }
        if arm != BAG:
            row["frozen"] = _with_interval(table_figures(cell, records, "test frozen"))
        if arm == CHECKPOINT_ARM:
            for other in (SCRATCH, BAG):
                row[f"minus {other}"] = list(paired_interval(tested[task, labels, arm], tested[task, labels, other]))
        rows.append(row)
    return {"rows": rows, "weights_sha256": shipped_sha256()}


def _names(cell: Cell) -> tuple[str, int, str]:
    return cell.settings["task"], cell.settings["labels"], cell.settings["arm"]


def _with_interval(values: list[float]) -> Figures:
    return {"seeds": values, "interval": list(interval(values))}


@cache
def _examples(task_name: str, part: str) -> list[Example]:
    return pretrained()[1].encode(getattr(sentence_task(task_name), part))


@cache
def _word_weights() -> dict[str, float]:
    return inverse_frequencies(sentence for document in load_prose().train for sentence in document.sentences)


EXPERIMENT = Experiment(
    name="fine-tuning",
    description="L13: a classifier from the checkpoint, from scratch, and a bag of words, by number of labels",
    plan=_plan,
    run_job=_run_job,
    config=CONFIG,
    summarise=_summarise,
)
