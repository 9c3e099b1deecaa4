"""What each task does. Each may be repeated: what is done already is found and left as it is."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, Final

from fraud_dag.asked import cells_of, plan_of, sentences_of
from fraud_dag.failures import NothingToDoError
from fraud_dag.programs import stop_leftovers
from fraud_dag.variables import MARK
from fraud_local.desk import Desk
from fraud_local.services import KAFKA, MLFLOW, have_service, stop_services

STREAMGAUGE: Final = "benchmarks"
"""The module whose console script is `streamgauge`."""


def reserve(desk: Desk) -> str:
    """Name the run and keep its form; ends what a killed task of an earlier run left.

    Returns:
        the name of the run, which is also that of its results.
    """
    desk.say(f"run {desk.run.name}, results in {desk.place.results / desk.run.name}")
    stop_leftovers(MARK, str(desk.place.runs), desk.say)
    if desk.asked.resume_run and not desk.run.plan.exists():
        raise NoRunError(desk)
    if not desk.asked.resume_run:
        desk.run.write(desk.run.asked, desk.asked.as_json())
    return desk.run.name


class NoRunError(ValueError):
    """There is no run to go on with."""

    def __init__(self, desk: Desk) -> None:
        """Name those that are there."""
        runs = sorted(path.parent.name for path in desk.place.runs.glob("*/plan.yaml"))
        super().__init__(
            f"resume_run={desk.run.name}: {desk.place.runs} has no such run; it has "
            f"{', '.join(runs) or 'none'}"
        )


def broker(desk: Desk) -> None:
    """Have a Kafka broker: that of KAFKA_BOOTSTRAP_SERVERS, the one that runs, or a new one."""
    have_service(desk, KAFKA)


def model(desk: Desk) -> str:
    """Resolve the model once, into the run's folder.

    Returns:
        SHA-256 of model.onnx.
    """
    if desk.run.has_model():
        desk.say(f"the run has its model already: {desk.run.artifact}")
    elif desk.asked.is_registered:
        have_service(desk, MLFLOW)
        desk.run.put_model(lambda folder: _fetch(desk, folder))
    else:
        source = desk.place.inside(desk.asked.model)
        desk.run.put_model(lambda folder: _copy(source, folder))
    sha256 = desk.run.model_sha256()
    desk.say(f"model {desk.asked.model}: SHA-256 {sha256}")
    return sha256


def _fetch(desk: Desk, folder: Path) -> None:
    fetched = desk.run_module("model_export", "fetch", desk.asked.model, str(folder))
    desk.must(f"fetch {desk.asked.model}", fetched, only_answered=True)


def _copy(source: Path, folder: Path) -> None:
    if source.is_dir():  # what is none is refused with the other things that are no artifact
        shutil.copytree(source, folder)


def plan(desk: Desk) -> list[str]:
    """Write the plan of all cells and have it checked.

    Returns:
        the cells, in the order in which they are measured.
    """
    if not desk.run.plan.exists():
        desk.run.write(desk.run.plan, json.dumps(plan_of(desk.asked), indent=2))
    checked = desk.run_module(STREAMGAUGE, "plan", str(desk.run.plan), *changes(desk))
    desk.must("plan", checked, only_answered=True)
    return cells_of(desk.run.saved_plan())


def changes(desk: Desk) -> list[str]:
    """`--set key=value` for each; those of the run that is gone on with."""
    saved = json.loads(desk.run.asked.read_text())["changes"]
    return [word for change in saved for word in ("--set", change)]


def preflight(desk: Desk) -> None:
    """See that all is here before the first cell: broker, Java, jars, model, load, disk."""
    seen = desk.run_module(STREAMGAUGE, "doctor", *_inputs(desk), *_results(desk))
    desk.must("doctor", seen, only_answered=True)


def cell(desk: Desk, name: str) -> int:
    """Measure a cell; one that was begun is gone on with.

    Args:
        desk: of the task.
        name: of the cell, `faust-2`.

    Returns:
        the exit code: 0, or 3 or 4 for an answer that is none.
    """
    stop_leftovers(MARK, str(desk.place.runs), desk.say)
    have_service(desk, KAFKA)  # it may be another day: a cell that is cleared, a new Airflow
    ended = desk.run_module(
        STREAMGAUGE, "run", str(desk.run.plan), "--run-id", desk.run.name, "--resume",
        "--cell", name, *changes(desk), *_inputs(desk), *_results(desk), measures=True,
    )  # fmt: skip
    return desk.must(f"cell {name}", ended).code


def speed(desk: Desk) -> None:
    """Write the report, and judge every step again from its raw samples: they must agree."""
    _require_results(desk)
    report = desk.run_module(STREAMGAUGE, "report", desk.run.name, *_results(desk))
    desk.must("report", report, only_answered=True)
    judged = desk.run_module(STREAMGAUGE, "judge", desk.run.name, *_results(desk))
    desk.must("judge", judged, only_answered=True)


def quality(desk: Desk) -> int:
    """Judge the model on what became of the run's transactions."""
    _require_results(desk)
    judged = desk.run_module(STREAMGAUGE, "quality", desk.run.name, *_results(desk))
    return desk.must("quality", judged).code


def publish(desk: Desk) -> None:
    """Publish the run to MLflow, started here where none is set."""
    _require_results(desk)
    if not desk.asked.publish:
        raise NothingToDoError("publish is switched off in the form")
    have_service(desk, MLFLOW)
    done = desk.run_module(STREAMGAUGE, "publish", desk.run.name, *_results(desk))
    desk.must("publish", done, only_answered=True)


def answer(desk: Desk) -> list[str]:
    """Say what the comparison found."""
    said = sentences_of(_run_of(desk))
    for sentence in said:
        desk.say(sentence)
    return said


def clean_up(desk: Desk) -> None:
    """Leave nothing that runs: what a killed task left, and the services that a DAG has started."""
    stop_leftovers(MARK, str(desk.place.runs), desk.say)
    stop_services(desk)


def _inputs(desk: Desk) -> list[str]:
    transactions = json.loads(desk.run.asked.read_text())["transactions"]
    where = transactions if "://" in transactions else str(desk.place.inside(transactions))
    return ["--artifact", str(desk.run.artifact), "--transactions", where]


def _results(desk: Desk) -> list[str]:
    return ["--results", str(desk.place.results)]


def _run_file(desk: Desk) -> Path:
    return desk.place.results / desk.run.name / "run.json"


def _run_of(desk: Desk) -> dict[str, Any]:
    run: dict[str, Any] = json.loads(_run_file(desk).read_text())
    return run


def _require_results(desk: Desk) -> None:
    if not _run_file(desk).exists():
        raise NothingToDoError(f"nothing was measured: {_run_file(desk)} is not there")
