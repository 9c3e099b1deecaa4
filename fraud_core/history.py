"""The state before the stream: window entries of customers, outcomes known at terminals."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from fraud_core.errors import ArtifactError
from fraud_core.features import CustomerWindows, WindowSeries
from fraud_core.packed_series import Integers, PackedSeries, Seconds

ENTRY: Final = 0
"""`kind` of a customer's window entry: id = customer, time_s = event time, value = cents."""
OUTCOME: Final = 1
"""`kind` of an outcome: id = terminal, time_s = label time, value = 1 for a fraud."""
COLUMNS: Final = ("kind", "id", "time_s", "value")

_ROWS_AT_ONCE: Final = 1_000_000
"""Reading takes 25 bytes a row, keeping 5 to 12: only so many are there in both forms."""


@dataclass(frozen=True, slots=True)
class History:
    """What was known at the end of the history; read-only and shared by all states of a process.

    Attributes:
        end_s: last event time of the history; the stream follows it.
        complete_until_s: outcomes up to this label time are in it; the labels topic has the rest.
    """

    end_s: int
    _customers: PackedSeries
    _terminals: PackedSeries

    @property
    def complete_until_s(self) -> int:
        """Label time up to which outcomes are complete without the labels topic."""
        return self.end_s

    def customer(self, customer_id: int) -> CustomerWindows:
        """A fresh state of a customer as it was at the history's end."""
        return CustomerWindows(self._customers.series(customer_id) or WindowSeries([], []))

    def terminal(self, terminal_id: int) -> WindowSeries:
        """A fresh series of a terminal's outcomes known at the history's end, by label time."""
        known = self._terminals.series(terminal_id, sum_type="I")
        return known or WindowSeries([], [], sum_type="I")


def read_history(path: Path, *, end_s: int) -> History:
    """Read `history.parquet`.

    Args:
        path: the file; rows are sorted by kind, id, time.
        end_s: last event time of the history, from the manifest.

    Raises:
        ArtifactError: the file has other columns.
    """
    customers, terminals = _read(path)
    pa.default_memory_pool().release_unused()  # 50 MB that reading took
    return History(end_s, customers, terminals)


def _read(path: Path) -> tuple[PackedSeries, PackedSeries]:
    # Not read_table, nor to_numpy: both import pandas, 100 MB and a second in every process.
    file = pq.ParquetFile(path)
    if tuple(file.schema_arrow.names) != COLUMNS:
        found = file.schema_arrow.names
        message = f"{path} has columns {found}, not {list(COLUMNS)}: export it again"
        raise ArtifactError(message)
    customers, terminals = _Packing(np.int64), _Packing(np.uint8)
    for batch in file.iter_batches(_ROWS_AT_ONCE, use_threads=False):
        kind, *rest = (np.from_dlpack(batch[name]) for name in COLUMNS)
        for wanted, packing in ((ENTRY, customers), (OUTCOME, terminals)):
            chosen = kind == wanted
            packing.add(*(column[chosen] for column in rest))
    return customers.packed(), terminals.packed()


class _Packing:
    """Rows of one kind, sorted by id, taken in piece by piece."""

    def __init__(self, value_type: type[np.int64 | np.uint8]) -> None:
        self._value_type = value_type
        self._ids: list[Integers] = []
        self._counts: list[Integers] = []
        self._times: list[Seconds] = []
        self._values: list[Integers] = []

    def add(self, ids: Integers, times: Integers, values: Integers) -> None:
        keys, counts = np.unique(ids, return_counts=True)
        if len(keys) and self._ids and self._ids[-1][-1] == keys[0]:
            self._counts[-1][-1] += counts[0]  # a piece may end within an id
            keys, counts = keys[1:], counts[1:]
        if len(keys):
            self._ids.append(keys)
            self._counts.append(counts)
        self._times.append(times.astype(np.uint32))
        self._values.append(values.astype(self._value_type))

    def packed(self) -> PackedSeries:
        empty = PackedSeries.empty()
        counts = np.concatenate([empty.bounds, *self._counts])
        return PackedSeries(
            np.concatenate([empty.keys, *self._ids]),
            counts.cumsum(),
            np.concatenate(self._times or [empty.times]),
            np.concatenate(self._values or [empty.values]),
        )
