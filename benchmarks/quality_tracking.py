"""The quality of a model as metrics of a tracking server. Pure."""

from __future__ import annotations

from benchmarks.quality_result import ModelQuality, RunQuality, StepQuality
from benchmarks.quality_text import longest_steps
from fraud_core.distribution import SCORE


def campaign_quality(quality: RunQuality | None) -> dict[str, float]:
    """Of each engine's longest step: `average_precision.faust`."""
    if quality is None:
        return {}
    return {
        f"{key}.{step.engine}": value
        for step in longest_steps(quality)
        for key, value in quality_metrics(step).items()
    }


def quality_metrics(step: StepQuality) -> dict[str, float]:
    """The figures of a step; of several models those of the one with the most transactions."""
    model = max(step.models, key=lambda one: one.transactions)
    cards = model.card_precision_100
    found: dict[str, float | None] = {
        "auc_roc": model.auc_roc.value if model.auc_roc else None,
        "average_precision": model.average_precision.value if model.average_precision else None,
        "card_precision_100": cards.value.value if cards else None,
        "card_precision_100_possible": cards.oracle if cards else None,
        "transactions_judged": float(model.transactions),
        "models": float(len(step.models)),
        "calibration_error": model.calibration.error if model.calibration else None,
        "replay_mismatches": step.replay.mismatches,
        "limits_broken": float(len(model.limits_broken)),
        **_threshold_metrics(model),
        **_drift_metrics(model),
    }
    return {key: float(value) for key, value in found.items() if value is not None}


def _threshold_metrics(model: ModelQuality) -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    for at in model.thresholds:
        found[f"precision_{at.name}"] = at.precision.value
        found[f"recall_{at.name}"] = at.recall.value
        found[f"false_positive_share_{at.name}"] = at.false_positive_share.value
        found[f"alerts_a_day_{at.name}"] = at.alerts_a_day
        found[f"missed_amount_{at.name}"] = at.missed_amount.value
    return found


def _drift_metrics(model: ModelQuality) -> dict[str, float | None]:
    of_features = [one.psi for one in model.drift if one.column != SCORE]
    of_scores = [one.psi for one in model.drift if one.column == SCORE]
    return {
        "psi_scores": max(of_scores, default=None),
        "psi_features_max": max(of_features, default=None),
    }
