"""What was asked for: the rate, the lead of labels, and where the load ends."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from producer.pacer import AS_FAST_AS_POSSIBLE, WallClock

LEAD_ROWS: Final = 20_000
"""Lead of labels where there is no rate: a fifth of a second at 100,000 records a second."""

LARGEST_BLOCK_ROWS: Final = 2_000
_BLOCK_S: Final = 0.1
"""Labels are published, and rows handed over by the reader, about so often."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Time, as the load sees it.

    Attributes:
        monotonic_s: seconds that never jump.
        sleep: waits for seconds.
        wall: Unix time of the monotonic clock.
    """

    monotonic_s: Callable[[], float]
    sleep: Callable[[float], None]
    wall: WallClock

    def unix_ms(self) -> int:
        """Now, in Unix milliseconds."""
        return self.wall.unix_ms(self.monotonic_s())


@dataclass(frozen=True, slots=True)
class Schedule:
    """What was asked for.

    Attributes:
        rate_eps: events per second; 0 for as fast as possible.
        lead_s: wall-clock lead of labels over transactions; not used without a rate.
        asked: records that the schedule holds, None where only the files' end ends it.
        start_at_ms: due time of the first record, Unix milliseconds; None for as soon as possible.
        stop_after_s: ends a load without rate, which has no schedule to end it.
    """

    rate_eps: float
    lead_s: float
    asked: int | None = None
    start_at_ms: int | None = None
    stop_after_s: float = math.inf

    @property
    def is_paced(self) -> bool:
        """False where records go as fast as possible."""
        return self.rate_eps != AS_FAST_AS_POSSIBLE

    @property
    def block_rows(self) -> int:
        """Rows of one block: 100 ms of the schedule."""
        if not self.is_paced:
            return LARGEST_BLOCK_ROWS
        return min(max(round(self.rate_eps * _BLOCK_S), 1), LARGEST_BLOCK_ROWS)

    def wants_more(self, *, elapsed_s: float, read_rows: int, waiting_rows: int) -> bool:
        """Whether the labels of the next block are due to be published.

        Args:
            elapsed_s: since the first due time; 0 before it.
            read_rows: rows whose labels are published.
            waiting_rows: those of them that are not sent yet.
        """
        if not self.is_paced:
            return waiting_rows < LEAD_ROWS
        return read_rows / self.rate_eps < elapsed_s + self.lead_s
