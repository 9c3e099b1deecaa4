"""From records of the transactions topic to records of the output topics: what each engine runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from fraud_core.artifact import Artifact, require_unchanged
from fraud_core.features import feature_row
from fraud_core.history import read_history
from fraud_core.kafka import KafkaSettings
from fraud_core.label_feed import LabelFeed
from fraud_core.label_table import BelowFloorError
from fraud_core.memory_check import check_memory
from fraud_core.partition_states import PartitionStates
from fraud_core.prediction import (
    Identity,
    OutputRecord,
    Scored,
    Stamp,
    dead_letter_record,
    prediction_record,
)
from fraud_core.scorer import OnnxScorer
from fraud_core.snapshots import SnapshotSettings, open_snapshots
from fraud_core.topics import TopicNames
from fraud_core.transaction import PROBE_ID_FLOOR, DateRange, Rejected, Transaction, decode
from fraud_core.transaction_log import InputRecord, TransactionLog


@dataclass(frozen=True, slots=True)
class Clocks:
    """The two clocks of a process; tests pass their own.

    Attributes:
        monotonic: seconds, for limits.
        wall: seconds since 1970, for `scored_ms`.
    """

    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time


class ReadRecord(NamedTuple):
    """A record and what it says: a transaction, or why it is none."""

    record: InputRecord
    content: Transaction | Rejected


class _Prepared(NamedTuple):
    """A transaction with its features, waiting for the model."""

    transaction: Transaction
    features: list[float]
    labels_complete: bool
    late: bool


class StreamScorer:
    """Scores records of any partitions in any batches; equal records give equal answers."""

    def __init__(
        self,
        artifact: Artifact,
        names: TopicNames,
        identity: Identity,
        parts: tuple[PartitionStates, LabelFeed, OnnxScorer],
        clocks: Clocks,
    ) -> None:
        """Put the parts together; `open` makes them.

        Args:
            artifact: model, history, thresholds.
            names: the topics.
            identity: who scores, written into each prediction.
            parts: customer state, terminal state, model.
            clocks: time.
        """
        self._states, self._labels, self._model = parts
        self._dates: DateRange = artifact.manifest.dates
        self._names = names
        self._clocks = clocks
        self._stamp = Stamp(identity, artifact.model_sha256, artifact.manifest.thresholds)
        self._stands_s: dict[int, int] = {}

    @classmethod
    def open(  # noqa: PLR0913  # the last three have defaults
        cls,
        artifact: Artifact,
        settings: KafkaSettings,
        names: TopicNames,
        identity: Identity,
        label_wait_s: float = 5.0,
        clocks: Clocks | None = None,
        *,
        snapshots: SnapshotSettings | None = None,
    ) -> StreamScorer:
        """Load the model and the history, connect to the topics, read the labels that are there.

        Args:
            artifact: a checked folder.
            settings: how to reach the broker.
            names: the topics.
            identity: who scores.
            label_wait_s: longest wait for labels before a batch is scored without them.
            clocks: time; the process's own by default.
            snapshots: where the state is kept; nowhere by default.

        Raises:
            ArtifactError: the model or the history cannot be used.
            ConfigError: the state does not fit into memory.
            SurroundingsError: the broker or a topic is not there, or the artifact was replaced.
        """
        clocks = clocks or Clocks()
        check_memory(artifact)
        history = read_history(artifact.history_path, end_s=artifact.manifest.history_end_s)
        model = OnnxScorer(artifact.model_path)
        require_unchanged(artifact)
        log = TransactionLog.open(settings, names.transactions, clocks.monotonic)
        kept = open_snapshots(snapshots, artifact, settings, names, clocks.monotonic)
        states = PartitionStates(log, history, artifact.manifest.dates, kept)
        labels = LabelFeed.open(settings, names.labels, history, wait_s=label_wait_s)
        labels.catch_up(clocks.monotonic)
        return cls(artifact, names, identity, (states, labels, model), clocks)

    def score(self, records: Sequence[InputRecord]) -> list[OutputRecord]:
        """One output record for each input record, in the same order.

        Args:
            records: of any partitions; those of one partition in the order of their offsets.

        Raises:
            LogError: the state of a partition cannot be reached.
        """
        return self.answer(self.read(records))

    def read(self, records: Iterable[InputRecord]) -> list[ReadRecord]:
        """Decode records; a refusal is an answer, not an error."""
        batch = []
        for record in records:
            try:
                content: Transaction | Rejected = decode(record.key, record.value, self._dates)
            except Rejected as rejected:
                content = rejected
            batch.append(ReadRecord(record, content))
        return batch

    def is_ready_for(self, batch: Sequence[ReadRecord]) -> bool:
        """True when `answer` will neither wait for labels nor catch up from the log."""
        firsts: dict[int, int] = {}
        for read in batch:
            firsts.setdefault(read.record.partition, read.record.offset)
        return not self._labels.must_wait_for(_newest_s(batch)) and all(
            self._states.stands_at(partition, offset) for partition, offset in firsts.items()
        )

    def answer(self, batch: Sequence[ReadRecord]) -> list[OutputRecord]:
        """Predictions and dead letters of a decoded batch, in its order."""
        self._labels.wait_for(_newest_s(batch), self._clocks.monotonic)
        prepared = [self._prepare(read) for read in batch]
        scores = self._probabilities(
            [item.features for item in prepared if not isinstance(item, Rejected)]
        )
        scored_ms = int(self._clocks.wall() * 1000)
        self._note_progress(batch)
        self._states.keep({read.record.partition for read in batch})
        return [
            dead_letter_record(self._names.dead_letters, read.record, item)
            if isinstance(item, Rejected)
            else self._prediction(read.record, item, next(scores), scored_ms)
            for read, item in zip(batch, prepared, strict=True)
        ]

    def state_position(self, partition: int) -> int | None:
        """Offset at which the state of a partition stands; None where there is none yet."""
        return self._states.position(partition)

    def catch_up(self, partition: int, offset: int) -> None:
        """Bring the state of a partition to an offset before its first record is asked for.

        Raises:
            LogError: the state cannot be reached.
        """
        self._states.at(partition, offset)

    def close(self) -> None:
        """Disconnect."""
        self._labels.close()
        self._states.close()

    def _prepare(self, read: ReadRecord) -> _Prepared | Rejected:
        record, content = read
        state = self._states.at(record.partition, record.offset)
        if isinstance(content, Rejected):
            state.pass_over(record.offset)
            return content
        customer, late = state.advance(content, record.offset)
        terminal = self._terminal_windows(content)
        # at once: a later record of the batch may have the labels read on
        complete = content.time_s <= self._labels.complete_until_s
        return _Prepared(content, feature_row(content, customer, terminal), complete, late)

    def _terminal_windows(self, transaction: Transaction) -> list[int]:
        try:
            return self._labels.table.windows(transaction.terminal_id, transaction.time_s)
        except BelowFloorError as error:
            self._labels.rebuild(error.missing_s, self._clocks.monotonic)
            return self._labels.table.windows(transaction.terminal_id, transaction.time_s)

    def _probabilities(self, features: list[list[float]]) -> Iterator[float]:
        if not features:
            return iter(())
        return iter(self._model.score(np.array(features, dtype=np.float32)).tolist())

    def _prediction(
        self, record: InputRecord, item: _Prepared, probability: float, scored_ms: int
    ) -> OutputRecord:
        scored = Scored(
            item.transaction, item.features, probability, item.labels_complete, item.late
        )
        return prediction_record(self._names.predictions, record, scored, self._stamp, scored_ms)

    def _note_progress(self, batch: Sequence[ReadRecord]) -> None:
        """Remember where each partition stands; the label table forgets what is behind all."""
        stands: dict[int, int] = {}
        for record, content in batch:
            if isinstance(content, Transaction) and content.tx_id < PROBE_ID_FLOOR:
                known_s = stands.get(record.partition, content.time_s)
                stands[record.partition] = min(known_s, content.time_s)
        if stands:
            self._stands_s |= stands
            self._labels.table.evict(min(self._stands_s.values()))


def _newest_s(batch: Sequence[ReadRecord]) -> int:
    """Newest event time of the transactions, or long ago when there is none."""
    return max(
        (read.content.time_s for read in batch if isinstance(read.content, Transaction)),
        default=0,
    )
