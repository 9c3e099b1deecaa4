"""Whether scores are probabilities: mean score against share of frauds, bin by bin. Pure."""

from __future__ import annotations

from typing import Final

import numpy as np

from benchmarks.outcomes import Judged
from benchmarks.quality_result import Calibration, CalibrationBin

BIN_EDGES: Final = (0.0, 0.001, 0.005, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9, 1.0)
"""Narrow where most scores are: nine in ten transactions score below 0.005."""


def calibration_of(judged: Judged) -> Calibration:
    """Scores against outcomes.

    Args:
        judged: at least one row, outcomes known.
    """
    edges = np.array(BIN_EDGES)
    place = np.clip(np.searchsorted(edges, judged.score, side="right") - 1, 0, len(edges) - 2)
    rows = np.bincount(place, minlength=len(edges) - 1)
    scores = np.bincount(place, judged.score, len(edges) - 1)
    frauds = np.bincount(place, judged.fraud, len(edges) - 1)
    bins = [
        CalibrationBin(
            low=BIN_EDGES[one],
            high=BIN_EDGES[one + 1],
            rows=int(rows[one]),
            score_mean=round(float(scores[one] / rows[one]), 6),
            fraud_share=round(float(frauds[one] / rows[one]), 6),
        )
        for one in np.flatnonzero(rows).tolist()
    ]
    return Calibration(
        score_mean=round(float(judged.score.mean()), 6),
        fraud_share=round(float(judged.fraud.mean()), 6),
        error=round(float(np.abs(scores - frauds).sum() / len(judged)), 6),
        bins=bins,
    )
