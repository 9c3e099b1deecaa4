"""The model registry of an MLflow server: artifacts go in whole, and come out checked."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import mlflow
import requests
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from fraud_core.artifact import (
    HISTORY_FILE,
    MANIFEST_FILE,
    MODEL_FILE,
    Artifact,
    load_artifact,
)
from fraud_core.errors import ArtifactError, ConfigError
from fraud_core.tracking_server import TrackingError
from fraud_core.transaction import format_time
from model_export.registry_reference import CHAMPION, MODEL_NAME, Reference

EXPERIMENT: Final = "fraud-model"

_FILES: Final = (MODEL_FILE, HISTORY_FILE, MANIFEST_FILE)
"""The manifest last: a folder with it is whole."""
_MODEL_TAG: Final = "streamgauge.model_sha256"
_HISTORY_TAG: Final = "streamgauge.history_sha256"
_DECISION_TAG: Final = "streamgauge.decision"
_PURPOSE: Final = (
    "Probability that a card transaction is a fraud, from 15 features that Faust and Spark compute "
    f"alike on the stream. They take the version with the alias {CHAMPION}."
)
_MISSING: Final = frozenset({"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"})


@dataclass(frozen=True, slots=True)
class Registered:
    """A version in the registry.

    Attributes:
        version: its number.
        run_id: the run that it came from.
        is_new: it was not there before.
    """

    version: str
    run_id: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a reference has led to.

    Attributes:
        version: its number in the registry.
        artifact: checked.
    """

    version: str
    artifact: Artifact


