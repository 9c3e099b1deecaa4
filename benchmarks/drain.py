"""How fast an engine empties a full topic: an upper bound of the rate that it can hold."""

from __future__ import annotations

import io
import math
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
from pydantic import BaseModel, ConfigDict, Field
from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.cluster import Broker, broker_port
from benchmarks.engines import MODULES, EngineStart, program_of
from benchmarks.latency import FloatArray
from benchmarks.process_use import CpuMeter, listener_on, session_samples
from benchmarks.producing import LoadFiles, producer_command, read_report
from benchmarks.programs import Program
from benchmarks.samples import totals
from benchmarks.store import DRAIN_CURVE_FILE, new_run_id, save, write_whole
from benchmarks.surroundings import commit, machine, versions
from fraud_core.artifact import load_artifact
from fraud_core.errors import ConfigError, MeasurementError
from fraud_core.kafka import KafkaSettings
from fraud_core.topic_admin import create_topics, delete_topics
from fraud_core.topics import PARTITIONS, TopicNames

FROM_SHARE: Final = 0.2
TO_SHARE: Final = 0.8
_SAMPLE_EVERY_S: Final = 0.2
"""At 50,000/s, the middle of 200,000 records passes in 2.4 s: 12 samples."""
_PRELOAD_WITHIN_S: Final = 600.0
_STALLED_AFTER_S: Final = 120.0
"""Longer than any engine starts; nothing scored in this time means that nothing will be."""
PROBE_WITHIN_S: Final = 45.0
"""After the first output: a slow engine shows its rate long before it has emptied the topic."""
MIB: Final = 1024 * 1024


class Drain(BaseModel):
    """How one engine emptied its copy. The rate is taken between 20 and 80 % drained."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    engine: str
    instances: int
    records: int = Field(description="preloaded")
    drained: int = Field(description="outputs at the end")
    rate_eps: float = Field(description="records per second between 20 and 80 % drained")
    cpu_s_per_million: float = Field(description="CPU-seconds per million records, same stretch")
    cores: float = Field(description="CPU-seconds per second, same stretch")
    first_output_s: float = Field(description="from starting the engine to its first output")
    total_s: float = Field(description="from starting the engine to its last output")
    memory_peak_mib: float = Field(description="largest sum of resident sets")


class DrainRun(BaseModel):
    """Drains of several engines in one run, on equal copies of the same records."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: int = 1
    run: dict[str, Any]
    machine: dict[str, Any]
    versions: dict[str, str]
    drains: list[Drain]


@dataclass(frozen=True, slots=True)
class DrainRequest:
    """What the user asked for: engines with their instance counts, and how much to preload."""

    engines: Sequence[tuple[str, int]]
    records: int
    artifact: Path
    transactions: Sequence[Path]
    results: Path


@dataclass(slots=True)
class Curve:
    """Samples of one drain."""

    at_s: list[float] = field(default_factory=list)
    outputs: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)
    memory_bytes: int = 0


def parse_engines(text: str) -> list[tuple[str, int]]:
    """Read `faust,spark:2,plain`.

    Raises:
        ConfigError: an engine is unknown, or its count is not one.
    """
    return [_parse_engine(part) for part in text.split(",")]


def _parse_engine(part: str) -> tuple[str, int]:
    name, _, count = part.strip().partition(":")
    if name not in MODULES:
        raise ConfigError(f"--engines has {name!r}: known are {', '.join(sorted(MODULES))}")
    if not (count or "1").isdigit() or not 1 <= int(count or 1) <= PARTITIONS:
        raise ConfigError(f"--engines has {part!r}: instances are 1 to {PARTITIONS}, as in spark:2")
    return name, int(count or 1)


def time_at(at_s: FloatArray, outputs: FloatArray, wanted: float) -> float:
    """When a number of outputs was reached, on a straight line between samples.

    Args:
        at_s: ascending, shape (n,).
        outputs: never falling, shape (n,); the last is at least `wanted`.
        wanted: above the first of `outputs`.
    """
    after = int(np.argmax(outputs >= wanted))
    before = max(after - 1, 0)
    return float(np.interp(wanted, outputs[[before, after]], at_s[[before, after]]))


