"""The way to the session's MLflow: an address that is given, an open tunnel, or a new one."""

from __future__ import annotations

import shutil
import subprocess
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from fraud_cloud.clock import Clock
from fraud_cloud.errors import ConfigError, SurroundingsError
from fraud_cloud.purge import Tell
from fraud_cloud.surroundings import Surroundings

READY_WITHIN_S = 900.0
"""A new host installs MLflow first: 5 to 10 minutes (estimate)."""
_CALL_S = 10.0
_STOPS_WITHIN_S = 10.0
_SSH_OPTIONS = (
    "ExitOnForwardFailure=yes",
    # A security group ends connections that are idle for 180 s (documentation).
    "ServerAliveInterval=60",
    # Each session makes its host anew, with a key that nobody has seen before.
    "StrictHostKeyChecking=accept-new",
)
GIVEN = "MLFLOW_TRACKING_URI"


@dataclass(frozen=True)
class Tunnel:
    """A tunnel by SSH to MLflow's host.

    Attributes:
        host: public address.
        port: of MLflow, and of this machine too: MLflow answers only under names that it was
            given, and `localhost` with this port is one.
        environment: variables of ssh.
        clock: time.
        poll_s: between two tries.
        tell: takes a line while the host is not ready.
    """

    host: str
    port: int
    environment: Mapping[str, str]
    clock: Clock
    poll_s: float
    tell: Tell

    @property
    def uri(self) -> str:
        """Where MLflow answers."""
        return f"http://localhost:{self.port}"

    @contextmanager
    def opened(self) -> Iterator[subprocess.Popen[bytes]]:
        """Have it open, with MLflow answering, until the end of the block.

        Raises:
            ConfigError: there is no ssh.
            SurroundingsError: MLflow does not answer in time.
        """
        began_s, process = self.clock.now_s(), self._started()
        try:
            while not answers(self.uri):
                if self.clock.now_s() - began_s > READY_WITHIN_S:
                    raise SurroundingsError(
                        f"MLflow does not answer at {self.host} after {READY_WITHIN_S / 60:.0f} "
                        "minutes: does allowed_cidr name your address, and ssh_public_key your key?"
                    )
                if process.poll() is not None:
                    self.tell(f"no tunnel to {self.host} yet, trying again")
                    process = self._started()
                self.clock.pause(self.poll_s)
            yield process
        finally:
            _ended(process)

    def _started(self) -> subprocess.Popen[bytes]:
        program = shutil.which("ssh", path=self.environment.get("PATH"))
        if program is None:
            raise ConfigError("ssh is not on PATH: install OpenSSH's client")
        forward = f"{self.port}:localhost:{self.port}"
        options = (one for option in _SSH_OPTIONS for one in ("-o", option))
        command = [program, "-N", *options, "-L", forward, f"tunnel@{self.host}"]
        return subprocess.Popen(command, env=dict(self.environment))


def answers(uri: str) -> bool:
    """Whether an MLflow answers there."""
    try:
        with urllib.request.urlopen(f"{uri}/health", timeout=_CALL_S) as answer:  # noqa: S310
            return bytes(answer.read()).strip() == b"OK"
    except (OSError, ValueError):
        return False


def note_health(around: Surroundings, uri: str) -> None:
    """Add to the record of `up` that MLflow answers: that its host runs does not say so."""
    if answers(uri):
        around.recorder.add("up", {"mlflow": {"health": "OK", "reached_at": uri}})


@contextmanager
def way_to_mlflow(around: Surroundings) -> Iterator[str]:
    """An address under which the session's MLflow answers until the end of the block.

    Raises:
        SurroundingsError: there is none, or it does not answer.
    """
    given = around.environment.get(GIVEN)
    if given:
        yield given
        return
    tunnel = session_tunnel(around)
    if answers(tunnel.uri):
        around.means.tell(f"MLflow answers at {tunnel.uri} already: that tunnel is used")
        yield tunnel.uri
        return
    with tunnel.opened():
        yield tunnel.uri


def session_tunnel(around: Surroundings) -> Tunnel:
    """The tunnel to the session that is up.

    Raises:
        SurroundingsError: nothing of it is public.
    """
    host = around.session.outputs().get("mlflow_tunnel_host")
    if not host:
        raise SurroundingsError(
            "there is no way to MLflow from here: set allowed_cidr of the persistent root and "
            f"ssh_public_key of the session and run `make cloud-up` again, or set {GIVEN}"
        )
    means = around.means
    port = means.contract.ports["mlflow"]
    return Tunnel(str(host), port, around.environment, means.clock, means.limits.poll_s, means.tell)


def _ended(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOPS_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