class Registry:
    """Models of one name on one server."""

    def __init__(self, uri: str, experiment: str = EXPERIMENT, name: str = MODEL_NAME) -> None:
        """Use a server.

        Args:
            uri: of the server.
            experiment: where runs go; made where it is not there.
            name: of the registered model.
        """
        self._uri, self._experiment, self._name = uri, experiment, name
        self._client = MlflowClient(tracking_uri=uri)

    def register(self, artifact: Artifact, params: Mapping[str, str]) -> Registered:
        """Have an artifact in the registry once; what a broken attempt left is removed.

        Args:
            artifact: goes in whole.
            params: of its run.

        Raises:
            TrackingError: the server does not answer or refuses.
        """
        with self._telling():
            known = self._find(artifact)
            self._tidy(artifact, keep=known.run_id if known else None)
            if known is not None:
                return Registered(str(known.version), str(known.run_id), is_new=False)
            made = self._write(artifact, params)
            return Registered(str(made.version), str(made.run_id), is_new=True)

    def champion(self) -> str | None:
        """The version of the champion; None where there is none."""
        with self._telling():
            found = self._version(Reference(self._name, CHAMPION, None))
        return str(found.version) if found else None

    def note(self, registered: Registered, decision: str, metrics: Mapping[str, float]) -> None:
        """Write down why the alias was moved or not, with its run and its version."""
        with self._telling():
            self._client.set_tag(registered.run_id, _DECISION_TAG, decision)
            for key, value in metrics.items():
                self._client.log_metric(registered.run_id, key, value)
            self._client.set_model_version_tag(
                self._name, registered.version, _DECISION_TAG, decision
            )

    def make_champion(self, version: str) -> None:
        """Move the alias."""
        with self._telling():
            self._client.set_registered_model_alias(self._name, CHAMPION, version)

    def fetch(self, reference: Reference, folder: Path) -> Fetched:
        """Bring an artifact into a folder, checked.

        Args:
            reference: which one.
            folder: made if need be; an artifact in it is replaced once the new one is checked.

        Raises:
            ConfigError: there is no such model.
            ArtifactError: it is incomplete or altered, or made for other features.
            TrackingError: the server does not answer or refuses.
        """
        with tempfile.TemporaryDirectory() as scratch:
            version = self._download(reference, Path(scratch))
            _replace(Path(scratch), folder)
        return Fetched(version, load_artifact(folder))

    def page(self, version: str) -> str:
        """Address of a version in the web page."""
        return f"{self._uri}/#/models/{self._name}/versions/{version}"

    def _download(self, reference: Reference, scratch: Path) -> str:
        with self._telling():
            found = self._version(reference)
            if found is None:
                raise ConfigError(
                    f"{reference} is not in the registry at {self._uri}: register a model with "
                    "`python -m model_export train --register`, or check MLFLOW_TRACKING_URI"
                )
            mlflow.set_tracking_uri(self._uri)
            mlflow.artifacts.download_artifacts(
                artifact_uri=f"models:/{found.name}/{found.version}", dst_path=str(scratch)
            )
        try:
            _check(load_artifact(scratch), found.tags)
        except ArtifactError as error:
            raise ArtifactError(f"{reference} (version {found.version}): {error}") from None
        return str(found.version)

    def _version(self, reference: Reference) -> ModelVersion | None:
        try:
            if reference.alias:
                return self._client.get_model_version_by_alias(reference.name, reference.alias)
            return self._client.get_model_version(reference.name, str(reference.version))
        except MlflowException as error:
            if error.error_code in _MISSING:
                return None
            raise

    def _find(self, artifact: Artifact) -> ModelVersion | None:
        tags = _identity(artifact)
        found = self._client.search_model_versions(f"name = '{self._name}'")
        return next((one for one in found if tags.items() <= one.tags.items()), None)

    def _tidy(self, artifact: Artifact, keep: str | None) -> None:
        """Delete runs of this artifact that never became a version."""
        query = " and ".join(f"tags.`{tag}` = '{sha}'" for tag, sha in _identity(artifact).items())
        for run in self._client.search_runs([self._experiment_id()], query):
            if run.info.run_id != keep:
                self._client.delete_run(run.info.run_id)

    def _write(self, artifact: Artifact, params: Mapping[str, str]) -> ModelVersion:
        # whoever only fetches has neither onnx nor what MLflow wants for signatures
        from model_export.logged_model import log_model

        mlflow.set_tracking_uri(self._uri)
        name = f"{self._name}-{artifact.model_sha256[:8]}"
        with mlflow.start_run(
            experiment_id=self._experiment_id(), run_name=name, tags=_identity(artifact)
        ) as run:
            mlflow.log_params(dict(params))
            logged = log_model(artifact, _identity(artifact))
            for file in _FILES:
                self._client.log_model_artifact(logged.model_id, str(artifact.folder / file))
            mlflow.log_metrics(artifact.manifest.metrics, model_id=logged.model_id)
        self._have_name()
        # the last thing: an artifact without a version was left half written
        return self._client.create_model_version(
            self._name,
            source=logged.model_uri,
            run_id=run.info.run_id,
            tags=_identity(artifact),
            description=_described(artifact),
            model_id=logged.model_id,
        )

    def _have_name(self) -> None:
        try:
            self._client.create_registered_model(self._name, description=_PURPOSE)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise

    def _experiment_id(self) -> str:
        found = self._client.get_experiment_by_name(self._experiment)
        return str(
            found.experiment_id if found else self._client.create_experiment(self._experiment)
        )

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except (MlflowException, requests.RequestException) as error:
            reason = str(error).strip().splitlines()[0]
            raise TrackingError(uri=self._uri, reason=reason) from error


def _described(artifact: Artifact) -> str:
    """One line for the page of a version."""
    manifest = artifact.manifest
    days = (manifest.train_last_s - manifest.train_first_s + 1) / 86_400
    line = f"Trained on {days:.0f} days to {format_time(manifest.train_last_s)}"
    if "average_precision" not in manifest.metrics:
        return f"{line}; its test window holds no fraud"
    precision = f"average precision {manifest.metrics['average_precision']:.3f}"
    cards = f"card precision@100 {manifest.metrics['card_precision_100']:.3f}"
    return f"{line}; in its test window {precision}, {cards}"


def _identity(artifact: Artifact) -> dict[str, str]:
    return {_MODEL_TAG: artifact.model_sha256, _HISTORY_TAG: artifact.history_sha256}


def _check(artifact: Artifact, tags: Mapping[str, str]) -> None:
    """Compare with what the registry says; one that was registered by hand says nothing."""
    for tag, found in _identity(artifact).items():
        expected = tags.get(tag, found)
        if expected != found:
            raise ArtifactError(
                f"its manifest names {tag} {found[:12]}..., the registry {expected[:12]}...: the "
                "artifact was altered; register it again"
            )


def _replace(source: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST_FILE).unlink(missing_ok=True)  # it would not fit the new files
    for file in _FILES:
        scratch = folder / f"{file}.tmp"
        shutil.copyfile(source / file, scratch)
        scratch.replace(folder / file)
