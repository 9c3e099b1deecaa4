"""An MLflow host as the cloud has it, in a scratch root: its script run, its server started.

PostgreSQL asks for TLS under a name and for an awkward password, the bucket is a real S3 server.
systemd is not here: what it would start is started with the file that it would read.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from tests.built_wheel import run_away
from tests.outputs import wait_until
from tests.s3_server import KEY, SECRET, s3_server
from tests.sandbox_command import free_port
from tests.terraform.cloud_servers import Cloud, cloud_servers
from tests.terraform.hosts import AWKWARD, Host, made_host, user_data
from tests.terraform.policies import Plan
from tests.terraform.workspace import CONTRACT, ROOT, STANDING
from tests.tls_postgresql import TlsPostgresql

BUCKET = STANDING["bucket"]
DATABASE = "managed"
INTERNAL = "streamgauge-mlflow.ru-central1.internal"
LOCK = ROOT / "requirements/mlflow.txt"
PYTHON = "opt/streamgauge/venv/bin/python"
_ENVIRONMENT = "etc/streamgauge/secrets.env"
_READY_WITHIN_S = 240


@dataclass(frozen=True)
class Server:
    """MLflow of a host.

    Attributes:
        host: on which it runs.
        port: on loopback.
        database: its backend.
        objects: folder whose top folders are buckets.
    """

    host: Host
    port: int
    database: TlsPostgresql
    objects: Path

    @property
    def uri(self) -> str:
        """As one reaches it through the tunnel."""
        return f"http://localhost:{self.port}"

    @property
    def settings(self) -> dict[str, str]:
        """What the unit gives it."""
        return self.host.variables(_ENVIRONMENT)

    def status(self, host: str) -> int:
        """What it answers to a request that names a host."""
        page = f"{self.uri}/api/2.0/mlflow/experiments/get?experiment_id=0"
        return requests.get(page, headers={"Host": host}, timeout=60).status_code

    def is_healthy(self) -> bool:
        """Whether it answers."""
        try:
            return requests.get(f"{self.uri}/health", timeout=10).text == "OK"
        except requests.RequestException:
            return False


@contextmanager
def mlflow_host(plans: dict[str, Plan], database: TlsPostgresql, root: Path) -> Iterator[Host]:
    """A host after its first start, until the block ends.

    Args:
        plans: of both roots.
        database: that it is to use.
        root: a folder in place of its root, with a Python that has what the lock names.
    """
    with cloud_servers() as cloud:
        _filled(cloud, database)
        text = user_data(plans, "module.mlflow")
        made = made_host(root, cloud, text, ("bin/systemctl", "bin/useradd"))
        with (root / "etc/streamgauge/settings.env").open("a") as settings:
            # What Terraform would have known of the database and of a free port.
            settings.write(f"DATABASE_HOST={database.host}\nDATABASE_PORT={database.port}\n")
            settings.write(f"DATABASE_NAME={DATABASE}\nPORT={free_port()}\n")
        answer = made.run("mlflow.sh")
        assert answer.returncode == 0, answer.stdout + answer.stderr
        yield made


def _filled(cloud: Cloud, database: TlsPostgresql) -> None:
    """The code in the bucket, and the passwords in Lockbox."""
    code = {"ca.pem": database.authority_pem.encode(), "mlflow.txt": LOCK.read_bytes()}
    sums = [f"{hashlib.sha256(body).hexdigest()}  {name}\n" for name, body in code.items()]
    cloud.objects = {f"{BUCKET}/code/{name}": body for name, body in code.items()}
    cloud.objects[f"{BUCKET}/{CONTRACT['bucket_keys']['checksums']}"] = "".join(sums).encode()
    ids = STANDING["secret_ids"]
    cloud.secrets = {
        ids["mlflow_database"]: {"password": AWKWARD},
        ids["mlflow_bucket"]: {"access_key": KEY, "secret_key": SECRET},
    }


@contextmanager
def mlflow_server(host: Host, database: TlsPostgresql, objects: Path) -> Iterator[Server]:
    """The server of a host, as the unit starts it, until the block ends.

    Args:
        host: the host.
        database: that it uses.
        objects: an empty folder, for the buckets.
    """
    (objects / BUCKET).mkdir()
    unit = (host.root / "etc/systemd/system/streamgauge-mlflow.service").read_text()
    (line,) = re.findall(r"^ExecStart=(.+)$", unit, re.MULTILINE)
    work = host.root / "var/lib/streamgauge"
    work.mkdir(parents=True)
    settings = host.variables(_ENVIRONMENT)
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
        running = Server(host, int(settings["MLFLOW_PORT"]), database, objects)
        try:
            wait_until(
                running.is_healthy,
                within_s=_READY_WITHIN_S,
                what="MLflow answers",
                alive=lambda: process.poll() is None,
            )
            yield running
        finally:
            process.terminate()
            process.wait(60)


def require_known_names_only(server: Server) -> None:
    """It answers under its internal name, its address and the tunnel's, and under no other."""
    known = server.settings["MLFLOW_SERVER_ALLOWED_HOSTS"].split(",")
    assert f"{INTERNAL}:{server.port}" in known

    assert {name: server.status(name) for name in known} == dict.fromkeys(known, 200)
    assert server.status(f"evil.example:{server.port}") == 403


def require_checked_encryption(server: Server) -> None:
    """Every connection to the database is encrypted, and none is made to who has another name."""
    used = server.database.rows(
        "select a.usename, s.ssl from pg_stat_ssl s join pg_stat_activity a using (pid)"
    )
    assert {is_encrypted for user, is_encrypted in used if user == DATABASE} == {True}
    uri = server.settings["MLFLOW_BACKEND_STORE_URI"].replace("@localhost:", "@127.0.0.1:")
    asking = "import sys, sqlalchemy as s; s.create_engine(sys.argv[1]).connect()"
    root = server.host.root

    done = run_away(root / PYTHON, "-c", asking, uri, cwd=root)

    assert done.returncode != 0
    assert 'does not match host name "127.0.0.1"' in done.stderr
