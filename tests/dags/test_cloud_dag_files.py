"""The cloud's DAG files as each Airflow reads them, without a database and without our packages."""

import ast
import functools
import itertools
import json
import sys

import pytest

from tests.airflow_env import DAGS, MOST_IMPORT_S

COMPARISON, PREFLIGHT, REAPER = "fraud_stream_yandex", "fraud_preflight", "fraud_reaper"
FILES = {COMPARISON: "fraud_stream_yandex.py", PREFLIGHT: "fraud_preflight.py", REAPER: "reaper.py"}
TRIED = ["preflight.worker", "preflight.spark", "preflight.faust"]
BEGINNING = ["reserve", "environment", "model", "create_cluster", "cluster", *TRIED]
WRONG_VALUES = [
    {"engines": ["oracle"]},
    {"model": ".demo/artifact"},
    {"transactions": "/etc"},
    {"transactions": "s3://other/data"},
    {"resume_run": "../other"},
    {"resume_run": "Upper"},
    {"instances": [0]},
]
RIGHT_VALUES = [
    {},
    {"engines": ["spark"], "instances": [1, 2, 4], "rates_eps": [50, 0.5]},
    {"model": "models:/fraud/3", "transactions": "data/2018/", "resume_run": "r20261123-141500"},
]


@functools.cache
def read_by(airflow, home, file):
    """What an Airflow makes of a file; any look at a database would fail."""
    nowhere = "sqlite:////nowhere/airflow.db"
    environment = airflow.environment(home, AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=nowhere)
    values = [json.dumps(one) for one in (*WRONG_VALUES, *RIGHT_VALUES)]
    asked = values if file == FILES[COMPARISON] else []
    return airflow.ask("describe.py", str(DAGS / file), *asked, environment=environment)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("airflow")


@pytest.fixture
def read(airflow, home):
    """What this Airflow makes of the file of a DAG."""
    return lambda dag_id: read_by(airflow, home, FILES[dag_id])


@pytest.fixture
def dag(read):
    """A DAG as this Airflow has read it."""
    return lambda dag_id: read(dag_id)["dags"][dag_id]


@pytest.mark.parametrize("dag_id", FILES)
def test_each_file_gives_its_dag(read, dag_id):
    found = read(dag_id)
    assert found["errors"] == {}
    assert list(found["dags"]) == [dag_id]


@pytest.mark.parametrize("dag_id", FILES)
def test_reading_a_file_brings_in_neither_the_sdk_nor_the_provider(read, dag_id):
    others = {name for name in read(dag_id)["modules"] if name not in sys.stdlib_module_names}
    assert sorted(others - {"airflow"}) == ["fraud_cloud", "fraud_dag", "fraud_yandex"]


@pytest.mark.parametrize("dag_id", FILES)
def test_reading_a_file_takes_less_than_a_second(read, dag_id):
    assert read(dag_id)["import_cpu_s"] < MOST_IMPORT_S


@pytest.mark.parametrize("dag_id", FILES)
def test_every_task_has_a_time_limit_and_so_has_the_run(dag, dag_id):
    found = dag(dag_id)
    assert all(0 < one["timeout_s"] <= found["timeout_s"] for one in found["tasks"].values())
    assert (found["catchup"], found["max_active_runs"]) == (False, 1)


@pytest.mark.parametrize("dag_id", [COMPARISON, PREFLIGHT])
def test_only_what_may_end_otherwise_the_next_time_is_tried_again(dag, dag_id):
    again = {"environment", "model", "create_cluster", *TRIED, "cell", "publish"}
    tasks = dag(dag_id)["tasks"]
    times = {name: int(name in again) for name in tasks} | {"clean_up": 2}
    assert {name: task["retries"] for name, task in tasks.items()} == times


@pytest.mark.parametrize("dag_id", [COMPARISON, PREFLIGHT])
def test_everything_is_tried_before_a_cell_and_the_model_is_known_before_a_cluster_bills(
    dag, dag_id
):
    tasks = dag(dag_id)["tasks"]
    order = [*BEGINNING, "cell"] if dag_id == COMPARISON else BEGINNING
    if dag_id == COMPARISON:
        order.insert(order.index("create_cluster"), "plan")
    for first, then in itertools.pairwise(order):
        assert first in tasks[then]["upstream"], (first, then)


