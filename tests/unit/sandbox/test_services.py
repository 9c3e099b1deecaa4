"""PostgreSQL and S3: what is told on their command lines, and what is refused."""

import os
from pathlib import Path

import pytest

from fraud_core.errors import SurroundingsError
from sandbox import postgresql_server, s3_server
from sandbox.postgresql_server import postgresql_process, postgresql_status
from sandbox.s3_server import given_endpoint, s3_access, s3_process, s3_status
from sandbox.settings import SandboxSettings

BOX = SandboxSettings(dir=Path("/box"))


def test_both_listen_on_the_loopback_address_and_their_commands_hold_their_marks() -> None:
    s3, postgresql = s3_process(BOX), postgresql_process(BOX)
    s3_command = s3_server.server_command(Path("rclone"), s3.folder, 29000)
    assert "127.0.0.1:29000" in s3_command
    assert any(s3.mark in part for part in s3_command)
    data = postgresql_server.postgresql_files(BOX).data
    command = postgresql_server.server_command(Path("postgres"), data, 15432)
    assert "listen_addresses=127.0.0.1" in command
    assert any(postgresql.mark in part for part in command)


def test_the_address_of_the_database_names_the_file_of_the_password() -> None:
    files = postgresql_server.postgresql_files(BOX)
    uri = "postgresql://mlflow@127.0.0.1:15432/mlflow?passfile=/box/postgresql/pgpass"
    assert files.uri(15432) == uri
    assert files.server_uri(15432).startswith("postgresql+psycopg2://mlflow@")


def test_where_nothing_runs_nothing_answers(tmp_path: Path) -> None:
    box = SandboxSettings(dir=tmp_path / "box")
    assert postgresql_status(box, {}) is None
    assert s3_status(box, {}) is None
    assert s3_access(box) is None


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "MLFLOW_S3_ENDPOINT_URL"])
def test_an_s3_server_is_given_by_the_variable_of_either_client(name: str) -> None:
    assert given_endpoint({name: "https://storage.example"}) == "https://storage.example"


def test_an_s3_server_that_is_given_and_dead_is_an_error() -> None:
    with pytest.raises(SurroundingsError, match=r"http://127.0.0.1:9 is set.*does not answer"):
        s3_status(BOX, {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"})


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts PostgreSQL as another user")
def test_a_folder_that_the_other_user_cannot_enter_is_named_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    box = SandboxSettings(dir=closed / "box")
    files = postgresql_server.postgresql_files(box)
    with pytest.raises(SurroundingsError, match=r"cannot enter .*: set SANDBOX_DIR"):
        postgresql_server._prepare(files, Path("postgres"), 65534)
    assert not files.data.exists()
