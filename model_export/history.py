"""What the state of a scorer is before the stream, as `history.parquet` and as rows."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from fraud_core.artifact import HISTORY_WINDOW_S
from fraud_core.features import LONGEST_WINDOW_S
from fraud_core.history import ENTRY, OUTCOME
from model_export.clean_rows import CleanRows

_SCHEMA: Final = pa.schema(
    [("kind", pa.int8()), ("id", pa.int64()), ("time_s", pa.int64()), ("value", pa.int64())]
)


def history_entries(before: CleanRows, end_s: int) -> CleanRows:
    """The rows that customers' windows hold when the stream begins.

    Args:
        before: rows in front of the stream's first one.
        end_s: last event time of the history.
    """
    return before.select((before.time_s > end_s - HISTORY_WINDOW_S) & (before.time_s <= end_s))


def history_outcomes(before: CleanRows, end_s: int, label_delay_s: int) -> CleanRows:
    """The rows whose outcome is known when the stream begins and still counts at a terminal."""
    label_time_s = before.time_s + label_delay_s
    known = (label_time_s <= end_s) & (label_time_s > end_s - LONGEST_WINDOW_S)
    return before.select(known & (before.fraud >= 0))


def write_history(path: Path, before: CleanRows, end_s: int, label_delay_s: int) -> int:
    """Write the history; returns its number of rows."""
    entries = history_entries(before, end_s)
    known = history_outcomes(before, end_s, label_delay_s)
    outcomes = known.outcomes(label_delay_s)
    tables = [
        _table(ENTRY, entries.customer_id, entries.time_s, entries.cents),
        _table(OUTCOME, outcomes.terminal_id, outcomes.label_time_s, outcomes.fraud),
    ]
    pq.write_table(pa.concat_tables(tables), path, compression="zstd")
    return len(entries) + len(outcomes)


Integers = npt.NDArray[np.int64]


def _table(kind: int, ids: Integers, time_s: Integers, value: Integers) -> pa.Table:
    order = np.lexsort((time_s, ids))  # stable: rows of one second stay in the order of sending
    columns = [np.full(len(ids), kind, np.int8), ids[order], time_s[order], value[order]]
    return pa.Table.from_arrays([pa.array(column) for column in columns], schema=_SCHEMA)
