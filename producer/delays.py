"""How late records were sent: a histogram, because a run of hours has too many delays to keep."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

LATE_MS: Final = 10.0
"""A generator this late at its 99th percentile measures itself (requirement R2 of our method)."""

_SMALLEST_MS: Final = 0.001
_LARGEST_MS: Final = 3_600_000.0
_RESOLUTION: Final = 1.01
"""Each bucket ends 1 % above its start: a percentile is at most 1 % too high."""


class DelayHistogram:
    """Actual minus due send time of records, in milliseconds."""

    def __init__(self) -> None:
        buckets = int(np.ceil(np.log(_LARGEST_MS / _SMALLEST_MS) / np.log(_RESOLUTION)))
        self._ends_ms = _SMALLEST_MS * _RESOLUTION ** np.arange(buckets + 1)
        self._counts = np.zeros(buckets + 2, dtype=np.int64)
        self.count = 0
        self.late = 0
        self.max_ms = 0.0

    def add(self, delays_ms: NDArray[np.float64]) -> None:
        """Count delays, float64 of any length; a negative one counts as 0."""
        if not len(delays_ms):
            return
        places = np.searchsorted(self._ends_ms, delays_ms, side="left")
        np.add.at(self._counts, places, 1)
        self.count += len(delays_ms)
        self.late += int((delays_ms > LATE_MS).sum())
        self.max_ms = max(self.max_ms, float(delays_ms.max()))

    def percentile_ms(self, share: float) -> float:
        """The smallest bucket end below which this share of the delays lies; 0 of none."""
        if not self.count:
            return 0.0
        wanted = np.ceil(share * self.count)
        place = int(np.searchsorted(np.cumsum(self._counts), wanted))
        if place >= len(self._ends_ms):
            return self.max_ms
        return min(float(self._ends_ms[place]), self.max_ms)
