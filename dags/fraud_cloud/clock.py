"""Time as an argument."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Clock:
    """What waits and what tells time.

    Attributes:
        now_s: seconds from an arbitrary start, never going back.
        pause: waits for so many seconds.
    """

    now_s: Callable[[], float] = time.monotonic
    pause: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class Limits:
    """How long to wait.

    Attributes:
        all_s: for everything to be gone. A Spark cluster takes minutes to be deleted, Kafka's and
            Airflow's up to a quarter of an hour (estimate).
        jobs_s: for cancelled jobs to end, before their cluster is deleted all the same.
        poll_s: between two looks.
        retry_s: before Terraform is run again.
    """

    all_s: float = 2400.0
    jobs_s: float = 180.0
    poll_s: float = 10.0
    retry_s: float = 20.0
