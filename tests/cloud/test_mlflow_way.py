"""The way to MLflow through a program that stands for ssh: it serves what MLflow would answer."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from fraud_cloud.clock import Clock
from fraud_cloud.errors import SurroundingsError
from fraud_cloud.mlflow_way import READY_WITHIN_S, Tunnel, answers
from fraud_cloud.services import BUCKET
from tests.cloud.conftest import Commands
from tests.cloud_double.double import CloudDouble
from tests.sandbox_command import free_port

SSH = """#!{python} -IS
import json, pathlib, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
calls = pathlib.Path({calls!r})
with calls.open("a") as file:
    file.write(json.dumps(sys.argv[1:]) + "\\n")
if len(calls.read_text().splitlines()) <= {refused}:
    sys.exit(255)
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"OK")
    def log_message(self, *_):
        pass
port = int(sys.argv[sys.argv.index("-L") + 1].split(":")[0])
HTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""


class Ssh:
    """The program, and how it was called."""

    def __init__(self, folder: Path, refused: int) -> None:
        self.folder = folder
        self.log = folder / "calls"
        program = folder / "ssh"
        program.write_text(SSH.format(python=sys.executable, calls=str(self.log), refused=refused))
        program.chmod(0o755)

    @property
    def calls(self) -> list[list[str]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]


def tunnel_of(ssh: Ssh, said: list[str], clock: Clock | None = None) -> Tunnel:
    path = f"{ssh.folder}{os.pathsep}{os.environ['PATH']}"
    return Tunnel("host", free_port(), {"PATH": path}, clock or Clock(), 0.05, said.append)


def test_a_tunnel_is_open_with_mlflow_answering_and_ends_with_the_block(tmp_path: Path):
    ssh = Ssh(tmp_path, refused=0)
    tunnel = tunnel_of(ssh, [])

    with tunnel.opened() as process:
        assert answers(tunnel.uri)
        assert process.poll() is None

    assert process.poll() is not None
    # The same port on both sides: MLflow refuses requests that name another one.
    forward = f"{tunnel.port}:localhost:{tunnel.port}"
    (call,) = ssh.calls
    assert call[-3:] == ["-L", forward, "tunnel@host"]
    assert {"-N", "ExitOnForwardFailure=yes"} <= set(call)


def test_a_tunnel_that_nobody_uses_for_minutes_stays_open(tmp_path: Path):
    ssh = Ssh(tmp_path, refused=0)

    with tunnel_of(ssh, []).opened():
        pass

    (every_s,) = [one for one in ssh.calls[0] if one.startswith("ServerAliveInterval=")]
    # A security group ends what is idle for 180 s.
    assert 0 < int(every_s.partition("=")[2]) < 180


def test_a_host_that_is_new_asks_nothing_of_the_person(tmp_path: Path):
    ssh = Ssh(tmp_path, refused=0)

    with tunnel_of(ssh, []).opened():
        pass

    assert "StrictHostKeyChecking=accept-new" in ssh.calls[0]


def test_a_host_that_does_not_let_in_yet_is_tried_again(tmp_path: Path):
    ssh, said = Ssh(tmp_path, refused=1), []

    with tunnel_of(ssh, said).opened():
        pass

    assert len(ssh.calls) == 2
    assert said == ["no tunnel to host yet, trying again"]


def test_a_host_that_never_lets_in_is_given_up_with_what_to_look_at(tmp_path: Path):
    ssh = Ssh(tmp_path, refused=99)
    now_s = [0.0]

    def pause(_: float) -> None:
        now_s[0] += READY_WITHIN_S / 2 + 1

    tunnel = tunnel_of(ssh, [], Clock(lambda: now_s[0], pause))
    with (
        pytest.raises(SurroundingsError, match="does allowed_cidr name your address"),
        tunnel.opened(),
    ):
        pass


def upload_of(commands: Commands) -> tuple[str, ...]:
    """Arguments of an upload of hardly anything with an artifact."""
    built = commands.folder / "dist"
    built.mkdir()
    for name in ("streamgauge-0.1.0-py3-none-any.whl", "packages.zip", "main.py"):
        (built / name).write_text(name)
    (commands.folder / "artifact").mkdir()
    return (
        *("upload", "--yes", "--built", str(built), "--roots", str(commands.roots)),
        *("--artifact", str(commands.folder / "artifact")),
    )


def test_an_upload_without_a_way_to_mlflow_is_an_error_once_everything_else_is_there(
    cloud: CloudDouble, commands: Commands
):
    cloud.add(BUCKET, "streamgauge-test", cloud.standing())
    cloud.terraform.outputs = {
        "persistent": {"bucket": "streamgauge-test"},
        "session": {"mlflow_tunnel_host": ""},
    }

    done = commands.run(*upload_of(commands))

    assert done.returncode == 5
    assert "set allowed_cidr of the persistent root" in done.stderr
    assert "code/SHA256SUMS" in cloud.state.objects["streamgauge-test"]


def test_what_is_no_artifact_is_refused_in_the_words_of_the_registering_command(
    cloud: CloudDouble, commands: Commands
):
    cloud.add(BUCKET, "streamgauge-test", cloud.standing())
    cloud.terraform.outputs = {"persistent": {"bucket": "streamgauge-test"}}
    cloud.environment["MLFLOW_TRACKING_URI"] = "http://127.0.0.1:9"

    done = commands.run(*upload_of(commands))

    assert done.returncode == 2, done.stderr
    assert "the artifact is not registered: " in done.stderr
    assert "manifest.json" in done.stderr
