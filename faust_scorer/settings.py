"""What one Faust worker is told by the group runner, and how: by its command line."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from fraud_core.snapshots import NO_SNAPSHOTS, SnapshotSettings


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
        snapshots: where the state is kept, and how often.
    """

    artifact: Path
    topic_prefix: str
    group_id: str
    instance: str
    label_wait_s: float
    take_max: int
    take_within_s: float
    snapshots: SnapshotSettings = NO_SNAPSHOTS


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
