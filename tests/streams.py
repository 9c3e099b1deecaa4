"""A small world for tests of the scorer: a history, a log, labels, and a model that is none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from fraud_core.artifact import Artifact, Manifest, load_artifact, sha256_of, write_manifest
from fraud_core.history import read_history
from fraud_core.label_feed import LabelFeed
from fraud_core.label_record import LabelRecord, Outcome, encode_label_record
from fraud_core.partition_states import PartitionStates
from fraud_core.prediction import Identity
from fraud_core.snapshot import StateIdentity
from fraud_core.snapshot_store import SnapshotStore
from fraud_core.snapshots import Snapshots, SnapshotSettings
from fraud_core.stream_scorer import Clocks, StreamScorer
from fraud_core.topics import TopicNames
from fraud_core.transaction import (
    SECONDS_PER_DAY,
    Transaction,
    encode,
    encode_key,
    format_time,
    parse_time,
)
from fraud_core.transaction_log import TransactionLog
from tests.fakes import FakeCluster, FakeConsumer, TickingClock

END_S = parse_time("2018-08-07 23:59:59")
DELAY_S = 7 * SECONDS_PER_DAY
NAMES = TopicNames("t-")


class SumModel:
    """Stands for the model: a function of the features that shows any changed bit."""

    def score(self, features):
        return (features.astype(np.float64) @ np.arange(1, 16)).astype(np.float32)


def transaction(tx_id=1, time_s=END_S + 60, customer_id=1, terminal_id=1, amount=10.0):
    return Transaction(
        tx_id,
        time_s,
        customer_id,
        terminal_id,
        round(amount * 100),
        format_time(time_s),
        amount,
    )


def outcome(tx, fraud=0):
    return Outcome(tx.tx_id, tx.terminal_id, tx.time_s, tx.time_s + DELAY_S, fraud)


def artifact_of(folder: Path, entries=(), outcomes=(), end_s=END_S) -> Artifact:
    """An artifact around a history.

    Entries are (customer, time, cents), outcomes (terminal, label time, fraud).
    """
    rows = sorted([(0, *row) for row in entries] + [(1, *row) for row in outcomes])
    columns = list(zip(*rows, strict=True)) if rows else [(), (), (), ()]
    types = (pa.int8(), pa.int64(), pa.int64(), pa.int64())
    names = ("kind", "id", "time_s", "value")
    arrays = [pa.array(column, kind) for column, kind in zip(columns, types, strict=True)]
    pq.write_table(pa.table(dict(zip(names, arrays, strict=True))), folder / "history.parquet")
    manifest = Manifest(
        files={"model.onnx": "0" * 64, "history.parquet": "1" * 64},
        train_first_s=0,
        train_last_s=0,
        history_start_s=end_s - 30 * SECONDS_PER_DAY,
        history_end_s=end_s,
        dates_first_s=end_s - 30 * SECONDS_PER_DAY,
        dates_last_s=end_s + 400 * SECONDS_PER_DAY,
    )
    return Artifact(folder, manifest, "0" * 64, "1" * 64)


def artifact_folder(folder: Path, model: bytes) -> Artifact:
    """An artifact that passes its check; the model is none."""
    made = artifact_of(folder)
    made.model_path.write_bytes(model)
    files = {path.name: sha256_of(path) for path in (made.model_path, made.history_path)}
    write_manifest(folder, made.manifest.model_copy(update={"files": files}))
    return load_artifact(folder)


def put(cluster: FakeCluster, tx: Transaction, partition=0, offset=None):
    """Append a transaction; its record as an engine hands it over is read back with `records`."""
    return cluster.append(
        NAMES.transactions, partition, encode_key(tx.customer_id), encode(tx), offset=offset
    )


def publish(cluster: FakeCluster, outcomes, complete_until_s):
    record = LabelRecord(complete_until_s, list(outcomes))
    cluster.append(NAMES.labels, 0, None, encode_label_record(record))


def records(cluster: FakeCluster, partition=0):
    """All records of a partition of the transactions topic."""
    log = TransactionLog(
        FakeConsumer(cluster, reports_end=True), NAMES.transactions, "fake", TickingClock()
    )
    end = cluster.end(NAMES.transactions, partition)
    return list(log.read(partition, 0, end)) if end else []


def identity_of(artifact: Artifact, partition_count=12, topic_id="topic-1") -> StateIdentity:
    """What the states over a fake cluster belong to."""
    return StateIdentity(
        cluster_id="cluster-1",
        topic=NAMES.transactions,
        topic_id=topic_id,
        history_sha256=artifact.history_sha256,
        features_version=artifact.manifest.features_version,
        partition_count=partition_count,
    )


def snapshots_in(folder: Path, artifact: Artifact, *, every_records=1, identity=None):
    """Snapshots in a folder."""
    store = SnapshotStore.open(str(folder))
    settings = SnapshotSettings(str(folder), every_records, every_s=1e9)
    return Snapshots(store, identity or identity_of(artifact), settings, TickingClock())


def open_scorer(
    cluster: FakeCluster, artifact: Artifact, *, wait_s=0.5, model=None, snapshots=None
):
    """A scorer over the fake cluster."""
    clock = TickingClock()
    history = read_history(artifact.history_path, end_s=artifact.manifest.history_end_s)
    log = TransactionLog(FakeConsumer(cluster, reports_end=True), NAMES.transactions, "fake", clock)
    states = PartitionStates(log, history, artifact.manifest.dates, snapshots)
    feed = LabelFeed(FakeConsumer(cluster), NAMES.labels, history, wait_s=wait_s)
    parts = (states, feed, model or SumModel())
    return StreamScorer(
        artifact, NAMES, Identity("test", "test-0"), parts, Clocks(clock, lambda: 1.0)
    )
