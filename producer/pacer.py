"""The schedule of an open loop: event i is due at start + i / rate, whatever happened before.

As `UniformRateLimiter` of the OpenMessaging benchmark does it: a stall is counted against every
event that became due in it, because the schedule never shifts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

AS_FAST_AS_POSSIBLE: Final = 0.0


@dataclass(frozen=True, slots=True)
class Pacer:
    """Spreads events evenly over time and never forgives lateness.

    Attributes:
        start_s: when event 0 is due, on the monotonic clock.
        rate_eps: events per second; 0 for as fast as possible.
    """

    start_s: float
    rate_eps: float

    def due_s(self, index: int, now_s: float) -> float:
        """When an event is due, on the monotonic clock.

        Args:
            index: number of the event, from 0.
            now_s: the present, which is the answer where there is no rate.
        """
        if self.rate_eps == AS_FAST_AS_POSSIBLE:
            return now_s
        return self.start_s + index / self.rate_eps

    def due_count(self, now_s: float) -> int:
        """How many events were due until now; without a rate none is ever overdue."""
        if self.rate_eps == AS_FAST_AS_POSSIBLE or now_s < self.start_s:
            return 0
        return math.floor((now_s - self.start_s) * self.rate_eps) + 1


def event_count(rate_eps: float, duration_s: float) -> int:
    """Events that are due within a duration: i / rate < duration, event 0 included."""
    # 400 x 0.1 s is 40.00000000000001 in floating point, and means 40 events
    return math.ceil(rate_eps * duration_s - 1e-6)


@dataclass(frozen=True, slots=True)
class WallClock:
    """Unix time of the monotonic clock, anchored once so that a clock step cannot move due times.

    Attributes:
        unix_s: wall clock at the anchor.
        monotonic_s: monotonic clock at the same moment.
    """

    unix_s: float
    monotonic_s: float

    def unix_ms(self, at_s: float) -> int:
        """Unix milliseconds of a moment of the monotonic clock, rounded down."""
        return math.floor((self.unix_s + (at_s - self.monotonic_s)) * 1000)

    def monotonic_of_ms(self, unix_ms: int) -> float:
        """The moment of the monotonic clock at which it is so many Unix milliseconds."""
        return self.monotonic_s + (unix_ms / 1000 - self.unix_s)
