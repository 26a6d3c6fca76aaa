"""Plans in which each variant first finds its learning rate on validation data, then runs its seeds.

The search is over one number only; other settings are the same for all variants and are not tuned.
"""

from collections.abc import Sequence

from seq2bert.experiments.record import Record, Settings

__all__ = ["chosen_rates", "plan_tuned", "rates_wanted", "table_runs"]

SMALLEST_RATE, LARGEST_RATE = 5e-4, 8e-2


def rates_wanted(
    tried: dict[float, float], first: Sequence[float], *, largest_rate: float = LARGEST_RATE
) -> list[float]:
    """Return the learning rates to try, given those tried and their validation losses.

    Starts with ``first`` and goes on by factors of 2 while the best lies at an end, up to ``largest_rate``.
    """
    rates = set(first) | set(tried)
    if rates == set(tried):
        best = min(tried, key=tried.__getitem__)
        if best == max(tried) and 2 * best <= largest_rate:
            rates.add(2 * best)
        if best == min(tried) and best / 2 >= SMALLEST_RATE:
            rates.add(best / 2)
    return sorted(rates)


def plan_tuned(
    variants: Sequence[Settings],
    records: Sequence[Record],
    *,
    first_rates: Sequence[float],
    rate_seed: int,
    seeds: Sequence[int],
    largest_rate: float = LARGEST_RATE,
) -> list[Settings]:
    """Return the jobs of all variants: learning rates first, then the seeds at the best one.

    Parameters
    ----------
    variants : sequence of settings
        What tells one variant from another, for example ``{"variant": "plain"}``.
    records : sequence of Record
        Jobs done so far. A job of part "rate" has ``valid_loss`` among its figures.
    first_rates : sequence of float
    rate_seed : int
        The seed of the search; the table does not use it.
    seeds : sequence of int
        The table's.
    largest_rate : float
        Where the search ends.
    """
    jobs: list[Settings] = []
    for variant in variants:
        tried = _validation_losses(records, variant)
        wanted = rates_wanted(tried, first_rates, largest_rate=largest_rate)
        jobs += [{"part": "rate", **variant, "learning_rate": rate, "seed": rate_seed} for rate in wanted]
        if set(wanted) == set(tried):
            best = min(tried, key=tried.__getitem__)
            jobs += [{"part": "table", **variant, "learning_rate": best, "seed": seed} for seed in seeds]
    return jobs


def table_runs(records: Sequence[Record], variant: Settings) -> list[Record]:
    """Return the runs of one variant's table, in the order of their seeds."""
    runs = [r for r in records if r.settings["part"] == "table" and _is(r, variant)]
    return sorted(runs, key=lambda run: run.settings["seed"])


def chosen_rates(records: Sequence[Record], variant: Settings) -> dict:
    """Return what the search found: the rate chosen, and every rate tried with its validation loss."""
    tried = _validation_losses(records, variant)
    return {"learning_rate": min(tried, key=tried.__getitem__), "rates_tried": sorted(map(list, tried.items()))}


def _is(record: Record, variant: Settings) -> bool:
    return all(record.settings.get(name) == value for name, value in variant.items())


def _validation_losses(records: Sequence[Record], variant: Settings) -> dict[float, float]:
    return {
        r.settings["learning_rate"]: r.figures["valid_loss"]
        for r in records
        if r.settings["part"] == "rate" and _is(r, variant)
    }
