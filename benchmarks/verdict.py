"""Whether an engine held a rate: sustainable, unsustainable, inconclusive or invalid. Pure.

An invalid step says nothing of the engine and is never a data point; everything that makes it
invalid is named. Thresholds are relative to the offered rate: an absolute one cannot fail below it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from benchmarks.backlog import LagTime, Slope
from benchmarks.clock_offset import ClockOffsets
from benchmarks.scheduling import LongestWait

Verdict = Literal["sustainable", "unsustainable", "inconclusive", "invalid"]


class Limits(BaseModel):
    """What a rate must fulfil to count as held, and a measurement to count at all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    slope_share: float = Field(
        0.01, gt=0, lt=1, description="tolerated growth of the backlog, as a share of the rate"
    )
    still_share: float = Field(
        0.2, ge=0, le=1, description="part of that growth which, if certain, is no standstill"
    )
    lag_time_p95_s: float = Field(10.0, gt=0, description="longest tolerated lag time, seconds")
    standing_lag_s: float = Field(
        0.0, ge=0, description="lag that may never go away, beyond that of a batch, seconds"
    )
    completeness: float = Field(
        0.9999, gt=0, le=1, description="share of records that must be out after the drain"
    )
    delay_p99_ms: float = Field(
        10.0, gt=0, description="send delay above which the generator is late, milliseconds"
    )
    delay_share_of_p50: float = Field(
        0.05, ge=0, lt=1, description="tolerated p99 send delay as a share of the p50 latency"
    )
    delay_max_ms: float = Field(
        1000.0, gt=0, description="longest tolerated send delay, milliseconds"
    )
    rate_share: float = Field(0.005, gt=0, lt=1, description="tolerated error of the sent rate")
    ended_early_s: float = Field(
        0.25, ge=0, description="tolerated end of the load before that of the window, seconds"
    )
    gap_share: float = Field(0.02, ge=0, lt=1, description="tolerated share of missed samples")
    wait_share: float = Field(
        0.10,
        gt=0,
        le=1,
        description="longest wait of a broker's or generator's thread for a CPU, share of time",
    )
    steal_share: float = Field(
        0.02, gt=0, le=1, description="tolerated share of the CPU that the hypervisor kept"
    )
    clock_step_ms: float = Field(
        50.0, gt=0, description="tolerated jump of the wall clock during a step, milliseconds"
    )
    clock_offset_ms: float = Field(
        5.0,
        gt=0,
        description="tolerated offset of the broker's clock from the generator's, milliseconds",
    )
    clock_offset_share_of_p50: float = Field(
        0.05, ge=0, lt=1, description="tolerated beyond that, as a share of the p50 latency"
    )
    negative_share: float = Field(
        0.001, ge=0, lt=1, description="tolerated share of negative latencies"
    )


