"""Short runs of the local DAG by `airflow dags test`: no scheduler, everything else is real."""

import json
import re

import pytest

from tests.airflow_env import LOCAL_DAG
from tests.busy import BUSY
from tests.secret_search import files_with

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(900)]

SHORT = ["step={warmup_s: 1, measure_s: 3, block_s: 1, extend: false}", f"limits={BUSY}"]
"""Other tests may run on the same machine: the wiring is tested here, not the load."""


@pytest.fixture(scope="module")
def home(airflow, tmp_path_factory):
    """The home of an Airflow with a database of its own."""
    folder = tmp_path_factory.mktemp("airflow")
    airflow.migrate(airflow.environment(folder))
    return folder


@pytest.fixture(scope="module")
def run(airflow, home, kafka, trained, dirty_files):
    """A DAG run to its end: exit code, what was logged, `run.json` or nothing."""
    usual = {
        "engines": ["plain"],
        "instances": [1],
        "rates_eps": [50],
        "model": str(trained),
        "transactions": str(dirty_files),
        "publish": False,
        "changes": SHORT,
    }

    def to_its_end(settings=kafka, variables=None, **asked):
        conf = json.dumps(usual | asked)
        environment = airflow.environment(home, **settings.as_environment(), **(variables or {}))
        command = airflow.test_run("fraud_stream_local", LOCAL_DAG, conf)
        done = airflow.run(*command, environment=environment, within_s=800)
        said = done.stdout + done.stderr
        name = re.search(r"run (\S+), results in ", said)
        assert name is not None, said
        path = home / "results" / name[1] / "run.json"
        return done.returncode, said, json.loads(path.read_text()) if path.exists() else None

    return to_its_end


@pytest.fixture(scope="module")
def secured(run, secure_broker):
    """A finished run on a broker with a log-in: exit code, what was logged, `run.json`."""
    return run(secure_broker.settings)


def report_of(home, result):
    return home / "results" / result["run"]["id"] / "report.html"


def test_a_run_measures_reports_and_answers(run, home):
    code, said, result = run()
    assert code == 0, said
    (step,) = result["steps"]
    assert (step["engine"], step["missing"], step["score_mismatches"]) == ("plain", 0, 0)
    assert result["sentence"] in said
    assert report_of(home, result).exists()
    # what the program said went to the log of the task, line by line
    assert "plain-x1-50eps" in said


@pytest.mark.slow_dag
def test_a_failed_cell_fails_the_run_and_what_the_others_measured_is_reported(run, home):
    nowhere = {"STREAMGAUGE_BASELINES_PYTHON": "/nowhere/python"}
    code, said, result = run(variables=nowhere, engines=["quix", "plain"])
    assert code != 0
    assert "cell quix-1 ended with" in said
    assert [step["engine"] for step in result["steps"]] == ["plain"]
    assert report_of(home, result).exists()


def test_a_refused_plan_fails_before_the_first_cell_with_the_words_of_the_command(run):
    code, said, result = run(changes=["step.measure_sec=3"])
    assert code != 0
    assert "did you mean measure_s?" in said
    assert "plan ended with 2: the command refused its input" in said
    assert result is None


@pytest.mark.slow_dag
def test_a_model_that_is_none_fails_with_what_to_give(run, tmp_path):
    code, said, result = run(model=str(tmp_path))
    assert code != 0
    assert "is no artifact folder" in said
    assert result is None


@pytest.mark.slow_dag
def test_a_run_that_is_gone_on_with_measures_only_what_is_missing(run, secured, secure_broker):
    _, _, first = secured
    name = first["run"]["id"]
    code, said, again = run(secure_broker.settings, resume_run=name, engines=["spark"])
    assert code == 0, said
    assert again["run"]["id"] == name
    assert again["steps"] == first["steps"]


@pytest.mark.slow_dag
def test_a_run_that_is_not_there_names_those_that_are(run):
    code, said, result = run(resume_run="never-begun")
    assert code != 0
    assert "has no such run; it has" in said
    assert result is None


@pytest.mark.slow_dag
def test_the_password_of_the_broker_is_in_no_log_and_in_no_database(secured, home, secure_broker):
    code, said, result = secured
    assert code == 0, said
    assert result["steps"][0]["missing"] == 0
    assert secure_broker.password not in said
    assert not files_with(secure_broker.password, home)
    assert not secure_broker.commands.holding(secure_broker.password)
