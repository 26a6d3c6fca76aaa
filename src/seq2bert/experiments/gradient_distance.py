"""L01's gradient against distance: how much the first output's loss depends on each source token.

Everything is measured with an encoder of one direction: a bidirectional one is near to both ends.
At initialisation the answer is a law of the architecture and of its random weights; after training
it is what the task has made of them. Clipping and learning rates do not enter.
"""

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from seq2bert.experiments.compare import interval
from seq2bert.experiments.letters import letters_of_length, letters_task
from seq2bert.experiments.record import Experiment, Figures, Record, Settings
from seq2bert.experiments.sequence_task import SequenceTask
from seq2bert.experiments.tuning import chosen_rates, plan_tuned, table_runs
from seq2bert.recurrent import Encoder, Seq2Seq, build_seq2seq
from seq2bert.training import TrainingConfig, seed_everything, train

__all__ = [
    "CONFIG",
    "EXPERIMENT",
    "VARIANTS",
    "build_variant",
    "factor_per_step",
    "gradient_by_distance",
    "open_forget_gate",
]

VARIANTS: dict[str, Settings] = {
    "RNN": {"cell": "rnn", "score": None},
    "GRU": {"cell": "gru", "score": None},
    "LSTM": {"cell": "lstm", "score": None},
    "LSTM, forget bias 1": {"cell": "lstm", "score": None},
    "RNN, dot attention": {"cell": "rnn", "score": "dot"},
    "LSTM, dot attention": {"cell": "lstm", "score": "dot"},
}
"""A label, and what `build_seq2seq` needs to know besides its defaults."""

CONFIG: Settings = {
    "variants": VARIANTS,
    "kind": "copy",
    "max_length": 20,
    "steps": 600,
    "batch_size": 64,
    "n_sequences": 64,
    "length": 40,
    "fit": [5, 30],  # distances: past what lies at the very end, and before the first token
    "lengths": [10, 20, 40, 80],
    "trained_lengths": [5, 10, 15, 20],
    "first_rates": [5e-3, 1e-2, 2e-2],
    "rate_seed": 100,
    "seeds": [0, 1, 2, 3, 4],
    "trained_seeds": [0, 1, 2],
}


def gradient_by_distance(
    model: Seq2Seq, task: SequenceTask, *, length: int, n: int, seed: int
) -> Float[Tensor, " distance"]:
    """Measure the norm of the gradient of the first output's loss at each source embedding.

    Sources are random letters, and so are the targets of the loss: where a model already knows the
    answer, the loss of the right one would vanish, and its gradient with it.

    Parameters
    ----------
    model : Seq2Seq
    task : SequenceTask
        Its vocabularies say what the letters are.
    length, n : int
        Length and number of the sources.
    seed : int

    Returns
    -------
    Tensor
        Entry k belongs to the token k steps before the end of the source; mean over the sources.
    """
    letters = torch.tensor(task.source_vocabulary.encode(task.source_vocabulary.regular_tokens))
    answers = torch.tensor(task.target_vocabulary.encode(task.target_vocabulary.regular_tokens))
    generator = torch.Generator().manual_seed(seed)
    source = letters[torch.randint(len(letters), (n, length), generator=generator)]
    target = answers[torch.randint(len(answers), (n,), generator=generator)]
    lengths = torch.full((n,), length)

    embedded = model.encoder.embed(source, lengths).detach().requires_grad_()
    state = model.decoder.start(model.encoder.encode_embedded(embedded, lengths))
    start = torch.full((n, 1), task.target_vocabulary.start_id)
    logits = model.decoder(start, state).logits[:, 0]  # (batch, vocab)
    loss = F.cross_entropy(logits, target, reduction="sum")  # a sum: no source sees another one's gradient
    (gradient,) = torch.autograd.grad(loss, embedded)
    return gradient.norm(dim=-1).mean(0).flip(0)


def factor_per_step(norms: Sequence[float], *, first: int, last: int) -> float:
    """Return the factor by which the gradient changes from one distance to the next.

    The least-squares line through the logarithms of ``norms[first:last]``; 1 means that distance
    does not matter.

    Raises
    ------
    ValueError
        If one of these norms is not positive: it has no logarithm.
    """
    fitted = np.asarray(norms, dtype=float)[first:last]
    if not (fitted > 0).all():  # so written, it catches NaN too
        raise ValueError(f"norms must be positive from {first} to {last}; got {fitted.tolist()}")
    slope, _ = np.polyfit(np.arange(first, last), np.log(fitted), 1)
    return float(np.exp(slope))


