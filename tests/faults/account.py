"""What came of the records of a test: each one in, each one out, and how exact."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import numpy as np
import orjson
import pyarrow.parquet as pq

from fraud_core.artifact import load_artifact
from fraud_core.features import FEATURE_NAMES
from fraud_core.scorer import OnnxScorer
from fraud_core.topics import PARTITIONS
from tests.outputs import read_topic


class DeadLetter(NamedTuple):
    """A record that was refused, as it came, and why."""

    reason: str
    key: bytes | None
    value: bytes | None


class Output(NamedTuple):
    """One output record: when the broker had it, when it was due, and what it says."""

    appended_ms: int
    due_ms: int
    instance: str | None
    content: dict | DeadLetter

    @property
    def is_prediction(self) -> bool:
        return isinstance(self.content, dict)


class Account:
    """Every record in and every record out of the topics of a test."""

    def __init__(self, kafka, topics, ledger: Path):
        self.seqs = pq.read_table(ledger).to_pandas().set_index(["partition", "offset"])["seq"]
        records = read_topic(kafka, topics.transactions, PARTITIONS)
        self.inputs = {(record.partition(), record.offset()) for record in records}
        self.outputs: dict[tuple[int, int], list[Output]] = defaultdict(list)
        self.predictions = self.dead_letters = 0
        for record in read_topic(kafka, topics.predictions, PARTITIONS):
            content = orjson.loads(record.value())
            content.pop("scored_ms")
            self._add(record, content.pop("instance"), content)
            self.predictions += 1
        for record in read_topic(kafka, topics.dead_letters, PARTITIONS):
            reason = dict(record.headers())["reason"].decode()
            self._add(record, None, DeadLetter(reason, record.key(), record.value()))
            self.dead_letters += 1

    def _add(self, record, instance, content):
        headers = dict(record.headers())
        source = int(headers["src_partition"]), int(headers["src_offset"])
        _, appended_ms = record.timestamp()
        self.outputs[source].append(Output(appended_ms, int(headers["due_ms"]), instance, content))

    @property
    def missing(self) -> int:
        return len(self.inputs - set(self.outputs))

    @property
    def duplicates(self) -> int:
        """Answers beyond the first one of a record."""
        return sum(len(found) - 1 for found in self)

    @property
    def repeated(self) -> dict[tuple[int, int], list[Output]]:
        """Sources with more than one output, those in the order in which the broker had them."""
        return {
            source: sorted(found, key=lambda one: one.appended_ms)
            for source, found in self.outputs.items()
            if len(found) > 1
        }

    @property
    def repeated_s(self) -> float:
        """How long it took to give the answers that were repeated: tenths of a second with one.

        Not how many they are: after a pause the backlog comes at many times the rate.
        """
        tenths = {found[0].appended_ms // 100 for found in self.repeated.values()}
        return len(tenths) / 10

    def longest_gap_s(self, partitions=range(PARTITIONS)) -> float:
        """Longest time between two neighbouring answers to records of some partitions."""
        times = sorted(
            one.appended_ms
            for (partition, _), found in self.outputs.items()
            if partition in partitions
            for one in found
        )
        return float(np.diff(times).max()) / 1000

    def longest_wait_s(self) -> float:
        """Longest time from a record's due time to its first answer."""
        waits = [min(o.appended_ms for o in found) - found[0].due_ms for found in self]
        return max(waits) / 1000

    def figures(self) -> tuple[str, ...]:
        """A cell for each of `tests.faults.table.COLUMNS`."""
        counts = len(self.inputs), self.predictions, self.dead_letters, self.missing
        times = self.repeated_s, self.longest_gap_s(), self.longest_wait_s()
        whole = (f"{count:,}" for count in (*counts, self.duplicates))
        return (*whole, *(f"{time_s:.1f}" for time_s in times))

    def __iter__(self):
        return iter(self.outputs.values())

    def check(self, rows: int, trained: Path, offline: Path, *others: Path) -> None:
        """Nothing is missing or invented, repeats are identical, and all is as offline.

        Args:
            rows: that were sent.
            trained: artifact that scored.
            offline: features by `seq`, of the clean rows.
            others: artifacts that scored too; then a repeat may be of another one.
        """
        assert (len(self.inputs), self.missing, len(self.outputs)) == (rows, 0, rows)
        assert self.dead_letters > 0, "the stream has dirt in it"
        for found in self:
            assert others or all(one.content == found[0].content for one in found)
        table = pq.read_table(offline).to_pandas().set_index("seq")
        dead = [source for source, (one, *_) in self.outputs.items() if not one.is_prediction]
        # a poison record of a test's own is no row of the files
        rows_dead = self.seqs.loc[self.seqs.index.intersection(dead)]
        assert not set(rows_dead) & set(table.index), "a clean row is a dead letter"
        scored = [
            (source, one.content)
            for source, found in self.outputs.items()
            for one in found
            if one.is_prediction
        ]
        _check_scored(self.seqs, scored, table, [trained, *others])


def _check_scored(seqs, scored, table, artifacts) -> None:
    """Features are those of the offline pass, scores those of the model that is named, bitwise."""
    contents = [content for _, content in scored]
    assert all(content["labels_complete"] for content in contents)
    expected = table.loc[seqs.loc[[source for source, _ in scored]], list(FEATURE_NAMES)].to_numpy()
    online = np.array([content["features"] for content in contents])
    assert np.array_equal(online.view(np.int64), expected.view(np.int64))
    models = np.array([content["model"] for content in contents])
    found = np.array([content["fraud_probability"] for content in contents])
    known = list(map(load_artifact, artifacts))
    assert set(models) == {artifact.model_sha256 for artifact in known}
    for artifact in known:
        mine = models == artifact.model_sha256
        scores = OnnxScorer(artifact.model_path).score(expected[mine].astype(np.float32))
        assert np.array_equal(found[mine], scores.astype(np.float64))
