"""Run the sandbox as a user does: by its command line, with a folder and ports of its own."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sandbox.ports import is_free

# Reads until pytest closes its end of the pipe, which its death does too, then stops the broker.
_GUARD = """
import subprocess, sys
sys.stdin.read()
subprocess.run([sys.executable, "-m", "sandbox", "down"], stdout=subprocess.DEVNULL)
"""


def free_port() -> int:
    """A port that is free, as is the next one; below the range of outgoing connections."""
    candidates = random.sample(range(20_000, 30_000), 1_000)
    return next(port for port in candidates if is_free(port) and is_free(port + 1))


def run_sandbox(
    *arguments: str, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run `python -m sandbox` as a user would."""
    return subprocess.run(
        [sys.executable, "-m", "sandbox", *arguments],
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


def sandbox_environment(folder: Path) -> dict[str, str]:
    """The variables of a sandbox of its own: other folder, other ports, the same jar cache."""
    foreign = ("KAFKA_", "MLFLOW_", "AWS_")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    services = ("KAFKA", "MLFLOW", "POSTGRESQL", "S3")
    ports = {f"SANDBOX_{service}_PORT": str(free_port()) for service in services}
    return inherited | {"SANDBOX_DIR": str(folder)} | ports


@contextmanager
def running_broker(environment: Mapping[str, str], *what: str) -> Iterator[None]:
    """A broker of the sandbox's own, which ends with the body, or with pytest however that ends."""
    guard = subprocess.Popen(
        [sys.executable, "-c", _GUARD],
        stdin=subprocess.PIPE,
        env=dict(environment),
        start_new_session=True,
    )
    try:
        answer = run_sandbox("up", *what, environment=environment)
        assert answer.returncode == 0, answer.stderr
        yield
    finally:
        guard.communicate(timeout=60)