@pytest.mark.parametrize("dag_id", [COMPARISON, PREFLIGHT])
def test_a_run_is_only_begun_by_hand(dag, dag_id):
    assert dag(dag_id)["schedule"] is None


@pytest.mark.parametrize("dag_id", [COMPARISON, PREFLIGHT])
def test_the_teardown_comes_whatever_happened_and_its_failure_counts(dag, dag_id):
    tasks = dag(dag_id)["tasks"]
    (name,) = [name for name, task in tasks.items() if task["is_teardown"]]
    assert tasks[name]["teardown_counts"]
    assert tasks[name]["rule"] == "all_done_setup_success"
    assert "reserve" in tasks[name]["upstream"]
    assert tasks["reserve"]["is_setup"]
    assert not tasks["create_cluster"]["is_setup"], "what it makes is found by its label"


@pytest.mark.parametrize("dag_id", [COMPARISON, PREFLIGHT])
def test_without_the_pool_nothing_is_made_that_bills(dag, dag_id):
    tasks = dag(dag_id)["tasks"]
    users = {"reserve", "clean_up", *TRIED} | ({"cell"} & set(tasks))
    assert {tasks[name]["pool"] for name in users} == {"fraud_load"}


def test_cells_run_one_after_the_other_and_a_failed_one_fails_the_run(dag):
    tasks = dag(COMPARISON)["tasks"]
    assert tasks["cell"]["is_mapped"]
    assert tasks["cell"]["at_a_time"] == 1
    assert "cell" in tasks["answer"]["upstream"]
    assert tasks["answer"]["rule"] == "none_failed"
    assert not [name for name, task in tasks.items() if "answer" in task["upstream"]]
    for name in ("speed", "quality", "publish"):
        assert tasks[name]["rule"] == "all_done"


@pytest.mark.parametrize(
    ("dag_id", "task"),
    [(COMPARISON, "cluster"), (COMPARISON, "clean_up"), (PREFLIGHT, "cluster"), (REAPER, "reap")],
)
def test_who_waits_for_the_cloud_gives_the_worker_back(dag, dag_id, task):
    assert dag(dag_id)["tasks"][task]["mode"] == "reschedule"


def test_the_reaper_runs_by_itself(dag):
    reaper = dag(REAPER)
    assert reaper["schedule"] == "*/30 * * * *"
    assert reaper["paused_at_creation"] is False
    assert reaper["timeout_s"] < 30 * 60


@pytest.mark.parametrize(
    ("target", "expected"),
    [("local", ["fraud_stream_local"]), ("yandex", sorted([*FILES, "fraud_stream_local"]))],
)
def test_the_clouds_dags_are_loaded_where_they_are_asked_for(airflow, home, target, expected):
    environment = airflow.environment(
        home,
        AIRFLOW__DATABASE__SQL_ALCHEMY_CONN="sqlite:////nowhere/airflow.db",
        AIRFLOW__CORE__MIGHT_CONTAIN_DAG_CALLABLE="fraud_dag.targets.is_wanted",
        STREAMGAUGE_TARGET=target,
    )
    found = airflow.ask("folder.py", environment=environment)
    assert found == {"errors": {}, "dags": expected}


@pytest.mark.parametrize("value", WRONG_VALUES, ids=json.dumps)
def test_the_form_refuses(dag, value):
    assert dag(COMPARISON)["refused"][json.dumps(value)]


@pytest.mark.parametrize("value", RIGHT_VALUES, ids=json.dumps)
def test_the_form_takes(dag, value):
    assert not dag(COMPARISON)["refused"][json.dumps(value)]


def imported(path):
    """The modules that a file imports, with whether that is while the file is read."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = (
                [node.module]
                if isinstance(node, ast.ImportFrom)
                else [one.name for one in node.names]
            )
            for name in names:
                yield name, node in tree.body


def test_the_sdk_and_the_provider_are_imported_by_a_task_only():
    at_once = [
        (path.name, name)
        for path in (DAGS / "fraud_yandex").glob("*.py")
        for name, is_at_once in imported(path)
        if is_at_once and name.startswith(("airflow", "yandex", "grpc", "fraud_cloud.sdk"))
    ]
    assert at_once == []
