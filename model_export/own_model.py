"""An ONNX model that somebody else trained, put beside the history of an artifact."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

import numpy as np

from fraud_core.artifact import (
    HISTORY_FILE,
    MANIFEST_FILE,
    MODEL_FILE,
    Artifact,
    Manifest,
    Thresholds,
    sha256_of,
    write_manifest,
)
from fraud_core.distribution import SCORE
from fraud_core.errors import ArtifactError
from fraud_core.features import FEATURE_NAMES
from fraud_core.scorer import FeatureMatrix, OnnxScorer

_TRIED_ROWS: Final = 64
_LARGEST_TRIED: Final = 100.0


def adopt(model: Path, beside: Artifact, out: Path, thresholds: Thresholds) -> Manifest:
    """Write an artifact folder with another model; history and periods stay those of `beside`.

    What the training said of the other model is left out: metrics, and how its scores were
    distributed.

    Args:
        model: an ONNX file, which must take our features and give probabilities.
        beside: the artifact whose history it goes on with.
        out: made if need be; an artifact in it is replaced.
        thresholds: where its probabilities become decisions.

    Raises:
        ArtifactError: the model cannot score our features; nothing is written.
    """
    require_scores(OnnxScorer(model), model)
    out.mkdir(parents=True, exist_ok=True)
    sources = {MODEL_FILE: model, HISTORY_FILE: beside.history_path}
    scratch = {name: out / f"{name}.tmp" for name in sources}
    for name, path in scratch.items():
        shutil.copyfile(sources[name], path)
    (out / MANIFEST_FILE).unlink(missing_ok=True)  # it would not fit the new files
    for name, path in scratch.items():
        path.replace(out / name)
    profile = {name: one for name, one in beside.manifest.profile.items() if name != SCORE}
    manifest = beside.manifest.model_copy(
        update={
            "files": {name: sha256_of(out / name) for name in sources},
            "thresholds": thresholds,
            "metrics": {},
            "made_with": {"model": model.name, "history": beside.history_sha256},
            "profile": profile,
        }
    )
    write_manifest(out, manifest)
    return manifest


def require_scores(scorer: OnnxScorer, path: Path) -> None:
    """Check that a model gives probabilities, and the same ones one by one and all at once.

    Raises:
        ArtifactError: it does not.
    """
    rows = _rows_to_try()
    try:
        at_once = scorer.score(rows)
        one_by_one = np.concatenate([scorer.score(row[np.newaxis]) for row in rows])
    except Exception as error:  # noqa: BLE001  # ONNX Runtime's errors have no other base
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ArtifactError(
            f"{path} cannot score float32 of shape (n, {len(FEATURE_NAMES)}) into `probabilities` "
            f"of shape (n, 2) ({reason}): export it with these shapes, n left open"
        ) from None
    if not np.all((at_once >= 0) & (at_once <= 1)):  # false for NaN too
        worst = at_once[np.argmax(np.abs(at_once - 0.5))]
        raise ArtifactError(
            f"{path} gives {worst:g} as a probability: export it with probabilities, not with "
            "scores of another kind"
        )
    if not np.array_equal(at_once, one_by_one):
        raise ArtifactError(
            f"{path} gives other scores for {_TRIED_ROWS} rows at once than one by one: engines "
            "with other batches would disagree; export it without what looks at the whole batch"
        )


def _rows_to_try() -> FeatureMatrix:
    """Rows in which every column takes many values; which ones does not matter."""
    random = np.random.default_rng(0)
    shape = (_TRIED_ROWS, len(FEATURE_NAMES))
    return random.uniform(0, _LARGEST_TRIED, shape).astype(np.float32)
