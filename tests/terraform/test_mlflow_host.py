"""The MLflow host as the cloud has it: its lock installed, its script run, its server started.

PostgreSQL asks for TLS under a name and for an awkward password, the bucket is a real S3 server.
systemd is not here: what it would start is started with the file that it would read.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from fraud_cloud.services import BUCKET as BUCKETS
from fraud_core.artifact import MODEL_FILE, load_artifact, sha256_of
from tests.built_wheel import build_wheel, run_away, uv
from tests.cloud_double.double import CloudDouble, cloud_double
from tests.outputs import wait_until
from tests.s3_server import KEY, SECRET, s3_server
from tests.sandbox_command import free_port
from tests.terraform.cloud_servers import cloud_servers
from tests.terraform.hosts import AWKWARD, Host, made_host, user_data
from tests.terraform.policies import Plan
from tests.terraform.workspace import CONTRACT, ROOT, STANDING
from tests.tls_postgresql import TlsPostgresql, tls_postgresql
from tests.unit.benchmarks.results import run_of, step_of
from tests.unit.benchmarks.saved_run import save_run

pytestmark = [pytest.mark.slow, pytest.mark.slow_cloud, pytest.mark.timeout(900)]

BUCKET = STANDING["bucket"]
DATABASE = "managed"
INTERNAL = "streamgauge-mlflow.ru-central1.internal"
READY_WITHIN_S = 240


@dataclass(frozen=True)
class Server:
    """MLflow of a host."""

    port: int
    database: TlsPostgresql
    objects: Path

    @property
    def uri(self) -> str:
        """As one reaches it through the tunnel."""
        return f"http://localhost:{self.port}"

    def status(self, host: str) -> int:
        """What it answers to a request that names a host."""
        page = f"{self.uri}/api/2.0/mlflow/experiments/get?experiment_id=0"
        return requests.get(page, headers={"Host": host}, timeout=60).status_code


@pytest.fixture(scope="module")
def database() -> Iterator[TlsPostgresql]:
    with tls_postgresql(DATABASE, AWKWARD) as running:
        yield running


@pytest.fixture(scope="module")
def host(
    plans: dict[str, Plan], database: TlsPostgresql, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Host]:
    """A host after its first start, with what its lock names installed."""
    root = tmp_path_factory.mktemp("host")
    lock = ROOT / "requirements/mlflow.txt"
    installed(root / "opt/streamgauge/venv", lock, root, "--seed")
    with cloud_servers() as cloud:
        code = {"ca.pem": database.authority_pem.encode(), "mlflow.txt": lock.read_bytes()}
        sums = [f"{hashlib.sha256(body).hexdigest()}  {name}\n" for name, body in code.items()]
        cloud.objects = {f"{BUCKET}/code/{name}": body for name, body in code.items()}
        key = CONTRACT["bucket_keys"]["checksums"]
        cloud.objects[f"{BUCKET}/{key}"] = "".join(sums).encode()
        ids = STANDING["secret_ids"]
        cloud.secrets = {
            ids["mlflow_database"]: {"password": AWKWARD},
            ids["mlflow_bucket"]: {"access_key": KEY, "secret_key": SECRET},
        }
        text = user_data(plans, "module.mlflow")
        made = made_host(root, cloud, text, ("bin/systemctl", "bin/useradd"))
        with (root / "etc/streamgauge/settings.env").open("a") as settings:
            # What Terraform would have known of the database and of a free port.
            settings.write(f"DATABASE_HOST={database.host}\nDATABASE_PORT={database.port}\n")
            settings.write(f"DATABASE_NAME={DATABASE}\nPORT={free_port()}\n")
        answer = made.run("mlflow.sh")
        assert answer.returncode == 0, answer.stdout + answer.stderr
        yield made


@pytest.fixture(scope="module")
def server(host: Host, database: TlsPostgresql, tmp_path_factory) -> Iterator[Server]:
    """Its server, as the unit starts it."""
    objects = tmp_path_factory.mktemp("objects")
    (objects / BUCKET).mkdir()
    unit = (host.root / "etc/systemd/system/streamgauge-mlflow.service").read_text()
    (line,) = re.findall(r"^ExecStart=(.+)$", unit, re.MULTILINE)
    work = host.root / "var/lib/streamgauge"
    work.mkdir(parents=True)
    settings = host.variables("etc/streamgauge/secrets.env")
    with s3_server(objects) as s3, (work / "log").open("wb") as log:
        # Its bucket is apart from the double that holds the code; it stays on loopback.
        here = {"MLFLOW_S3_ENDPOINT_URL": s3["AWS_ENDPOINT_URL"], "MLFLOW_HOST": "127.0.0.1"}
        process = subprocess.Popen(
            f"{host.root}{line}".split(),
            cwd=work,
            env={"PATH": os.environ["PATH"], "HOME": str(work), **settings, **here},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        running = Server(int(settings["MLFLOW_PORT"]), database, objects)
        try:
            wait_until(
                lambda: _is_healthy(running),
                within_s=READY_WITHIN_S,
                what="MLflow answers",
                alive=lambda: process.poll() is None,
            )
            yield running
        finally:
            process.terminate()
            process.wait(60)


def _is_healthy(server: Server) -> bool:
    try:
        return requests.get(f"{server.uri}/health", timeout=10).text == "OK"
    except requests.RequestException:
        return False


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
    server: Server, host: Host
):
    known = host.variables("etc/streamgauge/secrets.env")["MLFLOW_SERVER_ALLOWED_HOSTS"].split(",")
    assert f"{INTERNAL}:{server.port}" in known

    assert {name: server.status(name) for name in known} == dict.fromkeys(known, 200)
    assert server.status(f"evil.example:{server.port}") == 403


def test_every_connection_to_the_database_is_encrypted_and_checks_who_answers(
    server: Server, host: Host
):
    used = server.database.rows(
        "select s.ssl from pg_stat_ssl s join pg_stat_activity a using (pid) "
        "where a.usename = 'managed'"
    )
    assert set(used) == {(True,)}
    settings = host.variables("etc/streamgauge/secrets.env")
    uri = settings["MLFLOW_BACKEND_STORE_URI"].replace("@localhost:", "@127.0.0.1:")
    asking = "import sys, sqlalchemy as s; s.create_engine(sys.argv[1]).connect()"

    done = run_away(host.root / "opt/streamgauge/venv/bin/python", "-c", asking, uri, cwd=host.root)

    assert done.returncode != 0
    assert 'does not match host name "127.0.0.1"' in done.stderr


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
