"""Start, find and stop the MLflow server of this machine: SQLite, artifacts in a folder."""

from __future__ import annotations

import re
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from fraud_core.command import say
from fraud_core.errors import SurroundingsError
from sandbox.own_process import OwnProcess
from sandbox.ports import LOOPBACK, require_free
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


@dataclass(frozen=True, slots=True)
class MlflowState:
    """An MLflow server that answers.

    Attributes:
        uri: what MLFLOW_TRACKING_URI is set to, and what a browser opens.
        pid: its process, None for a server that is not ours.
        started_s: how long the start took, None when it ran before.
    """

    uri: str
    pid: int | None = None
    started_s: float | None = None


def mlflow_up(settings: SandboxSettings, environment: Mapping[str, str]) -> MlflowState:
    """Have an MLflow server that answers: the one that is set, the one that runs, or a new one.

    Raises:
        SurroundingsError: a port in use, or a server that does not answer.
    """
    if given := environment.get("MLFLOW_TRACKING_URI"):
        return _given_server(given)
    server = mlflow_process(settings)
    with server.alone():
        running = server.find()
        if running is None:
            return _start(settings, environment, server)
        uri = _uri_of(running)
        _refuse_other_port(settings, uri)
        server.wait_until_ready(running, lambda: answers(uri), within_s=READY_WITHIN_S)
        return MlflowState(uri, running.pid)


def mlflow_down(settings: SandboxSettings) -> bool:
    """Stop the server that `up` started, and only that one; wait for its end.

    Returns:
        False when none ran.
    """
    server = mlflow_process(settings)
    if not server.folder.exists():
        return False
    with server.alone():
        running = server.find()
        if running is not None and not server.stop(running):
            say("mlflow: did not stop when asked and was killed")
        server.file.unlink(missing_ok=True)
    return running is not None


def mlflow_status(settings: SandboxSettings, environment: Mapping[str, str]) -> MlflowState | None:
    """The server that `up` would give without a start; None when none answers."""
    if given := environment.get("MLFLOW_TRACKING_URI"):
        return _given_server(given)
    running = mlflow_process(settings).find()
    if running is None:
        return None
    uri = _uri_of(running)
    return MlflowState(uri, running.pid) if answers(uri) else None


def tracking_uri(settings: SandboxSettings, environment: Mapping[str, str]) -> str | None:
    """The address for clients: the one that is set, or that of the server that runs."""
    running = mlflow_process(settings).find()
    return environment.get("MLFLOW_TRACKING_URI") or (_uri_of(running) if running else None)


def mlflow_process(settings: SandboxSettings) -> OwnProcess:
    """Where the server keeps its things, and how its process is known."""
    folder = settings.folder / "mlflow"
    return OwnProcess("mlflow", folder, str(database(folder)))


def database(folder: Path) -> Path:
    """The SQLite file."""
    return folder / "mlflow.db"


def server_command(folder: Path, port: int) -> list[str]:
    """The program that is the server."""
    return [
        *(sys.executable, "-m", "mlflow", "server"),
        *("--host", LOOPBACK, "--port", str(port), "--workers", "1"),
        *("--backend-store-uri", f"sqlite:///{database(folder)}"),
        *("--artifacts-destination", str(folder / "artifacts")),
    ]


def answers(uri: str) -> bool:
    """True when a server says that it is well."""
    try:
        with urllib.request.urlopen(f"{uri.rstrip('/')}/health", timeout=_ANSWER_WITHIN_S) as page:  # noqa: S310  # the scheme is checked by the callers
            return bool(page.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _start(
    settings: SandboxSettings, environment: Mapping[str, str], server: OwnProcess
) -> MlflowState:
    require_free(settings.mlflow_port, "mlflow", _IN_USE)
    uri = f"http://{LOOPBACK}:{settings.mlflow_port}"
    say(f"mlflow: starting at {uri}, log in {server.log}")
    command = server_command(server.folder, settings.mlflow_port)
    process = server.launch(command, {**environment, **SMALL_SERVER})
    try:
        took_s = server.wait_until_ready(process, lambda: answers(uri), within_s=READY_WITHIN_S)
    except BaseException:
        # An interrupted start leaves nothing behind.
        server.stop(process)
        raise
    return MlflowState(uri, process.pid, took_s)


def _given_server(given: str) -> MlflowState:
    if given.startswith(("http://", "https://")) and not answers(given):
        raise SurroundingsError(
            f"MLFLOW_TRACKING_URI={given} is set, so no server is started, but that one does not "
            "answer at /health: unset it to have one started on this machine"
        )
    return MlflowState(given)


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
