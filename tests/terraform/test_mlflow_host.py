"""The MLflow host as the cloud has it, with its lock installed, and what is done with its server.

`test_mlflow_server.py` asks the same of the server with the packages of this environment.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fraud_cloud.services import BUCKET as BUCKETS
from fraud_core.artifact import MODEL_FILE, load_artifact, sha256_of
from tests.built_wheel import build_wheel, run_away, uv
from tests.cloud_double.double import CloudDouble, cloud_double
from tests.terraform.hosts import AWKWARD
from tests.terraform.mlflow_host import (
    BUCKET,
    DATABASE,
    LOCK,
    Server,
    mlflow_host,
    mlflow_server,
    require_checked_encryption,
    require_known_names_only,
)
from tests.terraform.policies import Plan
from tests.terraform.workspace import ROOT
from tests.tls_postgresql import tls_postgresql
from tests.unit.benchmarks.results import run_of, step_of
from tests.unit.benchmarks.saved_run import save_run

pytestmark = [pytest.mark.slow, pytest.mark.slow_cloud, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def server(plans: dict[str, Plan], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """As the unit starts it on a host after its first start, with what its lock names installed."""
    root, objects = tmp_path_factory.mktemp("host"), tmp_path_factory.mktemp("objects")
    installed(root / "opt/streamgauge/venv", LOCK, root, "--seed")
    with (
        tls_postgresql(DATABASE, AWKWARD) as database,
        mlflow_host(plans, database, root) as host,
        mlflow_server(host, database, objects) as server,
    ):
        yield server


def installed(venv: Path, lock: Path, folder: Path, *options: str) -> Path:
    """An environment with a lock; its Python."""
    python = venv / "bin/python"
    steps = (
        (uv(), "venv", "--quiet", "--python", sys.executable, *options, venv),
        (uv(), "pip", "install", "-q", "--python", python, "--require-hashes", "-r", lock),
    )
    for step in steps:
        done = run_away(*step, cwd=folder)
        assert done.returncode == 0, done.stderr
    return python


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Python of the environment in which the cloud's load generator runs."""
    folder = tmp_path_factory.mktemp("bench")
    python = installed(folder / "venv", ROOT / "requirements/bench.txt", folder)
    wheel = build_wheel(tmp_path_factory.mktemp("wheel"))
    command = (uv(), "pip", "install", "-q", "--python", python, "--no-deps", wheel)
    done = run_away(*command, cwd=folder)
    assert done.returncode == 0, done.stderr
    return python


def test_it_answers_under_its_internal_name_its_address_and_the_tunnels_and_no_other(
    server: Server,
):
    require_known_names_only(server)


def test_every_connection_to_the_database_is_encrypted_and_checks_who_answers(server: Server):
    require_checked_encryption(server)


def test_a_campaign_is_published_from_the_environment_of_the_load_generator(
    server: Server, bench: Path, tmp_path: Path
):
    saved = save_run(tmp_path / "results/try-1", run_of(step_of("faust")))
    command = (bench, "-m", "benchmarks", "publish", str(saved))

    done = run_away(*command, cwd=tmp_path, MLFLOW_TRACKING_URI=server.uri)

    assert done.returncode == 0, done.stdout + done.stderr
    names = {name for (name,) in server.database.rows("select name from runs")}
    assert {"try-1", "faust x1"} <= names
    assert list((server.objects / BUCKET / "mlflow").rglob("report.html"))


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[CloudDouble]:
    with cloud_double(tmp_path) as double:
        yield double


def test_an_upload_makes_the_artifact_champion_and_the_load_generator_fetches_it(
    server: Server, bench: Path, cloud: CloudDouble, trained: Path, tmp_path: Path
):
    uploaded = upload(cloud, server, trained, tmp_path)
    again = upload(cloud, server, trained, tmp_path)
    champion = tmp_path / "champion"
    command = (bench, "-m", "model_export", "fetch", "models:/fraud@champion", str(champion))
    fetched = run_away(*command, cwd=tmp_path, MLFLOW_TRACKING_URI=server.uri)

    assert uploaded.returncode == 0, uploaded.stdout + uploaded.stderr
    assert "champion: there was no champion" in uploaded.stdout
    assert "it is the champion already" in again.stdout
    assert fetched.returncode == 0, fetched.stderr
    assert load_artifact(champion).model_sha256 == sha256_of(trained / MODEL_FILE)


def upload(
    cloud: CloudDouble, server: Server, artifact: Path, folder: Path
) -> subprocess.CompletedProcess[str]:
    """`make cloud-upload`, but for the transactions."""
    if BUCKET not in cloud.state.names(BUCKETS.kind):
        cloud.add(BUCKETS, BUCKET, cloud.standing())
        cloud.terraform.outputs = {"persistent": {"bucket": BUCKET}}
    built, root = folder / "dist", folder / "roots/persistent"
    for one in (built, root):
        one.mkdir(parents=True, exist_ok=True)
    for name in ("streamgauge-0.1.0-py3-none-any.whl", "packages.zip", "main.py"):
        (built / name).write_text(name)
    (root / "terraform.tfvars").write_text("")
    command = ("upload", "--yes", "--built", str(built), "--roots", str(root.parent))
    return subprocess.run(
        [sys.executable, "-m", "fraud_cloud", *command, "--artifact", str(artifact)],
        cwd=ROOT,
        env=cloud.environment
        | {"PYTHONPATH": str(ROOT / "dags"), "MLFLOW_TRACKING_URI": server.uri},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
