"""What each task does. Each may be repeated: what is done already is found and left as it is."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from fraud_dag import reports
from fraud_dag.asked import cells_of, plan_of
from fraud_dag.desk import STREAMGAUGE
from fraud_dag.failures import NothingToDoError
from fraud_dag.files import write_whole
from fraud_dag.programs import stop_leftovers
from fraud_dag.variables import MARK
from fraud_local.desk import Desk
from fraud_local.services import KAFKA, MLFLOW, have_service, stop_services


def reserve(desk: Desk) -> str:
    """Name the run and keep its form; ends what a killed task of an earlier run left.

    Returns:
        the name of the run, which is also that of its results.
    """
    desk.say(f"run {desk.run}, results in {desk.results}")
    stop_leftovers(MARK, str(desk.place.runs), desk.say)
    if desk.asked.resume_run and not desk.folder.plan.exists():
        raise NoRunError(desk)
    if not desk.asked.resume_run:
        write_whole(desk.folder.asked, desk.asked.as_json().encode())
    return desk.run


class NoRunError(ValueError):
    """There is no run to go on with."""

    def __init__(self, desk: Desk) -> None:
        """Name those that are there."""
        runs = sorted(path.parent.name for path in desk.place.runs.glob("*/plan.yaml"))
        super().__init__(
            f"resume_run={desk.run}: {desk.place.runs} has no such run; it has "
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
    if desk.folder.has_model():
        desk.say(f"the run has its model already: {desk.folder.artifact}")
    elif desk.asked.is_registered:
        have_service(desk, MLFLOW)
        desk.folder.put_model(lambda folder: _fetch(desk, folder))
    else:
        source = desk.place.inside(desk.asked.model)
        desk.folder.put_model(lambda folder: _copy(source, folder))
    sha256 = desk.folder.model_sha256()
    desk.say(f"model {desk.asked.model}: SHA-256 {sha256}")
    return sha256


def _fetch(desk: Desk, folder: Path) -> None:
    fetched = desk.run_module("model_export", "fetch", desk.asked.model, str(folder))
    desk.programs.must(f"fetch {desk.asked.model}", fetched, only_answered=True)


def _copy(source: Path, folder: Path) -> None:
    if source.is_dir():  # what is none is refused with the other things that are no artifact
        shutil.copytree(source, folder)


def plan(desk: Desk) -> list[str]:
    """Write the plan of all cells and have it checked.

    Returns:
        the cells, in the order in which they are measured.
    """
    if not desk.folder.plan.exists():
        write_whole(desk.folder.plan, json.dumps(plan_of(desk.asked), indent=2).encode())
    options = desk.folder.saved_form().set_options
    checked = desk.run_module(STREAMGAUGE, "plan", str(desk.folder.plan), *options)
    desk.programs.must("plan", checked, only_answered=True)
    return cells_of(desk.folder.saved_plan())


def preflight(desk: Desk) -> None:
    """See that all is here before the first cell: broker, Java, jars, model, load, disk."""
    seen = desk.run_module(STREAMGAUGE, "doctor", *_inputs(desk), *_results(desk))
    desk.programs.must("doctor", seen, only_answered=True)


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
    options = [*desk.folder.saved_form().set_options, *_inputs(desk), *_results(desk)]
    ended = desk.run_module(
        STREAMGAUGE, "run", str(desk.folder.plan), "--run-id", desk.run, "--resume",
        "--cell", name, *options, measures=True,
    )  # fmt: skip
    return desk.programs.must(f"cell {name}", ended).code


def publish(desk: Desk) -> None:
    """Publish the run to MLflow, started here where none is set."""
    if not desk.asked.publish:
        raise NothingToDoError("publish is switched off in the form")
    reports.require_results(desk)
    have_service(desk, MLFLOW)
    reports.publish(desk)


def answer(desk: Desk) -> list[str]:
    """Say what the comparison found."""
    return reports.say_answer(desk, (desk.results / reports.RUN_FILE).read_bytes())


def clean_up(desk: Desk) -> None:
    """Leave nothing that runs: what a killed task left, and the services that a DAG has started."""
    stop_leftovers(MARK, str(desk.place.runs), desk.say)
    stop_services(desk)


def _inputs(desk: Desk) -> list[str]:
    transactions = desk.folder.saved_form().transactions
    where = transactions if "://" in transactions else str(desk.place.inside(transactions))
    return ["--artifact", str(desk.folder.artifact), "--transactions", where]


def _results(desk: Desk) -> list[str]:
    return ["--results", str(desk.place.results)]
