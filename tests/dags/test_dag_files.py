"""The DAG files as each Airflow reads them, without a database and without our packages."""

import ast
import itertools
import json
import sys

import pytest

from tests.airflow_env import DAGS, LOCAL_DAG, MOST_IMPORT_S

CELL = "cell"
BEFORE_THE_CELLS = ["reserve", "broker", "model", "plan", "preflight"]
WRONG_VALUES = [
    {"engines": ["flink"]},
    {"engines": []},
    {"engines": ["faust", "faust"]},
    {"instances": [0]},
    {"instances": [13]},
    {"instances": ["two"]},
    {"rates_eps": [0]},
    {"rates_eps": [-50]},
    {"profile": "long"},
    {"instance_cpu": 0},
    {"model": ""},
    {"publish": "perhaps"},
    {"changes": ["step.measure_s"]},
    {"resume_run": "../other"},
]
RIGHT_VALUES = [
    {},
    {"engines": ["spark"], "instances": [1, 2, 12], "rates_eps": [50, 0.5]},
    {"model": "models:/fraud@champion", "instance_cpu": 0.25, "profile": "full"},
    {"changes": ["step.measure_s=30"], "resume_run": "manual-2026-11-23T141500"},
]


@pytest.fixture(scope="module")
def local(airflow, tmp_path_factory):
    """What Airflow makes of the local DAG's file; any look at a database would fail."""
    nowhere = "sqlite:////nowhere/airflow.db"
    environment = airflow.environment(
        tmp_path_factory.mktemp("airflow"), AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=nowhere
    )
    values = [json.dumps(one) for one in (*WRONG_VALUES, *RIGHT_VALUES)]
    return airflow.ask("describe.py", str(LOCAL_DAG), *values, environment=environment)


@pytest.fixture(scope="module")
def dag(local):
    assert local["errors"] == {}
    (only,) = local["dags"].values()
    return only


def test_the_file_gives_one_dag(local):
    assert list(local["dags"]) == ["fraud_stream_local"]


def test_reading_the_file_brings_in_no_package_but_airflow(local):
    standard = sys.stdlib_module_names
    others = {name for name in local["modules"] if name not in standard} - {"airflow"}
    assert sorted(others) == ["fraud_dag", "fraud_local"]


def test_reading_the_file_takes_less_than_a_second(local):
    assert local["import_cpu_s"] < MOST_IMPORT_S


def test_a_run_is_only_begun_by_hand_and_never_beside_another(dag):
    assert dag["schedule"] is None
    assert (dag["catchup"], dag["max_active_runs"]) == (False, 1)


def test_every_task_has_a_time_limit_within_that_of_the_run(dag):
    assert all(0 < task["timeout_s"] < dag["timeout_s"] for task in dag["tasks"].values())


def test_only_what_may_end_otherwise_the_next_time_is_tried_once_more(dag):
    again = {"broker", "model", CELL, "publish", "clean_up"}
    found = {name: task["retries"] for name, task in dag["tasks"].items()}
    assert found == {name: int(name in again) for name in dag["tasks"]}


def test_what_measures_has_the_machine_to_itself(dag):
    cell = dag["tasks"][CELL]
    assert cell["is_mapped"]
    assert cell["at_a_time"] == 1
    assert {dag["tasks"][name]["pool"] for name in (CELL, "speed", "quality")} == {"fraud_load"}


def test_the_model_is_resolved_once_and_everything_is_looked_at_before_the_first_cell(dag):
    order = [*BEFORE_THE_CELLS, CELL]
    for first, then in itertools.pairwise(order):
        assert first in dag["tasks"][then]["upstream"]
    assert not any(dag["tasks"][name]["is_mapped"] for name in BEFORE_THE_CELLS)


def test_results_are_reported_whatever_became_of_a_cell(dag):
    for name in ("speed", "quality", "publish"):
        assert dag["tasks"][name]["rule"] == "all_done"


def test_a_failed_cell_fails_the_run(dag):
    """A run is what its last tasks are; a teardown that counts must not be the only one."""
    tasks = dag["tasks"]
    answer = tasks["answer"]
    assert CELL in answer["upstream"]
    assert answer["rule"] == "none_failed"
    assert not [name for name, task in tasks.items() if "answer" in task["upstream"]]


def test_the_teardown_comes_whatever_happened_and_its_failure_counts(dag):
    (name,) = [name for name, task in dag["tasks"].items() if task["is_teardown"]]
    teardown = dag["tasks"][name]
    assert teardown["teardown_counts"]
    assert teardown["rule"] == "all_done_setup_success"
    assert {"publish", "reserve"} <= set(teardown["upstream"])
    assert dag["tasks"]["reserve"]["is_setup"]


@pytest.mark.parametrize("value", WRONG_VALUES, ids=json.dumps)
def test_the_form_refuses(dag, value):
    assert dag["refused"][json.dumps(value)]


@pytest.mark.parametrize("value", RIGHT_VALUES, ids=json.dumps)
def test_the_form_takes(dag, value):
    assert not dag["refused"][json.dumps(value)]


def modules_that(path):
    """The modules that a file imports anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module.partition(".")[0]


@pytest.mark.parametrize("folder", ["fraud_dag", "fraud_local"])
def test_only_one_module_knows_where_airflow_keeps_its_names(folder):
    for path in (DAGS / folder).glob("*.py"):
        others = set(modules_that(path)) - sys.stdlib_module_names - {"fraud_dag", "fraud_local"}
        assert others == ({"airflow"} if path.name == "airflow_names.py" else set()), path
