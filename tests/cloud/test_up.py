"""`up` and `upload` against the double: the price is said first, code is there before hosts."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from fraud_cloud.services import AIRFLOW, BUCKET, KAFKA, NETWORK
from tests.cloud.conftest import Commands
from tests.cloud_double.double import CloudDouble
from tests.cloud_double.objects import AUTHORITY
from tests.http_double import served

BUCKET_NAME = "streamgauge-test"
GATEWAY = {"type": "yandex_vpc_gateway", "mode": "managed", "values": {}}


def plan(*resources: dict[str, Any], actions: Sequence[str] = ("create",)) -> dict[str, Any]:
    """What `terraform show -json` would print."""
    return {
        "planned_values": {"root_module": {"child_modules": [{"resources": list(resources)}]}},
        "resource_changes": [{"change": {"actions": list(actions)}} for _ in range(3)],
    }


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """What `make wheel` leaves."""
    folder = tmp_path / "dist"
    folder.mkdir()
    for name in ("streamgauge-0.1.0-py3-none-any.whl", "packages.zip", "main.py"):
        (folder / name).write_text(name)
    return folder


@pytest.fixture
def prepared(cloud: CloudDouble) -> CloudDouble:
    """Roots whose plans and outputs are known, and that make something when they are applied."""
    terraform = cloud.terraform
    terraform.plans = {"persistent": plan(), "session": plan(GATEWAY)}
    terraform.outputs = {
        "persistent": {"bucket": BUCKET_NAME},
        "session": {"mlflow_uri": "http://mlflow:5000"},
    }

    def standing() -> None:
        for service, name in ((BUCKET, BUCKET_NAME), (NETWORK, "net")):
            cloud.add(service, name, cloud.standing(), root="persistent")

    def session() -> None:
        assert "code/SHA256SUMS" in cloud.state.objects[BUCKET_NAME], "hosts need the code"
        for service in (KAFKA, AIRFLOW):
            cloud.add(service, f"session-{service.kind}", root="session")

    terraform.makes = {"persistent": standing, "session": session}
    return cloud


def up(
    commands: Commands, built: Path, *more: str, typed: str = ""
) -> subprocess.CompletedProcess[str]:
    where = ("--roots", str(commands.roots), "--records", str(commands.records))
    return commands.run("up", "--built", str(built), *where, *more, typed=typed)


def test_both_roots_are_applied_with_the_code_between_them_and_a_record_after(
    prepared: CloudDouble, commands: Commands, built: Path
):
    done = up(commands, built, "--hours", "2", "--yes")

    assert done.returncode == 0, done.stdout + done.stderr
    assert prepared.terraform.commands("session") == ["init", "plan", "show", "apply", "output"]
    variables = json.loads((commands.roots / "session/session.auto.tfvars.json").read_text())
    record = json.loads((commands.records / "up.json").read_text())
    assert record["run"] == variables["run"]
    assert record["expires_s"] - record["at_s"] == pytest.approx(2 * 3600, abs=2)
    kinds = {one["kind"]: one["status"] for one in record["resources"]}
    assert kinds["kafka-cluster"] == "RUNNING"
    assert prepared.state.objects[BUCKET_NAME]["code/ca.pem"] == AUTHORITY
    assert list(commands.roots.rglob("*.tfplan")) == [], "plans hold passwords"
    assert "dags/fraud_cloud/contract.json" in prepared.state.objects[BUCKET_NAME]


def test_the_price_is_said_before_anything_of_the_session_is_made(
    prepared: CloudDouble, commands: Commands, built: Path
):
    done = up(commands, built, "--hours", "2", typed="y\nn\n")

    assert done.returncode == 2
    assert "NAT gateway" in done.stdout
    assert "for 2 h" in done.stdout
    assert "prices of" in done.stdout
    assert prepared.state.names(KAFKA.kind) == set()
    assert "apply" not in prepared.terraform.commands("session")
    assert list(commands.roots.rglob("*.tfplan")) == []


def test_a_second_try_after_a_failed_apply_keeps_the_session_and_asks_for_no_upload_again(
    prepared: CloudDouble, commands: Commands, built: Path
):
    first = up(commands, built, "--yes")
    variables = commands.roots / "session/session.auto.tfvars.json"
    run = json.loads(variables.read_text())["run"]
    prepared.terraform.plans["persistent"] = plan(actions=["no-op"])
    prepared.terraform.fails["apply"] = 1

    failed = up(commands, built, "--yes")
    again = up(commands, built, "--yes")

    assert (first.returncode, failed.returncode, again.returncode) == (0, 5, 0), again.stderr
    assert "terraform apply fails" in failed.stderr
    assert json.loads(variables.read_text())["run"] == run
    assert "code: 0 put" in again.stdout


def test_what_is_not_filled_in_is_named(prepared: CloudDouble, commands: Commands, built: Path):
    (commands.roots / "session/terraform.tfvars").unlink()

    done = up(commands, built, "--yes")

    assert done.returncode == 2
    assert "session/terraform.tfvars is not there: copy" in done.stderr
    assert prepared.terraform.runs == []


def test_upload_puts_transactions_and_what_has_changed(
    prepared: CloudDouble, commands: Commands, built: Path, tmp_path: Path
):
    prepared.terraform.makes["persistent"]()
    (tmp_path / "data").mkdir()
    (tmp_path / "data/2026-01-01.txt").write_text("rows")
    arguments = (
        "upload",
        "--yes",
        "--built",
        str(built),
        "--roots",
        str(commands.roots),
        "--transactions",
        str(tmp_path / "data"),
    )
    first = commands.run(*arguments)
    (built / "main.py").write_text("changed")

    second = commands.run(*arguments)

    assert (first.returncode, second.returncode) == (0, 0), second.stderr
    objects = prepared.state.objects[BUCKET_NAME]
    place = objects["data/current"].decode().strip()
    assert objects[f"{place}2026-01-01.txt"] == b"rows"
    assert prepared.state.objects[BUCKET_NAME]["code/main.py"] == b"changed"
    # main.py and the list of sums.
    assert "2 put" in second.stdout


def test_transactions_that_are_not_there_are_told_before_anything_is_made(
    prepared: CloudDouble, commands: Commands, built: Path, tmp_path: Path
):
    done = up(commands, built, "--yes", "--transactions", str(tmp_path / "typo"))

    assert done.returncode == 2
    assert "typo is no folder" in done.stderr
    assert prepared.terraform.runs == []


@contextmanager
def mlflow_that_answers(status: int) -> Iterator[str]:
    """Its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(b"OK")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with served(Handler) as url:
        yield url


