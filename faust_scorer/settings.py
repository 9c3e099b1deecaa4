"""What one Faust worker is told by the group runner, and how: by its command line."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from fraud_core.snapshots import NO_SNAPSHOTS, SnapshotSettings

ENGINE: Final = "faust"
TUNED_ENGINE: Final = "faust-tuned"
"""With our replacement of a part of Faust: never to be taken for Faust as it ships."""


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """Everything but the Kafka settings, which come from `KAFKA_*`.

    Attributes:
        artifact: folder of the model, the history and the manifest.
        topic_prefix: put before the names of the four topics.
        group_id: consumer group that the workers share.
        instance: name of this worker, written into each prediction.
        label_wait_s: longest wait for labels before a batch is scored without them.
        take_max: most records of a batch.
        take_within_s: how often a batch is taken that is not full.
        tuned: use our own way from the fetched records to the stream.
        health_address: where its health is served.
        health_port: on which port, 0 for a free one.
        snapshots: where the state is kept, and how often.
    """

    artifact: Path
    topic_prefix: str
    group_id: str
    instance: str
    label_wait_s: float
    take_max: int
    take_within_s: float
    tuned: bool = False
    health_address: str = "127.0.0.1"
    health_port: int = 0
    snapshots: SnapshotSettings = NO_SNAPSHOTS

    @property
    def engine(self) -> str:
        """Name of the engine, written into each prediction."""
        return engine_name(tuned=self.tuned)


def engine_name(*, tuned: bool) -> str:
    """Name of the engine."""
    return TUNED_ENGINE if tuned else ENGINE


def command_line(settings: WorkerSettings) -> list[str]:
    """The arguments that start a worker; no secret is among them."""
    text = json.dumps(asdict(settings), default=str)
    return [sys.executable, "-m", "faust_scorer.worker", text]


def settings_from(arguments: list[str]) -> WorkerSettings:
    """The settings that `command_line` wrote."""
    fields = json.loads(arguments[0])
    fields["artifact"] = Path(fields["artifact"])
    fields["snapshots"] = SnapshotSettings(**fields["snapshots"])
    return WorkerSettings(**fields)
