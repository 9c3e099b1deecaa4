"""PostgreSQL, an S3 server and MLflow on both, as a user starts them, and what is in them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2

from tests.sandbox_command import run_sandbox, sandbox_environment

STORES = ("--backend", "postgresql", "--artifacts", "s3")


class Services:
    """The three services of a sandbox, and what a user's shell has of them."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.variables = environment

    @property
    def secrets(self) -> list[str]:
        password = (self.folder / "postgresql" / "pgpass").read_text().strip().rpartition(":")[2]
        key = json.loads((self.folder / "s3" / "key.json").read_text())
        return [password, key["secret"]]

    def rows(self, query: str, *values: str) -> list[tuple]:
        port = int(self.variables["SANDBOX_POSTGRESQL_PORT"])
        connection = psycopg2.connect(
            host="127.0.0.1",
            port=port,
            user="mlflow",
            dbname="mlflow",
            passfile=str(self.folder / "postgresql" / "pgpass"),
        )
        try:
            cursor = connection.cursor()
            cursor.execute(query, values or None)
            return cursor.fetchall()
        finally:
            connection.close()

    def objects(self, name: str) -> list[Path]:
        """Objects of the bucket with this last part of their name."""
        return sorted((self.folder / "s3" / "buckets" / "mlflow").rglob(name))

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """`python -m ...` with these services, and more variables."""
        return subprocess.run(
            [sys.executable, "-m", *arguments],
            env=self.variables | variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )


@contextmanager
def running_services() -> Iterator[Services]:
    """The three services in a folder of their own, until the end of the block."""
    # not below pytest's folder, which nobody but its owner can enter
    folder = Path(tempfile.mkdtemp(prefix="services-"))
    folder.chmod(0o755)
    environment = sandbox_environment(folder)
    try:
        started = run_sandbox("up", "mlflow", *STORES, environment=environment)
        assert started.returncode == 0, started.stderr
        assert "on postgresql and s3" in started.stdout
        uri = f"http://127.0.0.1:{environment['SANDBOX_MLFLOW_PORT']}"
        # no key of S3: the server alone has it, clients go through the server
        yield Services(folder, environment | {"MLFLOW_TRACKING_URI": uri})
    finally:
        for service in ("mlflow", "postgresql", "s3"):
            run_sandbox("down", service, environment=environment)
        shutil.rmtree(folder, ignore_errors=True)
