"""The folder of a run: its form, its plan, its copy of the model."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fraud_dag.asked import Asked

MANIFEST: Final = "manifest.json"


class ModelFilesError(ValueError):
    """A folder that should hold a model cannot be used."""


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Paths of a run.

    Attributes:
        path: the folder; its name is the run's.
    """

    path: Path

    @property
    def name(self) -> str:
        """Name of the run."""
        return self.path.name

    @property
    def asked(self) -> Path:
        """The form as it was filled in."""
        return self.path / "asked.json"

    @property
    def plan(self) -> Path:
        """The plan file of all cells; JSON is YAML too."""
        return self.path / "plan.yaml"

    @property
    def artifact(self) -> Path:
        """The copy of the model that every cell uses."""
        return self.path / "artifact"

    def has_model(self) -> bool:
        """True where the copy is there; it is put in place whole."""
        return self.artifact.is_dir()

    def saved_plan(self) -> dict[str, Any]:
        """The plan, as it was written."""
        plan: dict[str, Any] = json.loads(self.plan.read_text())
        return plan

    def saved_form(self) -> Asked:
        """The form of the run, which is that of an earlier one where it is gone on with."""
        return Asked.from_params(json.loads(self.asked.read_text()))

    def put_model(self, fill: Callable[[Path], object]) -> None:
        """Have the copy made in another folder, check it, then put it in place.

        Args:
            fill: makes the folder whose path it is given.

        Raises:
            ModelFilesError: it is no artifact folder, or a file is not what the manifest says.
        """
        scratch = self.path / "artifact.tmp"
        for old in (scratch, self.artifact):
            shutil.rmtree(old, ignore_errors=True)
        self.path.mkdir(parents=True, exist_ok=True)
        fill(scratch)
        check_files(scratch)
        scratch.replace(self.artifact)

    def model_sha256(self) -> str:
        """SHA-256 of the model that every cell uses."""
        return check_files(self.artifact)["model.onnx"]


def check_files(artifact: Path) -> dict[str, str]:
    """Compare the files of an artifact folder with its manifest.

    Returns:
        file name -> SHA-256.

    Raises:
        ModelFilesError: it is no artifact folder, or a file is not what the manifest says.
    """
    try:
        files: dict[str, str] = json.loads((artifact / MANIFEST).read_text())["files"]
        found = {name: _sha256(artifact / name) for name in files}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelFilesError(
            f"{artifact} is no artifact folder ({error}): give one that `python -m model_export "
            "train` wrote, or a registered model such as models:/fraud@champion"
        ) from None
    for name, sha256 in files.items():
        if found[name] != sha256:
            raise ModelFilesError(
                f"{artifact / name} has SHA-256 {found[name][:12]}, its manifest says "
                f"{sha256[:12]}: the folder was altered or written half; make it again"
            )
    return files


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
