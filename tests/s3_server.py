"""A real S3 server on this machine: rclone over a folder, whose top folders are buckets."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.outputs import wait_until

KEY, SECRET = "test-key", "test-secret"


def rclone() -> str:
    """The program; a package of requirements/dev.txt brings it."""
    found = shutil.which("rclone", path=str(Path(sys.executable).parent)) or shutil.which("rclone")
    if found is None:
        pytest.fail("rclone is not installed: run `make setup`")
    return found


@contextmanager
def s3_server(folder: Path):
    """Serve a folder; yields the variables for a client."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [rclone(), "serve", "s3", str(folder), "--config", "/dev/null"]
    command += ["--addr", f"127.0.0.1:{port}", "--auth-key", f"{KEY},{SECRET}"]
    command += ["--dir-cache-time", "100ms"]  # tests put files into the folder and take them away
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(
            lambda: _answers(port),
            within_s=30,
            what="the S3 server answers",
            alive=lambda: process.poll() is None,
        )
        yield {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_DEFAULT_REGION": "ru-central1",
        }
    finally:
        process.kill()
        process.wait()


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True
