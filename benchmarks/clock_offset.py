"""How far the broker's clock is from the generator's, and how a result says so. Pure.

Due times are the generator's, append times the broker's: where these are two clocks, every latency
is wrong by their offset. Of some round trips the fastest errs least (RFC 5905, section 10).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """One append to a topic with the broker's time.

    Attributes:
        sent_ms: on this machine's clock.
        acknowledged_ms: the same.
        appended_ms: on the broker's.
    """

    sent_ms: float
    acknowledged_ms: float
    appended_ms: float

    @property
    def took_ms(self) -> float:
        """There and back."""
        return self.acknowledged_ms - self.sent_ms

    @property
    def offset_ms(self) -> float:
        """Broker's clock minus ours, as if there took as long as back."""
        return self.appended_ms - (self.sent_ms + self.acknowledged_ms) / 2


@dataclass(frozen=True, slots=True)
class ClockOffset:
    """The broker's clock against this machine's at one time.

    Attributes:
        offset_ms: the broker's minus ours.
        trip_ms: how long the append took that says so; the offset is known to half of it.
    """

    offset_ms: float
    trip_ms: float


@dataclass(frozen=True, slots=True)
class ClockOffsets:
    """The same on both sides of a step: a clock that is set in between is seen too."""

    before: ClockOffset
    after: ClockOffset


class ClockOffsetMs(BaseModel):
    """The broker's clock minus the generator's, milliseconds.

    The fastest of 20 appends to a topic that the broker stamps, as if there took as long as back.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    before: float = Field(description="right before the load")
    after: float = Field(description="right after the drain")
    before_trip: float = Field(description="how long that append took; it errs by half at most")
    after_trip: float
    limit: float = Field(description="beyond it the step is invalid")


def offset_of(trips: Sequence[RoundTrip]) -> ClockOffset:
    """What the fastest round trip says. Pure."""
    best = min(trips, key=lambda trip: trip.took_ms)
    return ClockOffset(round(best.offset_ms, 3), round(best.took_ms, 3))


def as_result(found: ClockOffsets | None, limit_ms: float) -> ClockOffsetMs | None:
    """For a file.

    Args:
        found: around a step; None where it was not measured.
        limit_ms: what the step was judged by.
    """
    if found is None:
        return None
    return ClockOffsetMs(
        before=found.before.offset_ms,
        after=found.after.offset_ms,
        before_trip=found.before.trip_ms,
        after_trip=found.after.trip_ms,
        limit=round(limit_ms, 3),
    )


def from_result(saved: ClockOffsetMs | None) -> ClockOffsets | None:
    """From a file."""
    if saved is None:
        return None
    return ClockOffsets(
        before=ClockOffset(saved.before, saved.before_trip),
        after=ClockOffset(saved.after, saved.after_trip),
    )
