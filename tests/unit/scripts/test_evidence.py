from __future__ import annotations

from pathlib import Path

import pytest

from fraud_core.errors import ConfigError
from scripts.evidence import evidence_of
from scripts.records import Records, read_records
from tests.unit.scripts.records_of import DAG_RUN, UP, VERIFIED, campaign, run, write


def status(number: int, records: Records) -> str:
    return evidence_of(number, records).status


@pytest.mark.parametrize("number", range(1, 10))
def test_code_alone_is_in_progress_and_says_nothing(number: int):
    assert evidence_of(number, Records()) == evidence_of(number, Records(local_runs=()))
    assert status(number, Records()) == "In progress"
    assert evidence_of(number, Records()).lines == ()


@pytest.mark.parametrize("number", [1, 2, 5])
def test_services_are_done_by_the_record_of_the_cloud(number: int):
    assert status(number, Records(up=UP)) == "Done"
    assert status(number, Records(up=UP | {"resources": []})) == "In progress"


def test_a_service_that_does_not_run_is_not_done():
    broken = [one | {"status": "ERROR"} for one in UP["resources"]]

    assert status(1, Records(up=UP | {"resources": broken})) == "In progress"


def test_mlflow_needs_its_host_and_its_database():
    without = [one for one in UP["resources"] if one["kind"] != "postgresql-cluster"]
    other_host = [one | {"name": "faust-1"} for one in UP["resources"]]

    assert status(5, Records(up=UP | {"resources": without})) == "In progress"
    assert status(5, Records(up=UP | {"resources": other_host})) == "In progress"


def test_an_mlflow_host_that_runs_is_no_server_that_answers():
    unheard = {name: value for name, value in UP.items() if name != "mlflow"}

    evidence = evidence_of(5, Records(up=unheard))

    assert evidence.status == "In progress"
    assert "instance id-instance: RUNNING" in evidence.lines
    assert "ответа MLflow на /health в записи нет" in evidence.lines
    assert "MLflow отвечает на /health: OK" in evidence_of(5, Records(up=UP)).lines


@pytest.mark.parametrize("number", [1, 3, 4, 7])
def test_a_run_of_this_machine_is_verified_locally(number: int):
    assert status(number, Records(local_runs=(run("here"),))) == "Verified locally"


@pytest.mark.parametrize("number", [3, 4, 7])
def test_a_run_in_the_cloud_is_done_and_comes_before_one_of_this_machine(number: int):
    evidence = evidence_of(number, Records(cloud_run=run("there"), local_runs=(run("here"),)))

    assert evidence.status == "Done"
    assert all("there" in line for line in evidence.lines)


@pytest.mark.parametrize(
    "change", [{"missing": 1}, {"missing": None}, {"score_mismatches": 1}, {"scored": 0}]
)
def test_spark_is_not_verified_by_a_run_that_lost_or_did_not_compare(change: dict[str, object]):
    steps = [one | change for one in campaign("x")["steps"]]

    assert status(4, Records(local_runs=(run("here", steps=steps),))) == "In progress"


@pytest.mark.parametrize("number", [3, 4, 7])
def test_a_run_in_the_cloud_that_says_nothing_does_not_hide_one_of_this_machine(number: int):
    nothing = run("there", steps=[], cells=[])

    evidence = evidence_of(number, Records(cloud_run=nothing, local_runs=(run("here"),)))

    assert evidence.status == "Verified locally"


def test_each_engine_shows_its_newest_knee_of_this_machine():
    def cells(engine: str, low: float) -> list[dict[str, object]]:
        knee = {"low_eps": low, "high_eps": low + 1, "confirmed": True}
        return [{"engine": engine, "instances": 1, "knee_backlog": knee}]

    newest_first = (
        run("third", cells=cells("spark", 30.0)),
        run("second", cells=cells("faust", 20.0)),
        run("first", cells=cells("faust", 10.0)),
    )

    lines = evidence_of(7, Records(local_runs=newest_first)).lines

    assert [line.split(":")[0] for line in lines] == ["запуск second", "запуск third"]


def test_a_knee_that_was_not_confirmed_says_nothing():
    knee = {"low_eps": 10.0, "high_eps": 20.0, "confirmed": False}
    cells = [{"engine": "faust", "instances": 1, "knee_backlog": knee}]

    assert status(7, Records(local_runs=(run("here", cells=cells),))) == "In progress"


@pytest.mark.parametrize("change", [{"state": "failed"}, {"dag_run_id": ""}])
def test_a_dag_counts_by_its_successful_run_only(change: dict[str, str]):
    assert status(6, Records(run=DAG_RUN)) == "Done"
    assert status(6, Records(run=DAG_RUN | change)) == "In progress"


@pytest.mark.parametrize(
    "change", [{"left": [{"kind": "disk"}]}, {"denied": ["secret"]}, {"at_s": 999}]
)
def test_everything_is_gone_when_all_was_listed_after_something_was_up(change: dict[str, object]):
    assert status(9, Records(up=UP, verify=VERIFIED)) == "Done"
    assert status(9, Records(up=UP, verify=VERIFIED | change)) == "In progress"
    assert status(9, Records(verify=VERIFIED)) == "In progress"


def test_records_are_read_and_the_clouds_run_is_told_from_those_of_this_machine(tmp_path: Path):
    write(tmp_path / "cloud/up.json", UP)
    write(tmp_path / "cloud/run.json", DAG_RUN)
    write(tmp_path / "in-the-cloud/run.json", campaign("in-the-cloud"))
    write(tmp_path / "old/run.json", campaign("old", "2026-01-01T00:00:00+00:00"))
    write(tmp_path / "new/run.json", campaign("new", "2026-02-01T00:00:00+00:00"))
    write(tmp_path / "first-schema/run.json", {"schema_version": 1, "run": {"id": "x"}})

    records = read_records(tmp_path)

    assert records.cloud_run is not None
    assert records.cloud_run.id == "in-the-cloud"
    assert [one.id for one in records.local_runs] == ["new", "old"]
    assert records.verify is None


def test_a_record_that_names_results_that_are_not_there_is_an_error(tmp_path: Path):
    write(tmp_path / "cloud/run.json", DAG_RUN)

    with pytest.raises(ConfigError, match="in-the-cloud"):
        read_records(tmp_path)
