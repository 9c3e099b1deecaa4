"""Have an artifact in the session's MLflow, and a champion there."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from fraud_cloud.errors import ConfigError, SurroundingsError
from fraud_cloud.mlflow_way import GIVEN, way_to_mlflow
from fraud_cloud.surroundings import PROJECT, Surroundings


def register(
    around: Surroundings, artifact: Path, reached: Callable[[str], object] = lambda _: None
) -> None:
    """Register an artifact; it becomes champion where there is none, and else stays a version.

    Args:
        around: the session and its environment.
        artifact: folder of the model.
        reached: is told MLflow's address while there is a way to it.

    Raises:
        ConfigError: it is no artifact.
        SurroundingsError: MLflow cannot be reached.
    """
    if not artifact.is_dir():
        raise ConfigError(f"{artifact} is no artifact folder: `make demo` trains .demo/artifact")
    with way_to_mlflow(around) as uri:
        reached(uri)
        done = subprocess.run(
            [sys.executable, "-m", "model_export", "register", str(artifact.resolve())],
            cwd=PROJECT,
            env={**around.environment, GIVEN: uri},
            capture_output=True,
            text=True,
            check=False,
        )
    for line in done.stdout.splitlines():
        around.means.tell(line)
    if done.returncode != 0:
        kind = ConfigError if done.returncode == ConfigError.exit_code else SurroundingsError
        reason = _last_line(done.stderr).removeprefix("error: ")
        raise kind(f"the artifact is not registered: {reason}")


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "no reason given"
