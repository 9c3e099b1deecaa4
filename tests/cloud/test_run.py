"""`run` against the doubles of the cloud and of both Airflows, and its siblings."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fraud_cloud.asking import CAMPAIGN, POOL, PREFLIGHT
from fraud_cloud.services import BUCKET
from scripts.evidence import evidence_of
from scripts.records import read_records
from tests.cloud.conftest import Commands
from tests.cloud_double.airflow_double import PASSWORD, AirflowDouble, airflow_double
from tests.cloud_double.double import CloudDouble
from tests.outputs import wait_until
from tests.terraform.cloud_servers import cloud_servers
from tests.unit.benchmarks.results import run_of, step_of
from tests.unit.benchmarks.saved_run import save_run

BUCKET_NAME = "streamgauge-test"
SECRET = "secret-airflow"  # noqa: S105 - an id
RELEASES = {1: "2.10", 2: "3.1"}
FORM = {
    "engines": ["faust", "spark"],
    "instances": [1, 2],
    "rates_eps": [50, 400],
    "profile": "smoke",
    "model": "models:/fraud@champion",
}


@dataclass(frozen=True)
class World:
    """A session that is up, as `run` sees it."""

    commands: Commands
    airflow: AirflowDouble
    folder: Path

    @property
    def cloud(self) -> CloudDouble:
        return self.commands.cloud

    @property
    def results(self) -> Path:
        return self.folder / "results"

    def arguments(self, *more: str) -> tuple[str, ...]:
        where = ("--roots", str(self.commands.roots), "--results", str(self.results))
        records = ("--records", str(self.results / "cloud"))
        return ("run", "--poll-s", "0.01", *where, *records, *more)

    def run(self, *more: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        return self.commands.run(*self.arguments(*more), typed=typed)

    def record(self) -> dict[str, Any]:
        """Of the only run of the DAG."""
        (path,) = (self.results / "cloud/run").iterdir()
        found: dict[str, Any] = json.loads(path.read_text())
        return found

    def triggered(self) -> list[tuple[str, str]]:
        return list(self.airflow.runs)

    def measure(self, dag: str, run: str) -> None:
        """Put a campaign into the bucket, as the DAG does when it ends."""
        if dag != CAMPAIGN:
            return
        saved = save_run(self.folder / "measured", run_of(step_of("faust")))
        objects = self.cloud.state.objects.setdefault(BUCKET_NAME, {})
        for path in saved.rglob("*"):
            if path.is_file():
                key = path.relative_to(saved).as_posix()
                objects[f"runs/{run}/results/{key}"] = path.read_bytes()


@pytest.fixture(params=RELEASES, ids=RELEASES.values())
def version(request: pytest.FixtureRequest) -> int:
    """Of the API; most tests know no difference."""
    found: int = request.param
    return found


@pytest.fixture
def world(commands: Commands, tmp_path: Path, version: int) -> Iterator[World]:
    cloud = commands.cloud
    cloud.add(BUCKET, BUCKET_NAME, cloud.standing())
    with airflow_double(version) as airflow, cloud_servers() as lockbox:
        lockbox.token = cloud.environment["YC_TOKEN"]
        lockbox.secrets = {SECRET: {"password": PASSWORD}}
        cloud.environment["CLOUD_LOCKBOX"] = lockbox.url
        airflow.forms = {CAMPAIGN: FORM, PREFLIGHT: {"engines": ["faust", "spark"], "model": ""}}
        airflow.looks = 1
        airflow.tasks = [
            {"task_id": "plan", "map_index": -1, "state": "success", "try_number": 1},
            {"task_id": "cell", "map_index": 0, "state": "running", "try_number": 2},
        ]
        cloud.terraform.outputs = {
            "persistent": {"bucket": BUCKET_NAME},
            "session": {
                "airflow_url": airflow.url,
                "airflow_version": RELEASES[version],
                "airflow_password_secret": SECRET,
            },
        }
        yield World(commands, airflow, tmp_path)


only_the_newer = pytest.mark.parametrize("version", [2])


def test_a_campaign_is_measured_after_its_preflight_and_its_results_are_brought_here(world: World):
    world.airflow.at_end = world.measure

    done = world.run("instances=[2]", 'engines=["faust"]', "--yes")

    # The other engine of the saved plan was not measured, which is no whole answer.
    assert done.returncode == 4, done.stdout + done.stderr
    (preflight, before), (campaign, run) = world.triggered()
    assert (preflight, campaign, before) == (PREFLIGHT, CAMPAIGN, f"{run}-preflight")
    assert world.airflow.runs[CAMPAIGN, run]["conf"] == {"instances": [2], "engines": ["faust"]}
    assert world.airflow.runs[PREFLIGHT, before]["conf"] == {"engines": ["faust"]}
    assert world.airflow.pools == {POOL: 1}
    assert "cell[0]: running, try 2" in done.stdout
    assert (world.results / run / "report.html").stat().st_size > 1000
    assert f"report   {world.results / run}/report.html" in done.stdout
    record = world.record()
    assert (record["dag_id"], record["dag_run_id"]) == (CAMPAIGN, run)
    assert (record["state"], record["results"], record["exit_code"]) == ("success", run, 4)
    assert evidence_of(6, read_records(world.results)).status == "Done"


@only_the_newer
def test_what_it_does_and_costs_is_said_before_anything_is_begun(world: World):
    done = world.run("instances=[1,3]", typed="n\n")

    assert done.returncode == 2
    assert "you did not agree" in done.stderr
    assert 'instances=[1, 3], engines=["faust", "spark"]' in done.stdout
    assert "Spark cluster and Faust hosts for up to 3" in done.stdout
    assert "RUB/h" in done.stdout
    assert world.triggered() == []


@only_the_newer
def test_a_failed_preflight_leaves_nothing_measured(world: World):
    world.airflow.ends = {PREFLIGHT: "failed"}

    done = world.run("--yes")

    assert done.returncode == 5
    assert "the preflight fails, so nothing is measured" in done.stderr
    assert [dag for dag, _ in world.triggered()] == [PREFLIGHT]


@only_the_newer
def test_a_campaign_that_fails_without_results_is_no_answer(world: World):
    world.airflow.ends = {CAMPAIGN: "failed"}

    done = world.run("--yes")

    assert done.returncode == 5
    assert "nothing was measured" in done.stdout
    assert (world.record()["state"], world.record()["results"]) == ("failed", "")


@only_the_newer
def test_a_campaign_that_fails_after_one_that_was_measured_takes_nothing_back(world: World):
    world.airflow.at_end = world.measure
    world.airflow.returned[CAMPAIGN, "reserve"] = "first"
    world.airflow.runs[CAMPAIGN, "first"] = {"conf": {}}
    world.airflow.states["first"] = "running"
    world.run("--follow", "first")
    world.airflow.at_end = lambda *_: None
    world.airflow.returned.clear()
    world.airflow.ends = {CAMPAIGN: "failed"}

    assert world.run("--yes").returncode == 5

    records = read_records(world.results)
    assert {one["state"] for one in records.dag_runs} == {"success", "failed"}
    assert [one.folder.name for one in records.cloud_runs] == ["first"]
    assert records.local_runs == ()
    assert evidence_of(6, records).status == "Done"


@only_the_newer
@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("instance=[1]", "did you mean instances?"),
        ("quick", "write name=value"),
        ("profile=refused", "is not one of the values"),
    ],
)
def test_a_parameter_that_would_be_ignored_or_refused_is_named(world: World, word: str, said: str):
    done = world.run(word, "--yes")

    assert done.returncode == 2
    assert said in done.stderr
    assert CAMPAIGN not in [dag for dag, _ in world.triggered()]


@only_the_newer
def test_a_second_run_beside_one_that_is_under_way_is_refused_with_how_to_follow_it(world: World):
    world.airflow.runs[CAMPAIGN, "r1"] = {"conf": {}}
    world.airflow.states["r1"] = "running"

    done = world.run("--yes")

    assert done.returncode == 2
    assert "r1 is under way" in done.stderr
    assert "make cloud-run FOLLOW=r1" in done.stderr


def test_a_run_that_was_left_is_followed_under_the_name_that_it_gave_itself(world: World):
    run = "manual__2026-01-01T00:00:00+00:00"
    world.airflow.runs[CAMPAIGN, run] = {"conf": {}}
    world.airflow.states[run] = "running"
    world.airflow.returned[CAMPAIGN, "reserve"] = "manual-2026"
    world.airflow.at_end = lambda dag, _: world.measure(dag, "manual-2026")

    done = world.run("--follow", run)

    assert done.returncode == 4, done.stderr
    assert (world.results / "manual-2026/run.json").exists()
    assert world.record()["dag_run_id"] == run


@only_the_newer
def test_a_run_that_is_stopped_is_waited_for(world: World):
    world.airflow.looks = None
    world.airflow.runs[CAMPAIGN, "r1"] = {"conf": {}}
    world.airflow.states["r1"] = "running"

    done = world.run("--stop", "r1")

    assert done.returncode == 0, done.stderr
    assert world.airflow.states["r1"] == "failed"
    assert world.record()["state"] == "failed"


@only_the_newer
def test_a_run_that_has_ended_is_not_stopped_so_that_it_does_not_become_a_failed_one(world: World):
    world.airflow.runs[CAMPAIGN, "r1"] = {"conf": {}}
    world.airflow.states["r1"] = "success"

    done = world.run("--stop", "r1")

    assert done.returncode == 2
    assert "r1 has ended (success): `make cloud-run FOLLOW=r1` brings it" in done.stderr
    assert world.airflow.states["r1"] == "success"


@only_the_newer
@pytest.mark.parametrize("option", ["--follow", "--stop"])
def test_a_run_that_is_not_there_is_an_error(world: World, option: str):
    done = world.run(option, "r1")

    assert done.returncode == 2
    assert "has no run r1" in done.stderr


@only_the_newer
def test_without_a_session_the_command_that_makes_one_is_named(world: World):
    world.cloud.terraform.outputs["session"] = {}

    done = world.run("--yes")

    assert done.returncode == 2
    assert "`make cloud-up` makes one" in done.stderr


@only_the_newer
def test_neither_the_token_nor_the_password_is_told_or_kept(world: World):
    done = world.run("--yes")

    kept = json.dumps(world.record())
    for secret in (world.cloud.environment["YC_TOKEN"], PASSWORD):
        assert secret not in done.stdout + done.stderr + kept


@only_the_newer
@pytest.mark.slow
def test_ctrl_c_leaves_the_run_going_and_says_how_to_follow_and_to_stop_it(world: World):
    world.airflow.looks = None
    world.airflow.runs[CAMPAIGN, "r1"] = {"conf": {}}
    world.airflow.states["r1"] = "running"
    process = world.commands.process(*world.arguments("--follow", "r1"))
    assert process.stdout is not None
    try:
        wait_until(
            lambda: world.airflow.asked_for_tasks > 0,
            within_s=120,
            what="the run is followed",
            alive=lambda: process.poll() is None,
        )
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    finally:
        process.kill()

    assert process.returncode == 130, said
    assert "make cloud-run FOLLOW=r1" in said
    assert "make cloud-run STOP=r1" in said
    assert world.airflow.states["r1"] == "running"