def open_forget_gate(encoder: Encoder, *, bias: float) -> None:
    """Set the bias of an LSTM encoder's forget gate, so that it starts more open.

    References
    ----------
    Gers et al. (2000), Learning to forget; Jozefowicz et al. (2015), section 2.2, recommend 1.
    """
    width = encoder.cell.get_parameter("weight_hh_l0").shape[1]
    with torch.no_grad():  # torch adds two biases, each with its gates in the order input, forget, cell, output
        encoder.cell.get_parameter("bias_ih_l0")[width : 2 * width] = bias
        encoder.cell.get_parameter("bias_hh_l0")[width : 2 * width] = 0.0


def build_variant(variant: str, task: SequenceTask, *, seed: int) -> Seq2Seq:
    """Build one of `VARIANTS` with an encoder of one direction."""
    seed_everything(seed)
    model = build_seq2seq(**VARIANTS[variant], bidirectional=False, **task.sizes)
    if variant.endswith("forget bias 1"):
        open_forget_gate(model.encoder, bias=1.0)
    return model


def _task() -> SequenceTask:
    return letters_task(CONFIG["kind"], max_length=CONFIG["max_length"])


def _variants() -> list[Settings]:
    return [{"variant": name} for name in CONFIG["variants"]]


def _plan(records: list[Record]) -> list[Settings]:
    initial = [{"part": "initial", **v, "seed": seed} for v in _variants() for seed in CONFIG["seeds"]]
    return initial + plan_tuned(
        _variants(),
        records,
        first_rates=CONFIG["first_rates"],
        rate_seed=CONFIG["rate_seed"],
        seeds=CONFIG["trained_seeds"],
    )


def _run_job(settings: Settings) -> Figures:
    model = build_variant(settings["variant"], _task(), seed=settings["seed"])
    if settings["part"] == "initial":
        return _initial_figures(model, settings["seed"])
    history = train(
        model,
        _task().batches(batch_size=CONFIG["batch_size"], seed=settings["seed"]),
        _task().loss,
        TrainingConfig(steps=CONFIG["steps"], learning_rate=settings["learning_rate"], seed=settings["seed"]),
        device=torch.device("cpu"),
        progress=False,
    )
    figures = {
        "processor_seconds": round(history.processor_seconds, 2),
        "valid_loss": _task().mean_loss(model, _task().valid),
    }
    if settings["part"] == "table":
        figures |= _trained_figures(model, settings["seed"])
    return figures


def _norms(model: Seq2Seq, length: int, seed: int) -> list[float]:
    norms = gradient_by_distance(model, _task(), length=length, n=CONFIG["n_sequences"], seed=seed)
    return [float(f"{norm:.4g}") for norm in norms.tolist()]


def _initial_figures(model: Seq2Seq, seed: int) -> Figures:
    norms = _norms(model, CONFIG["length"], seed)
    first, last = CONFIG["fit"]
    middles = [float(np.median(_norms(model, length, seed)[first:])) for length in CONFIG["lengths"]]
    exponent, _ = np.polyfit(np.log(CONFIG["lengths"]), np.log(middles), 1)
    return {
        "norms": norms,
        "factor": factor_per_step(norms, first=first, last=last),
        "median_by_length": middles,
        "exponent_of_length": float(exponent),
    }


def _trained_figures(model: Seq2Seq, seed: int) -> Figures:
    by_length = {length: _norms(model, length, seed) for length in CONFIG["trained_lengths"]}
    needed = [norms[-1] for norms in by_length.values()]  # copying: the first output needs the first token
    slope, _ = np.polyfit(CONFIG["trained_lengths"], np.log(needed), 1)
    longest = by_length[max(by_length)]
    return {
        "norms": longest,
        "needed_by_length": needed,
        "needed_factor": float(np.exp(slope)),
        "needed_over_median": needed[-1] / float(np.median(longest[:-1])),
        "exact_match": [
            _task().exact_match(model, letters_of_length(_task(), CONFIG["kind"], length, n=200))
            for length in CONFIG["trained_lengths"]
        ],
    }


def _summarise(records: list[Record]) -> Figures:
    rows = {}
    for variant in _variants():
        name = variant["variant"]
        initial = [r.figures for r in records if r.settings["part"] == "initial" and r.settings["variant"] == name]
        trained = [run.figures for run in table_runs(records, variant)]
        rows[name] = {
            "initial": {key: [figures[key] for figures in initial] for key in initial[0]}
            | {
                "factor_interval": list(interval([figures["factor"] for figures in initial])),
                "exponent_interval": list(interval([figures["exponent_of_length"] for figures in initial])),
            },
            "trained": chosen_rates(records, variant)
            | {key: [figures[key] for figures in trained] for key in trained[0]}
            | {"needed_factor_interval": list(interval([figures["needed_factor"] for figures in trained]))},
        }
    return {"rows": rows}


EXPERIMENT = Experiment(
    name="gradient-distance",
    description="L01: gradient of the first output's loss against distance, at initialisation and after training",
    plan=_plan,
    run_job=_run_job,
    config=CONFIG,
    summarise=_summarise,
)
