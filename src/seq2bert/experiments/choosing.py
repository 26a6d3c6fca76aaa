"""Plans in which each cell of a table first chooses its settings on validation data, then runs its seeds.

Like `seq2bert.experiments.tuning`, but the candidates are a fixed list, of any settings, and the best mean
accuracy wins: on few labels the loss says how sure a model is rather than how often it is right.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean

from seq2bert.experiments.record import Record, Settings

__all__ = ["Cell", "best_candidate", "cell_jobs", "mean_accuracies", "table_figures"]


@dataclass(frozen=True)
class Cell:
    """One cell of a table, and what it may choose from.

    Attributes
    ----------
    settings : dict
        What tells it from other cells.
    candidates : tuple of dict
        More settings, to choose from. A single one is chosen without a run; none: not known yet.
    choice_seeds, seeds : tuple of int
        Of the runs that choose, and of the table's.
    """

    settings: Settings
    candidates: tuple[Settings, ...]
    choice_seeds: tuple[int, ...]
    seeds: tuple[int, ...]


def cell_jobs(cell: Cell, records: Sequence[Record]) -> list[Settings]:
    """Return the jobs of a cell that can be named now: part "choice", and once that is done, part "table"."""
    jobs = []
    if len(cell.candidates) > 1:
        jobs += [
            {"part": "choice", **cell.settings, **candidate, "seed": seed}
            for candidate in cell.candidates
            for seed in cell.choice_seeds
        ]
    best = best_candidate(cell, records)
    if best is not None:
        jobs += [{"part": "table", **cell.settings, **best, "seed": seed} for seed in cell.seeds]
    return jobs


def best_candidate(cell: Cell, records: Sequence[Record]) -> Settings | None:
    """Return the candidate with the best mean accuracy, the first of equals; None as long as a run is missing."""
    if len(cell.candidates) < 2:
        return cell.candidates[0] if cell.candidates else None
    scores = mean_accuracies(cell, records)
    if len(scores) < len(cell.candidates):
        return None
    return cell.candidates[scores.index(max(scores))]


def mean_accuracies(cell: Cell, records: Sequence[Record]) -> list[float]:
    """Return the mean figure ``validation`` of the candidates, in their order, up to the first unfinished one."""
    scores = []
    for candidate in cell.candidates:
        values = table_figures(cell, records, "validation", {"part": "choice", **candidate})
        if len(values) < len(cell.choice_seeds):
            break
        scores.append(mean(values))
    return scores


def table_figures(cell: Cell, records: Sequence[Record], figure: str, more: Settings | None = None) -> list[float]:
    """Return one figure of a cell's runs, in the order of their seeds.

    Parameters
    ----------
    cell : Cell
    records : sequence of Record
    figure : str
    more : dict, optional
        Settings that the runs must have, too; left out, those of part "table".
    """
    wanted = cell.settings | ({"part": "table"} if more is None else more)
    runs = [r for r in records if all(r.settings.get(name) == value for name, value in wanted.items())]
    return [run.figures[figure] for run in sorted(runs, key=lambda run: run.settings["seed"])]