@pytest.mark.parametrize(("status", "is_recorded"), [(200, True), (503, False)])
def test_the_record_says_that_mlflow_answers_where_it_was_asked(
    prepared: CloudDouble, commands: Commands, built: Path, status: int, *, is_recorded: bool
):
    artifact = commands.folder / "artifact"
    artifact.mkdir()

    with mlflow_that_answers(status) as uri:
        prepared.environment["MLFLOW_TRACKING_URI"] = uri
        done = up(commands, built, "--yes", "--artifact", str(artifact))

    # The artifact is none; MLflow was reached all the same.
    assert "the artifact is not registered" in done.stdout + done.stderr
    record = json.loads((commands.records / "up.json").read_text())
    assert (record.get("mlflow") == {"health": "OK", "reached_at": uri}) == is_recorded
    assert record["resources"]


def test_a_bucket_that_is_not_opened_to_us_is_an_error_with_the_remedy(
    prepared: CloudDouble, commands: Commands, built: Path
):
    prepared.environment["YC_TOKEN"] = "t1.of-somebody-else"  # noqa: S105 - it opens nothing

    done = up(commands, built, "--yes")

    assert done.returncode == 5
    assert "403" in done.stderr
    assert "owner_ids" in done.stderr
    assert prepared.state.names(KAFKA.kind) == set()


@pytest.mark.filterwarnings("ignore:The 'token' argument")
def test_a_token_of_another_kind_is_refused_with_the_remedy(
    prepared: CloudDouble, commands: Commands, built: Path
):
    prepared.environment["YC_TOKEN"] = "y0_of-a-person"  # noqa: S105 - it opens nothing

    done = up(commands, built, "--yes")

    assert done.returncode == 2
    assert "is no token of IAM" in done.stderr
    assert "yc iam create-token" in done.stderr
