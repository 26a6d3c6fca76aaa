"""What the shipped BERT loses when its weights are rounded to four bits, as the live figures of the page run it."""

from seq2bert.bert import BertForMaskedTokens
from seq2bert.checkpoints import load_bert, shipped_folder, shipped_sha256
from seq2bert.experiments.prose_task import prose_task, score_masked_tokens
from seq2bert.experiments.record import Experiment, Figures, Record, Settings
from seq2bert.figures.four_bits import in_four_bits
from seq2bert.tokenization import WordPiece

__all__ = ["CONFIG", "EXPERIMENT", "score_both"]

CONFIG: Settings = {"checkpoint": shipped_sha256(), "part": "test", "seed": 0}


def score_both(settings: Settings) -> Figures:
    """Score the hidden tokens of the held-out text with weights of 16 bits and of four."""
    folder = shipped_folder()
    batches = prose_task(WordPiece.load(folder)).held_out(settings["part"])
    model = load_bert(folder).model.eval()
    models: dict[str, BertForMaskedTokens] = {"16 bits": model, "4 bits": in_four_bits(model)[0]}
    scores = {name: score_masked_tokens(one, batches) for name, one in models.items()}
    return {name: {key: round(value, 4) for key, value in score.items()} for name, score in scores.items()}


def _plan(records: list[Record]) -> list[Settings]:
    return [CONFIG]


EXPERIMENT = Experiment(
    name="four-bits",
    description="the shipped BERT with weights of four bits, as live figures run it, beside those of 16",
    plan=_plan,
    run_job=score_both,
    config=CONFIG,
    summarise=lambda records: records[0].figures,
)
