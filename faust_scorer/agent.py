"""The agent's loop: take a batch, score it, write it, and only then acknowledge it.

`take` would acknowledge in its `finally`, whatever happened to the batch; `noack_take` leaves it
to us. An error leaves the loop, the process ends, and the group runner starts it again from the
last committed offset: nothing is lost, some is repeated with equal content.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import Any

from faust import Stream
from faust.types import EventT

from faust_scorer.progress import Progress
from faust_scorer.settings import WorkerSettings
from fraud_core.output_writer import OutputWriter
from fraud_core.prediction import OutputRecord
from fraud_core.stream_scorer import ReadRecord, StreamScorer
from fraud_core.transaction_log import InputRecord

_log = logging.getLogger(__name__)

SLOW_BATCH_S = 1.0
"""A batch that takes longer gets a line in the log; a line for each would cost more than it."""


class Agent:
    """Scores the stream of one worker.

    Attributes:
        progress: how far it is.
        scoring: held while the scorer is used.
    """

    def __init__(
        self, scorer: StreamScorer, writer: OutputWriter, settings: WorkerSettings
    ) -> None:
        """Put its parts together.

        Args:
            scorer: the model with its state.
            writer: where outputs go.
            settings: batch size and time.
        """
        self._scorer, self._writer, self._settings = scorer, writer, settings
        self.progress = Progress()
        self.scoring = asyncio.Lock()

    async def score_stream(self, stream: Stream[Any]) -> None:
        """Score a stream until it ends.

        Args:
            stream: events of the partitions of this worker.
        """
        most, within_s = self._settings.take_max, self._settings.take_within_s
        async for events in stream.noack_take(most, within=within_s):
            started_s = time.perf_counter()
            await self._score(events)
            for event in events:
                await stream.ack(event)
            took_s = time.perf_counter() - started_s
            if took_s > SLOW_BATCH_S:
                _log.info("scored batch rows=%d took_ms=%.0f", len(events), took_s * 1000)

    async def _score(self, events: Sequence[EventT[bytes]]) -> None:
        batch = self._scorer.read(map(input_record, events))
        async with self.scoring:
            outputs = await self._answer(batch)
        ends = self.progress.note_answered(batch)
        self._writer.hand_over(outputs)
        await asyncio.to_thread(self._writer.wait_delivered)
        self.progress.note_delivered(ends, int(time.time() * 1000))

    async def _answer(self, batch: Sequence[ReadRecord]) -> list[OutputRecord]:
        """Answers of a batch; waiting and catching up are left to a thread, so the loop lives."""
        if self._scorer.is_ready_for(batch):
            return self._scorer.answer(batch)
        return await asyncio.to_thread(self._scorer.answer, batch)


def input_record(event: EventT[bytes]) -> InputRecord:
    """The record behind an event: its bytes as they are, None and empty kept apart."""
    message = event.message
    return InputRecord(
        message.partition,
        message.offset,
        round(message.timestamp * 1000),  # Faust divides milliseconds by 1000
        message.key,
        message.value,
    )
