"""Keeping the states of partitions, and finding them again: when, which, and what is refused."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Final

from fraud_core.artifact import Artifact
from fraud_core.kafka import KafkaSettings
from fraud_core.partition_state import FrozenState, PartitionState, StatePoint
from fraud_core.snapshot import (
    SnapshotRefusedError,
    StateIdentity,
    decode_snapshot,
    encode_snapshot,
)
from fraud_core.snapshot_store import SnapshotStore
from fraud_core.topic_admin import identify_topic
from fraud_core.topics import TopicNames

_log = logging.getLogger(__name__)

KEPT: Final = 2
"""The newest may lie above the offset from which a crash is repeated; the one before does not."""

EVERY_RECORDS: Final = 50_000
"""Of a partition; they are read again and taken in within a second."""
EVERY_S: Final = 300.0


@dataclass(frozen=True, slots=True)
class SnapshotSettings:
    """Where and how often.

    Attributes:
        uri: a folder or s3://bucket/prefix; empty for no snapshots.
        every_records: records of a partition after which it is kept.
        every_s: time after which it is kept if it has moved at all.
    """

    uri: str = ""
    every_records: int = EVERY_RECORDS
    every_s: float = EVERY_S


NO_SNAPSHOTS: Final = SnapshotSettings()


@dataclass(frozen=True, slots=True)
class _Kept:
    """The newest snapshot of a partition, and when it was made."""

    offset: int
    at_s: float


class Snapshots:
    """Snapshots of the partitions of one topic, written by a thread, one after the other."""

    def __init__(
        self,
        store: SnapshotStore,
        identity: StateIdentity,
        settings: SnapshotSettings,
        clock: Callable[[], float],
    ) -> None:
        """Put the parts together.

        Args:
            store: where they lie.
            identity: what the states belong to.
            settings: how often.
            clock: monotonic seconds.
        """
        self._store = store
        self._identity = identity
        self._settings = settings
        self._clock = clock
        self._name = f"{identity.topic}-{identity.short}"
        self._kept: dict[int, _Kept] = {}
        self._writer: Thread | None = None

    def nearest(self, partition: int, above: int, at_most: int) -> StatePoint | None:
        """The newest usable snapshot with above < offset <= at_most.

        Whatever cannot be used is named in the log, and the one before it is tried.

        Raises:
            LogError: the topic had another number of partitions when it was written.
        """
        try:
            offsets = self._store.offsets(self._name, partition)
        except OSError as error:
            _log.warning("snapshots not listed partition=%d reason=%s", partition, error)
            return None
        for offset in reversed(offsets):
            if above < offset <= at_most:
                point = self._read(partition, offset)
                if point is not None:
                    self._kept[partition] = _Kept(offset, self._clock())
                    return point
        return None

    def consider(self, states: Mapping[int, PartitionState]) -> None:
        """Start to write those states for which it is time, unless some are being written.

        Args:
            states: of the partitions that have just moved.
        """
        now_s = self._clock()
        due = [partition for partition in states if self._is_due(partition, states, now_s)]
        if not due or (self._writer is not None and self._writer.is_alive()):
            return
        frozen = [(partition, states[partition], states[partition].freeze()) for partition in due]
        for partition, state, _ in frozen:
            self._kept[partition] = _Kept(state.next_offset, now_s)
        # No daemon: a process that ends finishes its files.
        self._writer = Thread(target=self._write_all, args=(frozen,))
        self._writer.start()

    def wait_written(self) -> None:
        """Wait for the snapshot that is being written."""
        if self._writer is not None:
            self._writer.join()

    def _is_due(self, partition: int, states: Mapping[int, PartitionState], now_s: float) -> bool:
        kept = self._kept.setdefault(partition, _Kept(0, now_s))
        new = states[partition].next_offset - kept.offset
        long_ago = now_s - kept.at_s >= self._settings.every_s
        return new >= self._settings.every_records or (new > 0 and long_ago)

    def _read(self, partition: int, offset: int) -> StatePoint | None:
        path = self._store.path(self._name, partition, offset)
        try:
            content = self._store.read(self._name, partition, offset)
            return decode_snapshot(content, self._identity, partition)
        except FileNotFoundError:
            return None  # another owner pruned it
        except SnapshotRefusedError as error:
            _log.warning("snapshot refused file=%s reason=%s", path, error)
            self._set_aside(partition, offset)
        except OSError as error:
            _log.warning("snapshot not read file=%s reason=%s", path, error)
        return None

    def _set_aside(self, partition: int, offset: int) -> None:
        """Take a file out of the way, or it would be one of those that pruning keeps."""
        try:
            self._store.set_aside(self._name, partition, offset)
        except OSError as error:
            _log.warning("snapshot not set aside offset=%d reason=%s", offset, error)

    def _write_all(self, frozen: Sequence[tuple[int, PartitionState, FrozenState]]) -> None:
        for partition, state, content in frozen:
            self._write(partition, state, content)

    def _write(self, partition: int, state: PartitionState, frozen: FrozenState) -> None:
        started_s = self._clock()
        point = frozen.packed()
        state.rest_on(point)
        path = self._store.path(self._name, partition, point.next_offset)
        pieces = encode_snapshot(point, self._identity, partition)
        try:
            self._store.write(self._name, partition, point.next_offset, pieces)
            self._store.prune(self._name, partition, KEPT)
        except OSError as error:
            _log.warning("snapshot not written file=%s reason=%s", path, error)
            return
        took_ms = (self._clock() - started_s) * 1000
        _log.info("snapshot file=%s entries=%d took_ms=%.0f", path, len(point.customers), took_ms)


def snapshot_settings(uri: str, every_records: int, every_s: float) -> SnapshotSettings:
    """What the options of an engine ask for, checked before anything is started.

    Raises:
        ConfigError: the place is neither a folder nor in S3.
        SurroundingsError: the place does not answer.
    """
    if not uri:
        return NO_SNAPSHOTS
    SnapshotStore.open(uri).check()
    # Workers may stand in other folders.
    place = uri if "://" in uri else str(Path(uri).absolute())
    return SnapshotSettings(place, every_records, every_s)


def open_snapshots(
    settings: SnapshotSettings | None,
    artifact: Artifact,
    kafka: KafkaSettings,
    names: TopicNames,
    clock: Callable[[], float],
) -> Snapshots | None:
    """The snapshots of the transactions topic; None where none are asked for.

    Args:
        settings: where and how often.
        artifact: whose history the states stand on.
        kafka: how to reach the broker.
        names: the topics.
        clock: monotonic seconds.

    Raises:
        ConfigError: the place is neither a folder nor in S3.
        SurroundingsError: the broker or the topic is not there.
    """
    if settings is None or not settings.uri:
        return None
    topic = identify_topic(kafka, names.transactions)
    identity = StateIdentity(
        cluster_id=topic.cluster_id,
        topic=names.transactions,
        topic_id=topic.topic_id,
        history_sha256=artifact.history_sha256,
        features_version=artifact.manifest.features_version,
        partition_count=topic.partitions,
    )
    return Snapshots(SnapshotStore.open(settings.uri), identity, settings, clock)
