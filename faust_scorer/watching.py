"""A worker looks at itself ten times a second: what it owns, how far it is, whether it is ready.

It also brings the state of a partition that it was given up to date before the first record comes,
so that being ready means that the next record is scored at once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from faust_scorer.health import Health
from faust_scorer.progress import Look, PartitionProgress, Progress
from fraud_core.stream_scorer import StreamScorer

if TYPE_CHECKING:
    from collections.abc import Mapping

    import faust

LOOK_EVERY_S: Final = 0.1


class Dealt(Protocol):
    """What the group has dealt out to this worker."""

    def committed(self) -> Mapping[int, int] | None:
        """Partition to committed offset of what it owns; None while that is being dealt out."""

    def end(self, partition: int) -> int | None:
        """End of the log of a partition, as far as known."""


class FaustDealt:
    """What Faust knows of it, in the consumer that `faust.App` makes."""

    def __init__(self, app: faust.App) -> None:
        """Wrap an application that runs."""
        self._app = app

    def committed(self) -> Mapping[int, int] | None:
        """Partition to committed offset of what it owns; None while that is being dealt out."""
        if self._app.rebalancing or not self._app.flow_control.is_active():
            return None
        consumer = cast("Any", self._app.consumer)
        known = consumer._committed_offset
        return {tp.partition: known.get(tp) or 0 for tp in consumer.assignment()}

    def end(self, partition: int) -> int | None:
        """End of the log of a partition, as far as the consumer knows."""
        consumer = cast("Any", self._app.consumer)
        found = (tp for tp in consumer.assignment() if tp.partition == partition)
        return next((consumer.highwater(tp) for tp in found), None)


class Watch:
    """Looks at a worker, and catches up for it."""

    def __init__(
        self,
        dealt: Dealt,
        scorer: StreamScorer,
        progress: Progress,
        health: Health,
        tell: Callable[[bool], None],
    ) -> None:
        """Put together what is looked at.

        Args:
            dealt: what the worker owns.
            scorer: its state.
            progress: how far it is.
            health: where the finding goes.
            tell: called with True when it has become ready, with False when it no longer is.
        """
        self._dealt, self._scorer, self._progress = dealt, scorer, progress
        self._health, self._tell = health, tell
        self._was_ready = False

    async def run(self, scoring: asyncio.Lock) -> None:
        """Look for ever.

        Args:
            scoring: held by whoever uses the scorer.

        Raises:
            LogError: a state cannot be reached.
        """
        while True:
            self.look(time.monotonic())
            for partition, one in self._health.look.partitions.items():
                if not one.is_caught_up and partition not in self._progress.answered:
                    await self._catch_up(scoring, partition)
            await asyncio.sleep(LOOK_EVERY_S)

    def look(self, now_s: float) -> None:
        """Look once.

        Args:
            now_s: monotonic seconds.
        """
        committed = self._dealt.committed()
        if committed is None:
            self._health.look = Look(now_s, {}, "the partitions are being dealt out anew")
        else:
            self._health.look = Look(now_s, {p: self._of(p, at) for p, at in committed.items()})
        is_ready = self._health.look.why_not_ready(now_s) is None
        if is_ready != self._was_ready:
            self._was_ready = is_ready
            self._tell(is_ready)

    def _of(self, partition: int, committed: int) -> PartitionProgress:
        offset = self._progress.delivered.get(partition, committed)
        end = self._dealt.end(partition)
        return PartitionProgress(
            offset=offset,
            state=self._scorer.state_position(partition),
            backlog=None if end is None else max(end - offset, 0),
            last_batch_ms=self._progress.last_batch_ms.get(partition),
        )

    async def _catch_up(self, scoring: asyncio.Lock, partition: int) -> None:
        async with scoring:
            committed = self._dealt.committed() or {}
            if partition in committed and partition not in self._progress.answered:
                await asyncio.to_thread(self._scorer.catch_up, partition, committed[partition])
