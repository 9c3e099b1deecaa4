"""Start, find and stop the S3 server of this machine: rclone over a folder, a bucket a folder."""

from __future__ import annotations

import json
import os
import re
import secrets
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from fraud_core.command import say
from fraud_core.errors import SurroundingsError
from sandbox.broker_security import write_private
from sandbox.installed_program import find_or_install, program_on_path
from sandbox.own_process import OwnProcess
from sandbox.ports import LOOPBACK, is_answered, require_free
from sandbox.service import ServiceState, refuse_other_port, stop_service
from sandbox.settings import SandboxSettings

READY_WITHIN_S: Final = 30.0
BUCKETS: Final = ("mlflow", "streamgauge")
"""Made at every start: for MLflow's artifacts, and for whatever the user wants to keep."""
REGION: Final = "us-east-1"

_ANSWER_WITHIN_S: Final = 5.0
_SECRET_BYTES: Final = 24
_IN_USE: Final = (
    "stop that program, or set SANDBOX_S3_PORT to a free port, or, if it is an S3 server that you "
    "want to use, set AWS_ENDPOINT_URL=http://{host}:{port} and its keys"
)


@dataclass(frozen=True, slots=True)
class S3Access:
    """How a client reaches an S3 server.

    Attributes:
        endpoint: its address.
        key_id: of the access key.
        secret: of the access key.
    """

    endpoint: str
    key_id: str
    secret: str

    def as_environment(self) -> dict[str, str]:
        """The variables that AWS's own clients read."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret,
            "AWS_DEFAULT_REGION": REGION,
        }


def given_endpoint(environment: Mapping[str, str]) -> str | None:
    """The server that is set, by the variable of AWS's clients or of MLflow's."""
    names = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "MLFLOW_S3_ENDPOINT_URL")
    return next((environment[name] for name in names if environment.get(name)), None)


def s3_up(settings: SandboxSettings, environment: Mapping[str, str]) -> ServiceState:
    """Have an S3 server: the one that is set, the one that runs, or a new one.

    Raises:
        SurroundingsError: no program, a port in use, or a server that does not answer.
    """
    if given := given_endpoint(environment):
        return _given_server(given)
    server = s3_process(settings)
    with server.alone():
        running = server.find()
        if running is None:
            return _start(settings, server)
        port = _port_of(running)
        refuse_other_port("s3", port, settings.s3_port)
        server.wait_until_ready(running, lambda: is_answered(port), within_s=READY_WITHIN_S)
        return ServiceState(_endpoint(port), running.pid)


def s3_down(settings: SandboxSettings) -> bool:
    """Stop the server that `up` started; False when none ran."""
    return stop_service(s3_process(settings))


def s3_status(settings: SandboxSettings, environment: Mapping[str, str]) -> ServiceState | None:
    """The server that `up` would give without a start; None when none answers."""
    if given := given_endpoint(environment):
        return _given_server(given)
    running = s3_process(settings).find()
    if running is None or not is_answered(port := _port_of(running)):
        return None
    return ServiceState(_endpoint(port), running.pid)


def s3_access(settings: SandboxSettings) -> S3Access | None:
    """How to reach the server of this sandbox; None when it does not run."""
    server = s3_process(settings)
    running = server.find()
    if running is None:
        return None
    return _access(server.folder, _port_of(running))


def s3_process(settings: SandboxSettings) -> OwnProcess:
    """Where the server keeps its things, and how its process is known."""
    folder = settings.folder / "s3"
    return OwnProcess("s3", folder, str(buckets_folder(folder)))


def buckets_folder(folder: Path) -> Path:
    """Holds a folder for each bucket."""
    return folder / "buckets"


def server_command(program: Path, folder: Path, port: int) -> list[str]:
    """The program that is the server; its key comes by a variable, which others cannot see."""
    return [
        *(str(program), "serve", "s3", str(buckets_folder(folder))),
        *("--config", "/dev/null", "--addr", f"{LOOPBACK}:{port}"),
        *("--dir-cache-time", "100ms"),  # files that a user puts into the folder are there soon
    ]


def _given_server(given: str) -> ServiceState:
    try:
        urllib.request.urlopen(given, timeout=_ANSWER_WITHIN_S).close()  # noqa: S310  # the user's own setting
    except urllib.error.HTTPError:
        pass  # it answers, and refuses whoever has no key
    except (OSError, ValueError) as error:
        raise SurroundingsError(
            f"the S3 server {given} is set, so none is started, but that one does not answer "
            f"({error}): unset AWS_ENDPOINT_URL and MLFLOW_S3_ENDPOINT_URL to have one started here"
        ) from None
    return ServiceState(given)


def _start(settings: SandboxSettings, server: OwnProcess) -> ServiceState:
    port = settings.s3_port
    require_free(port, "s3", _IN_USE)
    program = find_or_install(
        lambda: program_on_path("rclone"),
        "s3: no rclone here",
        "s3.txt",
        "install rclone, or set AWS_ENDPOINT_URL to a server that runs",
    )
    for bucket in BUCKETS:
        (buckets_folder(server.folder) / bucket).mkdir(parents=True, exist_ok=True)
    _make_key(server.folder)
    access = _access(server.folder, port)
    say(f"s3: starting at {access.endpoint}, log in {server.log}")
    # A list in one variable is separated by commas, so the pair is quoted.
    key = {"RCLONE_AUTH_KEY": f'"{access.key_id},{access.secret}"'}
    process = server.launch(server_command(program, server.folder, port), {**os.environ, **key})
    try:
        took_s = server.wait_until_ready(
            process, lambda: is_answered(port), within_s=READY_WITHIN_S
        )
    except BaseException:
        # An interrupted start leaves nothing behind.
        server.stop(process)
        raise
    return ServiceState(access.endpoint, process.pid, took_s)


def _key_file(folder: Path) -> Path:
    return folder / "key.json"


def _make_key(folder: Path) -> None:
    if not _key_file(folder).is_file():
        pair = {"key_id": "streamgauge", "secret": secrets.token_urlsafe(_SECRET_BYTES)}
        write_private(_key_file(folder), json.dumps(pair))


def _access(folder: Path, port: int) -> S3Access:
    pair = json.loads(_key_file(folder).read_text())
    return S3Access(_endpoint(port), pair["key_id"], pair["secret"])


def _endpoint(port: int) -> str:
    return f"http://{LOOPBACK}:{port}"


def _port_of(process: psutil.Process) -> int:
    """Read from its command line, so that another SANDBOX_S3_PORT now does no harm."""
    found = re.search(rf"--addr {re.escape(LOOPBACK)}:(\d+)", " ".join(process.cmdline()))
    if found is None:
        raise SurroundingsError(
            f"pid {process.pid} is no S3 server of the sandbox any more: run "
            "`python -m sandbox down s3` and start it again"
        )
    return int(found[1])
