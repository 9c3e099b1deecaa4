"""One step from fresh topics to a saved result."""

from __future__ import annotations

import secrets
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.against_offline import Offline, mismatches_of, outputs_of
from benchmarks.agenda import Cell
from benchmarks.backlog import Backlog
from benchmarks.bench import Bench
from benchmarks.clock_offset import ClockOffset, ClockOffsets
from benchmarks.cluster import send_probes, wait_for_probes
from benchmarks.early import is_decided
from benchmarks.engines import EngineStart
from benchmarks.evaluate import EngineLife, Record, evaluate
from benchmarks.external import RunningElsewhere
from benchmarks.instance_watch import EngineTree
from benchmarks.movement import Rules, Window, movement
from benchmarks.outputs import read_ledger, save_feature_sample, save_outputs
from benchmarks.parity import Ledger, Mismatches, Outputs
from benchmarks.plan import Step
from benchmarks.process_use import ReadProcesses, own_samples, session_samples
from benchmarks.producing import LoadFiles, producer_command, read_report
from benchmarks.programs import Program
from benchmarks.progress import Progress, Sampled, loading
from benchmarks.result import StepResult
from benchmarks.samples import EndOffsets, totals
from benchmarks.sampling import Sampler
from benchmarks.store import (
    FEATURES_FILE,
    INSTANCES_TOLD_FILE,
    LEDGER_FILE,
    OUTPUTS_FILE,
    STEP_FILE,
    save,
    step_folder,
)
from benchmarks.surroundings import cores
from benchmarks.warm_up import WarmUp
from fraud_core.errors import EXIT_INTERRUPTED, BrokerUnreachableError, SurroundingsError
from fraud_core.load_report import LoadReport
from fraud_core.topic_admin import create_topics, delete_topics
from fraud_core.topics import TopicNames

READY_WITHIN_S: Final = 180.0
"""Spark on a cold and busy machine starts in about a minute."""
LOAD_SLACK_S: Final = 300.0
"""What the producer may take beyond its load: it reads files up to the start of the stream."""
DRAIN_AT_LEAST_S: Final = 60.0
DRAIN_LAG_TIMES: Final = 3
_LOOK_EVERY_S: Final = 0.5
_BROKER_GONE_S: Final = 20.0
"""Without any sample for so long the step is lost; a leader's move takes a few seconds."""
_SURELY_OVER_S: Final = 1.5
"""The load is seen to begin up to a second late or early; the window must be inside it."""


@dataclass(frozen=True, slots=True)
class _Running:
    """A step whose engine runs."""

    step: Step
    bench: Bench
    names: TopicNames
    folder: Path
    engine: Program | RunningElsewhere


