"""Executors that nothing has asked yet: they load model, history and connections all the same.

One that is started again while the stream is quiet would else be as slow as at the first start when
the next record comes, and would be without its limit until then.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final, Protocol

from pyspark.sql import SparkSession

from spark_scorer.score_batch import ScorerSettings, warm_up

IDLE_S: Final = 10.0
"""Longer than Spark waits for an executor that is busy: where records flow, they come first."""


class Running(Protocol):
    """A job of the JVM that runs beside us."""

    def isDone(self) -> bool:  # noqa: N802  # its name in Java
        """True when it has ended, in whatever way."""


class WarmUp:
    """Asks idle executors, again and again until all are ready."""

    def __init__(self, ask: Callable[[], Running]) -> None:
        """Nobody is asked yet.

        Args:
            ask: starts a task on every executor that has nothing to do; does not wait for it.
        """
        self._ask = ask
        self._running: Running | None = None
        self._since_s: float | None = None

    def look(self, *, all_ready: bool, now_s: float) -> None:
        """Ask those that are not ready and were not asked by the stream.

        Args:
            all_ready: nobody needs to be asked.
            now_s: on a clock that does not jump.
        """
        if all_ready:
            self._since_s = None
        elif self._since_s is None:
            self._since_s = now_s
        elif now_s - self._since_s >= IDLE_S and (self._running is None or self._running.isDone()):
            self._since_s, self._running = now_s, self._ask()


def ask_executors(session: SparkSession, settings: ScorerSettings, count: int) -> Running:
    """Start a job with a task for each executor; Spark gives one to each that is free.

    Args:
        session: where they are.
        settings: of their scorers.
        count: executors.
    """
    rows = session.range(0, count, 1, count).mapInArrow(partial(warm_up, settings), "id long")
    running: Any = rows._jdf.javaRDD().countAsync()
    return running  # type: ignore[no-any-return]
