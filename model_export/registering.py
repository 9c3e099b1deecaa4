"""From an artifact to a registered version, and perhaps to the champion."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from fraud_core.artifact import Artifact
from fraud_core.errors import ArtifactError
from fraud_core.scorer import OnnxScorer
from fraud_core.transaction import format_time
from model_export.champion import Comparison, Decision, compare, decide
from model_export.registry import Registry
from model_export.registry_reference import CHAMPION, MODEL_NAME, Reference
from model_export.training import Samples, Trained


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it.

    Attributes:
        version: number of the version.
        is_new: it was not in the registry before.
        decision: about the alias.
        page: address of the version.
    """

    version: str
    is_new: bool
    decision: Decision
    page: str


def register_and_decide(
    registry: Registry, artifact: Artifact, trained: Trained | None, *, force: bool
) -> Outcome:
    """Register an artifact; make it champion where it is better than the present one.

    Args:
        registry: where.
        artifact: what was written.
        trained: the same model with its test window; None where it was trained before, so that it
            cannot be compared with a champion.
        force: it becomes champion in any case.

    Raises:
        TrackingError: the server does not answer or refuses.
    """
    registered = registry.register(artifact, _params(artifact))
    champion = registry.champion()
    if champion == registered.version:
        decision = Decision(False, "it is the champion already")
        page = registry.page(registered.version)
        return Outcome(registered.version, registered.is_new, decision, page)
    comparison, why_not = None, ""
    if champion is not None:
        test = trained.test if trained else None
        comparison, why_not = _compare(registry, artifact, test)
    decision = decide(comparison, why_not=why_not, force=force)
    metrics = _metrics(comparison) if comparison else {}
    against = f" (champion: version {champion})" if champion else ""
    registry.note(registered, f"{decision.reason}{against}", metrics)
    if decision.moves:
        registry.make_champion(registered.version)
    page = registry.page(registered.version)
    return Outcome(registered.version, registered.is_new, decision, page)


def _compare(
    registry: Registry, artifact: Artifact, test: Samples | None
) -> tuple[Comparison | None, str]:
    """The comparison with the champion, or why there is none."""
    if test is None:
        return None, "the model was not trained just now, so its test window is not here"
    if not 0 < int(test.rows.fraud.sum()) < len(test.rows):
        return None, "the test window holds no fraud"
    with tempfile.TemporaryDirectory() as folder:
        try:
            champion = registry.fetch(Reference(MODEL_NAME, CHAMPION, None), Path(folder)).artifact
        except ArtifactError as error:
            return None, f"the champion cannot be used ({error})"
        scores = OnnxScorer(champion.model_path).score(test.features)
    own = OnnxScorer(artifact.model_path).score(test.features)
    return compare(test.rows.customer_id, test.rows.fraud, own, scores), ""


def _metrics(comparison: Comparison) -> dict[str, float]:
    return {
        "champion_average_precision": comparison.champion,
        "average_precision_difference_low": comparison.low,
        "average_precision_difference_high": comparison.high,
    }


def _params(artifact: Artifact) -> dict[str, str]:
    manifest = artifact.manifest
    return {
        **manifest.made_with,
        "features_version": manifest.features_version,
        "threshold_review": f"{manifest.thresholds.review:g}",
        "threshold_block": f"{manifest.thresholds.block:g}",
        "train_first": format_time(manifest.train_first_s),
        "train_last": format_time(manifest.train_last_s),
        "history_end": format_time(manifest.history_end_s),
        "label_delay_h": f"{manifest.label_delay_s / 3600:g}",
        "customers_share": f"{manifest.customers_share:g}",
    }
