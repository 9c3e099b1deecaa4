"""From what was recorded of a step to its result. Pure: a verdict can be recomputed from files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import parity
from benchmarks.backlog import Backlog
from benchmarks.clock_offset import ClockOffsets, as_result
from benchmarks.instance_samples import InstanceSample
from benchmarks.instance_use import means_of, memory_kills_of, restarts_of, uses_of
from benchmarks.latency import FloatArray, LatencySummary, finite_or_none, latencies_ms, summarize
from benchmarks.movement import Movement, Rules, Window, backlog_of, movement
from benchmarks.parity import NEVER, Counts, Ledger, Mismatches, Outputs
from benchmarks.plan import Step
from benchmarks.resource_use import cpu_s_per_million, host_use, uses_by_role
from benchmarks.result import Baseline, LatencyMs, LoadUse, StepResult, WaitUse
from benchmarks.samples import ENGINE, INSTANCES, OffsetSample, Totals, UseSample
from benchmarks.scheduling import LongestWait, ThreadWait, longest_wait
from benchmarks.verdict import (
    Evidence,
    Judgement,
    Limits,
    Load,
    Surroundings,
    clock_limit_ms,
    judge,
)
from fraud_core.load_report import LoadReport
from fraud_core.topics import PARTITIONS

MISMATCHES = ("feature_mismatches", "score_mismatches", "wrongly_answered", "labels_incomplete")
NOT_MEASURED = (
    "Latency, duplicates and parity are not measured: outputs carry no headers that name their "
    "source."
)


@dataclass(frozen=True, slots=True)
class EngineLife:
    """What is known of the engine's process; of an external one nothing but what was said.

    Attributes:
        command: how it was started; empty for an external one.
        start_up_s: until its last probe was answered.
        stop_s: from SIGTERM to its end.
        exit_code: as it ended.
        ended: how it ended by itself in the step, None where it did not.
        restarted: which of its processes began after it was ready, where it does not tell its
            instances; None where none did.
        said_cpu_cores: of each instance of an external engine, None where nobody knows.
    """

    command: list[str]
    start_up_s: float | None
    stop_s: float | None
    exit_code: int | None
    ended: str | None
    restarted: str | None = None
    said_cpu_cores: float | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """All that was recorded of a step.

    Attributes:
        step: what was asked.
        report: the generator's.
        baseline: totals before the load.
        offsets: samples from before the load to the end of the drain.
        uses: samples of CPU and memory.
        ledger: what was sent.
        outputs: what came out, without probes; None where it does not say what it answers.
        mismatches: differences from the offline reference; None where it says nothing of them.
        engine: its process.
        cores: of this machine.
        extended: the window is twice that of the step.
        aborted: why the load was stopped before its end.
        waits: how long threads of broker and generator waited for a CPU.
        clock_step_ms: how far the wall clock moved against the steady one during the load.
        instances: samples of single instances, where the engine tells them.
        clock_offsets: of the broker's clock from the generator's; None where they are one.
    """

    step: Step
    report: LoadReport
    baseline: Totals
    offsets: Sequence[OffsetSample]
    uses: Sequence[UseSample]
    ledger: Ledger
    outputs: Outputs | None
    mismatches: Mismatches | None
    engine: EngineLife
    cores: int
    extended: bool = False
    aborted: str | None = None
    waits: Sequence[ThreadWait] = ()
    clock_step_ms: float = 0.0
    instances: Sequence[InstanceSample] = ()
    clock_offsets: ClockOffsets | None = None


def window_of(
    step: Step, report: LoadReport, *, extended: bool = False, aborted: bool = False
) -> Window:
    """What is judged of a step. Warm-up is counted from the first due time.

    An aborted step is judged to its last due time, warm-up included where it is all there is.
    """
    first_s = report.first_due_ms / 1000
    start_s = first_s + step.warmup_s
    if not aborted:
        return Window(start_s, start_s + step.measure_s * (2 if extended else 1))
    last_s = report.last_due_ms / 1000
    return Window(start_s if last_s - start_s >= step.warmup_s else first_s, last_s)


def evaluate(record: Record, rules: Rules) -> StepResult:
    """The result of a step."""
    step, window = record.step, _window(record)
    backlog = backlog_of(record.offsets, record.baseline)
    latency, counts = None, None
    if record.outputs is not None:
        latency = latency_of(record.ledger, record.outputs, window)
        counts = parity.count(record.ledger, record.outputs)
    moved = movement(record.offsets, record.baseline, window, step.rate_eps, rules)
    evidence = _evidence(record, backlog, moved, counts, latency)
    judgement = _judged(record, evidence, rules.limits)
    use, p50_ms = uses_by_role(record.uses, window), evidence.latency_p50_ms
    fields: dict[str, Any] = {
        **_verdict_fields(judgement, record, counts),
        **_backlog_fields(evidence, backlog, moved),
        **_window_fields(record, window),
        **_engine_fields(record.engine),
        **_instance_fields(record, window),
    }
    return StepResult(
        **step.model_dump(exclude={"measure_s"}),
        latency_ms=_latency_fields(latency),
        clock_offset_ms=as_result(record.clock_offsets, clock_limit_ms(p50_ms, rules.limits)),
        slo_met=None if latency is None else latency.p99_ms <= rules.slo_p99_ms,
        cpu_s_per_million=cpu_s_per_million(use.get(ENGINE), record.offsets, window),
        cpu_s_per_million_instances=cpu_s_per_million(use.get(INSTANCES), record.offsets, window),
        drain_s=drain_s(backlog, record.report),
        load=LoadUse(**record.report.model_dump(include=set(LoadUse.model_fields))),
        use=use,
        host=host_use(record.uses, record.cores, window),
        **fields,
    )


def _window(record: Record) -> Window:
    aborted = record.aborted is not None
    return window_of(record.step, record.report, extended=record.extended, aborted=aborted)


def _judged(record: Record, evidence: Evidence, limits: Limits) -> Judgement:
    judgement = judge(evidence, limits)
    if record.aborted is not None and judgement.verdict != "invalid":
        judgement = Judgement("unsustainable", f"Stopped early: {record.aborted}.")
    if record.outputs is None:
        return Judgement(judgement.verdict, f"{judgement.why} {NOT_MEASURED}")
    return judgement


def latency_of(ledger: Ledger, outputs: Outputs, window: Window) -> LatencySummary | None:
    """Over the records due in the window."""
    return summarize(latencies_in(ledger, outputs, window))


def latencies_in(ledger: Ledger, outputs: Outputs, window: Window) -> FloatArray:
    """Latency in ms of each record due in the window, infinite where it never came out."""
    due = (ledger.due_ms >= window.start_s * 1000) & (ledger.due_ms < window.end_s * 1000)
    appended_ms = parity.first_append_ms(ledger, outputs)
    return latencies_ms(ledger.due_ms[due], appended_ms[due], never=int(NEVER))


def drain_s(backlog: Backlog, report: LoadReport) -> float | None:
    """From the last due time to the first sample without a backlog; None where there is none."""
    last_due_s = report.last_due_ms / 1000
    empty = backlog.at_s[(backlog.at_s >= last_due_s) & (backlog.events <= 0)]
    return round(float(empty[0]) - last_due_s, 3) if len(empty) else None


def _evidence(
    record: Record,
    backlog: Backlog,
    moved: Movement,
    counts: Counts | None,
    latency: LatencySummary | None,
) -> Evidence:
    window = _window(record)
    slots = window.slots()
    taken = {sample.slot_s for sample in record.offsets}
    return Evidence(
        load=_load(record.report, window),
        slope=moved.slope,
        lag_time=moved.lag_time,
        lowest_backlog=float(backlog.events.min()) if len(backlog.events) else 0.0,
        samples_asked=len(slots),
        samples_missed=sum(1 for slot in slots if slot not in taken),
        sent=len(record.ledger.source),
        # without a source nobody knows which are missing, but how many are not out
        missing=counts.missing if counts else _left(backlog),
        latencies=latency.count if latency else 0,
        latency_p50_ms=latency.p50_ms if latency else None,
        negative_latencies=latency.negative if latency else 0,
        engine_ended=record.engine.ended,
        foreign=_foreign(record),
        around=_around(record, window),
    )


def _left(backlog: Backlog) -> int:
    return max(int(backlog.events[-1]), 0) if len(backlog.events) else 0


def _foreign(record: Record) -> int:
    """More went in than the broker acknowledged to the generator, which a lost answer excuses."""
    if not record.offsets:
        return 0
    went_in = record.offsets[-1].totals.inputs - record.baseline.inputs
    return max(went_in - len(record.ledger.source) - record.report.delivery_errors, 0)


def _around(record: Record, window: Window) -> Surroundings:
    host = host_use(record.uses, record.cores, window)
    return Surroundings(
        waits=_waits(record, window),
        steal_share=host.steal_share if host else None,
        clock_step_ms=record.clock_step_ms,
        clock_offsets=record.clock_offsets,
        restarted=_restarted(record),
        out_of_memory=memory_kills_of(record.instances),
        instances=record.step.instances,
        partitions=PARTITIONS,
        quota_cores=None if _limited_by(record) == "none" else _quota_cores(record.step),
        cores=record.cores,
    )


def _restarted(record: Record) -> str | None:
    return restarts_of(record.instances) or record.engine.restarted


def _limited_by(record: Record) -> str | None:
    return means_of(record.instances, asked=record.step.size.is_limited)


def _quota_cores(step: Step) -> float | None:
    return None if step.cpu is None else step.cpu * step.instances


def _waits(record: Record, window: Window) -> tuple[LongestWait, ...]:
    roles = dict.fromkeys(one.role for one in record.waits)
    found = (longest_wait(record.waits, role, window.start_s, window.end_s) for role in roles)
    return tuple(wait for wait in found if wait is not None)


def _load(report: LoadReport, window: Window) -> Load:
    # the schedule reaches one interval behind its last record
    end_s = report.last_due_ms / 1000 + 1 / report.rate_eps
    return Load(
        ended_early_s=window.end_s - end_s,
        rate_eps=report.rate_eps,
        sent_eps=report.sent_eps,
        delay_p99_ms=report.delay_p99_ms,
        delay_max_ms=report.delay_max_ms,
        delivery_errors=report.delivery_errors,
    )


def _verdict_fields(
    judgement: Judgement, record: Record, counts: Counts | None
) -> dict[str, object]:
    return {
        "verdict": judgement.verdict,
        "why": judgement.why,
        "sent": len(record.ledger.source),
        **_count_fields(record, counts),
        **_mismatch_fields(record.mismatches, counts),
    }


def _count_fields(record: Record, counts: Counts | None) -> dict[str, object]:
    if counts is None:
        last = record.offsets[-1].totals if record.offsets else record.baseline
        return {
            "scored": last.predictions - record.baseline.predictions,
            "dead_letters": last.dead_letters - record.baseline.dead_letters,
            "duplicates": None,
            "missing": None,
        }
    return {
        "scored": counts.scored,
        "dead_letters": counts.dead_letters,
        "duplicates": counts.duplicates,
        "missing": counts.missing,
    }


def _mismatch_fields(found: Mismatches | None, counts: Counts | None) -> dict[str, object]:
    if found is None or counts is None:
        return dict.fromkeys(MISMATCHES)
    return {
        "feature_mismatches": found.features,
        "score_mismatches": found.scores,
        "wrongly_answered": found.wrongly_answered + counts.unknown,
        "labels_incomplete": found.labels_incomplete,
    }


def _backlog_fields(evidence: Evidence, backlog: Backlog, moved: Movement) -> dict[str, object]:
    slope, lag, inside = moved.slope, moved.lag_time, moved.inside.events
    return {
        "block_s": moved.block_s,
        "backlog_slope_eps": slope.slope_eps if slope else None,
        "backlog_slope_low_eps": slope.low_eps if slope else None,
        "backlog_slope_high_eps": slope.high_eps if slope else None,
        "lag_time_p95_s": lag.p95_s if lag else None,
        "lag_time_p95_low_s": lag.low_s if lag else None,
        "lag_time_p95_high_s": lag.high_s if lag else None,
        "lag_standing_s": lag.standing_s if lag else None,
        "left": _left(backlog),
        "backlog_max_events": int(inside.max()) if len(inside) else None,
        "samples_asked": evidence.samples_asked,
        "samples_missed": evidence.samples_missed,
    }


def _window_fields(record: Record, window: Window) -> dict[str, object]:
    baseline = record.baseline
    return {
        "baseline": Baseline(
            inputs=baseline.inputs,
            predictions=baseline.predictions,
            dead_letters=baseline.dead_letters,
        ),
        "window_start_ms": round(window.start_s * 1000),
        "window_end_ms": round(window.end_s * 1000),
        "waits": [
            WaitUse(role=one.role, thread=one.thread, share=one.share)
            for one in _waits(record, window)
        ],
        "clock_step_ms": record.clock_step_ms,
        "extended": record.extended,
        "aborted": record.aborted,
    }


def _engine_fields(engine: EngineLife) -> dict[str, object]:
    return {
        "start_up_s": engine.start_up_s,
        "stop_s": engine.stop_s,
        "engine_exit_code": engine.exit_code,
        "engine_ended": engine.ended,
        "command": _without_its_folder(engine.command),
        "said_cpu_cores": engine.said_cpu_cores,
    }


def _without_its_folder(command: Sequence[str]) -> list[str]:
    """Which interpreter of this machine ran it says nothing to others; results are passed on."""
    return [*(Path(program).name for program in command[:1]), *command[1:]]


def _instance_fields(record: Record, window: Window) -> dict[str, object]:
    return {
        "restarted": _restarted(record),
        "instance_use": uses_of(record.instances, window),
        "limited_by": _limited_by(record),
        "quota_cores": _quota_cores(record.step),
    }


def _latency_fields(latency: LatencySummary | None) -> LatencyMs | None:
    if latency is None:
        return None
    return LatencyMs(
        p50=finite_or_none(latency.p50_ms),
        p90=finite_or_none(latency.p90_ms),
        p95=finite_or_none(latency.p95_ms),
        p99=finite_or_none(latency.p99_ms),
        p99_9=finite_or_none(latency.p999_ms),
        max=finite_or_none(latency.max_ms),
        count=latency.count,
        negative=latency.negative,
        never_out=latency.never_out,
    )
