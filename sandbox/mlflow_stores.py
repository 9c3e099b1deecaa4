"""What an MLflow server stands on: where its runs go, and where its artifacts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from fraud_core.errors import SurroundingsError
from sandbox.postgresql_server import postgresql_files, postgresql_up
from sandbox.s3_server import BUCKETS, given_endpoint, s3_access, s3_up
from sandbox.settings import SandboxSettings

BACKEND_VARIABLE: Final = "MLFLOW_BACKEND_STORE_URI"
ARTIFACTS_VARIABLE: Final = "MLFLOW_ARTIFACTS_DESTINATION"
"""MLflow's own names."""


class Backend(StrEnum):
    """Where the server keeps experiments, runs and registered models."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


class Artifacts(StrEnum):
    """Where the server keeps files."""

    FOLDER = "folder"
    S3 = "s3"


@dataclass(frozen=True, slots=True)
class Stores:
    """The choice of a server.

    Attributes:
        backend: where runs go.
        artifacts: where files go.
        variables: what the server is told; some are secrets, so none is an argument.
    """

    backend: Backend = Backend.SQLITE
    artifacts: Artifacts = Artifacts.FOLDER
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __str__(self) -> str:
        """For a reader."""
        return f"on {self.backend.value} and {self.artifacts.value}"

    def write(self, path: Path) -> None:
        """Note the choice, without the variables."""
        choice = {name: value for name, value in asdict(self).items() if name != "variables"}
        path.write_text(json.dumps(choice))


def read_stores(path: Path) -> Stores:
    """The choice of the server that runs."""
    choice = json.loads(path.read_text())
    return Stores(Backend(choice["backend"]), Artifacts(choice["artifacts"]))


def start_stores(
    settings: SandboxSettings,
    environment: Mapping[str, str],
    backend: Backend,
    artifacts: Artifacts,
) -> Stores:
    """Have what a new server stands on: what is set, what runs, or new servers.

    Raises:
        SurroundingsError: one of them cannot be started.
    """
    folder = settings.folder / "mlflow"
    variables = {
        **_backend_variables(settings, environment, backend, folder),
        **_artifact_variables(settings, environment, artifacts, folder),
    }
    return Stores(backend, artifacts, variables)


def refuse_other_stores(
    runs: Stores, backend: Backend | None, artifacts: Artifacts | None, folder: Path
) -> None:
    """Refuse to take a running server for one with other stores.

    Raises:
        SurroundingsError: it has others than those that are asked for.
    """
    asked = Stores(backend or runs.backend, artifacts or runs.artifacts)
    if (asked.backend, asked.artifacts) != (runs.backend, runs.artifacts):
        raise SurroundingsError(
            f"the MLflow server of {folder} runs {runs}, asked is one {asked}: stop it with "
            "`python -m sandbox down mlflow` first (what it holds stays in its stores), or set "
            "SANDBOX_DIR to another folder for a second server"
        )


def _backend_variables(
    settings: SandboxSettings, environment: Mapping[str, str], backend: Backend, folder: Path
) -> dict[str, str]:
    if backend is Backend.SQLITE:
        return {BACKEND_VARIABLE: f"sqlite:///{folder / 'mlflow.db'}"}
    if given := environment.get(BACKEND_VARIABLE):
        return {BACKEND_VARIABLE: given}
    postgresql_up(settings)
    uri = postgresql_files(settings).server_uri(settings.postgresql_port)
    return {BACKEND_VARIABLE: uri}


def _artifact_variables(
    settings: SandboxSettings, environment: Mapping[str, str], artifacts: Artifacts, folder: Path
) -> dict[str, str]:
    if artifacts is Artifacts.FOLDER:
        return {ARTIFACTS_VARIABLE: str(folder / "artifacts")}
    bucket = environment.get(ARTIFACTS_VARIABLE) or f"s3://{BUCKETS[0]}"
    given = given_endpoint(environment)
    if given:
        return {ARTIFACTS_VARIABLE: bucket, "MLFLOW_S3_ENDPOINT_URL": given}
    s3_up(settings, environment)
    access = s3_access(settings)
    if access is None:
        raise SurroundingsError("the S3 server has ended: start it with `python -m sandbox up s3`")
    own = {**access.as_environment(), "MLFLOW_S3_ENDPOINT_URL": access.endpoint}
    return {ARTIFACTS_VARIABLE: bucket, **own}