@dataclass(frozen=True, slots=True)
class Load:
    """What the generator says of itself.

    Attributes:
        rate_eps: asked events per second.
        sent_eps: events acknowledged per second.
        delay_p99_ms: actual minus due send time.
        delay_max_ms: the same, the worst one.
        delivery_errors: records that the broker did not take.
        ended_early_s: how long before the end of the window the load ended.
    """

    rate_eps: float
    sent_eps: float
    delay_p99_ms: float
    delay_max_ms: float
    delivery_errors: int
    ended_early_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What may slow an engine that is not its own work. None is not known, and no doubt.

    Attributes:
        waits: of broker and generator, the thread of each that waited most for a CPU.
        steal_share: share of all CPU time of the window that the hypervisor kept.
        clock_step_ms: how far the wall clock moved against the monotonic one in the step.
        clock_offsets: of the broker's clock from the generator's.
        restarted: which instance was started again in the step, in words.
        out_of_memory: which instance the kernel killed for want of memory, in words.
        instances: how many were started.
        partitions: of the input topic.
        quota_cores: sum of the instances' CPU quotas.
        cores: of this machine.
    """

    waits: tuple[LongestWait, ...] = ()
    steal_share: float | None = None
    clock_step_ms: float | None = None
    clock_offsets: ClockOffsets | None = None
    restarted: str | None = None
    out_of_memory: str | None = None
    instances: int | None = None
    partitions: int | None = None
    quota_cores: float | None = None
    cores: float | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that a verdict rests on, over the window unless said otherwise.

    Attributes:
        load: the generator's report.
        slope: trend of the backlog; None where the samples are too few.
        lag_time: None where there are no samples.
        lowest_backlog: smallest sample of the whole step.
        samples_asked: how many samples the window holds at the sampling rate.
        samples_missed: how many of them were not taken.
        sent: records sent in the whole step.
        missing: records of these that are not out after the drain.
        latencies: records due in the window.
        latency_p50_ms: None where there are none.
        negative_latencies: records out before they were due.
        engine_ended: how the engine ended by itself in the step, None where it did not.
        foreign: records that went in and that the generator did not send.
        around: what else may have slowed it.
    """

    load: Load
    slope: Slope | None
    lag_time: LagTime | None
    lowest_backlog: float
    samples_asked: int
    samples_missed: int
    sent: int
    missing: int
    latencies: int
    latency_p50_ms: float | None
    negative_latencies: int
    engine_ended: str | None = None
    foreign: int = 0
    around: Surroundings = Surroundings()


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict and one sentence of why."""

    verdict: Verdict
    why: str


def judge(evidence: Evidence, limits: Limits) -> Judgement:
    """Decide one step."""
    doubts = list(reasons_to_doubt(evidence, limits))
    if doubts:
        return Judgement("invalid", _sentence("; ".join(doubts)))
    lag, slope = evidence.lag_time, evidence.slope
    if lag is not None and lag.low_s > limits.lag_time_p95_s:
        # decided even where the batches are too long for six blocks
        return Judgement("unsustainable", f"The lag is long: {_lag(lag, limits)}.")
    if slope is None or lag is None:
        return Judgement("inconclusive", "The window is too short for a trend: six blocks of 10 s.")
    return _by_trend(evidence, slope, lag, limits)


def _by_trend(evidence: Evidence, slope: Slope, lag: LagTime, limits: Limits) -> Judgement:
    tolerance_eps = limits.slope_share * evidence.load.rate_eps
    trend = f"{_trend(slope)}, the limit is {tolerance_eps:+.2f}/s"
    if slope.low_eps > tolerance_eps:
        return Judgement("unsustainable", f"The backlog grows: {trend}.")
    if slope.low_eps > limits.still_share * tolerance_eps:
        return Judgement("inconclusive", f"The backlog grows, but slowly: {trend}.")
    if slope.high_eps >= tolerance_eps:
        return Judgement("inconclusive", f"The trend does not decide: {trend}.")
    if reservation := _reservation(evidence, lag, limits):
        return Judgement("inconclusive", f"The backlog does not grow, but {reservation}: {trend}.")
    why = f"The backlog does not grow: {trend}; {_lag(lag, limits)}."
    return Judgement("sustainable", why)


def _reservation(evidence: Evidence, lag: LagTime, limits: Limits) -> str | None:
    """Why a backlog that does not grow is not held all the same."""
    if lag.high_s > limits.lag_time_p95_s:
        return f"the lag does not decide, {_lag(lag, limits)}"
    if lag.standing_s > limits.standing_lag_s:
        return f"{lag.standing_s:.1f} s of lag never go away"
    if evidence.missing > (1 - limits.completeness) * evidence.sent:
        return f"{evidence.missing} of {evidence.sent} records are not out after the drain"
    return None


def reasons_to_doubt(evidence: Evidence, limits: Limits) -> Iterator[str]:
    """Everything that makes the step invalid, in words."""
    yield from _doubts_of_load(evidence, limits)
    if evidence.samples_missed > limits.gap_share * evidence.samples_asked:
        yield f"{evidence.samples_missed} of {evidence.samples_asked} samples were missed"
    if evidence.lowest_backlog < 0:
        yield (
            f"the backlog fell to {evidence.lowest_backlog:g}: more came out than went in, "
            "so offsets do not count records"
        )
    if evidence.foreign:
        yield f"{evidence.foreign} records went in beside the load: somebody else writes there too"
    if evidence.negative_latencies > limits.negative_share * evidence.latencies:
        yield (
            f"{evidence.negative_latencies} of {evidence.latencies} records were out before they "
            "were due: the clocks disagree"
        )
    if evidence.engine_ended:
        yield f"the engine {evidence.engine_ended} during the step"
    yield from _doubts_of_clocks(evidence, limits)
    yield from _doubts_of_host(evidence.around, limits)
    yield from _doubts_of_instances(evidence.around)


def clock_limit_ms(latency_p50_ms: float | None, limits: Limits) -> float:
    """How far two clocks may be apart.

    Args:
        latency_p50_ms: of the step; None where it is not known.
        limits: of the plan.
    """
    share_ms = limits.clock_offset_share_of_p50 * (latency_p50_ms or 0.0)
    # an infinite p50 is total loss, which must not excuse a clock
    return limits.clock_offset_ms + (share_ms if share_ms != float("inf") else 0.0)


def _doubts_of_clocks(evidence: Evidence, limits: Limits) -> Iterator[str]:
    found = evidence.around.clock_offsets
    if found is None:
        return
    limit_ms = clock_limit_ms(evidence.latency_p50_ms, limits)
    for when, one in (("before", found.before), ("after", found.after)):
        if abs(one.offset_ms) > limit_ms:
            yield (
                f"the clocks disagree: the broker's was {one.offset_ms:+.1f} ms off the "
                f"generator's {when} the step, the limit is {limit_ms:.1f} ms"
            )


def _doubts_of_host(around: Surroundings, limits: Limits) -> Iterator[str]:
    for wait in around.waits:
        if wait.share > limits.wait_share:
            yield (
                f"the machine is too busy: thread {wait.thread} of the {wait.role} waited for a "
                f"CPU {wait.share:.0%} of the window, the limit is {limits.wait_share:.0%}"
            )
    steal_share, step_ms = around.steal_share or 0.0, around.clock_step_ms or 0.0
    if steal_share > limits.steal_share:
        yield (
            f"the hypervisor kept {steal_share:.1%} of the CPU, "
            f"the limit is {limits.steal_share:.0%}"
        )
    if abs(step_ms) > limits.clock_step_ms:
        yield f"the clock was moved by {step_ms:+.0f} ms during the step"


def _doubts_of_instances(around: Surroundings) -> Iterator[str]:
    instances, partitions = around.instances, around.partitions
    if around.out_of_memory:
        yield f"an instance had too little memory, the kernel killed it: {around.out_of_memory}"
    if around.restarted:
        yield f"an instance restarted: {around.restarted}"
    if instances is not None and partitions is not None and instances > partitions:
        yield f"{instances} instances share {partitions} partitions, so some get no record"
    quota, cores = around.quota_cores, around.cores
    if quota is not None and cores is not None and quota > cores:
        yield f"the instances may use {quota:g} cores, the machine has {cores:g}"


def _doubts_of_load(evidence: Evidence, limits: Limits) -> Iterator[str]:
    load = evidence.load
    from_latency_ms = limits.delay_share_of_p50 * (evidence.latency_p50_ms or 0.0)
    # an infinite p50 is total loss, which must not excuse the generator
    bound_ms = limits.delay_p99_ms
    if from_latency_ms != float("inf"):
        bound_ms = max(bound_ms, from_latency_ms)
    if load.delay_p99_ms > bound_ms:
        yield (
            f"the generator was late: p99 send delay {load.delay_p99_ms:.1f} ms, "
            f"the limit is {bound_ms:.1f} ms"
        )
    if load.delay_max_ms > limits.delay_max_ms:
        yield (
            f"the generator stalled: longest send delay {load.delay_max_ms:.0f} ms, "
            f"the limit is {limits.delay_max_ms:.0f} ms"
        )
    if abs(load.sent_eps - load.rate_eps) > limits.rate_share * load.rate_eps:
        yield f"the generator sent {load.sent_eps:.2f}/s, asked were {load.rate_eps:g}/s"
    if load.ended_early_s > limits.ended_early_s:
        yield (
            f"the load ended {load.ended_early_s:.1f} s before the window: the files hold too few "
            "transactions after the history"
        )
    if load.delivery_errors:
        yield f"the broker did not take {load.delivery_errors} records"


def _lag(lag: LagTime, limits: Limits) -> str:
    interval = f"[{lag.low_s:.1f}, {lag.high_s:.1f}]"
    return f"lag time p95 {lag.p95_s:.1f} s {interval}, the limit is {limits.lag_time_p95_s:g} s"


def _trend(slope: Slope) -> str:
    return f"slope {slope.slope_eps:+.2f}/s [{slope.low_eps:+.2f}, {slope.high_eps:+.2f}]"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
