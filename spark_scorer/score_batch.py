"""What runs in an executor's Python worker: Arrow in, the shared scorer, Arrow out.

An importable module on purpose: a global of a function that is shipped by value would be new in
every task, and with it the model, the state and the connections.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from fraud_core.artifact import Artifact, load_artifact
from fraud_core.command import log_to_stderr
from fraud_core.errors import ArtifactError
from fraud_core.kafka import KafkaSettings
from fraud_core.prediction import Identity, OutputRecord
from fraud_core.snapshots import NO_SNAPSHOTS, SnapshotSettings
from fraud_core.stream_scorer import StreamScorer
from fraud_core.topics import TopicNames
from fraud_core.transaction_log import InputRecord

INPUT_COLUMNS = ("partition", "offset", "timestamp_ms", "key", "value")
OUTPUT_SCHEMA = (
    "topic string, key binary, value binary, headers array<struct<key: string, value: binary>>"
)

SCORED_VARIABLE = "FRAUD_SCORED_FILE"
"""Tells a Python worker which file to make, beside its executor's logs, once it can score."""

_HEADER = pa.struct([("key", pa.string()), ("value", pa.binary())])


@dataclass(frozen=True)
class ScorerSettings:
    """What a Python worker needs to build its scorer; also the key under which it keeps it.

    Attributes:
        artifact: folder of the model, the history and the manifest.
        model_sha256: of the model that this job scores with, from its start to its end.
        topic_prefix: put before the names of the four topics.
        label_wait_s: longest wait for labels before a batch is scored without them.
        kafka: how to reach the broker.
        snapshots: where the state is kept, and how often.
    """

    artifact: Path
    model_sha256: str
    topic_prefix: str
    label_wait_s: float
    kafka: KafkaSettings
    snapshots: SnapshotSettings = NO_SNAPSHOTS


_scorers: dict[tuple[Path, str], StreamScorer] = {}
"""One scorer per process, with its state, kept from task to task and from batch to batch."""


def score_batches(
    settings: ScorerSettings, batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Score the Arrow batches of one task.

    Args:
        settings: of the scorer.
        batches: columns as in `INPUT_COLUMNS`; rows of one partition in the order of offsets.

    Yields:
        columns as in `OUTPUT_SCHEMA`, one row for each input row.
    """
    scorer = _scorer(settings)
    for batch in batches:
        if batch.num_rows:
            yield to_arrow(scorer.score(input_records(batch)))
            _note_that_it_scores()


def warm_up(
    settings: ScorerSettings, batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """Get this process ready to score, without a record.

    Args:
        settings: of the scorer.
        batches: given back as they are.
    """
    _scorer(settings)
    _note_that_it_scores()
    yield from batches


def input_records(batch: pa.RecordBatch) -> list[InputRecord]:
    """The Kafka records in an Arrow batch."""
    columns = [batch.column(name).to_pylist() for name in INPUT_COLUMNS]
    return list(map(InputRecord, *columns))


def to_arrow(outputs: list[OutputRecord]) -> pa.RecordBatch:
    """Output records as the Kafka sink takes them."""
    header_names: list[str] = []
    header_values: list[str | bytes | None] = []
    ends = [0]
    for output in outputs:
        for name, value in output.headers:
            header_names.append(name)
            header_values.append(value)
        ends.append(len(header_names))
    headers = pa.StructArray.from_arrays(
        [pa.array(header_names, pa.string()), pa.array(header_values, pa.binary())],
        fields=list(_HEADER),
    )
    columns: dict[str, Any] = {
        "topic": pa.array([output.topic for output in outputs], pa.string()),
        "key": pa.array([output.key for output in outputs], pa.binary()),
        "value": pa.array([output.value for output in outputs], pa.binary()),
        "headers": pa.ListArray.from_arrays(pa.array(ends, pa.int32()), headers),
    }
    return pa.RecordBatch.from_pydict(columns)


def _scorer(settings: ScorerSettings) -> StreamScorer:
    key = (settings.artifact, settings.topic_prefix)
    if key not in _scorers:
        log_to_stderr()
        _scorers[key] = StreamScorer.open(
            artifact_of_job(settings),
            settings.kafka,
            TopicNames(settings.topic_prefix),
            Identity("spark", instance_name()),
            settings.label_wait_s,
            snapshots=settings.snapshots,
        )
    return _scorers[key]


def artifact_of_job(settings: ScorerSettings) -> Artifact:
    """The artifact, if it is still the one that the job was started with.

    Raises:
        ArtifactError: it is not, or it cannot be used.
    """
    artifact = load_artifact(settings.artifact)
    if artifact.model_sha256 != settings.model_sha256:
        raise ArtifactError(
            f"{artifact.folder} has model {artifact.model_sha256[:12]} now, this job scores with "
            f"{settings.model_sha256[:12]}: start the job again to change its model"
        )
    return artifact


def instance_name() -> str:
    """Which instance this process belongs to: its executor's folder says it, where it is ours.

    Elsewhere the host and the daemon that an executor forks its Python workers from: it stays when
    a worker is replaced, and pods of one cluster may have the same process ids.
    """
    if SCORED_VARIABLE in os.environ:
        return Path.cwd().parents[1].name
    return f"spark-{platform.node()}-{os.getppid()}"


def _note_that_it_scores() -> None:
    """Make the file that says so; it stays when this process is replaced by another."""
    name = os.environ.get(SCORED_VARIABLE)
    if name and not Path(name).exists():
        Path(name).touch()
