"""How far one worker has got in each of its partitions, and whether that makes it ready."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from fraud_core.stream_scorer import ReadRecord

SILENT_AFTER_S: Final = 5.0
"""A worker that has not looked at itself for so long is stuck; a batch takes tens of ms."""


@dataclass(frozen=True, slots=True)
class PartitionProgress:
    """One partition of a worker.

    Attributes:
        offset: every record below it is answered, and its answer is on the broker.
        state: offset at which the state stands; None where there is none yet.
        backlog: records of the log that are not answered; None where that is not known yet.
        last_batch_ms: when its newest batch was answered, Unix milliseconds; None for never.
    """

    offset: int
    state: int | None
    backlog: int | None
    last_batch_ms: int | None

    @property
    def is_caught_up(self) -> bool:
        """True when the next record can be scored at once. No state is the state at offset 0."""
        return (self.state or 0) >= self.offset


@dataclass(frozen=True, slots=True)
class Look:
    """What a worker saw when it looked at itself.

    Attributes:
        at_s: monotonic seconds.
        partitions: those that it owns.
        obstacle: what keeps it from scoring, whatever its partitions say; None for nothing.
    """

    at_s: float
    partitions: Mapping[int, PartitionProgress]
    obstacle: str | None = None

    def why_not_ready(self, now_s: float) -> str | None:
        """The reason why it does not score now; None when it does.

        Args:
            now_s: monotonic seconds.
        """
        if self.obstacle is not None:
            return self.obstacle
        if now_s - self.at_s > SILENT_AFTER_S:
            return f"its event loop has been stuck for {now_s - self.at_s:.0f} s"
        if not self.partitions:
            return "it owns no partition"
        behind = sorted(p for p, one in self.partitions.items() if not one.is_caught_up)
        if behind:
            return f"catching up with the log in partitions {', '.join(map(str, behind))}"
        return None

    def figures(self) -> dict[str, Any]:
        """Per partition, for people and programs."""
        return {
            str(partition): {
                "offset": one.offset,
                "state": one.state,
                "backlog": one.backlog,
                "last_batch_ms": one.last_batch_ms,
            }
            for partition, one in sorted(self.partitions.items())
        }


@dataclass(slots=True)
class Progress:
    """What the agent has answered since the partitions were last dealt out.

    Attributes:
        answered: partition to the offset after its newest record that was answered.
        delivered: the same, of answers that the broker has.
        last_batch_ms: partition to when that was, Unix milliseconds.
    """

    answered: dict[int, int] = field(default_factory=dict)
    delivered: dict[int, int] = field(default_factory=dict)
    last_batch_ms: dict[int, int] = field(default_factory=dict)

    def note_answered(self, batch: Sequence[ReadRecord]) -> dict[int, int]:
        """Note a batch that was scored.

        Returns:
            partition to the offset after its newest record of the batch.
        """
        ends = {read.record.partition: read.record.offset + 1 for read in batch}
        self.answered |= ends
        return ends

    def note_delivered(self, ends: Mapping[int, int], now_ms: int) -> None:
        """Note that its answers have arrived."""
        self.delivered |= ends
        self.last_batch_ms |= dict.fromkeys(ends, now_ms)

    def deal_anew(self) -> None:
        """The partitions are taken away: what comes next begins at what was committed."""
        self.answered.clear()
        self.delivered.clear()
