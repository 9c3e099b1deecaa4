"""The status of each task, from saved records alone.

Code that is there is "In progress", a run on this machine "Verified locally", and only a record of
the cloud "Done".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from scripts.records import Records, Run, Values
from scripts.russian import knees, place

Status = Literal["In progress", "Verified locally", "Done"]
STATUSES: Final[tuple[Status, ...]] = ("In progress", "Verified locally", "Done")

_S_IN_MIN: Final = 60


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a task.

    Attributes:
        status: what it allows to say.
        lines: what was found, in Russian, for the page; empty where no record is.
    """

    status: Status = "In progress"
    lines: tuple[str, ...] = ()


def evidence_of(number: int, records: Records) -> Evidence:
    """Evidence of one task.

    Args:
        number: of the task, 1 to 9.
        records: everything that was saved.
    """
    return _JUDGES[number](records)


def _kafka(records: Records) -> Evidence:
    found = _services(records, {"kafka-cluster"})
    if found:
        return Evidence("Done", (*found, *_took(records)))
    for run in records.local_runs:
        if run.values["run"].get("cluster"):
            line = (
                f"брокер на одной машине, кластер {run.values['run']['cluster']}, запуск {run.id}"
            )
            return Evidence("Verified locally", (line,))
    return Evidence()


def _airflow(records: Records) -> Evidence:
    found = _services(records, {"airflow-cluster"})
    return Evidence("Done", (*found, *_took(records))) if found else Evidence()


def _mlflow(records: Records) -> Evidence:
    """A host that runs is no server yet: `cloud-up` must have seen it answer."""
    found = _services(records, {"postgresql-cluster", "instance"})
    if not found:
        return Evidence()
    if (records.up or {}).get("mlflow", {}).get("health") != "OK":
        return Evidence("In progress", (*found, "ответа MLflow на /health в записи нет"))
    return Evidence("Done", (*found, "MLflow отвечает на /health: OK", *_took(records)))


def _producer(records: Records) -> Evidence:
    return _of_runs(records, _sent)


def _spark(records: Records) -> Evidence:
    return _of_runs(records, _scored_by_spark)


def _queue(records: Records) -> Evidence:
    """Each engine by the newest run that has decided it; those of the cloud count alone.

    What no repetition has confirmed is told, and accepted by nobody.
    """
    for status, runs in _by_place(records):
        if lines := newest_knees(runs):
            return Evidence(status, lines)
    return Evidence(lines=newest_knees(records.runs, confirmed=False))


def newest_knees(newest_first: Iterable[Run], *, confirmed: bool = True) -> tuple[str, ...]:
    """Between which rates backlogs start to grow, a line for each engine and count.

    Args:
        newest_first: campaigns; the first that tells it of an engine and count speaks.
        confirmed: by a repetition, or those that were not.
    """
    found: dict[str, str] = {}
    for run in newest_first:
        for engine, line in knees(run, confirmed=confirmed):
            found.setdefault(engine, f"запуск {run.id}: {line}")
    return tuple(line for _, line in sorted(found.items()))


def _dag(records: Records) -> Evidence:
    """The newest that has succeeded: one that is under way or failed takes nothing back."""
    for run in records.dag_runs:
        if run.get("state") == "success" and run.get("dag_run_id"):
            line = f"DAG {run['dag_id']}, запуск {run['dag_run_id']}: success"
            return Evidence("Done", (line,))
    return Evidence()


def _kanban(records: Records) -> Evidence:
    if records.kanban is None:
        return Evidence()
    return Evidence("Done", (f"доска: {records.kanban['url']}",))


def _gone(records: Records) -> Evidence:
    verify, up = records.verify, records.up
    if verify is None or verify["left"] or verify["denied"]:
        return Evidence()
    # A folder in which nothing was ever made proves no deletion.
    if up is None or verify["at_s"] <= up["at_s"]:
        return Evidence()
    return Evidence("Done", ("все сервисы перечислены, платных ресурсов сеанса нет",))


def _of_runs(records: Records, lines_of: Callable[[Run], Iterator[str]]) -> Evidence:
    """The first campaign that has something to say: of the cloud, else of this machine."""
    for status, runs in _by_place(records):
        if lines := next(filter(None, (tuple(lines_of(run)) for run in runs)), ()):
            return Evidence(status, lines)
    return Evidence()


def _by_place(records: Records) -> Iterator[tuple[Status, tuple[Run, ...]]]:
    """Campaigns, and the status that they can give."""
    yield "Done", records.cloud_runs
    yield "Verified locally", records.local_runs


def _sent(run: Run) -> Iterator[str]:
    sent = sum(step["sent"] for step in run.values["steps"])
    if sent > 0:
        files = ", ".join(map(place, run.values["run"]["transactions"]))
        yield f"запуск {run.id}: отправлено записей: {sent}, файлы: {files}"


def _scored_by_spark(run: Run) -> Iterator[str]:
    steps = [one for one in run.values["steps"] if one["engine"].startswith("spark")]
    if steps and all(_whole(one) for one in steps):
        scored = sum(one["scored"] for one in steps)
        compared = "потеряно записей: 0, отличий от расчёта офлайн: 0"
        yield f"запуск {run.id}: ответов Spark: {scored}, {compared}"


def _whole(step: Values) -> bool:
    """Nothing lost and nothing different; what was not compared counts as not whole."""
    names = ("missing", "feature_mismatches", "score_mismatches")
    return bool(step["scored"] > 0) and all(step[name] == 0 for name in names)


def _services(records: Records, kinds: set[str]) -> tuple[str, ...]:
    """A line for each thing of `cloud-up`'s record; none unless every kind is there and runs."""
    if records.up is None:
        return ()
    found = [one for one in records.up["resources"] if _counts(one, kinds)]
    if {one["kind"] for one in found} != kinds:
        return ()
    return tuple(_service_line(one) for one in found)


def _counts(resource: Mapping[str, Any], kinds: set[str]) -> bool:
    if resource["kind"] == "instance" and not resource["name"].endswith("-mlflow"):
        return False
    return resource["kind"] in kinds and resource["status"] == "RUNNING"


def _service_line(resource: Mapping[str, Any]) -> str:
    version = f", версия {resource['version']}" if resource["version"] else ""
    health = f"/{resource['health']}" if resource["health"] else ""
    return f"{resource['kind']} {resource['id']}{version}: {resource['status']}{health}"


def _took(records: Records) -> tuple[str, ...]:
    took_s = (records.up or {}).get("took_s")
    return () if took_s is None else (f"всё создано за {took_s / _S_IN_MIN:.0f} мин",)


_JUDGES: Final[Mapping[int, Callable[[Records], Evidence]]] = {
    1: _kafka,
    2: _airflow,
    3: _producer,
    4: _spark,
    5: _mlflow,
    6: _dag,
    7: _queue,
    8: _kanban,
    9: _gone,
}
