"""How the backlog moved in the window that is judged. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from benchmarks.backlog import (
    BATCHES_PER_BLOCK,
    BLOCK_S,
    Backlog,
    FloatArray,
    LagTime,
    Slope,
    batch_interval_s,
    lag_time,
    lower_envelope,
    partitions_interval_s,
    theil_sen,
)
from benchmarks.samples import OffsetSample, Totals
from benchmarks.verdict import Limits


@dataclass(frozen=True, slots=True)
class Window:
    """What is judged, Unix seconds; the end is excluded."""

    start_s: float
    end_s: float

    @property
    def length_s(self) -> float:
        """Seconds."""
        return self.end_s - self.start_s

    def slots(self) -> range:
        """The whole seconds in it."""
        return range(math.ceil(self.start_s), math.ceil(self.end_s))


@dataclass(frozen=True, slots=True)
class Rules:
    """What a step is judged by.

    Attributes:
        limits: what counts as held, and as valid.
        block_s: block of the trend.
        slo_p99_ms: latency objective.
    """

    limits: Limits = field(default_factory=Limits)
    block_s: float = BLOCK_S
    slo_p99_ms: float = 1000.0


@dataclass(frozen=True, slots=True)
class Movement:
    """How a backlog moved in a window.

    Attributes:
        inside: the samples of the window.
        block_s: block of the trend: the rules', or three batches of the engine.
        slope: None where the samples are too few.
        lag_time: None where there are no samples.
    """

    inside: Backlog
    block_s: float
    slope: Slope | None
    lag_time: LagTime | None


def movement(
    offsets: Sequence[OffsetSample],
    baseline: Totals,
    window: Window,
    rate_eps: float,
    rules: Rules,
) -> Movement:
    """How the backlog moved in a window."""
    samples = [one for one in offsets if window.start_s <= one.at_s < window.end_s]
    inside = backlog_of(samples, baseline)
    interval_s = _batch_interval_s(inside.at_s, samples)
    block_s = max(rules.block_s, BATCHES_PER_BLOCK * interval_s)
    return Movement(
        inside=inside,
        block_s=block_s,
        slope=theil_sen(lower_envelope(inside, block_s)),
        lag_time=lag_time(inside, rate_eps, block_s, interval_s),
    )


def _batch_interval_s(at_s: FloatArray, samples: Sequence[OffsetSample]) -> float:
    outputs = np.array([one.totals.outputs for one in samples], np.int64)
    came = np.array([one.inputs_by_partition for one in samples], np.int64)
    out = np.array([one.outputs_by_partition for one in samples], np.int64)
    return max(batch_interval_s(at_s, outputs), partitions_interval_s(at_s, came, out))


def backlog_of(offsets: Sequence[OffsetSample], baseline: Totals) -> Backlog:
    """Records in minus records out since the baseline."""
    events = [
        (sample.totals.inputs - baseline.inputs) - (sample.totals.outputs - baseline.outputs)
        for sample in offsets
    ]
    at_s = [sample.at_s for sample in offsets]
    return Backlog(np.array(at_s, np.float64), np.array(events, np.float64))
