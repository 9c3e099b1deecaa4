from __future__ import annotations

from pathlib import Path
from typing import Any

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
    evidence = evidence_of(number, Records(cloud_runs=(run("there"),), local_runs=(run("here"),)))

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

    evidence = evidence_of(number, Records(cloud_runs=(nothing,), local_runs=(run("here"),)))

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
    assert status(6, Records(dag_runs=(DAG_RUN,))) == "Done"
    assert status(6, Records(dag_runs=(DAG_RUN | change,))) == "In progress"


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

    assert [one.id for one in records.cloud_runs] == ["in-the-cloud"]
    assert [one.id for one in records.local_runs] == ["new", "old"]
    assert records.verify is None


def two_runs_of_the_cloud(folder: Path, **second: Any) -> Records:
    """One that has shown everything, and one after it; the first is recorded as it used to be."""
    write(folder / "cloud/run.json", DAG_RUN)
    write(folder / "in-the-cloud/run.json", campaign("in-the-cloud"))
    newer = DAG_RUN | {"at_s": 3000, "dag_run_id": "manual__2", "results": ""} | second
    write(folder / "cloud/run/manual__2.json", newer)
    return read_records(folder)


@pytest.mark.parametrize("number", [3, 4, 6, 7])
@pytest.mark.parametrize("state", ["running", "failed"])
def test_a_run_of_the_cloud_takes_nothing_back_that_an_earlier_one_has_shown(
    tmp_path: Path, number: int, state: str
):
    evidence = evidence_of(number, two_runs_of_the_cloud(tmp_path, state=state))

    assert evidence.status == "Done"
    assert all("in-the-cloud" in line or "manual__1" in line for line in evidence.lines)


def test_no_run_of_the_cloud_is_ever_one_of_this_machine(tmp_path: Path):
    write(tmp_path / "second/run.json", campaign("second", "2026-03-01T00:00:00+00:00"))
    # Half brought here: `cloud-run` was interrupted before it could record what there is.
    write(tmp_path / "manual__3/run.json", campaign("manual__3"))
    unknown = DAG_RUN | {"dag_run_id": "manual__3", "results": ""}
    write(tmp_path / "cloud/run/manual__3.json", unknown)
    write(tmp_path / "here/run.json", campaign("here"))

    records = two_runs_of_the_cloud(tmp_path, results="second")

    assert [one.id for one in records.cloud_runs] == ["second", "in-the-cloud"]
    assert [one.id for one in records.local_runs] == ["here"]


def test_a_run_that_another_one_has_resumed_is_there_once(tmp_path: Path):
    records = two_runs_of_the_cloud(tmp_path, results="in-the-cloud")

    assert [one["dag_run_id"] for one in records.dag_runs] == ["manual__2", "manual__1"]
    assert [one.id for one in records.cloud_runs] == ["in-the-cloud"]


def test_the_newest_run_of_the_cloud_speaks_first_and_an_earlier_one_for_what_it_left_out():
    of_faust = [one for one in campaign("x")["steps"] if one["engine"] == "faust"]
    both = Records(cloud_runs=(run("faust-only", steps=of_faust), run("both")))

    assert "faust-only" in evidence_of(3, both).lines[0]
    assert "both" in evidence_of(4, both).lines[0]
    assert status(4, both) == "Done"


def test_what_the_repository_has_comes_before_what_one_machine_has(tmp_path: Path):
    here, there = tmp_path / "here", tmp_path / "there"
    write(here / "newest/run.json", campaign("newest", "2026-03-01T00:00:00+00:00"))
    for folder in (here, there):
        write(folder / "both/run.json", campaign("both", "2026-02-01T00:00:00+00:00"))
    write(there / "first/run.json", campaign("first", "2026-01-01T00:00:00+00:00"))

    records = read_records(here, there)

    assert [(one.id, one.published) for one in records.local_runs] == [
        *(("both", True), ("first", True)),
        ("newest", False),
    ]
    assert records.local_runs[0].folder == there / "both"


def test_a_campaign_of_the_cloud_in_the_repository_is_none_of_one_machine(tmp_path: Path):
    here, there = tmp_path / "here", tmp_path / "there"
    write(there / "in-the-cloud/run.json", campaign("in-the-cloud"))
    write(there / "cloud/run/manual__1.json", DAG_RUN)
    write(there / "cloud/up.json", UP)
    write(here / "cloud/up.json", UP | {"at_s": 1001})

    records = read_records(here, there)

    assert [(one.id, one.published) for one in records.cloud_runs] == [("in-the-cloud", True)]
    assert records.local_runs == ()
    assert records.up is not None
    assert records.up["at_s"] == 1001


def test_a_record_that_names_results_that_are_not_there_is_an_error(tmp_path: Path):
    write(tmp_path / "cloud/run.json", DAG_RUN)

    with pytest.raises(ConfigError, match="in-the-cloud"):
        read_records(tmp_path)
