"""One cell: its topics, its engine, the measurement, and nothing of them after it."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from fraud_cloud.errors import CloudError, SurroundingsError
from fraud_cloud.patience import Patience
from fraud_dag.desk import STREAMGAUGE
from fraud_dag.failures import StepFailedError
from fraud_dag.outcomes import Outcome
from fraud_dag.programs import Program, Say, stop_leftovers
from fraud_dag.variables import MARK
from fraud_yandex.desk import Desk
from fraud_yandex.engines import (
    SPARK,
    Engine,
    EngineChangedError,
    engine_of,
    stop_everything,
)
from fraud_yandex.form import cells_in_cloud
from fraud_yandex.inputs import have_inputs
from fraud_yandex.names import PREFLIGHT, Cell

ELSEWHERE: Final = "benchmarks.elsewhere"
"""Looks after an engine that runs elsewhere: `attend`, `forget`."""
READY: Final = "attending: "
"""Begins the line that says that all instances own partitions; a test holds it to the program's."""
LEFT_NOTHING: Final = "left: nothing"
"""What the same program says of a cell that is finished; held to it likewise."""
READY_WITHIN_S: Final = 1500.0
"""A host installs its packages at its first start."""
LAST_LOOK_WITHIN_S: Final = 120.0
"""The attendant waits 45 s for answers to its last look, and starts a client before it."""
_LOOK_EVERY_S: Final = 5.0


def measure(desk: Desk, cell: Cell) -> int:
    """Measure a cell; one that was begun is gone on with.

    Args:
        desk: of the task.
        cell: which.

    Returns:
        the exit code of `streamgauge run`: 0, or 3 or 4 for an answer that is none.

    Raises:
        StepFailedError: a program gave no answer.
        CloudError: the engine did not come, did not stay as it was, or did not go.
    """
    clear(desk, cell)
    transactions = have_inputs(desk)
    engine = engine_of(desk, cell)
    desk.on_kill.append(engine.abandon)
    with ExitStack() as at_end:
        at_end.enter_context(desk.campaign())
        if LEFT_NOTHING in desk.ask_module(ELSEWHERE, *left_command(desk, cell)):
            desk.say(f"cell {cell}: all that the plan asks is measured")
            return 0
        note_worker(desk, cell)
        at_end.callback(forget, desk, cell)
        made = desk.run_module(STREAMGAUGE, "topics", "create", "--prefix", _prefix(desk, cell))
        desk.programs.must("topics", made, only_answered=True)
        at_end.callback(engine.stop)
        engine.start()
        outcome = guarded(desk, cell, engine, run_command(desk, cell, transactions))
    return desk.programs.must(f"cell {cell}", outcome).code


def clear(desk: Desk, cell: Cell) -> None:
    """Leave nothing of an earlier try: programs here, jobs, hosts, topics, the group."""
    stop_leftovers(MARK, str(desk.worker.folder), desk.say)
    stop_everything(desk)
    forget(desk, cell)


def forget(desk: Desk, cell: Cell) -> None:
    """Delete the topics, the consumer group and the checkpoints of a cell."""
    group = desk.names.group(str(cell))
    arguments = ("forget", "--topic-prefix", _prefix(desk, cell), "--group-id", group)
    deleted = desk.run_module(ELSEWHERE, *arguments)
    if cell.engine == SPARK:
        desk.bucket.delete_below(desk.names.checkpoint_keys(str(cell)))
    desk.programs.must("forget", deleted, only_answered=True)


def forget_run(desk: Desk) -> None:
    """Delete the same of every cell, and of the preflight: a killed task has not done it.

    What cannot be deleted is told and fails nothing: it costs nothing, and goes with the session.
    """
    tried(desk, "topics and groups are left", lambda: _forget_topics(desk))
    folder = desk.names.checkpoints_folder
    tried(desk, f"{folder} is left", lambda: desk.bucket.delete_below(folder))


def tried(desk: Desk, otherwise: str, action: Callable[[], object]) -> bool:
    """Do what must keep nothing else from being done; whether it was done.

    Args:
        desk: of the task, whose log says what went wrong.
        otherwise: what is said before the reason.
        action: what is done.
    """
    try:
        action()
    except (CloudError, StepFailedError) as error:
        desk.say(f"{otherwise}: {error}")
        return False
    return True


def _forget_topics(desk: Desk) -> None:
    begun = desk.bucket.find(desk.names.artifact_sums) is not None
    if not begun or desk.bucket.find(desk.around.contract.keys["checksums"]) is None:
        return  # without them no topic was made
    words: list[str] = []
    for part in (PREFLIGHT, *cells_in_cloud(desk.saved())):
        words += ("--topic-prefix", desk.names.topics(part), "--group-id", desk.names.group(part))
    desk.say(desk.run_module(ELSEWHERE, "forget", *words).said("forget"))


def note_worker(desk: Desk, cell: Cell) -> None:
    """Write down with which CPU the load is made."""
    load = os.getloadavg()[0]
    found = {"cell": str(cell), "cores": os.cpu_count(), "load_average_1min": round(load, 2)}
    desk.say(f"this worker: {found['cores']} cores, load {load:.2f}")
    desk.results.mkdir(parents=True, exist_ok=True)
    (desk.results / f"worker-{cell}.json").write_text(json.dumps(found, indent=2))


def attend_command(desk: Desk, cell: Cell) -> list[str]:
    """The command line of the program that waits for the instances and then watches them."""
    return [
        *("attend", "--engine", cell.engine, "--instances", str(cell.instances)),
        *("--topic-prefix", _prefix(desk, cell), "--group-id", desk.names.group(str(cell))),
        *("--artifact", str(desk.artifact), "--within-s", f"{READY_WITHIN_S:g}"),
    ]


