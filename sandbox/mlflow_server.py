"""Start, find and stop the MLflow server of this machine."""

from __future__ import annotations

import re
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import psutil

from fraud_core.command import say
from fraud_core.errors import ConfigError, SurroundingsError
from sandbox.mlflow_stores import (
    Artifacts,
    Backend,
    Stores,
    read_stores,
    refuse_other_stores,
    start_stores,
)
from sandbox.own_process import OwnProcess
from sandbox.ports import LOOPBACK, require_free
from sandbox.service import ServiceState, stop_service
from sandbox.settings import SandboxSettings

READY_WITHIN_S: Final = 90.0
"""15 to 40 s on a loaded machine; the first start makes the tables too."""
_ANSWER_WITHIN_S: Final = 2.0

SMALL_SERVER: Final[Mapping[str, str]] = {
    # 2 processes with 0.4 GB instead of 15 with 1.7 GB
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
}
_IN_USE = (
    "stop that program, or set SANDBOX_MLFLOW_PORT to a free port, or, if it is an MLflow server "
    "that you want to use, set MLFLOW_TRACKING_URI=http://{host}:{port}"
)


def mlflow_up(
    settings: SandboxSettings,
    environment: Mapping[str, str],
    backend: Backend | None = None,
    artifacts: Artifacts | None = None,
) -> ServiceState:
    """Have an MLflow server that answers: the one that is set, the one that runs, or a new one.

    Args:
        settings: folder and ports.
        environment: read for MLFLOW_TRACKING_URI, and for a database or an S3 server that is set.
        backend: where runs go; None for that of a server that runs, else SQLite.
        artifacts: where files go; None for that of a server that runs, else a folder.

    Raises:
        ConfigError: stores are asked for, and the server is one that is set.
        SurroundingsError: a port in use, or a server that does not answer.
    """
    if given := environment.get("MLFLOW_TRACKING_URI"):
        if backend or artifacts:
            raise ConfigError(
                f"MLFLOW_TRACKING_URI={given} is set, so no server is started: leave --backend "
                "and --artifacts out, or unset it"
            )
        return _given_server(given)
    server = mlflow_process(settings)
    with server.alone():
        running = server.find()
        if running is None:
            stores = start_stores(
                settings,
                environment,
                backend or Backend.SQLITE,
                artifacts or Artifacts.FOLDER,
            )
            return _start(settings, environment, server, stores)
        return _running(settings, server, running, (backend, artifacts))


def _running(
    settings: SandboxSettings,
    server: OwnProcess,
    process: psutil.Process,
    asked: tuple[Backend | None, Artifacts | None],
) -> ServiceState:
    uri = _uri_of(process)
    _refuse_other_port(settings, uri)
    stores = read_stores(stores_file(server.folder))
    refuse_other_stores(stores, *asked, settings.folder)
    server.wait_until_ready(process, lambda: answers(uri), within_s=READY_WITHIN_S)
    return ServiceState(uri, process.pid, stands_on=str(stores))


def mlflow_down(settings: SandboxSettings) -> bool:
    """Stop the server that `up` started, and only that one; wait for its end.

    Returns:
        False when none ran.
    """
    return stop_service(mlflow_process(settings))


def mlflow_status(settings: SandboxSettings, environment: Mapping[str, str]) -> ServiceState | None:
    """The server that `up` would give without a start; None when none answers."""
    if given := environment.get("MLFLOW_TRACKING_URI"):
        return _given_server(given)
    server = mlflow_process(settings)
    running = server.find()
    if running is None or not answers(uri := _uri_of(running)):
        return None
    return ServiceState(uri, running.pid, stands_on=str(read_stores(stores_file(server.folder))))


def tracking_uri(settings: SandboxSettings, environment: Mapping[str, str]) -> str | None:
    """The address for clients: the one that is set, or that of the server that runs."""
    running = mlflow_process(settings).find()
    return environment.get("MLFLOW_TRACKING_URI") or (_uri_of(running) if running else None)


def mlflow_process(settings: SandboxSettings) -> OwnProcess:
    """Where the server keeps its things, and how its process is known."""
    folder = settings.folder / "mlflow"
    return OwnProcess("mlflow", folder, str(options_file(folder)))


def stores_file(folder: Path) -> Path:
    """What the server that was started last stands on."""
    return folder / "stores.json"


def options_file(folder: Path) -> Path:
    """Variables that are no secrets, for the server to read; its path marks the process."""
    return folder / "server.env"


def server_command(folder: Path, port: int) -> list[str]:
    """The program that is the server; its stores come by variables."""
    return [
        *(sys.executable, "-m", "mlflow", "--env-file", str(options_file(folder)), "server"),
        *("--host", LOOPBACK, "--port", str(port), "--workers", "1"),
    ]


def answers(uri: str) -> bool:
    """True when a server says that it is well."""
    try:
        with urllib.request.urlopen(f"{uri.rstrip('/')}/health", timeout=_ANSWER_WITHIN_S) as page:  # noqa: S310  # the scheme is checked by the callers
            return bool(page.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _start(
    settings: SandboxSettings,
    environment: Mapping[str, str],
    server: OwnProcess,
    stores: Stores,
) -> ServiceState:
    require_free(settings.mlflow_port, "mlflow", _IN_USE)
    uri = f"http://{LOOPBACK}:{settings.mlflow_port}"
    say(f"mlflow: starting at {uri} {stores}, log in {server.log}")
    server.folder.mkdir(parents=True, exist_ok=True)
    stores.write(stores_file(server.folder))
    options_file(server.folder).write_text(
        "".join(f"{name}={value}\n" for name, value in SMALL_SERVER.items())
    )
    command = server_command(server.folder, settings.mlflow_port)
    process = server.launch(command, {**environment, **SMALL_SERVER, **stores.variables})
    try:
        took_s = server.wait_until_ready(process, lambda: answers(uri), within_s=READY_WITHIN_S)
    except BaseException:
        # An interrupted start leaves nothing behind.
        server.stop(process)
        raise
    return ServiceState(uri, process.pid, took_s, str(stores))


def _given_server(given: str) -> ServiceState:
    if given.startswith(("http://", "https://")) and not answers(given):
        raise SurroundingsError(
            f"MLFLOW_TRACKING_URI={given} is set, so no server is started, but that one does not "
            "answer at /health: unset it to have one started on this machine"
        )
    return ServiceState(given)


def _uri_of(process: psutil.Process) -> str:
    """Read from its command line, so that another SANDBOX_MLFLOW_PORT now does no harm."""
    found = re.search(r"--port (\d+)", " ".join(process.cmdline()))
    if found is None:
        raise SurroundingsError(
            f"pid {process.pid} is no MLflow server of the sandbox any more: run "
            "`python -m sandbox down mlflow` and start it again"
        )
    return f"http://{LOOPBACK}:{found[1]}"


def _refuse_other_port(settings: SandboxSettings, uri: str) -> None:
    if not uri.endswith(f":{settings.mlflow_port}"):
        raise SurroundingsError(
            f"the MLflow server of {settings.folder} runs at {uri}, SANDBOX_MLFLOW_PORT is "
            f"{settings.mlflow_port}: stop it with `python -m sandbox down mlflow` first, or set "
            "SANDBOX_DIR to another folder for a second server"
        )
