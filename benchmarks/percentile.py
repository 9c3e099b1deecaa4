"""Percentiles by nearest rank: every one is a value that was measured, infinity included."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def nearest_rank(values: NDArray[np.float64], share: float) -> float | None:
    """The smallest value that at least a share of all values does not exceed.

    Args:
        values: in any order, shape (n,); infinity is allowed.
        share: 0 < share <= 1; 0.99 is the 99th percentile.

    Returns:
        None where there are no values.
    """
    count = len(values)
    if count == 0:
        return None
    # 0.95 * 100 is 95.00000000000001 in binary, which must not become rank 96
    rank = max(math.ceil(round(share * count, 9)), 1)
    return float(np.partition(values, rank - 1)[rank - 1])
