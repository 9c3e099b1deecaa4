"""Offline features of transaction files, as a scorer with an artifact would compute them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from fraud_core.artifact import Manifest
from fraud_core.features import FEATURE_NAMES
from fraud_core.offline_features import FeatureTable, OutcomeTable, offline_features
from fraud_core.transaction import ANY_DATE, DateRange
from fraud_core.transaction_source import TransactionFile
from model_export.clean_rows import CleanRows, Reading, join_rows, read_clean_rows
from model_export.history import history_entries, history_outcomes

_ROWS_AT_ONCE: Final = 262_144
_SCHEMA: Final = pa.schema(
    [("seq", pa.int64()), ("tx_id", pa.int64()), *((name, pa.float64()) for name in FEATURE_NAMES)]
)

Features = tuple[CleanRows, FeatureTable]


def read_for_features(
    files: Sequence[TransactionFile], manifest: Manifest | None, customers_share: float
) -> Reading:
    """Read the rows; with a manifest its share of customers and its latest date hold.

    The earliest date of a manifest does not: rows before the history have features as well.
    """
    if manifest is None:
        return read_clean_rows(files, dates=ANY_DATE, customers_share=customers_share)
    dates = DateRange(ANY_DATE.first_s, manifest.dates_last_s)
    return read_clean_rows(files, dates=dates, customers_share=manifest.customers_share)


def features_of(reading: Reading, label_delay_s: int) -> Iterator[Features]:
    """Features of all rows, as if a scorer had seen them from the first row on."""
    rows = reading.rows
    yield rows, offline_features(rows.table(), rows.outcomes(label_delay_s))


def features_by_manifest(
    reading: Reading, manifest: Manifest
) -> tuple[Iterator[Features], Counter[str]]:
    """Features of the rows before the stream, then of the stream as its scorers see it.

    Returns:
        the features, and rows of the stream that are dirty because of the manifest's first date.
    """
    rows, end_s, delay_s = reading.rows, manifest.history_end_s, manifest.label_delay_s
    place = reading.stream_first(end_s)
    before, stream = rows.select(slice(place)), rows.select(slice(place, None))
    possible = stream.time_s >= manifest.dates_first_s
    dirty = Counter({"impossible date": int((~possible).sum())})
    stream = stream.select(possible)

    def parts() -> Iterator[Features]:
        yield before, offline_features(before.table(), before.outcomes(delay_s))
        yield stream, _stream_features(before, stream, end_s, delay_s)

    return parts(), +dirty


def write_features(path: Path, parts: Iterator[Features]) -> int:
    """Write features to Parquet, whole or not at all; returns the number of rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(path.name + ".tmp")
    count = 0
    with pq.ParquetWriter(scratch, _SCHEMA, compression="zstd", compression_level=1) as writer:
        for rows, features in parts:
            for low in range(0, len(rows), _ROWS_AT_ONCE):
                some = slice(low, low + _ROWS_AT_ONCE)
                columns = [rows.seq[some], rows.tx_id[some], *features[some].T]
                arrays = [pa.array(np.ascontiguousarray(column)) for column in columns]
                writer.write_table(pa.Table.from_arrays(arrays, schema=_SCHEMA))
            count += len(rows)
    scratch.replace(path)
    return count


def _stream_features(
    before: CleanRows, stream: CleanRows, end_s: int, delay_s: int
) -> FeatureTable:
    """Features by the contract: state is the history and what the stream brought after its end."""
    entries = history_entries(before, end_s)
    accept = np.concatenate([np.ones(len(entries), np.bool_), stream.time_s > end_s])
    table = join_rows([entries, stream]).table(accept)
    known = history_outcomes(before, end_s, delay_s).outcomes(delay_s)
    published = [_after(rows.outcomes(delay_s), end_s) for rows in (before, stream)]
    return offline_features(table, _joined([known, *published]))[len(entries) :]


def _after(outcomes: OutcomeTable, end_s: int) -> OutcomeTable:
    """Outcomes that come over the labels topic."""
    later = outcomes.label_time_s > end_s
    return OutcomeTable(
        outcomes.terminal_id[later], outcomes.label_time_s[later], outcomes.fraud[later]
    )


def _joined(tables: list[OutcomeTable]) -> OutcomeTable:
    return OutcomeTable(
        np.concatenate([table.terminal_id for table in tables]),
        np.concatenate([table.label_time_s for table in tables]),
        np.concatenate([table.fraud for table in tables]),
    )