def summarize(asked: tuple[str, int], records: int, curve: Curve, started_s: float) -> Drain:
    """From samples to rates.

    Raises:
        MeasurementError: the engine did not get to 80 %.
    """
    at_s, outputs, cpu_s = (np.array(one) for one in (curve.at_s, curve.outputs, curve.cpu_s))
    low, high = FROM_SHARE * records, TO_SHARE * records
    if not len(outputs) or outputs[-1] < high:
        done = int(outputs[-1]) if len(outputs) else 0
        raise MeasurementError(
            f"{asked[0]} drained {done} of {records} records and went no further"
        )
    first_s, last_s = time_at(at_s, outputs, low), time_at(at_s, outputs, high)
    used_s = float(np.diff(np.interp([first_s, last_s], at_s, cpu_s))[0])
    return Drain(
        engine=asked[0],
        instances=asked[1],
        records=records,
        drained=int(outputs[-1]),
        rate_eps=round((high - low) / (last_s - first_s), 1),
        cpu_s_per_million=round(used_s / (high - low) * 1e6, 1),
        cores=round(used_s / (last_s - first_s), 3),
        first_output_s=round(time_at(at_s, outputs, 1) - started_s, 2),
        total_s=round(time_at(at_s, outputs, min(records, outputs[-1])) - started_s, 2),
        memory_peak_mib=round(curve.memory_bytes / MIB, 1),
    )


def run_drains(request: DrainRequest, say: Callable[[str], None]) -> DrainRun:
    """Drain one fresh copy with each engine, and save what came out."""
    settings = KafkaSettings.from_environment()
    artifact = load_artifact(request.artifact)
    load = LoadFiles(request.transactions, artifact.folder)
    now = datetime.now(UTC)
    folder = request.results / new_run_id("drain", now)
    folder.mkdir(parents=True)
    broker = Broker(settings)
    drains = []
    for asked in request.engines:
        names = TopicNames(f"{folder.name}-{asked[0]}-x{asked[1]}-")
        with ExitStack() as at_end:
            create_topics(settings, names)
            at_end.callback(delete_topics, settings, names)
            say(f"{asked[0]} x{asked[1]}: preloading {request.records:,} records")
            sent = preload(request.records, load, names, folder)
            if sent < request.records:
                say(f"{asked[0]} x{asked[1]}: the files hold only {sent:,} records")
            say(f"{asked[0]} x{asked[1]}: draining")
            drains.append(_drain(asked, sent, (broker, names), load, folder))
            say(f"{asked[0]} x{asked[1]}: {drains[-1].rate_eps:,.0f}/s")
    port = broker_port(settings.bootstrap_servers)
    result = DrainRun(
        run={"id": folder.name, "started": now.isoformat(timespec="seconds"), **commit()},
        machine=machine(),
        versions=versions(listener_on(port) if port else None),
        drains=drains,
    )
    save(folder / "drain.json", result)
    return result


def probe(
    asked: tuple[str, int],
    records: int,
    program: Sequence[str],
    broker: Broker,
    load: LoadFiles,
    where: tuple[Path, str],
) -> Drain:
    """Drain a topic for the search of a knee: with a bounded time, and what was drained by then.

    Args:
        asked: engine and number of instances.
        records: how many are preloaded, at most.
        program: the engine's command up to its options.
        broker: the broker.
        load: what the records are read from.
        where: folder of curve and logs, and the topics' prefix.

    Raises:
        StreamError: no rate could be measured.
    """
    folder, prefix = where
    names = TopicNames(prefix)
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as at_end:
        create_topics(broker.settings, names)
        at_end.callback(delete_topics, broker.settings, names)
        sent = preload(records, load, names, folder)
        start = EngineStart(program, load.artifact, asked[1], names.prefix)
        started_s = time.time()
        engine = Program(asked[0], start.command(), folder / "engine.log")
        at_end.callback(engine.stop)
        curve = watch(engine, sent, broker, names, within_s=PROBE_WITHIN_S)
    save_curve(folder / DRAIN_CURVE_FILE, curve)
    drained = int(curve.outputs[-1]) if curve.outputs else 0
    return summarize(asked, max(drained, 1), curve, started_s)


