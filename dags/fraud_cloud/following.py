"""Follow a DAG run: one line for each change of a task, until the run has ended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from fraud_cloud.airflow_api import Task
from fraud_cloud.clock import Clock
from fraud_cloud.errors import ConfigError, RefusedError, SurroundingsError
from fraud_cloud.purge import Tell

End = Literal["success", "failed"]

ENDS = frozenset({"success", "failed"})
_WAITS = frozenset({"up_for_reschedule", "deferred"})
_GOES_ON = _WAITS | {"none", "scheduled", "queued", "running"}
_FAILED = frozenset({"failed", "upstream_failed"})
_UNTOLD = frozenset({"none", "scheduled"})


class Followed(Protocol):
    """What is asked of Airflow: either form of its API, or a story that a test tells."""

    def state(self, dag_id: str, run_id: str) -> str | None:
        """State of a run; None where there is none."""

    def tasks(self, dag_id: str, run_id: str) -> Iterable[Task]:
        """Every task of a run."""


@dataclass(frozen=True)
class Watch:
    """How to look.

    Attributes:
        clock: time.
        poll_s: between two looks.
        tell: takes a line for each change.
        silence_s: how long no answer may come before the watch ends; a web server that is
            replaced is back within minutes.
    """

    clock: Clock
    poll_s: float
    tell: Tell
    silence_s: float = 900.0


def follow(api: Followed, dag_id: str, run_id: str, watch: Watch) -> End:
    """Tell what happens until the run has ended.

    An answer that does not come is no end: the run goes on whether it is watched or not.

    Args:
        api: the Airflow.
        dag_id: of the run.
        run_id: of the run.
        watch: how to look.

    Raises:
        ConfigError: there is no such run.
        SurroundingsError: Airflow does not answer any more.
    """
    seen: dict[str, Task] = {}
    heard_s = watch.clock.now_s()
    while True:
        try:
            # The state first: the last tasks are told even if it ends in between.
            state = api.state(dag_id, run_id)
            tasks = {task.name: task for task in api.tasks(dag_id, run_id)}
        except RefusedError as error:
            _require_patience(watch, heard_s, run_id, error)
            watch.clock.pause(watch.poll_s)
            continue
        heard_s = watch.clock.now_s()
        if state is None:
            raise ConfigError(f"{dag_id} has no run {run_id}: was it deleted?")
        now = {name: settled(seen.get(name), task) for name, task in tasks.items()}
        for line in changes(seen, now):
            watch.tell(line)
        seen = now
        if state in ENDS:
            return end_of(state, tasks.values())
        watch.clock.pause(watch.poll_s)


def end_of(state: str, tasks: Iterable[Task]) -> End:
    """How a run has ended.

    Airflow calls a run that somebody had fail a success, if its teardown succeeds: the tasks that
    follow the failed one are skipped, and a skipped last task is no failure.
    """
    return (
        "failed" if state != "success" or any(one.state in _FAILED for one in tasks) else "success"
    )


def settled(before: Task | None, after: Task) -> Task:
    """A task as it is to be told: one that looks again every minute waits, and is told once."""
    waits = before is not None and before.state in _WAITS and before.tries == after.tries
    return before if before is not None and waits and after.state in _GOES_ON else after


def changes(before: Mapping[str, Task], after: Mapping[str, Task]) -> Iterator[str]:
    """A line for each task whose state or try is another one than before."""
    for name, task in sorted(after.items()):
        if task == before.get(name) or task.state in _UNTOLD:
            continue
        again = f", try {task.tries}" if task.tries > 1 else ""
        yield f"{name}: {task.state}{again}"


def _require_patience(watch: Watch, heard_s: float, run_id: str, error: RefusedError) -> None:
    silent_s = watch.clock.now_s() - heard_s
    if silent_s > watch.silence_s:
        raise SurroundingsError(
            f"Airflow has not answered for {silent_s / 60:.0f} minutes ({error}); the run {run_id} "
            "goes on without being watched"
        ) from error
    watch.tell(f"no answer, looking again: {error}")
