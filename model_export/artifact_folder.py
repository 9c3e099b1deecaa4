"""Writes a trained model as the artifact folder that scorers are started with."""

from __future__ import annotations

from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Final

from fraud_core.artifact import (
    HISTORY_FILE,
    HISTORY_WINDOW_S,
    LATEST_AFTER_HISTORY_S,
    MANIFEST_FILE,
    MODEL_FILE,
    Manifest,
    Thresholds,
    sha256_of,
    write_manifest,
)
from fraud_core.scorer import OnnxScorer
from fraud_core.transaction import format_time
from model_export.clean_rows import Reading
from model_export.history import write_history
from model_export.onnx_export import largest_difference, to_onnx
from model_export.periods import Periods
from model_export.training import Trained, TrainingSettings

_MADE_WITH: Final = ("numpy", "onnx", "onnxmltools", "onnxruntime", "xgboost-cpu")


def write_artifact(
    folder: Path,
    reading: Reading,
    trained: Trained,
    periods: Periods,
    settings: TrainingSettings,
) -> Manifest:
    """Write model, history and manifest; each file whole, the manifest last.

    Args:
        folder: made if need be; an artifact in it is replaced.
        reading: all rows of the files.
        trained: the model.
        periods: what it was trained on, and where the history ends.
        settings: what was asked for, for the manifest.

    Raises:
        RequirementNotMetError: ONNX Runtime's scores are not XGBoost's; nothing is written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    scratch = {name: folder / f"{name}.tmp" for name in (MODEL_FILE, HISTORY_FILE)}
    try:
        difference = _write_model(scratch[MODEL_FILE], trained, format_time(periods.train_last_s))
        before = reading.rows.select(slice(reading.stream_first(periods.history_end_s)))
        delay_s = settings.lengths.label_delay_s
        write_history(scratch[HISTORY_FILE], before, periods.history_end_s, delay_s)
        (folder / MANIFEST_FILE).unlink(missing_ok=True)  # it would not fit the new files
        for name, path in scratch.items():
            path.replace(folder / name)
    finally:
        for path in scratch.values():
            path.unlink(missing_ok=True)
    files = {name: sha256_of(folder / name) for name in scratch}
    manifest = _manifest(files, periods, settings, _metrics(trained, difference))
    manifest = manifest.model_copy(update={"profile": dict(trained.profile)})
    write_manifest(folder, manifest)
    return manifest


def _manifest(
    files: dict[str, str],
    periods: Periods,
    settings: TrainingSettings,
    metrics: dict[str, float],
) -> Manifest:
    versions = {name: version(name) for name in _MADE_WITH}
    return Manifest(
        files=files,
        train_first_s=periods.train_first_s,
        train_last_s=periods.train_last_s,
        history_start_s=periods.history_end_s - HISTORY_WINDOW_S,
        history_end_s=periods.history_end_s,
        label_delay_s=settings.lengths.label_delay_s,
        dates_first_s=periods.history_end_s - HISTORY_WINDOW_S,
        dates_last_s=periods.history_end_s + LATEST_AFTER_HISTORY_S,
        customers_share=settings.customers_share,
        metrics=metrics,
        made_with=versions | {"seed": str(settings.seed), "files": ", ".join(settings.files)},
    )


def _write_model(path: Path, trained: Trained, trained_until: str) -> float:
    """Write the ONNX file and return how far its scores are from XGBoost's."""
    model = to_onnx(trained.model, Thresholds(), trained_until)
    path.write_bytes(model.SerializeToString(deterministic=True))
    return largest_difference(OnnxScorer(path).score(trained.test.features), trained.scores)


def _metrics(trained: Trained, difference: float) -> dict[str, float]:
    judged = asdict(trained.metrics) if trained.metrics else {}
    return {
        **{name: float(value) for name, value in judged.items()},
        "train_transactions": float(trained.train_rows),
        "train_frauds": float(trained.train_frauds),
        "onnx_largest_difference": difference,
    }
