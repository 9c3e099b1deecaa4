"""Simulated engines of known service rate, sampled at 1 Hz as a real one is. Pure.

A batch takes (cost + records / service rate) x noise, and now and then a pause; its outputs are
seen at its end, and the next batch begins at once, or an interval after the last began. Records
arrive at a constant rate. These are models, not measurements: they test the verdict and the search.

Thousands of engines run in step, one batch of each at a time, so a campaign takes seconds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.backlog import Backlog, batch_interval_s, block_length_s, lag_time, slope_of
from benchmarks.verdict import Evidence, Judgement, Limits, Load, judge

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

NOISE: Final = 0.1
"""Standard deviation of the logarithm of a batch's duration; its mean factor is one."""
PAUSE_S: Final = (0.5, 2.0)
"""Shortest and longest pause: a collection of garbage, a rebalance, a busy disk."""


@dataclass(frozen=True, slots=True)
class Engines:
    """Simulated engines, each array of shape (n,).

    Attributes:
        service_eps: records per second while it works.
        batch_cost_s: fixed time of a batch.
        batch_interval_s: shortest time from one start of a batch to the next.
        pause_every_s: mean working time from one pause to the next; infinite for none.
        largest_batch: records of a batch, at most; infinite for no limit.
    """

    service_eps: FloatArray
    batch_cost_s: FloatArray
    batch_interval_s: FloatArray
    pause_every_s: FloatArray
    largest_batch: FloatArray

    def __len__(self) -> int:
        return len(self.service_eps)

    def of(self, chosen: IntArray) -> Engines:
        """Some of them, or one several times."""
        return Engines(*(getattr(self, one.name)[chosen] for one in fields(self)))

    def capacity_eps(self) -> FloatArray:
        """Long-run rate of full batches: what utilisation is a share of."""
        pauses = 1 + np.mean(PAUSE_S) / self.pause_every_s
        capacity: FloatArray = self.service_eps / pauses
        bounded = np.isfinite(self.largest_batch)
        batch_s = self.batch_cost_s + self.largest_batch / self.service_eps
        full = np.maximum(batch_s[bounded] * pauses[bounded], self.batch_interval_s[bounded])
        capacity[bounded] = self.largest_batch[bounded] / full
        return capacity


def largest_of_loop(service_eps: FloatArray, interval_s: FloatArray) -> FloatArray:
    """Records that a loop takes at most: twice what it serves in an interval.

    With no more than once that, noise would leave it idle at the end of short batches.
    """
    largest: FloatArray = np.ceil(2 * service_eps * interval_s)
    return largest


@dataclass(frozen=True, slots=True)
class Window:
    """Seconds of warm-up, and of what is judged; doubled once where that decides nothing."""

    warmup_s: int
    measure_s: int


def outputs_of(
    engines: Engines, rates_eps: FloatArray, seconds: int, rng: np.random.Generator
) -> IntArray:
    """Run every engine at its rate.

    Args:
        engines: n of them.
        rates_eps: offered records per second, shape (n,).
        seconds: how long.
        rng: of noise, pauses and the phase of the first batch.

    Returns:
        records out at second 0, 1, ..., shape (n, seconds + 1).
    """
    out = np.zeros((len(engines), seconds + 1), np.int64)
    place = np.arange(len(engines))
    now_s = rng.uniform(0, 1, len(engines)) * (engines.batch_cost_s + engines.batch_interval_s)
    taken = np.zeros(len(engines))
    while len(place):
        took = np.minimum(np.floor(now_s * rates_eps) - taken, engines.largest_batch)
        ends_s = now_s + durations_s(engines, took, rng)
        taken += took
        seen_at = np.minimum(np.ceil(ends_s), seconds).astype(np.int64)
        visible = ends_s <= seconds
        out[place[visible], seen_at[visible]] = taken[visible]
        # with nothing to take it waits for the next record
        next_s = np.where(took > 0, ends_s, (taken + 1) / rates_eps + 1e-9)
        now_s = np.maximum(next_s, now_s + engines.batch_interval_s)
        runs = now_s < seconds
        if not runs.all():
            place, engines, rates_eps = (
                place[runs],
                engines.of(np.flatnonzero(runs)),
                rates_eps[runs],
            )
            now_s, taken = now_s[runs], taken[runs]
    return np.maximum.accumulate(out, axis=1)


