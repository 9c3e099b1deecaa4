"""Whether a machine can measure engines elsewhere: its CPU, and its clock against the broker's."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from confluent_kafka import Message, Producer

from fraud_core.errors import DeliveryError
from fraud_core.kafka import KafkaSettings

ROUND_TRIPS: Final = 20
LARGEST_OFFSET_MS: Final = 25.0
"""Latency is wrong by the offset; p50 of an engine is tens of milliseconds."""
_DELIVERED_WITHIN_S: Final = 10.0
_QUOTA_V2: Final = Path("/sys/fs/cgroup/cpu.max")
_QUOTA_V1: Final = Path("/sys/fs/cgroup/cpu/cpu.cfs_quota_us")
_PERIOD_V1: Final = Path("/sys/fs/cgroup/cpu/cpu.cfs_period_us")


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


def clock_finding(trips: list[RoundTrip]) -> tuple[str, bool]:
    """What the fastest round trip says of the clock, and whether that is near enough."""
    best = min(trips, key=lambda trip: trip.took_ms)
    is_near = abs(best.offset_ms) <= LARGEST_OFFSET_MS
    text = (
        f"the broker's is {best.offset_ms:+.1f} ms off this machine's (fastest of {len(trips)} "
        f"round trips: {best.took_ms:.1f} ms)"
    )
    remedy = (
        f": every latency would be wrong by that, allowed are {LARGEST_OFFSET_MS:g} ms; have both "
        "follow a time server"
    )
    return text if is_near else text + remedy, is_near


def measure_clock(
    settings: KafkaSettings, topic: str, now_s: Callable[[], float]
) -> list[RoundTrip]:
    """Append to a topic whose timestamps are the broker's, one record after the other.

    Args:
        settings: how to reach the broker.
        topic: with LogAppendTime.
        now_s: Unix seconds of this machine.

    Raises:
        DeliveryError: the broker does not take a record.
    """
    producer = Producer(settings.as_producer(linger_ms=0))
    return [_round_trip(producer, topic, now_s) for _ in range(ROUND_TRIPS)]


def _round_trip(producer: Producer, topic: str, now_s: Callable[[], float]) -> RoundTrip:
    told: list[tuple[str | None, float, float]] = []

    def note(error: object, message: Message) -> None:
        told.append((str(error) if error else None, now_s() * 1000, message.timestamp()[1]))

    sent_ms = now_s() * 1000
    producer.produce(topic, value=b"clock", partition=0, on_delivery=note)
    producer.flush(_DELIVERED_WITHIN_S)
    if not told or told[0][0] is not None:
        reason = told[0][0] if told else f"no answer within {_DELIVERED_WITHIN_S:g} s"
        raise DeliveryError(f"{topic} does not take a record ({reason}): check the user's rights")
    return RoundTrip(sent_ms, told[0][1], told[0][2])


def worker_of(environment: Mapping[str, str]) -> str:
    """The CPU of this machine, as a line."""
    quota = quota_cores()
    held = f", held to {quota:g} by its control group" if quota else ""
    name = environment.get("HOSTNAME") or platform.node()
    return f"{name}, {os.cpu_count()} cores{held}, load {os.getloadavg()[0]:.2f}"


def quota_cores() -> float | None:
    """Cores that the control group of this machine's processes allows; None for all."""
    try:
        if _QUOTA_V2.is_file():
            quota, period = _QUOTA_V2.read_text().split()
            return None if quota == "max" else int(quota) / int(period)
        quota_us = int(_QUOTA_V1.read_text())
        return None if quota_us < 0 else quota_us / int(_PERIOD_V1.read_text())
    except (OSError, ValueError):
        return None
