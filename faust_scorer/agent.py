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

from faust_scorer.settings import WorkerSettings
from fraud_core.output_writer import OutputWriter
from fraud_core.prediction import OutputRecord
from fraud_core.stream_scorer import ReadRecord, StreamScorer
from fraud_core.transaction_log import InputRecord

_log = logging.getLogger(__name__)

SLOW_BATCH_S = 1.0
"""A batch that takes longer gets a line in the log; a line for each would cost more than it."""


async def score_stream(
    stream: Stream[Any], scorer: StreamScorer, writer: OutputWriter, settings: WorkerSettings
) -> None:
    """Score a stream until it ends.

    Args:
        stream: events of the partitions of this worker.
        scorer: the model with its state.
        writer: where outputs go.
        settings: batch size and time.
    """
    async for events in stream.noack_take(settings.take_max, within=settings.take_within_s):
        started = time.perf_counter()
        batch = scorer.read(map(input_record, events))
        writer.hand_over(await _answer(scorer, batch))
        await asyncio.to_thread(writer.wait_delivered)
        for event in events:
            await stream.ack(event)
        took_s = time.perf_counter() - started
        if took_s > SLOW_BATCH_S:
            _log.info("scored batch rows=%d took_ms=%.0f", len(events), took_s * 1000)


async def _answer(scorer: StreamScorer, batch: Sequence[ReadRecord]) -> list[OutputRecord]:
    """Answers of a batch; waiting and catching up are left to a thread, so that the loop lives."""
    if scorer.is_ready_for(batch):
        return scorer.answer(batch)
    return await asyncio.to_thread(scorer.answer, batch)


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