@dataclass(frozen=True, slots=True)
class LoadEnd:
    """How a load ended.

    Attributes:
        warmup_s: how long the warm-up was.
        extended: the window was doubled.
        aborted: why it was stopped as clearly lost, None where it was not.
        clock_step_ms: how far the wall clock moved against the steady one.
    """

    warmup_s: float
    extended: bool = False
    aborted: str | None = None
    clock_step_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class _Measured:
    """What was sampled of a step, before its topics are read."""

    report: LoadReport
    end: LoadEnd
    sampled: Sampled
    engine: EngineLife
    starts: EndOffsets
    clock_offsets: ClockOffsets | None


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read back of a step while its topics were there."""

    ledger: Ledger
    outputs: Outputs | None
    mismatches: Mismatches | None


def run_step(step: Step, bench: Bench) -> StepResult:
    """Measure one step and save everything of it.

    Raises:
        StreamError: it could not be measured; engine and producer are stopped, topics deleted. An
            external engine and its topics are left as they are.
    """
    folder = step_folder(bench.run_folder, step.id)
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as at_end:
        names = _topics(step, bench, at_end)
        measured = _measure(step, bench, names, folder)
        bench.tell(Progress(step, "checking"))
        ledger = read_ledger(folder / LEDGER_FILE)
        offline = Offline(bench.artifact, bench.features, bench.stream)
        outputs = outputs_of(bench.broker, names, measured.starts, offline)
        mismatches = mismatches_of(offline, measured.report, ledger, outputs)
    if outputs is not None:
        save_outputs(folder / OUTPUTS_FILE, outputs)
        save_feature_sample(folder / FEATURES_FILE, outputs)
    read = _Read(ledger, outputs, mismatches)
    result = evaluate(_record(step, measured, read), bench.rules)
    save(folder / STEP_FILE, result)
    return result


def _record(step: Step, measured: _Measured, read: _Read) -> Record:
    sampler, end = measured.sampled.sampler, measured.end
    return Record(
        step=step.model_copy(update={"warmup_s": end.warmup_s}),
        report=measured.report,
        baseline=measured.sampled.baseline,
        offsets=sampler.offsets,
        uses=sampler.uses,
        ledger=read.ledger,
        outputs=read.outputs,
        mismatches=read.mismatches,
        engine=measured.engine,
        cores=cores(),
        extended=end.extended,
        aborted=end.aborted,
        waits=sampler.waits,
        clock_step_ms=end.clock_step_ms,
        instances=sampler.instances,
        clock_offsets=measured.clock_offsets,
    )


def _topics(step: Step, bench: Bench, at_end: ExitStack) -> TopicNames:
    """The topics of a step: an external engine's, or fresh ones that are deleted at its end."""
    if bench.stream is not None:
        return bench.stream.external.names
    settings = bench.broker.settings
    # a step that is repeated gets topics of its own: none is ever made twice
    names = TopicNames(f"{bench.run_id}-{step.id}-{secrets.token_hex(2)}-")
    create_topics(settings, names)
    at_end.callback(delete_topics, settings, names)
    return names


def _measure(step: Step, bench: Bench, names: TopicNames, folder: Path) -> _Measured:
    """Start the engine, load it, drain it, stop it."""
    started_s = time.time()
    with ExitStack() as at_end:
        engine = _engine(step, bench, names, folder, at_end)
        running = _Running(step, bench, names, folder, engine)
        ready_s = _until_ready(running)
        instances = engine.children()
        before = _clock_offset(bench)
        starts = bench.broker.end_offsets(names)
        sampler = Sampler(bench.broker, names, _roles(bench), folder, _tree(engine, folder))
        at_end.callback(sampler.stop)
        sampler.start()
        sampled = Sampled(sampler, totals(starts))
        end = _load(running, sampled)
        report = read_report(folder)
        if end.aborted is None:
            _drain(running, sampled, report)
        sampler.stop()
        after = _clock_offset(bench)
        new = sorted(engine.children() - instances)
        life = _stop(engine, start_up_s=ready_s - started_s)
        if new and not sampler.instances:
            life = replace(life, restarted=f"process {', '.join(map(str, new))} began in the step")
    clocks = ClockOffsets(before, after) if before and after else None
    return _Measured(report, end, sampled, life, starts, clocks)


def _clock_offset(bench: Bench) -> ClockOffset | None:
    """Of the broker's clock from ours; None where they are one."""
    return bench.measure_offset() if bench.measure_offset else None


def _engine(
    step: Step, bench: Bench, names: TopicNames, folder: Path, at_end: ExitStack
) -> Program | RunningElsewhere:
    """Start the engine, unless somebody else did."""
    if bench.stream is not None:
        return RunningElsewhere(bench.stream.external)
    engine = start_engine(step, bench, names, folder)
    at_end.callback(engine.stop)
    return engine