def durations_s(engines: Engines, took: FloatArray, rng: np.random.Generator) -> FloatArray:
    """How long each engine's next batch takes, pauses included; none at all where it is empty."""
    noise = np.exp(rng.normal(-NOISE * NOISE / 2, NOISE, len(took)))
    working_s = (engines.batch_cost_s + took / engines.service_eps) * noise
    pauses = rng.poisson(working_s / engines.pause_every_s)
    durations: FloatArray = np.where(
        took > 0, working_s + pauses * rng.uniform(*PAUSE_S, len(took)), 0.0
    )
    return durations


def verdicts_of(
    engines: Engines,
    rates_eps: FloatArray,
    window: Window,
    limits: Limits,
    rng: np.random.Generator,
) -> list[Judgement]:
    """One run of each engine at its rate, judged by the rule of the instrument, extended once."""
    whole_s = window.warmup_s + 2 * window.measure_s
    outputs = outputs_of(engines, rates_eps, whole_s, rng)
    first_end_s = window.warmup_s + window.measure_s
    return [
        _extended(out, rate_eps, (window.warmup_s, first_end_s, whole_s), limits)
        for out, rate_eps in zip(outputs, rates_eps.tolist(), strict=True)
    ]


def _extended(
    outputs: IntArray, rate_eps: float, seconds: tuple[int, int, int], limits: Limits
) -> Judgement:
    start_s, end_s, extended_s = seconds
    judgement = judged(outputs[start_s:end_s], rate_eps, start_s, limits)
    if judgement.verdict == "inconclusive":
        return judged(outputs[start_s:extended_s], rate_eps, start_s, limits)
    return judgement


def judged(outputs: IntArray, rate_eps: float, start_s: int, limits: Limits) -> Judgement:
    """The real verdict on the samples of one window, with a generator that is beyond doubt.

    Args:
        outputs: records out at each second of the window.
        rate_eps: offered.
        start_s: when the window begins.
        limits: the rule.
    """
    at_s = np.arange(start_s, start_s + len(outputs), dtype=np.float64)
    backlog = Backlog(at_s, np.floor(at_s * rate_eps) - outputs)
    interval_s = batch_interval_s(at_s, outputs)
    sent = int(at_s[-1] * rate_eps)
    evidence = Evidence(
        load=Load(rate_eps, rate_eps, delay_p99_ms=0.0, delay_max_ms=0.0, delivery_errors=0),
        slope=slope_of(backlog, interval_s),
        lag_time=lag_time(backlog, rate_eps, block_length_s(interval_s), interval_s),
        lowest_backlog=float(backlog.events.min()),
        samples_asked=len(at_s),
        samples_missed=0,
        sent=sent,
        missing=0,
        latencies=sent,
        latency_p50_ms=None,
        negative_latencies=0,
    )
    return judge(evidence, limits)


def true_knees_eps(
    engines: Engines, limits: Limits, hours: float, rng: np.random.Generator
) -> FloatArray:
    """The highest rate of each engine that fulfils the rule over an unlimited window.

    A backlog that grows at all exceeds any lag time at last, so over an unlimited window the rule
    is that the 95th percentile of the lag time stays within its limit; the trend adds nothing. The
    unlimited window is one of hours, behind a tenth of it as warm-up. Found by narrowing a bracket
    of rates between a hundredth of the capacity and all of it three times to a twelfth.

    Returns:
        shape (n,); the error of the grid is below 0.1 %.
    """
    low_eps, high_eps = engines.capacity_eps() * 0.01, engines.capacity_eps() * 1.005
    for _ in range(3):
        shares = np.linspace(0, 1, _GRID + 1)
        grid = low_eps[:, None] + (high_eps - low_eps)[:, None] * shares
        held = _held_for_hours(engines, grid[:, 1:-1], limits, hours, rng)
        # the first loss ends it: rates above it are not asked
        steps = np.cumprod(held, axis=1).sum(axis=1)
        rows = np.arange(len(engines))
        low_eps, high_eps = grid[rows, steps], grid[rows, steps + 1]
    middle: FloatArray = (low_eps + high_eps) / 2
    return middle


_GRID: Final = 12


def _held_for_hours(
    engines: Engines, rates_eps: FloatArray, limits: Limits, hours: float, rng: np.random.Generator
) -> NDArray[np.bool_]:
    count, tried = rates_eps.shape
    seconds = math.ceil(hours * 3600)
    flat = rates_eps.reshape(-1)
    outputs = outputs_of(engines.of(np.repeat(np.arange(count), tried)), flat, seconds, rng)
    at_s = np.arange(seconds // 10, seconds + 1)
    lag_s = np.floor(at_s * flat[:, None]) - outputs[:, at_s]
    p95_s = np.quantile(lag_s, 0.95, axis=1) / flat
    return (p95_s <= limits.lag_time_p95_s).reshape(count, tried)
