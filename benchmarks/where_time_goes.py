"""Where an engine's CPU time goes while it drains a full topic: by thread, and by package.

Threads are read from /proc. Stacks of Python processes are sampled by py-spy, which needs root or
ptrace, and slows what it looks at by a few percent: rates come from `streamgauge drain`, not from
here.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import psutil
import typer

from benchmarks.cluster import Broker
from benchmarks.drain import parse_engines, preload
from benchmarks.engines import EngineStart, program_of
from benchmarks.producing import LoadFiles
from benchmarks.programs import Program, session_members
from benchmarks.samples import totals
from benchmarks.stack_shares import samples_by_owner, shares
from benchmarks.store import new_run_id
from benchmarks.thread_use import cpu_between, read_threads
from fraud_core.artifact import load_artifact
from fraud_core.command import run_command, say, show
from fraud_core.errors import ConfigError
from fraud_core.kafka import KafkaSettings
from fraud_core.topic_admin import create_topics, delete_topics
from fraud_core.topics import TopicNames

PROJECT: Final = Path(__file__).resolve().parents[1]
RESULTS: Final = Path("benchmarks/results")
BEGIN_SHARE: Final = 0.2
"""As for the rate of a drain: what start-up costs is another question."""
STACKS_PER_S: Final = 100
_LOOK_EVERY_S: Final = 0.2
_START_WITHIN_S: Final = 180.0
_MARKS: Final = {
    "org.apache.spark.executor": "Spark executor (JVM)",
    "java": "Spark driver and cluster (JVM)",
    "pyspark.daemon": "Spark's Python worker",
    "spark_scorer": "Spark driver (Python)",
}

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def where_time_goes(
    engine: Annotated[str, typer.Option(help="engine, with its instances: spark:2")] = "faust",
    records: Annotated[int, typer.Option(min=1000, help="records preloaded")] = 400_000,
    seconds: Annotated[float, typer.Option(min=1, help="how long it is looked at")] = 8.0,
    artifact: Annotated[Path, typer.Option(help="artifact folder")] = Path(".demo/artifact"),
    transactions: Annotated[Path, typer.Option(help="their folder")] = Path(".demo/transactions"),
    py_spy: Annotated[
        str, typer.Option(help="the program py-spy; '' for threads alone")
    ] = "py-spy",
) -> None:
    """Drain a full topic with one engine, and say where its CPU time goes once it is warm.

    Example: python -m benchmarks.where_time_goes --engine faust --records 400000
    """
    if py_spy and shutil.which(py_spy) is None:
        raise ConfigError(f"{py_spy} is not there: `uv tool install py-spy`, or --py-spy ''")
    load = LoadFiles([transactions], load_artifact(artifact).folder)
    folder = RESULTS / new_run_id("profile", datetime.now(UTC))
    folder.mkdir(parents=True)
    with _draining(engine, records, load, folder) as (program, drained):
        text = "\n".join(_look(program, seconds, py_spy, folder))
        if drained():
            raise ConfigError(f"the topic was drained before {seconds:g} s: raise --records")
    show(text)
    say(f"stacks: {folder}")


@contextmanager
def _draining(
    engine: str, records: int, load: LoadFiles, folder: Path
) -> Iterator[tuple[Program, Callable[[], bool]]]:
    """The warm engine on a full topic, and whether it has scored all of it."""
    ((name, workers),) = parse_engines(engine)
    broker = Broker(KafkaSettings.from_environment())
    names = TopicNames(f"{folder.name}-")
    with ExitStack() as at_end:
        create_topics(broker.settings, names)
        at_end.callback(delete_topics, broker.settings, names)
        sent = preload(records, load, names, folder)
        start = EngineStart(program_of(name), load.artifact, workers, names.prefix)
        program = Program(name, start.command(), folder / "engine.log")
        at_end.callback(program.stop)
        _await_outputs(program, broker, names, round(sent * BEGIN_SHARE))
        yield program, lambda: totals(broker.end_offsets(names)).outputs >= sent


def _await_outputs(program: Program, broker: Broker, names: TopicNames, outputs: int) -> None:
    until_s = time.monotonic() + _START_WITHIN_S
    while totals(broker.end_offsets(names)).outputs < outputs:
        if program.wait(_LOOK_EVERY_S) is not None or time.monotonic() > until_s:
            raise program.failure(f"before {outputs} records were scored")


def _look(program: Program, seconds: float, py_spy: str, folder: Path) -> Iterator[str]:
    """Look for some seconds, and report line by line."""
    kinds = {pid: kind_of(_command(pid)) for pid in _processes(program)}
    before = read_threads(kinds)
    spies = _spy(kinds, seconds, py_spy, folder) if py_spy else []
    program.wait(seconds)
    used = cpu_between(before, read_threads(kinds), kinds)
    for spy in spies:
        spy.wait()
    cpu_s = sum(used.values())
    yield f"{cpu_s / seconds:.2f} cores for {seconds:g} s"
    by_thread = {f"{kind}: {thread}": time_s for (kind, thread), time_s in used.items()}
    yield from _table("thread", shares(by_thread))
    for file in sorted(folder.glob("*.stacks")):
        lines = file.read_text(encoding="utf-8").splitlines()
        yield from _table(file.stem, shares(samples_by_owner(lines, PROJECT)))


def _processes(program: Program) -> set[int]:
    """Its session's, and those of workers that have a session of their own."""
    below = psutil.Process(program.pid).children(recursive=True)
    return {*session_members(program.pid), *(child.pid for child in below)}


def _table(what: str, rows: Sequence[tuple[str, float]]) -> Iterator[str]:
    yield ""
    yield f"{what:<60} share"
    for name, share in rows:
        yield f"{name:<60} {share:5.1%}"


def kind_of(command: Sequence[str]) -> str:
    """What a process of an engine is, from its command line."""
    line = " ".join(command)
    return next((kind for mark, kind in _MARKS.items() if mark in line), "Python")


def _command(pid: int) -> list[str]:
    try:
        return psutil.Process(pid).cmdline()
    except psutil.Error:
        return []


def _spy(
    kinds: dict[int, str], seconds: float, py_spy: str, folder: Path
) -> list[subprocess.Popen[bytes]]:
    watched = [pid for pid, kind in kinds.items() if "JVM" not in kind]
    return [
        subprocess.Popen(
            [
                *(py_spy, "record", "--pid", str(pid), "--duration", f"{seconds:.0f}"),
                *("--rate", str(STACKS_PER_S), "--format", "raw", "--full-filenames"),
                *("--output", str(folder / f"{kinds[pid]} {pid}.stacks")),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for pid in watched
    ]


if __name__ == "__main__":
    run_command(app)
