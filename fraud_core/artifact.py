"""The folder that a scorer is started with: `model.onnx`, `history.parquet`, `manifest.json`."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from fraud_core.distribution import Distribution
from fraud_core.errors import ArtifactError, ModelMismatchError
from fraud_core.features import FEATURE_NAMES, FEATURES_VERSION
from fraud_core.transaction import SECONDS_PER_DAY, DateRange

MODEL_FILE: Final = "model.onnx"
HISTORY_FILE: Final = "history.parquet"
MANIFEST_FILE: Final = "manifest.json"
MANIFEST_SCHEMA: Final = 1

DEFAULT_LABEL_DELAY_S: Final = 7 * SECONDS_PER_DAY
LATEST_AFTER_HISTORY_S: Final = 400 * SECONDS_PER_DAY
HISTORY_WINDOW_S: Final = 30 * SECONDS_PER_DAY

_CHUNK_BYTES: Final = 1024 * 1024


class Thresholds(BaseModel):
    """Where a probability becomes a decision: approve < review <= review < block <= block."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    review: float = Field(0.05, gt=0, lt=1, description="probability from which a person looks")
    block: float = Field(0.5, gt=0, lt=1, description="probability from which the card is blocked")


class Manifest(BaseModel):
    """What the artifact is, and what it was made from. Times are seconds since 1970-01-01 UTC."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    manifest_schema: int = Field(MANIFEST_SCHEMA, description="version of this file's layout")
    features: tuple[str, ...] = Field(FEATURE_NAMES, description="the model's columns, in order")
    features_version: str = Field(FEATURES_VERSION, description="what the columns mean")
    thresholds: Thresholds = Field(default_factory=Thresholds)
    files: dict[str, str] = Field(description="SHA-256 of each other file of the folder")
    train_first_s: int = Field(description="first event time the model was trained on")
    train_last_s: int = Field(description="last event time the model was trained on")
    history_start_s: int = Field(description="first event time of the history's window entries")
    history_end_s: int = Field(description="last event time of the history; the stream follows it")
    label_delay_s: int = Field(
        DEFAULT_LABEL_DELAY_S, description="from a transaction to its outcome"
    )
    dates_first_s: int = Field(description="earlier event times are impossible")
    dates_last_s: int = Field(description="later event times are impossible")
    customers_share: float = Field(1.0, gt=0, le=1, description="share of customers kept, by hash")
    metrics: dict[str, float] = Field(
        default_factory=dict, description="quality on the test window"
    )
    made_with: dict[str, str] = Field(default_factory=dict, description="versions, seed, options")
    profile: dict[str, Distribution] = Field(
        default_factory=dict, description="features and scores of the training window, in bins"
    )

    @property
    def dates(self) -> DateRange:
        """Event times that are possible in the stream."""
        return DateRange(self.dates_first_s, self.dates_last_s)


@dataclass(frozen=True, slots=True)
class Artifact:
    """A folder that was checked.

    Attributes:
        folder: where it is.
        manifest: what it says.
        model_sha256: identity of the model; every prediction carries it.
        history_sha256: identity of the history; every state belongs to one.
    """

    folder: Path
    manifest: Manifest
    model_sha256: str
    history_sha256: str

    @property
    def model_path(self) -> Path:
        """The ONNX file."""
        return self.folder / MODEL_FILE

    @property
    def history_path(self) -> Path:
        """The window entries and outcomes before the stream."""
        return self.folder / HISTORY_FILE


def load_artifact(folder: Path) -> Artifact:
    """Read an artifact folder and check every file of it.

    Raises:
        ArtifactError: a file is missing or altered, or the manifest cannot be read.
        ModelMismatchError: it was made for other features or another version of them.
    """
    manifest = read_manifest(folder)
    _check_features(manifest, folder)
    for name in (MODEL_FILE, HISTORY_FILE):
        _check_file(folder / name, manifest.files.get(name))
    return Artifact(folder, manifest, manifest.files[MODEL_FILE], manifest.files[HISTORY_FILE])


def read_manifest(folder: Path) -> Manifest:
    """Read `manifest.json` without checking the files that it names.

    Raises:
        ArtifactError: there is none, or it cannot be read.
    """
    path = folder / MANIFEST_FILE
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except OSError:
        message = (
            f"{path} cannot be read: make it with `python -m model_export train --out {folder}`"
        )
        raise ArtifactError(message) from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        message = f"{path} is not a manifest ({where}: {first['msg']}): export the artifact again"
        raise ArtifactError(message) from None


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write `manifest.json`, last of the files, whole."""
    path = folder / MANIFEST_FILE
    scratch = path.with_suffix(".tmp")
    scratch.write_text(manifest.model_dump_json(indent=2) + "\n")
    scratch.replace(path)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file in lower-case hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _check_features(manifest: Manifest, folder: Path) -> None:
    path = folder / MODEL_FILE
    if manifest.features != FEATURE_NAMES:
        found = len(manifest.features)
        raise ModelMismatchError(
            expected=len(FEATURE_NAMES),
            found=found if found != len(FEATURE_NAMES) else "other",
            path=path,
        )
    if manifest.features_version != FEATURES_VERSION:
        message = (
            f"{folder} was made for features {manifest.features_version}, this program computes "
            f"{FEATURES_VERSION}: export it again with `python -m model_export train`"
        )
        raise ArtifactError(message)


def _check_file(path: Path, expected: str | None) -> None:
    if expected is None or not path.is_file():
        message = (
            f"{path} is missing: export the artifact again with `python -m model_export train`"
        )
        raise ArtifactError(message)
    found = sha256_of(path)
    if found != expected:
        message = (
            f"{path} has SHA-256 {found[:12]}..., the manifest says {expected[:12]}...: "
            "the file was altered; export or fetch the artifact again"
        )
        raise ArtifactError(message)
