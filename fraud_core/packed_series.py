"""Series of many keys in four arrays: what is held of customers that nobody asked for lately.

12 bytes an entry and 16 a key, where a series of its own takes some 300 more; a snapshot is written
from these arrays and read back into them.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fraud_core.features import TIME_TYPE, SumType, WindowSeries

Integers = np.ndarray[tuple[int], np.dtype[np.int64]]
Seconds = np.ndarray[tuple[int], np.dtype[np.uint32]]

_SUM_DTYPES = {"q": np.int64, "I": np.uint32}


@dataclass(frozen=True, slots=True, eq=False)
class PackedSeries:
    """Entries by key and time.

    Attributes:
        keys: ascending, each once.
        bounds: one more than keys; the entries of key i are those from bounds[i] to bounds[i + 1].
        times: seconds since 1970-01-01 UTC, ascending within a key.
        values: one for each time, of any integer type.
    """

    keys: Integers
    bounds: Integers
    times: Seconds
    values: Integers

    def __len__(self) -> int:
        return len(self.times)

    @classmethod
    def empty(cls) -> PackedSeries:
        """No key."""
        none = np.empty(0, np.int64)
        return cls(none, np.zeros(1, np.int64), np.empty(0, np.uint32), none)

    def series(self, key: int, sum_type: SumType = "q") -> WindowSeries | None:
        """A series of its own with the entries of a key; None where the key is not there."""
        place = int(self.keys.searchsorted(key))
        if place == len(self.keys) or self.keys[place] != key:
            return None
        first, last = self.bounds[place : place + 2].tolist()
        times, sums = array(TIME_TYPE), array(sum_type, [0])
        times.frombytes(self.times[first:last].tobytes())
        sums.frombytes(self.values[first:last].cumsum(dtype=_SUM_DTYPES[sum_type]).tobytes())
        return WindowSeries.of_arrays(times, sums)


def pack(series: Mapping[int, WindowSeries]) -> PackedSeries:
    """The entries of series with 64-bit sums, by key."""
    if not series:
        return PackedSeries.empty()
    keys = np.fromiter(series, np.int64, len(series))
    counts = np.fromiter((len(one) for one in series.values()), np.int64, len(series))
    times = np.frombuffer(b"".join([one.times for one in series.values()]), np.uint32)
    sums = np.frombuffer(b"".join([one.sums for one in series.values()]), np.int64)
    # between the last sum of a key and the first of the next there is no value
    between = np.cumsum(counts + 1)[:-1] - 1
    values = np.delete(np.diff(sums), between)
    return _arranged(keys, counts, np.cumsum(counts) - counts, times, values)


def merge(newer: PackedSeries, older: PackedSeries) -> PackedSeries:
    """The entries of all keys; of a key that both have, those of the newer one."""
    kept = np.isin(older.keys, newer.keys, assume_unique=True, invert=True)
    return _arranged(
        np.concatenate((newer.keys, older.keys[kept])),
        np.concatenate((np.diff(newer.bounds), np.diff(older.bounds)[kept])),
        np.concatenate((newer.bounds[:-1], older.bounds[:-1][kept] + len(newer))),
        np.concatenate((newer.times, older.times)),
        np.concatenate((newer.values, older.values)),
    )


def _arranged(
    keys: Integers, counts: Integers, firsts: Integers, times: Seconds, values: Integers
) -> PackedSeries:
    """Put stretches of entries into the order of their keys.

    Args:
        keys: each once, in any order.
        counts: entries of each key.
        firsts: place of each key's first entry.
        times: of all entries.
        values: of all entries.
    """
    order = np.argsort(keys)
    counts, firsts = counts[order], firsts[order]
    bounds = np.concatenate((np.zeros(1, np.int64), np.cumsum(counts)))
    places = np.repeat(firsts - bounds[:-1], counts) + np.arange(bounds[-1])
    return PackedSeries(keys[order], bounds, times.take(places), values.take(places))
