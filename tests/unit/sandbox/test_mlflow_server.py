import socket
from pathlib import Path

import pytest

from fraud_core.errors import SurroundingsError
from sandbox.mlflow_server import (
    mlflow_down,
    mlflow_process,
    mlflow_status,
    mlflow_up,
    server_command,
    tracking_uri,
)
from sandbox.settings import SandboxSettings


def test_the_server_listens_on_the_loopback_address() -> None:
    command = server_command(Path("/box/mlflow"), 15000)
    assert command[command.index("--host") + 1] == "127.0.0.1"
    assert command[command.index("--workers") + 1] == "1"


def test_the_command_holds_the_mark_by_which_the_process_is_found() -> None:
    settings = SandboxSettings(dir=Path("/box"))
    process = mlflow_process(settings)
    assert any(process.mark in part for part in server_command(process.folder, 15000))


def test_a_server_that_is_set_and_dead_is_an_error_and_none_is_started(tmp_path: Path) -> None:
    settings = SandboxSettings(dir=tmp_path / "box")
    with pytest.raises(SurroundingsError, match=r"MLFLOW_TRACKING_URI=http://127.0.0.1:9 is set"):
        mlflow_up(settings, {"MLFLOW_TRACKING_URI": "http://127.0.0.1:9"})
    assert not settings.folder.exists()


def test_a_port_of_somebody_else_is_an_error_that_says_what_to_set(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        settings = SandboxSettings(dir=tmp_path / "box", mlflow_port=port)
        with pytest.raises(SurroundingsError, match="SANDBOX_MLFLOW_PORT") as caught:
            mlflow_up(settings, {})
    assert f"MLFLOW_TRACKING_URI=http://127.0.0.1:{port}" in str(caught.value)


def test_where_nothing_runs_there_is_no_address_and_nothing_to_stop(tmp_path: Path) -> None:
    settings = SandboxSettings(dir=tmp_path / "box")
    assert tracking_uri(settings, {}) is None
    assert mlflow_status(settings, {}) is None
    assert mlflow_down(settings) is False


def test_an_address_that_is_set_is_the_one_for_clients(tmp_path: Path) -> None:
    settings = SandboxSettings(dir=tmp_path / "box")
    given = {"MLFLOW_TRACKING_URI": "http://elsewhere:5000"}
    assert tracking_uri(settings, given) == "http://elsewhere:5000"
