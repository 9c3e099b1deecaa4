"""Running the query until SIGTERM, or until it fails."""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import FrameType
from typing import Any

from pyspark.errors import StreamingQueryException
from pyspark.sql import SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from fraud_core.errors import StreamError
from spark_scorer.progress import GroupMirror
from spark_scorer.query import start_query
from spark_scorer.score_batch import ScorerSettings

_log = logging.getLogger(__name__)

LOG_EVERY_S = 10.0
_LOOK_EVERY_S = 1


@dataclass(frozen=True)
class Job:
    """What is scored, with what, and what is kept of it outside of the processes.

    Attributes:
        settings: of the scorer in each Python worker.
        cores: instances, one core each.
        checkpoint: where the query keeps its progress, a folder or a URI.
        group_id: consumer group that shows the progress to Kafka tools.
    """

    settings: ScorerSettings
    cores: int
    checkpoint: str
    group_id: str


class QueryFailedError(StreamError):
    """The streaming query ended by itself."""


class StopFlag:
    """Set by SIGTERM or SIGINT. Spark is not called in the handler: py4j may be in mid-call."""

    def __init__(self) -> None:
        self.is_set = False

    def install(self) -> None:
        """Listen to both signals."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        _log.info("stopping signal=%s", signal.Signals(number).name)
        self.is_set = True


def run_job(
    session: SparkSession, job: Job, stop: StopFlag, look: Callable[[], None] = lambda: None
) -> None:
    """Score until told to stop, on whatever cluster the session is.

    Args:
        session: where it runs.
        job: what to run.
        stop: ends it.
        look: called about once a second.

    Raises:
        QueryFailedError: the query ended by itself.
    """
    mirror = GroupMirror.open(job.settings.kafka, job.group_id)
    try:
        query = start_query(session, job.settings, cores=job.cores, checkpoint=job.checkpoint)
        watch(query, mirror, stop, look)
        query.stop()
    finally:
        mirror.close()


def watch(
    query: StreamingQuery,
    mirror: GroupMirror,
    stop: StopFlag,
    look: Callable[[], None] = lambda: None,
) -> None:
    """Mirror the query's progress until it is told to stop.

    Polled, because a Python listener would cost 60 ms a batch.

    Raises:
        QueryFailedError: the query failed.
    """
    logged_s = 0.0
    try:
        while not stop.is_set and query.isActive:
            query.awaitTermination(_LOOK_EVERY_S)
            progress = query.lastProgress
            mirror.show(progress)
            look()
            if progress and time.monotonic() - logged_s > LOG_EVERY_S:
                logged_s = time.monotonic()
                _log.info("%s", batch_line(progress))
    except StreamingQueryException as error:
        if not stop.is_set:
            raise QueryFailedError(failure(error)) from None


def batch_line(progress: Mapping[str, Any]) -> str:
    """One line about the last batch."""
    took_ms = progress["durationMs"].get("triggerExecution", 0)
    rows = progress["numInputRows"]
    return f"scored batch id={progress['batchId']} rows={rows} took_ms={took_ms}"


def failure(error: Exception) -> str:
    """The part of Spark's message that says what happened; the rest is Spark's own stack."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    python = [line for line in lines if "Error" in line and not line.lstrip().startswith("at ")]
    return f"the query failed: {(python or lines or ['no message'])[-1].strip()}\n" + "\n".join(
        lines[:40]
    )
