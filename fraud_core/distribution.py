"""How numbers are distributed over bins, and how far a later sample has moved from that.

The population stability index (PSI) is a convention, no test: below 0.1 stable, to 0.25 worth a
look, above it something has changed. It grows with the number of bins and with small samples.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

SCORE: Final = "fraud_probability"
"""The name of the scores' distribution, beside those of the features."""

BINS: Final = 10


class Distribution(BaseModel):
    """Shares of a sample in bins: bin i holds what is in (edges[i - 1], edges[i]]."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    edges: tuple[float, ...] = Field(description="between the bins, ascending")
    shares: tuple[float, ...] = Field(description="of the sample in each bin; one more than edges")
    rows: int = Field(description="size of the sample")


Profile = Mapping[str, Distribution]
"""Distributions by the name of the column."""


def distribution_of(values: npt.NDArray[Any]) -> Distribution:
    """Bins of about equally many values; equal values are never apart.

    Args:
        values: shape (n,), n > 0.
    """
    inner = np.linspace(0, 1, BINS + 1)[1:-1]
    edges = np.unique(np.quantile(values.astype(np.float64), inner, method="lower"))
    edges = edges[edges < values.max()]
    shares = counts_in(values, edges) / len(values)
    return Distribution(edges=edges.tolist(), shares=shares.tolist(), rows=len(values))


def profile_of(columns: Sequence[str], rows: npt.NDArray[Any]) -> dict[str, Distribution]:
    """The distribution of each column of a table, shape (n, columns)."""
    return {name: distribution_of(rows[:, place]) for place, name in enumerate(columns)}


def counts_in(
    values: npt.NDArray[Any], edges: Sequence[float] | npt.NDArray[np.float64]
) -> npt.NDArray[np.int64]:
    """How many values lie in each bin."""
    place = np.searchsorted(np.asarray(edges), values.astype(np.float64), side="left")
    return np.bincount(place, minlength=len(edges) + 1)


def psi(before: Distribution, values: npt.NDArray[Any]) -> float:
    """Population stability index of a later sample.

    An empty bin counts as half a row, or the logarithm would have no value.

    Args:
        before: what it is compared with.
        values: the later sample, shape (n,), n > 0.
    """
    counts = counts_in(values, before.edges)
    now = np.maximum(counts, 0.5) / len(values)
    then = np.maximum(np.array(before.shares), 0.5 / before.rows)
    return float(np.sum((now - then) * np.log(now / then)))
