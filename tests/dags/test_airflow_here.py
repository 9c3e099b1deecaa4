"""A whole Airflow as `make airflow` starts it: runs, a killed scheduler, a cleared cell, Ctrl-C."""

import contextlib
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import requests

from fraud_core.artifact import load_artifact
from sandbox.ports import is_free
from tests.airflow_here import AirflowHere
from tests.busy import BUSY

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.slow,
    pytest.mark.slow_dag,
    pytest.mark.timeout(2400),
]

SHORT = ["step={warmup_s: 1, measure_s: 3, block_s: 1, extend: false}", f"limits={BUSY}"]
LONG = ["step={warmup_s: 2, measure_s: 15, block_s: 1, extend: false}", f"limits={BUSY}"]
"""The wiring is tested here, not the load: other programs may run on the same machine."""


@pytest.fixture(scope="module")
def here(airflow3, tmp_path_factory):
    """Airflow, a new one; there is no broker but those that its runs start."""
    running = AirflowHere(airflow3, tmp_path_factory.mktemp("airflow-here"))
    try:
        running.start()
        yield running
    finally:
        running.end()


@pytest.fixture
def asked(trained, dirty_files):
    """What is asked of a run, with the plain loop as engine."""
    return {
        "engines": ["plain"],
        "instances": [1],
        "rates_eps": [50],
        "model": str(trained),
        "transactions": str(dirty_files),
        "publish": False,
        "changes": LONG,
    }


@pytest.fixture
def load_of(here):
    """Wait until a step of a run is under load; its folder."""

    def wait_for_it(run, step="plain-x1-50eps"):
        here.wait(lambda: here.tasks(run).get("reserve") == "success", 240, "the run has a name")
        folder = here.folder_of(run) / "steps"
        log = folder / step / "producer.log"
        here.wait(log.exists, 300, f"the load of {step} begins")
        return folder

    return wait_for_it


def campaigns(here):
    """The `streamgauge run` that measure for this Airflow, without what they have started."""
    found = []
    for process in here.processes():
        with contextlib.suppress(psutil.Error):
            if {"benchmarks", "run"} <= set(process.cmdline()):
                found.append(process)
    return found


def nothing_is_left(here):
    assert not campaigns(here)
    assert not here.has_broker()


@pytest.fixture(scope="module")
def champion(here, trained):
    """The model in the registry of this Airflow's MLflow."""
    uri = f"http://127.0.0.1:{here.environment['SANDBOX_MLFLOW_PORT']}"
    done = subprocess.run(
        [sys.executable, "-m", "model_export", "register", str(trained)],
        env=here.environment | {"MLFLOW_TRACKING_URI": uri},
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr
    return "models:/fraud@champion"


def test_both_engines_are_measured_with_the_champion_judged_and_published(
    here, asked, champion, trained
):
    more = {"engines": ["faust", "spark"], "publish": True, "changes": SHORT, "model": champion}
    run = here.trigger(**asked | more)
    assert here.wait_for_end(run, within_s=1200) == "success", here.tasks(run)
    result = here.result(run)
    assert result["model"]["sha256"] == load_artifact(trained).model_sha256
    assert sorted(step["engine"] for step in result["steps"]) == ["faust", "spark"]
    for step in result["steps"]:
        assert (step["missing"], step["feature_mismatches"], step["score_mismatches"]) == (0, 0, 0)
    assert not any(result["engines_disagree"].values())
    assert (here.folder_of(run) / "quality.json").exists()
    assert sorted(published(here, result["run"]["id"])) == ["faust x1", "spark x1"]
    nothing_is_left(here)


def published(here, run_id):
    """Names of the runs that MLflow holds of a campaign, without the campaign's own."""
    api = f"http://127.0.0.1:{here.environment['SANDBOX_MLFLOW_PORT']}/api/2.0/mlflow"
    name = {"experiment_name": "fraud-stream"}
    experiment = requests.get(f"{api}/experiments/get-by-name", params=name, timeout=60).json()
    asked = {
        "experiment_ids": [experiment["experiment"]["experiment_id"]],
        "filter": f"tags.`streamgauge.run_id` = '{run_id}'",
    }
    found = requests.post(f"{api}/runs/search", json=asked, timeout=60).json()["runs"]
    return [one["info"]["run_name"] for one in found if one["info"]["run_name"] != run_id]


def test_a_scheduler_that_is_killed_comes_back_and_the_run_is_completed(here, asked, load_of):
    run = here.trigger(**asked)
    load_of(run)
    here.kill_scheduler()
    assert here.wait_for_end(run, within_s=600) == "success", here.tasks(run)
    (step,) = here.result(run)["steps"]
    assert step["missing"] == 0
    assert "scheduler ended with -9 and is started again" in here.log()
    nothing_is_left(here)


def test_a_failed_cell_that_is_cleared_goes_on_where_it_was(here, asked, load_of):
    run = here.trigger(**asked | {"rates_eps": [50, 60], "changes": SHORT})
    folder = load_of(run)
    saved = first_saved(here, folder)
    begun = saved.stat().st_mtime_ns
    for _ in range(2):  # the cell has one more try
        here.wait(lambda: len(campaigns(here)) == 1, 240, "the campaign runs")
        campaigns(here)[0].send_signal(signal.SIGKILL)
        here.wait(lambda: not campaigns(here), 60, "it is gone")
    assert here.wait_for_end(run, within_s=300) == "failed", here.tasks(run)
    assert here.tasks(run)["cell[0]"] == "failed"
    assert here.tasks(run)["answer"] == "upstream_failed"
    nothing_is_left(here)

    here.clear(run, "cell")
    here.wait(lambda: here.state(run) == "running", 60, "the run goes on")
    assert here.wait_for_end(run, within_s=600) == "success", here.tasks(run)
    assert len(here.result(run)["steps"]) == 2
    assert saved.stat().st_mtime_ns == begun
    nothing_is_left(here)


def first_saved(here, folder: Path) -> Path:
    here.wait(lambda: list(folder.glob("[!.]*/step.json")), 300, "the first step is saved")
    return next(folder.glob("[!.]*/step.json"))


def test_a_cell_that_is_marked_as_failed_stops_its_program(here, asked, load_of):
    run = here.trigger(**asked)
    load_of(run)
    here.mark_failed(run, "cell", 0)
    assert here.wait_for_end(run, within_s=300) == "failed", here.tasks(run)
    assert here.tasks(run)["clean_up"] == "success"
    nothing_is_left(here)


def test_ctrl_c_leaves_no_process_and_the_next_start_completes_the_run(here, asked, load_of):
    run = here.trigger(**asked)
    load_of(run)
    assert here.interrupt() == 0
    assert not here.processes()
    assert not here.has_broker()
    assert is_free(here.place.port)

    here.start()
    assert here.wait_for_end(run, within_s=600) == "success", here.tasks(run)
    nothing_is_left(here)
