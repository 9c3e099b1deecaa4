"""What thresholds do, as sums for each customer: precision, recall, amounts. Pure.

Sums of customers add up to those of a run, and a bootstrap only weighs them anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.latency import FloatArray, IntArray
from benchmarks.outcomes import Judged

SCENARIOS: Final = (1, 2, 3)
"""The handbook's: a high amount, a compromised terminal, a stolen card."""


def customer_sums(
    judged: Judged, group: IntArray, thresholds: Mapping[str, float]
) -> tuple[list[str], FloatArray]:
    """Names of the sums, and the sums of each customer, shape (customers, names).

    Args:
        judged: rows with a known outcome.
        group: number of each row's customer, from 0.
        thresholds: by name; a row is flagged from the threshold up.
    """
    fraud = judged.fraud == 1
    columns: dict[str, FloatArray] = {
        "rows": np.ones(len(judged)),
        "frauds": fraud.astype(np.float64),
        "fraud_cents": np.where(fraud, judged.cents, 0).astype(np.float64),
        "score": judged.score,
    }
    for scenario in SCENARIOS:
        columns[f"frauds_{scenario}"] = (fraud & (judged.scenario == scenario)).astype(np.float64)
    for name, threshold in thresholds.items():
        flagged = judged.score >= threshold
        columns |= _flagged(judged, name, flagged & fraud, flagged & ~fraud)
    return list(columns), _summed(list(columns.values()), group)


def _flagged(
    judged: Judged, name: str, found: NDArray[np.bool_], wrong: NDArray[np.bool_]
) -> dict[str, FloatArray]:
    columns = {
        f"{name}.found": found.astype(np.float64),
        f"{name}.wrong": wrong.astype(np.float64),
        f"{name}.found_cents": np.where(found, judged.cents, 0).astype(np.float64),
    }
    for scenario in SCENARIOS:
        mine = found & (judged.scenario == scenario)
        columns[f"{name}.found_{scenario}"] = mine.astype(np.float64)
    return columns


def _summed(columns: Sequence[FloatArray], group: IntArray) -> FloatArray:
    groups = int(group.max(initial=-1)) + 1
    return np.stack([np.bincount(group, one, groups) for one in columns], axis=1)


def ratios(
    names: Sequence[str], sums: FloatArray, thresholds: Sequence[str]
) -> dict[str, FloatArray]:
    """The figures that are one sum over another; NaN where there is nothing to divide by.

    Args:
        names: of the sums.
        sums: shape (turns, names).
        thresholds: names of the thresholds.

    Returns:
        by name, each of shape (turns,).
    """
    of = {name: sums[:, place] for place, name in enumerate(names)}
    good = of["rows"] - of["frauds"]
    found = {"fraud_share": _over(of["frauds"], of["rows"])}
    for name in thresholds:
        hits, wrong = of[f"{name}.found"], of[f"{name}.wrong"]
        missed_cents = of["fraud_cents"] - of[f"{name}.found_cents"]
        found[f"{name}.precision"] = _over(hits, hits + wrong)
        found[f"{name}.recall"] = _over(hits, of["frauds"])
        found[f"{name}.false_positive_share"] = _over(wrong, good)
        found[f"{name}.missed_per_100"] = 100 * _over(of["frauds"] - hits, of["rows"])
        found[f"{name}.missed_amount"] = missed_cents / 100
        found[f"{name}.missed_amount_share"] = _over(missed_cents, of["fraud_cents"])
        for scenario in SCENARIOS:
            mine = of[f"{name}.found_{scenario}"]
            found[f"{name}.recall_{scenario}"] = _over(mine, of[f"frauds_{scenario}"])
    return found


def _over(part: FloatArray, whole: FloatArray) -> FloatArray:
    share: FloatArray = np.full(len(whole), np.nan)
    np.divide(part, whole, out=share, where=whole > 0)
    return share
