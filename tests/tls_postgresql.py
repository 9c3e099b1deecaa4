"""A PostgreSQL that lets a user in by TLS alone, with a certificate for the name localhost."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import sql

from sandbox.certificate import HOST, Issued, issue_certificate
from tests.sandbox_command import run_sandbox, sandbox_environment

OWNER = "mlflow"


@dataclass(frozen=True)
class TlsPostgresql:
    """A server and one database in it.

    Attributes:
        folder: of the sandbox.
        port: on loopback.
        user: who owns the database, which has the same name.
        authority_pem: certificate of who signed the server's.
    """

    folder: Path
    port: int
    user: str
    authority_pem: str

    @property
    def host(self) -> str:
        """The only name that its certificate is for."""
        return HOST

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Ask its database, as who may do everything."""
        return _asked(self.folder, self.port, self.user, query)


@contextmanager
def tls_postgresql(user: str, password: str) -> Iterator[TlsPostgresql]:
    """Run a server until the block ends.

    Args:
        user: made with a database of the same name; let in by TLS alone.
        password: of that user.
    """
    # Not below pytest's folder, which nobody but its owner can enter.
    folder = Path(tempfile.mkdtemp(prefix="postgresql-"))
    folder.chmod(0o755)
    environment = sandbox_environment(folder)
    port, issued = int(environment["SANDBOX_POSTGRESQL_PORT"]), issue_certificate()
    try:
        _must("up", environment)
        _asked(folder, port, OWNER, sql.SQL("create role {} login password {}").format(
            sql.Identifier(user), sql.Literal(password)
        ))  # fmt: skip
        owned = sql.SQL("create database {0} owner {0}").format(sql.Identifier(user))
        _asked(folder, port, OWNER, owned)
        _must("down", environment)
        _with_tls(folder / "postgresql/data", user, issued)
        _must("up", environment)
        yield TlsPostgresql(folder, port, user, issued.authority_pem)
    finally:
        run_sandbox("down", "postgresql", environment=environment)
        shutil.rmtree(folder, ignore_errors=True)


def _with_tls(data: Path, user: str, issued: Issued) -> None:
    pem = issued.keystore_pem
    split = pem.index("-----BEGIN CERTIFICATE")
    owner = data.stat()
    for name, text in (("server.key", pem[:split]), ("server.crt", pem[split:])):
        path = data / name
        path.touch(mode=0o600)
        path.write_text(text)
        shutil.chown(path, owner.st_uid, owner.st_gid)
    with (data / "postgresql.conf").open("a") as file:
        file.write("\nssl = on\n")
    access = data / "pg_hba.conf"
    access.write_text(f"hostnossl all {user} 0.0.0.0/0 reject\n" + access.read_text())


def _asked(folder: Path, port: int, database: str, query: Any) -> list[tuple[Any, ...]]:
    connection = psycopg2.connect(
        host="127.0.0.1",
        port=port,
        user=OWNER,
        dbname=database,
        passfile=str(folder / "postgresql/pgpass"),
    )
    connection.autocommit = True
    try:
        cursor = connection.cursor()
        cursor.execute(query)
        return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def _must(what: str, environment: Mapping[str, str]) -> None:
    done = run_sandbox(what, "postgresql", environment=environment)
    assert done.returncode == 0, done.stderr