def preload(records: int, load: LoadFiles, names: TopicNames, folder: Path) -> int:
    """Fill the topics as fast as the broker takes it; returns how many records were sent.

    Raises:
        StreamError: the generator failed.
    """
    options = ("--rate", "0", "--limit", str(records))
    command = producer_command(load, names, folder, options)
    producer = Program("producer", command, folder / f"{names.prefix}producer.log")
    try:
        if producer.wait(_PRELOAD_WITHIN_S) != 0:
            raise producer.failure("before all records were preloaded")
    finally:
        producer.stop()
    return read_report(folder).sent


def _drain(
    asked: tuple[str, int],
    records: int,
    where: tuple[Broker, TopicNames],
    load: LoadFiles,
    folder: Path,
) -> Drain:
    broker, names = where
    start = EngineStart(program_of(asked[0]), load.artifact, asked[1], names.prefix)
    started_s = time.time()
    engine = Program(asked[0], start.command(), folder / f"{names.prefix}engine.log")
    try:
        curve = watch(engine, records, broker, names)
    finally:
        engine.stop()
    save_curve(folder / f"{asked[0]}-x{asked[1]}.csv", curve)
    return summarize(asked, records, curve, started_s)


def watch(
    engine: Program, records: int, broker: Broker, names: TopicNames, within_s: float = math.inf
) -> Curve:
    """Sample until all is out, nothing moves any more, or a time after the first output is over."""
    curve, meter, read = Curve(), CpuMeter(), session_samples(engine.pid)
    moved_s, begun_s = time.monotonic(), math.inf
    while not curve.outputs or curve.outputs[-1] < records:
        if engine.wait(_SAMPLE_EVERY_S) is not None:
            raise engine.failure("before the topic was empty")
        outputs = totals(broker.end_offsets(names)).outputs
        use = meter.advance(read())
        if not curve.outputs or outputs > curve.outputs[-1]:
            moved_s = time.monotonic()
            begun_s = min(begun_s, moved_s) if outputs else begun_s
        curve.at_s.append(time.time())
        curve.outputs.append(outputs)
        curve.cpu_s.append(use.cpu_s)
        curve.memory_bytes = max(curve.memory_bytes, use.memory_bytes)
        now_s = time.monotonic()
        if now_s - moved_s > _STALLED_AFTER_S or now_s - begun_s > within_s:
            break
    return curve


def save_curve(path: Path, curve: Curve) -> None:
    """Keep the samples as CSV."""
    rows = zip(curve.at_s, curve.outputs, curve.cpu_s, strict=True)
    lines = [f"{at_s:.3f},{outputs:.0f},{cpu_s:.3f}" for at_s, outputs, cpu_s in rows]
    write_whole(path, "\n".join(["at_s,outputs,cpu_s", *lines]) + "\n")


def drain_table(result: DrainRun) -> str:
    """The drains as a table for people."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    table.add_column("engine", no_wrap=True)
    for name in ("records", "records/s", "CPU-s per million", "cores", "start s", "memory MiB"):
        table.add_column(name, justify="right")
    for one in result.drains:
        table.add_row(
            f"{one.engine} x{one.instances}",
            f"{one.records:,}",
            f"{one.rate_eps:,.0f}",
            f"{one.cpu_s_per_million:,.1f}",
            f"{one.cores:.2f}",
            f"{one.first_output_s:.1f}",
            f"{one.memory_peak_mib:,.0f}",
        )
    out = io.StringIO()
    Console(file=out, width=100, highlight=False).print(table)
    return out.getvalue().rstrip()