def start_engine(asked: Step | Cell, bench: Bench, names: TopicNames, folder: Path) -> Program:
    """Start the engine of a step or a drain on its topics; it tells its instances in a file there.

    Args:
        asked: engine, number of instances and their size.
        bench: what all steps share.
        names: its topics.
        folder: of its log and of that file.
    """
    told_in = folder / INSTANCES_TOLD_FILE
    told_in.unlink(missing_ok=True)  # of an engine that failed here before
    start = EngineStart(
        bench.programs[asked.engine],
        bench.artifact.folder,
        asked.instances,
        names.prefix,
        cpu=asked.cpu,
        memory_mb=asked.memory_mb,
        instances_file=told_in,
    )
    return Program(f"engine {asked.engine}", start.command(), folder / "engine.log")


def _stop(engine: Program | RunningElsewhere, start_up_s: float) -> EngineLife:
    if isinstance(engine, RunningElsewhere):
        return engine.life()
    ended = engine.exit_code()
    stopping_s = time.monotonic()
    exit_code = engine.stop()
    return EngineLife(
        command=engine.command,
        start_up_s=round(start_up_s, 3),
        stop_s=round(time.monotonic() - stopping_s, 3),
        exit_code=exit_code,
        ended=None if ended is None else f"ended by itself with exit code {ended}",
    )


def _until_ready(running: _Running) -> float:
    """When the last probe was answered, Unix seconds."""
    bench, engine = running.bench, running.engine
    started_s = time.monotonic()

    def check() -> None:
        if engine.exit_code() is not None:
            raise engine.failure("before it was ready")
        bench.tell(Progress(running.step, "starting", time.monotonic() - started_s))

    settings, names = bench.broker.settings, running.names
    before = bench.broker.end_offsets(names)
    time_s = bench.artifact.manifest.history_end_s + 1
    if bench.stream is not None:
        # an older probe would ask for outcomes that the engine may forget
        time_s = bench.stream.log.read_to(before).time_s(time_s)
    send_probes(settings, names.transactions, time_s)
    try:
        return wait_for_probes(settings, names, before, within_s=READY_WITHIN_S, check=check)
    except SurroundingsError as error:
        if engine.exit_code() is not None:  # that error has the log already
            raise
        raise SurroundingsError(f"{error}; {engine.last_words()}") from None


def _tree(engine: Program | RunningElsewhere, folder: Path) -> EngineTree | None:
    """How to see the engine; what cannot be seen has no row rather than one of zeros."""
    if isinstance(engine, RunningElsewhere):
        return None
    return EngineTree(engine.pid, folder / INSTANCES_TOLD_FILE)


def _roles(bench: Bench) -> dict[str, ReadProcesses]:
    roles: dict[str, ReadProcesses] = {"benchmark": own_samples}
    if bench.broker_processes is not None:
        roles["broker"] = bench.broker_processes
    return roles


def _load(running: _Running, sampled: Sampled) -> LoadEnd:
    """Run the producer to its end; the engine may end before it, the load goes on."""
    step, bench = running.step, running.bench
    longer_s = bench.longest_warmup_s(step) - step.warmup_s
    load_s = step.load_s + longer_s + (step.measure_s if bench.extends(step) else 0)
    options = ("--rate", f"{step.rate_eps:g}", "--for", f"{load_s:g}s", *_goes_on(bench))
    load = LoadFiles(bench.transactions, bench.artifact.folder)
    command = producer_command(load, running.names, running.folder, options)
    producer = Program("producer", command, running.folder / "producer.log")
    try:
        sampled.sampler.add_role("producer", session_samples(producer.pid))
        clock_s = time.time() - time.monotonic()
        end, asked_to_stop = _watch_load(running, sampled, producer, load_s)
        moved_s = time.time() - time.monotonic() - clock_s
        end = replace(end, clock_step_ms=round(moved_s * 1000, 3))
        if asked_to_stop:
            producer.stop()  # it ends its ledger and its report
        allowed = {0, EXIT_INTERRUPTED} if asked_to_stop else {0}
        if producer.exit_code() not in allowed:
            raise producer.failure("before the load was sent")
    finally:
        producer.stop()
    return end


def _goes_on(bench: Bench) -> tuple[str, ...]:
    """Where the log goes on, the load begins with the row behind the last one that is in it."""
    if bench.stream is None:
        return ()
    return ("--skip", str(bench.stream.log.rows.to_skip))


