"""The state before the stream: window entries of customers, outcomes known at terminals."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from fraud_core.errors import ArtifactError
from fraud_core.features import CustomerWindows, WindowSeries

ENTRY: Final = 0
"""`kind` of a customer's window entry: id = customer, time_s = event time, value = cents."""
OUTCOME: Final = 1
"""`kind` of an outcome: id = terminal, time_s = label time, value = 1 for a fraud."""
COLUMNS: Final = ("kind", "id", "time_s", "value")

IntArray = np.ndarray[tuple[int], np.dtype[np.int64]]


@dataclass(frozen=True, slots=True)
class _Index:
    """Rows of one kind, found by id. Arrays: lists of a whole history take ten times as much."""

    places: dict[int, tuple[int, int]]
    times: IntArray
    values: IntArray

    def rows(self, key: int) -> tuple[list[int], list[int]]:
        first, last = self.places.get(key, (0, 0))
        return self.times[first:last].tolist(), self.values[first:last].tolist()


@dataclass(frozen=True, slots=True)
class History:
    """What was known at the end of the history; read-only and shared by all states of a process.

    Attributes:
        end_s: last event time of the history; the stream follows it.
        complete_until_s: outcomes up to this label time are in it; the labels topic has the rest.
    """

    end_s: int
    _customers: _Index
    _terminals: _Index

    @property
    def complete_until_s(self) -> int:
        """Label time up to which outcomes are complete without the labels topic."""
        return self.end_s

    def customer(self, customer_id: int) -> CustomerWindows:
        """A fresh state of a customer as it was at the history's end."""
        return CustomerWindows(*self._customers.rows(customer_id))

    def terminal(self, terminal_id: int) -> WindowSeries:
        """A fresh series of a terminal's outcomes known at the history's end, by label time."""
        return WindowSeries(*self._terminals.rows(terminal_id))


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


def _read(path: Path) -> tuple[_Index, _Index]:
    # Not read_table, nor to_numpy: both import pandas, 100 MB and a second in every process.
    table = pq.ParquetFile(path).read(use_threads=False)
    if tuple(table.column_names) != COLUMNS:
        message = f"{path} has columns {table.column_names}, not {list(COLUMNS)}: export it again"
        raise ArtifactError(message)
    kind, *rest = (np.from_dlpack(table[name].combine_chunks()) for name in COLUMNS)
    entries, outcomes = (kind == ENTRY, kind == OUTCOME)
    return _index(*(column[entries] for column in rest)), _index(
        *(column[outcomes] for column in rest)
    )


def _index(ids: IntArray, times: IntArray, values: IntArray) -> _Index:
    keys, firsts = np.unique(ids, return_index=True)
    bounds = [*firsts.tolist(), len(ids)]
    places = pairwise(bounds)
    return _Index(dict(zip(keys.tolist(), places, strict=True)), times, values)
