"""`make cloud-run` against both real Airflows: REST v1 with a password, v2 with a token for it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fraud_cloud.airflow_api import AirflowApi
from fraud_cloud.airflow_login import Login
from fraud_cloud.services import BUCKET
from tests.airflow_env import Airflow
from tests.airflow_server import PASSWORD, USER, AirflowServer, airflow_server
from tests.cloud.conftest import Commands
from tests.cloud_double.double import CloudDouble, cloud_double
from tests.outputs import wait_until
from tests.terraform.cloud_servers import cloud_servers
from tests.unit.benchmarks.results import run_of, step_of
from tests.unit.benchmarks.saved_run import save_run

pytestmark = [pytest.mark.slow, pytest.mark.slow_dag, pytest.mark.timeout(1200)]

BUCKET_NAME = "streamgauge-test"
SECRET = "secret-airflow"  # noqa: S105 - an id
TINY = Path(__file__).with_name("tiny_dags.py")


@dataclass(frozen=True)
class World:
    """A session that is up, with a real Airflow in it."""

    commands: Commands
    server: AirflowServer
    folder: Path

    @property
    def cloud(self) -> CloudDouble:
        return self.commands.cloud

    @property
    def results(self) -> Path:
        return self.folder / "results"

    @property
    def objects(self) -> dict[str, bytes]:
        found: dict[str, bytes] = self.cloud.state.objects[BUCKET_NAME]
        return found

    def arguments(self, *more: str) -> tuple[str, ...]:
        where = ("--roots", str(self.commands.roots), "--results", str(self.results))
        records = ("--records", str(self.results / "cloud"))
        return ("run", "--poll-s", "1", *where, *records, *more)

    def record(self) -> dict[str, Any]:
        """That was written last."""
        kept = (self.results / "cloud/run").glob("*.json")
        newest = max(kept, key=lambda path: path.stat().st_mtime_ns)
        found: dict[str, Any] = json.loads(newest.read_text())
        return found


@pytest.fixture(scope="module")
def world(airflow: Airflow, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("cloud-run")
    dags = folder / "dags"
    dags.mkdir()
    shutil.copy(TINY, dags)
    (dags / "broken.py").write_text('raise RuntimeError("planted in a dag of airflow")\n')
    saved = save_run(folder / "saved", run_of(step_of("faust")))
    with cloud_double(folder) as cloud, cloud_servers() as lockbox:
        cloud.add(BUCKET, BUCKET_NAME, cloud.standing())
        token = cloud.environment["YC_TOKEN"]
        lockbox.token, lockbox.secrets = token, {SECRET: {"password": PASSWORD}}
        cloud.environment["CLOUD_LOCKBOX"] = lockbox.url
        seen = {
            "CLOUD_STORAGE": cloud.environment["CLOUD_STORAGE"],
            "TINY_BUCKET": BUCKET_NAME,
            "TINY_TOKEN": token,
            "TINY_RESULTS": str(saved),
        }
        with airflow_server(airflow, folder / "airflow", dags, **seen) as server:
            cloud.terraform.outputs = {
                "persistent": {"bucket": BUCKET_NAME},
                "session": {
                    "airflow_url": server.url,
                    "airflow_version": "3.1" if airflow.version == "3" else airflow.version,
                    "airflow_password_secret": SECRET,
                },
            }
            yield World(commands_in(folder, cloud), server, folder)


def commands_in(folder: Path, cloud: CloudDouble) -> Commands:
    found = Commands(cloud, folder)
    for root in ("persistent", "session"):
        (found.roots / root).mkdir(parents=True)
        (found.roots / root / "terraform.tfvars").write_text("")
    return found


def test_a_campaign_is_begun_followed_and_brought_here(world: World):
    done = world.commands.run(*world.arguments("instances=[2]", 'engines=["faust"]', "--yes"))

    assert done.returncode == 4, done.stdout + done.stderr + world.server.logs()
    record = world.record()
    run = record["dag_run_id"]
    assert (record["state"], record["results"]) == ("success", run)
    assert "look: success" in done.stdout
    assert "cell[1]: success" in done.stdout
    assert (world.results / run / "report.html").exists()
    assert world.objects[f"runs/{run}/cleaned"] == b"yes"
    assert record["page"] in done.stdout


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("instance=[1]", "did you mean instances?"),
        ("profile=quick", "'quick' is not one of ['smoke', 'endless']"),
        ("instances=[13]", "13 is more than 12"),
    ],
)
def test_what_the_form_does_not_take_is_refused_before_anything_is_begun(
    world: World, word: str, said: str
):
    done = world.commands.run(*world.arguments(word, "--yes"))

    assert done.returncode == 2, done.stdout + done.stderr + world.server.logs()
    assert said in done.stderr
    assert done.stdout == ""


def test_a_run_is_left_going_and_stopped_with_its_teardown(world: World):
    process = world.commands.process(*world.arguments("profile=endless", "--yes"))
    assert process.stdout is not None
    try:
        lines = iter(process.stdout.readline, "")
        wait_until(
            lambda: "cell[0]: running" in next(lines, ""),
            within_s=300,
            what="a cell runs",
            alive=lambda: process.poll() is None,
        )
        process.send_signal(2)
        _, said = process.communicate(timeout=60)
    finally:
        process.kill()
    run = world.record()["dag_run_id"]
    assert process.returncode == 130, said
    assert f"make cloud-run FOLLOW={run}" in said

    busy = world.commands.run(*world.arguments("--yes"))
    done = world.commands.run(*world.arguments("--stop", run))

    assert busy.returncode == 2
    assert f"{run} is under way" in busy.stderr
    assert done.returncode == 0, done.stdout + done.stderr + world.server.logs()
    assert "cell[0]: failed" in done.stdout
    assert world.record()["state"] == "failed"
    assert world.objects[f"runs/{run}/cleaned"] == b"yes"


def test_a_run_that_is_not_there_is_an_error(world: World):
    done = world.commands.run(*world.arguments("--follow", "never"))

    assert done.returncode == 2
    assert "has no run never" in done.stderr


def test_a_wrong_password_is_said(world: World):
    with cloud_servers() as lockbox, pytest.MonkeyPatch.context() as patch:
        lockbox.token = world.cloud.environment["YC_TOKEN"]
        lockbox.secrets = {SECRET: {"password": "wrong-one"}}
        patch.setitem(world.cloud.environment, "CLOUD_LOCKBOX", lockbox.url)
        done = world.commands.run(*world.arguments("--yes"))

    assert done.returncode == 5
    assert "is the password right?" in done.stderr
    assert "wrong-one" not in done.stderr


def test_files_that_airflow_cannot_read_are_named(world: World):
    version = str(world.cloud.terraform.outputs["session"]["airflow_version"])
    api = AirflowApi(Login(world.server.url, version, USER, PASSWORD))

    wait_until(lambda: api.import_errors() != (), within_s=120, what="the broken file is seen")

    assert "RuntimeError: planted" in api.import_errors()[0]
