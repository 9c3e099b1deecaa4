"""An engine that somebody else starts and stops: only its topics are known."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.agenda import Cell
from benchmarks.cluster import Broker
from benchmarks.evaluate import EngineLife
from benchmarks.input_log import InputLog, SentRows
from benchmarks.plan import EXTERNAL, Plan
from benchmarks.samples import totals
from benchmarks.store import AlreadyLockedError, locked
from fraud_core.artifact import Artifact
from fraud_core.errors import ConfigError, SurroundingsError
from fraud_core.topic_admin import require_topics
from fraud_core.topics import TopicNames

_NAME: Final = re.compile(r"^[a-z][a-z0-9_]{0,29}$")


@dataclass(frozen=True, slots=True)
class External:
    """What the user says of an engine that runs already.

    Attributes:
        name: the engine's name in the results.
        instances: how many of it run.
        names: the topics that it reads and writes.
        cpu_cores: cores that each instance may use; None where nobody knows.
        goes_on: the log may hold transactions of earlier loads.
    """

    name: str
    instances: int
    names: TopicNames
    cpu_cores: float | None = None
    goes_on: bool = False

    def is_cell(self, plan: Plan, cell: Cell) -> bool:
        """True for the one cell of a plan that it is."""
        is_size = not plan.instance.cpu or cell.cpu == self.cpu_cores
        return is_size and (cell.engine, cell.instances) == (self.name, self.instances)


@dataclass(frozen=True, slots=True)
class ExternalOptions:
    """The part of the command line that tells of an external engine.

    Attributes:
        name: `--as`.
        instances: `--instances`.
        cpu_cores: `--cpu`.
        prefix: `--topic-prefix`.
        goes_on: `--continue`, or `--resume`.
    """

    name: str | None = None
    instances: int | None = None
    cpu_cores: float | None = None
    prefix: str | None = None
    goes_on: bool = False


def prefixed(prefix: str) -> TopicNames:
    """The topics behind a prefix; `try` and `try-` both give `try-transactions`.

    Raises:
        ConfigError: it is empty.
    """
    if not prefix.strip("-"):
        raise ConfigError("--prefix is empty: name the topics, as in --prefix try")
    return TopicNames(prefix if prefix.endswith("-") else f"{prefix}-")


def external_of(plan: Plan, options: ExternalOptions) -> External | None:
    """What is measured beside the engines that the plan starts; None where that is nothing.

    Raises:
        ConfigError: the options do not fit the plan, or one of them is missing.
    """
    given = options.name, options.instances, options.prefix
    if given == (None, None, None) and options.cpu_cores is None:
        return None
    if EXTERNAL not in plan.engines:
        engines = ", ".join(plan.engines)
        raise ConfigError(
            f"--as, --instances, --cpu and --topic-prefix tell of an external engine, and the plan "
            f"has {engines}: use a plan with engines: [external]"
        )
    name, instances, prefix = given
    if name is None or instances is None or prefix is None:
        raise ConfigError(
            "an external engine is measured: say which with --as NAME, how many instances of it "
            "run with --instances N, and on which topics with --topic-prefix P"
        )
    _refuse_name(plan, name)
    if instances not in plan.instances:
        known = ", ".join(map(str, plan.instances))
        raise ConfigError(f"--instances {instances} is not in the plan, which has {known}")
    _refuse_size(plan, options.cpu_cores)
    return External(name, instances, prefixed(prefix), options.cpu_cores, options.goes_on)


def _refuse_name(plan: Plan, name: str) -> None:
    if not _NAME.match(name):
        raise ConfigError(
            f"--as {name!r}: use lower-case letters, digits and underscores, at most 30"
        )
    if name == EXTERNAL or name in plan.engines:
        raise ConfigError(
            f"--as {name}: the plan has an engine of that name already, choose another one"
        )


def _refuse_size(plan: Plan, cpu_cores: float | None) -> None:
    if cpu_cores is not None and cpu_cores <= 0:
        raise ConfigError(f"--cpu {cpu_cores:g}: give cores above 0, or leave it out")
    if plan.instance.cpu and cpu_cores not in plan.instance.cpu:
        known = ", ".join(f"{one:g}" for one in plan.instance.cpu)
        said = (
            "--cpu is missing" if cpu_cores is None else f"--cpu {cpu_cores:g} is not in the plan"
        )
        raise ConfigError(f"{said}: its instances have {known} cores")


class RunningElsewhere:
    """Stands where a program of ours would: it never ends, and nothing of it can be seen.

    Attributes:
        command: empty, for nobody started it.
    """

    def __init__(self, external: External) -> None:
        """Nothing is started."""
        self.command: list[str] = []
        self._external = external

    def exit_code(self) -> int | None:
        """Nobody sees it end."""
        return None

    def wait(self, within_s: float) -> int | None:
        """Wait so long."""
        time.sleep(within_s)
        return None

    def children(self) -> set[int]:
        """Nobody sees its processes."""
        return set()

    def life(self) -> EngineLife:
        """What a result says of it."""
        return EngineLife(
            command=[],
            start_up_s=None,
            stop_s=None,
            exit_code=None,
            ended=None,
            said_cpu_cores=self._external.cpu_cores,
        )

    def last_words(self) -> str:
        """What to look at where it does not answer."""
        one = self._external
        return (
            f"is {one.name} running, with {one.names.transactions} as its input and "
            f"{one.names.predictions} as its output?"
        )

    def failure(self, what: str) -> SurroundingsError:
        """An error that says what to look at."""
        return SurroundingsError(f"{self._external.name} {what}: {self.last_words()}")


@dataclass(frozen=True, slots=True)
class Stream:
    """An external engine and the log that it reads, which goes on from step to step."""

    external: External
    log: InputLog


def open_stream(external: External, broker: Broker, artifact: Artifact) -> Stream:
    """Look at the topics before the first step.

    Raises:
        ConfigError: the log holds records and nobody said that it goes on, or it is no whole log.
        SurroundingsError: a topic is missing or has another shape.
    """
    names = external.names
    found = require_topics(broker.settings, names.shapes())
    for name, shape in names.shapes().items():
        if found[name] != shape.partitions:
            raise SurroundingsError(
                f"topic {name} has {found[name]} partitions and must have {shape.partitions}: make "
                "it with `streamgauge topics create`"
            )
    log = InputLog(broker.settings, names, artifact.manifest.dates)
    ends = broker.end_offsets(names)
    records = totals(ends).inputs
    if records and not external.goes_on:
        raise ConfigError(
            f"{names.transactions} holds {records:,} records already: add --continue to go on "
            "behind them, or make topics with another --topic-prefix"
        )
    log.read_to(ends)
    return Stream(external, log)


def is_of_these_files(rows: SentRows, features: Path) -> bool:
    """Whether what stands in a log are rows of the files that the features were computed from."""
    known = dict(rows.newest_ids.values())
    if not known:
        return True
    table = pq.read_table(
        features, columns=["seq", "tx_id"], filters=pc.field("seq").isin(list(known))
    )
    found = dict(zip(table["seq"].to_pylist(), table["tx_id"].to_pylist(), strict=True))
    return found == known


@contextmanager
def only_campaign_on(cluster: str, names: TopicNames) -> Iterator[None]:
    """Keep a second campaign of this machine off the same topics.

    One of another machine is found by its records: what the load did not send makes a step invalid.

    Raises:
        ConfigError: there is one.
    """
    key = hashlib.sha256(f"{cluster} {names.prefix}".encode()).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"streamgauge-{os.getuid()}"
    with ExitStack() as at_end:
        try:
            at_end.enter_context(locked(folder / f"{key}.lock"))
        except AlreadyLockedError:
            raise ConfigError(
                f"another campaign measures on {names.transactions} right now: wait for it, or "
                "make topics with another --topic-prefix"
            ) from None
        yield