def left_command(desk: Desk, cell: Cell) -> list[str]:
    """The command line of the question whether the plan asks more of a cell."""
    return [
        *("left", str(desk.plan), "--run-id", desk.run, "--results", str(desk.worker.results)),
        *("--engine", cell.engine, "--instances", str(cell.instances)),
        *desk.saved().set_options,
    ]


def discount_command(desk: Desk, cell: Cell, reason: str) -> list[str]:
    """The command line that has the steps count as invalid that were saved just before."""
    return [
        *("discount", "--run-id", desk.run, "--results", str(desk.worker.results)),
        *("--engine", cell.engine, "--instances", str(cell.instances), "--reason", reason),
    ]


def run_command(desk: Desk, cell: Cell, transactions: Path) -> list[str]:
    """The command line of the measurement."""
    return [
        *("run", str(desk.plan), "--run-id", desk.run, "--resume"),
        *("--as", cell.engine, "--instances", str(cell.instances)),
        *("--cpu", f"{desk.session.instance_cpu:g}", "--topic-prefix", _prefix(desk, cell)),
        *("--artifact", str(desk.artifact), "--transactions", str(transactions)),
        *("--results", str(desk.worker.results)),
        *desk.saved().set_options,
    ]


def guarded(desk: Desk, cell: Cell, engine: Engine, command: Sequence[str]) -> Outcome:
    """Measure while two threads see that the engine stays as it was, and once more at the end.

    Args:
        desk: of the task.
        cell: which.
        engine: it runs.
        command: of the measurement.

    Raises:
        CloudError: it did not stay so; steps that were saved just before are invalid now.
    """
    guard = Guard(desk.say)
    attendant = desk.start(ELSEWHERE, *attend_command(desk, cell), measures=True)
    try:
        guard.follow(attendant)
        guard.look_every(_LOOK_EVERY_S, engine.check, Patience(time.monotonic))
        guard.wait_until_ready(READY_WITHIN_S + 60.0)
        run = desk.start(STREAMGAUGE, *command, measures=True)
        try:
            outcome = Outcome.of(guard.over(run))
        finally:
            run.stop()
        if outcome.is_answer:
            guard.look_last(attendant, LAST_LOOK_WITHIN_S)
    finally:
        guard.end()
        attendant.stop()
    if guard.seen is not None:
        desk.run_module(ELSEWHERE, *discount_command(desk, cell, str(guard.seen)))
    guard.raise_what_it_saw()
    return outcome


@dataclass
class Guard:
    """Ends a measurement as soon as its engine is not what it was.

    Attributes:
        say: hears what the attendant says.
        seen: what ended it; None while all is well.
        ready: set once the attendant has said so, or something is wrong.
    """

    say: Say
    seen: Exception | None = None
    ready: threading.Event = field(default_factory=threading.Event)
    _over: Program | None = None
    _looks_last: bool = False
    _ended: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def follow(self, attendant: Program) -> None:
        """Hand on what the attendant says; its end before ours is a change."""

        def go_on() -> None:
            words: list[str] = []
            code = attendant.follow(lambda line: self._hear(line, words))
            if not self._ended.is_set() and not (self._looks_last and code == 0):
                last = words[-1] if words else "it said nothing"
                self._note(EngineChangedError(f"the engine's attendant ended with {code}: {last}"))

        self._begin(go_on)

    def look_every(self, every_s: float, check: Callable[[], None], patience: Patience) -> None:
        """Call a check until the end; what it raises is a change, if it is not borne."""

        def go_on() -> None:
            while not self._ended.wait(every_s):
                try:
                    check()
                except CloudError as error:
                    if not patience.bears(error):
                        self._note(error)
                        return
                    self.say(f"no answer, looking again: {error}")
                else:
                    patience.heard()

        self._begin(go_on)

    def wait_until_ready(self, within_s: float) -> None:
        """Wait for the attendant's word.

        Raises:
            SurroundingsError: it does not come, or the engine has ended.
        """
        begin_s = time.monotonic()
        while not self.ready.wait(1.0):
            if time.monotonic() - begin_s > within_s:
                raise SurroundingsError(f"the engine is not ready after {within_s:g} s")
        self.raise_what_it_saw()

    def over(self, program: Program) -> int:
        """Follow a program to its end, which is at once where something has changed."""
        self._over = program
        if self.seen is not None:
            program.interrupt()
        return program.follow(self.say)

    def look_last(self, attendant: Program, within_s: float) -> None:
        """Have the attendant see that all is as it was: what has just gone, nobody misses yet.

        Args:
            attendant: the one that is followed; it ends.
            within_s: how long it may take.
        """
        if self.seen is None:
            self._looks_last = True
            attendant.ask()
            follower, *_ = self._threads
            follower.join(within_s)
            if follower.is_alive():
                self._note(EngineChangedError(f"no answer to the last look in {within_s:g} s"))

    def end(self) -> None:
        """What ends from now on is no change."""
        self._ended.set()

    def raise_what_it_saw(self) -> None:
        """Raise what ended the measurement, if anything did."""
        if self.seen is not None:
            raise self.seen

    def _hear(self, line: str, words: list[str]) -> None:
        self.say(line)
        words.append(line)
        if line.startswith(READY):
            self.ready.set()

    def _note(self, error: Exception) -> None:
        if self.seen is None:
            self.seen = error
            self.say(f"{error}")
        self.ready.set()
        if self._over is not None:
            self._over.interrupt()

    def _begin(self, go_on: Callable[[], None]) -> None:
        thread = threading.Thread(target=go_on, daemon=True)
        thread.start()
        self._threads.append(thread)


def _prefix(desk: Desk, cell: Cell) -> str:
    return desk.names.topics(str(cell))
