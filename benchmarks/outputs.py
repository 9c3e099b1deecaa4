"""Reading back what an engine wrote, what the producer sent, and what should have come out."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from confluent_kafka import Consumer, Message, TopicPartition

from benchmarks.cluster import source_of
from benchmarks.parity import Ledger, Outputs, Reference, source_ids
from benchmarks.programs import Program
from benchmarks.samples import DEAD_LETTERS, INPUTS, PREDICTIONS, EndOffsets
from fraud_core.artifact import Artifact
from fraud_core.client import message_or_raise
from fraud_core.errors import SurroundingsError
from fraud_core.features import FEATURE_NAMES
from fraud_core.kafka import KafkaSettings
from fraud_core.scorer import OnnxScorer
from fraud_core.topics import TopicNames
from fraud_core.transaction_files import kept_customers

_RECORDS_A_POLL: Final = 2000
_PROGRESS_WITHIN_S: Final = 30.0
_FEATURES_WITHIN_S: Final = 1800.0
_NO_FEATURES: Final = [float("nan")] * len(FEATURE_NAMES)

SAMPLED_CUSTOMERS: Final = 0.1
"""Share of the customers whose features are kept: 4 bytes for each record of the step."""
_JUDGED: Final = ("source", "append_ms", "is_prediction", "labels_complete", "score")
PAID: Final = ("customer_id", "cents", "model")
"""Columns that only the quality of the model is judged by."""

_Row = tuple[int, int, int, bool, int, bool, float, list[float], str, int, int]


def read_outputs(
    settings: KafkaSettings,
    names: TopicNames,
    ends: EndOffsets,
    starts: EndOffsets = MappingProxyType({}),
) -> Outputs | None:
    """Everything in predictions and dead-letters between given offsets.

    Args:
        settings: how to reach the broker.
        names: the topics.
        ends: end offsets of the topics.
        starts: the same before the load; the beginning of each topic where it says nothing.

    Returns:
        None where a record does not say what it answers. Answers to what stood in the log before
        `starts` are left out.

    Raises:
        SurroundingsError: the broker stops giving records.
    """
    wanted = {
        (f"{names.prefix}{topic}", partition): end
        for (topic, partition), end in ends.items()
        if end > starts.get((topic, partition), 0) and topic in {PREDICTIONS, DEAD_LETTERS}
    }
    consumer = Consumer(settings.as_consumer("benchmark"))
    consumer.assign(
        [
            TopicPartition(topic, p, starts.get((topic.removeprefix(names.prefix), p), 0))
            for topic, p in wanted
        ]
    )
    try:
        rows = _read_all(consumer, names.predictions, wanted)
    except _NoSourceError:
        return None
    finally:
        consumer.close()
    return _table([row for row in rows if row[1] >= starts.get((INPUTS, row[0]), 0)])


class _NoSourceError(Exception):
    """A record carries no header that says what it answers."""


def _read_all(
    consumer: Consumer, predictions: str, wanted: dict[tuple[str, int], int]
) -> list[_Row]:
    rows: list[_Row] = []
    deadline_s = time.monotonic() + _PROGRESS_WITHIN_S
    while wanted:
        messages = consumer.consume(_RECORDS_A_POLL, timeout=0.5)
        if messages:
            deadline_s = time.monotonic() + _PROGRESS_WITHIN_S
        elif time.monotonic() > deadline_s:
            topic, partition = next(iter(wanted))
            raise SurroundingsError(
                f"{topic} partition {partition} gives no records before offset "
                f"{wanted[topic, partition]} although it holds them: check the broker's log"
            )
        for message in messages:
            _note(message_or_raise(message), predictions, wanted, rows)
    return rows


def _note(
    message: Message, predictions: str, wanted: dict[tuple[str, int], int], rows: list[_Row]
) -> None:
    place = (str(message.topic()), int(message.partition() or 0))
    offset = int(message.offset() or 0)
    end = wanted.get(place)
    if end is None or offset >= end:
        return
    rows.append(_row(message, is_prediction=place[0] == predictions))
    if offset == end - 1:
        del wanted[place]


def _row(message: Message, *, is_prediction: bool) -> _Row:
    source = source_of(dict(message.headers() or []))
    if source is None:
        raise _NoSourceError
    place = (*source, message.timestamp()[1])
    if not is_prediction:
        return (*place, False, -1, False, float("nan"), _NO_FEATURES, "", -1, -1)
    try:
        return (*place, True, *_content(orjson.loads(message.value() or b"")))
    except (ValueError, TypeError, KeyError):  # of another engine, or no prediction: it differs
        return (*place, True, -1, True, float("nan"), _NO_FEATURES, "", -1, -1)


def _content(fields: dict[str, Any]) -> tuple[int, bool, float, list[float], str, int, int]:
    return (
        int(fields["tx_id"]),
        bool(fields["labels_complete"]),
        float(fields["fraud_probability"]),
        _features(fields["features"]),
        # one object for all rows: a million copies of the same text would be 100 MB
        sys.intern(str(fields["model"])),
        # no verdict rests on the payment: an engine that does not tell it is compared as any other
        int(fields.get("customer_id", -1)),
        round(fields["tx_amount"] * 100) if "tx_amount" in fields else -1,
    )


def _features(values: list[Any]) -> list[float]:
    if len(values) != len(FEATURE_NAMES):
        raise ValueError
    return [float(value) for value in values]


def _table(rows: list[_Row]) -> Outputs:
    columns = list(zip(*rows, strict=True)) or [()] * 11
    partition, offset = (np.array(column, np.int64) for column in columns[:2])
    return Outputs(
        source=source_ids(partition, offset),
        append_ms=np.array(columns[2], np.int64),
        is_prediction=np.array(columns[3], np.bool_),
        tx_id=np.array(columns[4], np.int64),
        labels_complete=np.array(columns[5], np.bool_),
        score=np.array(columns[6], np.float32),
        features=np.array(columns[7], np.float64).reshape(-1, len(FEATURE_NAMES)),
        model=np.array(columns[8], np.object_),
        customer_id=np.array(columns[9], np.int64),
        cents=np.array(columns[10], np.int64),
    )


def save_outputs(path: Path, outputs: Outputs) -> None:
    """Keep what a verdict can be recomputed from; the features are in the topic only."""
    columns = {name: getattr(outputs, name) for name in (*_JUDGED, *PAID)}
    pq.write_table(pa.table(columns), path, compression="zstd")


def save_feature_sample(path: Path, outputs: Outputs, share: float = SAMPLED_CUSTOMERS) -> None:
    """Keep the features of a share of the customers, chosen by a hash: all rows of each."""
    kept = outputs.where(outputs.is_prediction & kept_customers(outputs.customer_id, share))
    features = {name: kept.features[:, place] for place, name in enumerate(FEATURE_NAMES)}
    table = pa.table({"source": kept.source, "labels_complete": kept.labels_complete} | features)
    pq.write_table(table, path, compression="zstd")


def load_outputs(path: Path) -> Outputs:
    """What a verdict is recomputed from; ids, payments and features are left out."""
    table = pq.read_table(path, columns=list(_JUDGED))
    nothing = np.full(table.num_rows, -1, np.int64)
    return Outputs(
        **{name: table[name].to_numpy() for name in table.column_names},
        tx_id=nothing,
        features=np.empty((table.num_rows, 0)),
        customer_id=nothing,
        cents=nothing,
        model=np.full(table.num_rows, "", np.object_),
    )


def read_ledger(path: Path) -> Ledger:
    """What the producer sent."""
    table = pq.read_table(path, columns=["seq", "partition", "offset", "due_ms"])
    seq, partition, offset, due_ms = (
        table[name].to_numpy().astype(np.int64) for name in table.column_names
    )
    return Ledger(seq=seq, source=source_ids(partition, offset), due_ms=due_ms)


def make_offline_features(
    transactions: Sequence[Path], artifact: Path, path: Path, log_path: Path
) -> None:
    """Have `model_export features` write the offline features of the files, unless they are there.

    Raises:
        StreamError: it could not.
    """
    if path.is_file():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_suffix(".tmp")
    command = [
        *(sys.executable, "-m", "model_export", "features", "--out", str(scratch)),
        *("--artifact", str(artifact)),
        *(part for file in transactions for part in ("--transactions", str(file))),
    ]
    program = Program("model_export features", command, log_path)
    try:
        if program.wait(_FEATURES_WITHIN_S) != 0:
            raise program.failure("before the offline features were written")
    finally:
        program.stop()
    scratch.replace(path)


def read_reference(path: Path, ledger: Ledger, artifact: Artifact) -> Reference:
    """Features and scores of the rows that were sent, computed offline.

    Args:
        path: the offline feature file.
        ledger: bounds the rows that are read.
        artifact: holds the model.
    """
    first, last = (int(ledger.seq.min()), int(ledger.seq.max())) if len(ledger.seq) else (0, -1)
    rows = (pc.field("seq") >= first) & (pc.field("seq") <= last)
    table = pq.read_table(path, columns=["seq", *FEATURE_NAMES], filters=rows)
    columns = [table[name].to_numpy() for name in FEATURE_NAMES]
    features = np.column_stack(columns).astype(np.float64, copy=False)
    scores = OnnxScorer(artifact.model_path).score(features.astype(np.float32))
    return Reference(table["seq"].to_numpy(), features, np.asarray(scores, np.float32))
