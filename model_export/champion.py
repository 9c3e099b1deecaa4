"""Whether a new model is better than the champion: on the same rows, by a bootstrap interval.

Pure. Rows of a customer depend on each other, so customers are drawn, not rows (Efron and
Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 8: draw the independent units).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Scores = npt.NDArray[np.float32]

TURNS: Final = 400
INTERVAL: Final = (0.05, 0.95)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Average precision of two models on one test window.

    Attributes:
        candidate: of the new model.
        champion: of the present champion.
        low: 5 % of the differences, candidate minus champion, are below.
        high: 5 % of them are above.
    """

    candidate: float
    champion: float
    low: float
    high: float

    @property
    def is_better(self) -> bool:
        """True when the whole interval is above 0."""
        return self.low > 0

    def __str__(self) -> str:
        """For a reader."""
        return (
            f"average precision {self.candidate:.4f} against {self.champion:.4f}, difference "
            f"{self.low:+.4f} to {self.high:+.4f} (90 %)"
        )


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of the alias.

    Attributes:
        moves: the new model becomes champion.
        reason: why, or why not.
    """

    moves: bool
    reason: str


class _Ranking:
    """Rows by falling score, and where each score ends."""

    def __init__(self, fraud: Integers, scores: Scores) -> None:
        self._order = np.argsort(-scores, kind="stable")
        self._fraud = fraud[self._order]
        ordered = scores[self._order]
        self._ends = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))

    def average_precision(self, weight: Integers) -> float:
        """Area under the precision-recall curve as a step function; NaN without a fraud."""
        weights = weight[self._order]
        hits = np.cumsum(weights * self._fraud)[self._ends]
        seen = np.cumsum(weights)[self._ends]
        if not hits[-1]:
            return float("nan")
        steps = np.diff(hits, prepend=0)
        return float((steps * hits / np.maximum(seen, 1)).sum() / hits[-1])


def compare(
    customer_id: Integers, fraud: Integers, candidate: Scores, champion: Scores, *, seed: int = 0
) -> Comparison:
    """Compare two models on the same rows.

    Args:
        customer_id: who pays, of each row.
        fraud: 0 or 1; both must occur.
        candidate: scores of the new model.
        champion: scores of the present one.
        seed: of the draws.
    """
    maker = np.random.default_rng(seed)
    customers, place = np.unique(customer_id, return_inverse=True)
    rankings = _Ranking(fraud, candidate), _Ranking(fraud, champion)
    once = np.ones(len(fraud), np.int64)
    differences = np.empty(TURNS)
    for turn in range(TURNS):
        drawn = maker.integers(0, len(customers), len(customers))
        weight = np.bincount(drawn, minlength=len(customers))[place]
        new, old = (ranking.average_precision(weight) for ranking in rankings)
        differences[turn] = new - old
    low, high = np.nanquantile(differences, INTERVAL)
    new, old = (ranking.average_precision(once) for ranking in rankings)
    return Comparison(new, old, float(low), float(high))


def decide(comparison: Comparison | None, *, why_not: str = "", force: bool = False) -> Decision:
    """Whether the new model becomes champion.

    Args:
        comparison: with the champion; None where there is none to compare with.
        why_not: why the champion that is there cannot be compared; "" where there is no champion.
        force: it becomes champion whatever the comparison says.
    """
    found = str(comparison) if comparison else why_not or "there was no champion"
    if comparison and comparison.is_better:
        return Decision(True, f"better than the champion: {found}")
    if not comparison and not why_not:
        return Decision(True, found)
    if force:
        return Decision(True, f"forced: {found}")
    shown = "not shown to be better than the champion" if comparison else "not comparable"
    return Decision(False, f"{shown}: {found}; --force moves the alias all the same")