def _watch_load(
    running: _Running, sampled: Sampled, producer: Program, load_s: float
) -> tuple[LoadEnd, bool]:
    """Look on until the load ends or enough is known.

    Returns:
        how it ended, and whether the producer still runs and is to be stopped.
    """
    step, bench, engine = running.step, running.bench, running.engine
    rules, extended = bench.rules, False
    warm_up = WarmUp(
        step.warmup_s, bench.longest_warmup_s(step), step.rate_eps, rules.limits.lag_time_p95_s
    )
    deadline_s = time.monotonic() + load_s + LOAD_SLACK_S
    while producer.wait(_LOOK_EVERY_S) is None and time.monotonic() < deadline_s:
        begun_s, now_s = sampled.load_begun_s(), time.time()
        _require_samples(bench, sampled, now_s)
        if begun_s is None:
            bench.tell(loading(step, sampled, None, now_s))
            _require_running(engine)
            continue
        seen = sampled.backlog().between(begun_s, now_s)
        is_warm = warm_up.is_over_at(now_s - begun_s, seen)
        step = step.model_copy(update={"warmup_s": warm_up.ends_s})
        bench.tell(loading(step, sampled, begun_s, now_s, extended=extended))
        if lost := warm_up.lost(begun_s, now_s, seen, rules.block_s):
            return LoadEnd(step.warmup_s, aborted=lost), True
        window_s = step.measure_s * (2 if extended else 1)
        if is_warm and now_s > begun_s + step.warmup_s + window_s + _SURELY_OVER_S:
            if extended or not bench.extends(step) or _is_decided(step, rules, sampled, begun_s):
                return LoadEnd(step.warmup_s, extended=extended), True
            extended = True
    return LoadEnd(step.warmup_s, extended=extended), False


def _is_decided(step: Step, rules: Rules, sampled: Sampled, begun_s: float) -> bool:
    window = Window(begun_s + step.warmup_s, begun_s + step.load_s)
    offsets = sampled.sampler.offsets
    moved = movement(offsets, sampled.baseline, window, step.rate_eps, rules)
    return is_decided(moved, step.rate_eps, rules.limits)


def _require_running(engine: Program | RunningElsewhere) -> None:
    if engine.exit_code() is not None:
        raise engine.failure("before the load began")


def _require_samples(bench: Bench, sampled: Sampled, now_s: float) -> None:
    if sampled.sampler.failure is not None:
        raise sampled.sampler.failure
    offsets = sampled.sampler.offsets
    if offsets and now_s - offsets[-1].at_s > _BROKER_GONE_S:
        silent_s = now_s - offsets[-1].at_s
        raise BrokerUnreachableError(
            bootstrap_servers=bench.broker.settings.bootstrap_servers,
            reason=f"no offsets for {silent_s:.0f} s in the middle of a step",
        )


def _drain(running: _Running, sampled: Sampled, report: LoadReport) -> None:
    """Wait until nothing is left, for a bounded time; an engine that ended drains nothing."""
    engine, tell = running.engine, running.bench.tell
    started_s = time.monotonic()
    left_events = sampled.backlog().events[-1:].sum()
    within_s = max(DRAIN_AT_LEAST_S, DRAIN_LAG_TIMES * left_events / running.step.rate_eps)
    while engine.exit_code() is None and time.monotonic() - started_s < within_s:
        if _is_drained(sampled.backlog(), report):
            return
        tell(Progress(running.step, "draining", time.monotonic() - started_s, sampled=sampled))
        engine.wait(_LOOK_EVERY_S)


def _is_drained(backlog: Backlog, report: LoadReport) -> bool:
    # two seconds behind the last due time, so that the counters cover the whole window
    behind = backlog.at_s > report.last_due_ms / 1000 + 2
    return bool(np.any(behind & (backlog.events <= 0)))
