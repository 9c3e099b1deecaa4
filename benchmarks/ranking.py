"""How well scores rank frauds above the rest: area under the ROC curve, average precision. Pure.

Ties count as scikit-learn counts them. The work that does not depend on how often a row counts is
done once, so that a bootstrap of a million rows takes milliseconds a turn.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.latency import FloatArray, IntArray


class RankFigures(NamedTuple):
    """Both areas, in [0, 1]."""

    auc_roc: float
    average_precision: float


class Ranking:
    """Rows in the order of their scores."""

    def __init__(self, score: FloatArray, fraud: IntArray, group: IntArray) -> None:
        """Sort.

        Args:
            score: shape (n,).
            fraud: 0 or 1; both must occur.
            group: what a row counts with, from 0; see `figures`.
        """
        order = np.argsort(-score, kind="stable")
        ranked = score[order]
        ends = np.append(np.flatnonzero(ranked[1:] != ranked[:-1]), len(ranked) - 1)
        frauds = np.flatnonzero(fraud[order] == 1)
        tie = np.searchsorted(ends, frauds)
        self._group = group[order].astype(np.int32)
        self._frauds = frauds
        self._end = ends[tie]  # of the rows with the same score
        self._begin = np.append(-1, ends)[tie]  # the row before them
        self._frauds_at_end = np.searchsorted(frauds, self._end, side="right")
        self._frauds_at_begin = np.searchsorted(frauds, self._begin, side="right")

    def figures(self, times: IntArray | None = None) -> RankFigures:
        """Both areas.

        Args:
            times: how often the rows of each group count; once where None.

        Returns:
            NaN where only frauds, or none, count.
        """
        weight = self._weights(times)
        of_frauds = weight[self._frauds]
        rows = np.concatenate([[0], np.cumsum(weight)])
        frauds = np.concatenate([[0], np.cumsum(of_frauds)])
        found, before = frauds[self._frauds_at_end], frauds[self._frauds_at_begin]
        flagged, flagged_before = rows[self._end + 1], rows[self._begin + 1]
        good = rows[-1] - frauds[-1]
        if not frauds[-1] or not good:
            return RankFigures(np.nan, np.nan)
        good_at_end, good_before = flagged - found, flagged_before - before
        below = good - (good_at_end + good_before) / 2
        counted = of_frauds > 0
        precision = found[counted] / flagged[counted]
        return RankFigures(
            auc_roc=float(of_frauds @ below / (frauds[-1] * good)),
            average_precision=float(of_frauds[counted] @ precision / frauds[-1]),
        )

    def _weights(self, times: IntArray | None) -> NDArray[np.int64]:
        if times is None:
            return np.ones(len(self._group), np.int64)
        weights: NDArray[np.int64] = times[self._group]
        return weights
