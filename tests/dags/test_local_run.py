"""Short runs of the local DAG by `airflow dags test`: no scheduler, everything else is real."""

import json
import re
import uuid

import pytest

from tests.airflow_env import LOCAL_DAG

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(600)]

BUSY = "{delay_p99_ms: 900, delay_max_ms: 9000, rate_share: 0.2, wait_share: 0.9, steal_share: 0.9}"
SHORT = ["step={warmup_s: 1, measure_s: 3, block_s: 1, extend: false}", f"limits={BUSY}"]
"""Other tests may run on the same machine: the wiring is tested here, not the load."""


@pytest.fixture(scope="module")
def home(airflow, tmp_path_factory, kafka):
    """The variables of an Airflow with a database of its own."""
    folder = tmp_path_factory.mktemp("airflow")
    environment = airflow.environment(folder, **kafka.as_environment())
    airflow.migrate(environment)
    return folder, environment


@pytest.fixture
def run(airflow, home, trained, dirty_files):
    """A DAG run to its end: exit code, what was logged, `run.json` or nothing."""
    folder, environment = home

    def to_its_end(**asked):
        name = f"run-{uuid.uuid4().hex[:8]}"
        conf = {
            "engines": ["plain"],
            "instances": [1],
            "rates_eps": [50],
            "model": str(trained),
            "transactions": str(dirty_files),
            "publish": False,
            "changes": SHORT,
        }
        command = airflow.command(
            "dags",
            "test",
            "-f",
            str(LOCAL_DAG),
            "-c",
            json.dumps(conf | asked),
            "fraud_stream_local",
        )
        done = airflow.run(*command, environment=environment, within_s=400)
        said = done.stdout + done.stderr
        found = re.search(r"run (\S+), results in (\S+)", said)
        path = folder / "results" / (found[1] if found else name) / "run.json"
        return done.returncode, said, json.loads(path.read_text()) if path.exists() else None

    return to_its_end


def test_a_run_measures_reports_and_answers(run, home):
    code, said, result = run()
    assert code == 0, said
    assert [step["engine"] for step in result["steps"]] == ["plain"]
    assert result["steps"][0]["missing"] == 0
    assert result["sentence"] in said
    assert (home[0] / "results" / result["run"]["id"] / "report.html").exists()
    # what the program said went to the log of the task, line by line
    assert "plain-x1-50eps" in said


def test_a_failed_cell_fails_the_run_and_the_results_of_the_others_are_reported(run, home):
    home[1]["STREAMGAUGE_BASELINES_PYTHON"] = "/nowhere/python"
    code, said, result = run(engines=["quix", "plain"])
    assert code != 0
    assert "cell quix-1 ended with" in said
    assert [step["engine"] for step in result["steps"]] == ["plain"]
    assert (home[0] / "results" / result["run"]["id"] / "report.html").exists()


def test_a_refused_plan_fails_before_the_first_cell_with_the_words_of_the_command(run):
    code, said, result = run(changes=["step.measure_sec=3"])
    assert code != 0
    assert "did you mean measure_s?" in said
    assert "plan ended with 2: the command refused its input" in said
    assert result is None


def test_a_model_that_is_none_fails_with_what_to_give(run, tmp_path):
    code, said, result = run(model=str(tmp_path))
    assert code != 0
    assert "is no artifact folder" in said
    assert result is None


def test_a_run_that_is_gone_on_with_measures_only_what_is_missing(run):
    _, _, first = run()
    name = first["run"]["id"]
    code, said, again = run(resume_run=name, engines=["spark"])
    assert code == 0, said
    assert again["run"]["id"] == name
    assert again["steps"] == first["steps"]
