"""How far scores and features have moved from the training window. Pure.

A PSI does not find a bug in the features: a snapshot that is a day old moves it by nothing and
costs 0.02 of average precision. The replay check does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from numpy.typing import NDArray

from benchmarks.quality_result import Drift
from fraud_core.distribution import Distribution, psi

ENOUGH_ROWS: Final = 2000
"""On smaller samples the index is mostly their noise: about bins / rows."""
_STABLE_BELOW: Final = 0.1
_MOVED_ABOVE: Final = 0.25


def drift_of(
    profile: Mapping[str, Distribution], columns: Mapping[str, NDArray[Any]]
) -> list[Drift]:
    """Of each column that the training window has a distribution of, the largest first.

    Args:
        profile: distributions of the training window by column.
        columns: the later samples by column.
    """
    found = [
        _drift(name, profile[name], values)
        for name, values in columns.items()
        if name in profile and len(values)
    ]
    return sorted(found, key=lambda one: -one.psi)


def _drift(name: str, before: Distribution, values: NDArray[Any]) -> Drift:
    index = psi(before, values)
    return Drift(column=name, psi=round(index, 5), rows=len(values), says=_says(index, len(values)))


def _says(index: float, rows: int) -> str:
    if rows < ENOUGH_ROWS:
        return "too few to say"
    if index < _STABLE_BELOW:
        return "stable"
    return "watch" if index <= _MOVED_ABOVE else "moved"
