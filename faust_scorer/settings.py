"""What one Faust worker is told by the group runner."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


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
    """

    artifact: Path
    topic_prefix: str
    group_id: str
    instance: str
    label_wait_s: float
    take_max: int
    take_within_s: float
