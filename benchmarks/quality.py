"""How good a model was on a stream: ranking, thresholds, cards, calibration, drift. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.bootstrap import draws, estimate, mean_of_days
from benchmarks.calibration import calibration_of
from benchmarks.drift import drift_of
from benchmarks.latency import FloatArray
from benchmarks.outcomes import Judged, View, counted, known_until_s, whole_days
from benchmarks.quality_result import (
    CardPrecision,
    CurvePoint,
    DayCards,
    Estimate,
    ModelQuality,
    QualityLimits,
    ThresholdQuality,
)
from benchmarks.ranking import Ranking
from benchmarks.threshold_sums import SCENARIOS, customer_sums, ratios
from fraud_core.card_precision import daily_card_precision
from fraud_core.distribution import SCORE, Distribution
from fraud_core.transaction import format_time

REVIEW: Final = "review"
BLOCK: Final = "block"
CURVE_POINTS: Final = 101


@dataclass(frozen=True, slots=True)
class Yardstick:
    """What predictions are judged by.

    Attributes:
        view: which outcomes count.
        thresholds: of the model by name, `review` and `block`.
        stream_begin_s: first second after the history.
        limits: of the bank.
        profile: distributions of the training window by column.
    """

    view: View
    thresholds: Mapping[str, float]
    stream_begin_s: int
    limits: QualityLimits
    profile: Mapping[str, Distribution]


def judge_model(
    model: str, answered: Judged, features: Mapping[str, NDArray[Any]], by: Yardstick
) -> ModelQuality:
    """The quality of one model.

    Args:
        model: its name.
        answered: all its predictions with what became of them, at least one.
        features: a sample of its features by column; empty where none was kept.
        by: what it is judged by.
    """
    rows = counted(answered, by.view)
    days = whole_days(answered, by.stream_begin_s, known_until_s(answered, by.view))
    on_days = rows.where(np.isin(rows.day, days))
    figures = _figures(rows, by)
    thresholds = [_threshold(name, figures, rows, on_days, len(days), by) for name in by.thresholds]
    return ModelQuality(
        model=model,
        transactions=len(rows),
        frauds=int(rows.fraud.sum()),
        customers=len(np.unique(rows.customer_id)),
        outcome_unknown=len(answered) - len(rows),
        labels_incomplete=int(np.count_nonzero(~answered.labels_complete)),
        first_s=int(answered.time_s.min()),
        last_s=int(answered.time_s.max()),
        days=len(days),
        auc_roc=figures.get("auc_roc"),
        average_precision=figures.get("average_precision"),
        card_precision_100=_card_precision(on_days, len(days)),
        fraud_share=figures.get("fraud_share", Estimate(value=None)),
        thresholds=thresholds,
        curve=_curve(rows),
        calibration=calibration_of(rows) if len(rows) else None,
        drift=drift_of(by.profile, {SCORE: answered.score, **features}),
        limits_broken=limits_broken(thresholds, by.limits) if len(rows) else [],
        why=_reasons(answered, rows, len(days), by),
    )


def _figures(rows: Judged, by: Yardstick) -> dict[str, Estimate]:
    """Every figure that customers are drawn anew for."""
    if not len(rows):
        return {}
    group = np.unique(rows.customer_id, return_inverse=True)[1].astype(np.int64)
    names, sums = customer_sums(rows, group, by.thresholds)
    ranked = 0 < rows.fraud.sum() < len(rows)
    ranking = Ranking(rows.score, rows.fraud, group) if ranked else None
    turned_sums, turned_ranks = [], []
    for times in draws(len(sums)):  # one after the other: all at once would be gigabytes
        turned_sums.append(times @ sums)
        if ranking is not None:
            turned_ranks.append(ranking.figures(times))
    kinds = list(by.thresholds)
    measured = ratios(names, sums.sum(axis=0, keepdims=True), kinds)
    turned = ratios(names, np.array(turned_sums), kinds)
    found = {name: estimate(float(one[0]), turned[name]) for name, one in measured.items()}
    if ranking is not None:
        whole = ranking.figures()._asdict()
        columns = np.array(turned_ranks).T
        found |= {
            name: estimate(value, turns)
            for (name, value), turns in zip(whole.items(), columns, strict=True)
        }
    return found


def _threshold(
    name: str,
    figures: Mapping[str, Estimate],
    rows: Judged,
    on_days: Judged,
    days: int,
    by: Yardstick,
) -> ThresholdQuality:
    at = by.thresholds[name]
    nothing = Estimate(value=None)

    def of(figure: str) -> Estimate:
        return figures.get(f"{name}.{figure}", nothing)

    return ThresholdQuality(
        name=name,
        threshold=at,
        alerts=int(np.count_nonzero(rows.score >= at)),
        alerts_a_day=round(np.count_nonzero(on_days.score >= at) / days, 2) if days else None,
        precision=of("precision"),
        recall=of("recall"),
        false_positive_share=of("false_positive_share"),
        recall_of_scenario={str(one): of(f"recall_{one}") for one in SCENARIOS},
        missed_per_100=of("missed_per_100"),
        missed_amount=of("missed_amount"),
        missed_amount_share=of("missed_amount_share"),
    )


def _card_precision(on_days: Judged, days: int) -> CardPrecision | None:
    if not days or not len(on_days):
        return None
    columns = (on_days.day, on_days.customer_id, on_days.fraud)
    daily = daily_card_precision(*columns, on_days.score)
    oracle: FloatArray = daily_card_precision(*columns, on_days.fraud)
    numbers = np.unique(on_days.day).tolist()
    cards = zip(numbers, daily.tolist(), oracle.tolist(), strict=True)
    return CardPrecision(
        value=mean_of_days(daily),
        oracle=round(float(oracle.mean()), 6),
        days=days,
        daily=[DayCards(day=day, value=found, oracle=most) for day, found, most in cards],
    )


def _curve(rows: Judged) -> list[CurvePoint]:
    """Precision against recall, at most so many points, evenly over the recall."""
    frauds = int(rows.fraud.sum())
    if not frauds:
        return []
    order = np.argsort(-rows.score, kind="stable")
    score, found = rows.score[order], np.cumsum(rows.fraud[order])
    ends = np.append(np.flatnonzero(score[1:] != score[:-1]), len(score) - 1)
    recall = found[ends] / frauds
    places = np.unique(np.searchsorted(recall, np.linspace(0, 1, CURVE_POINTS)))
    shown = ends[np.minimum(places, len(ends) - 1)].tolist()
    return [
        CurvePoint(
            threshold=round(float(score[end]), 6),
            recall=round(float(found[end] / frauds), 5),
            precision=round(float(found[end] / (end + 1)), 5),
        )
        for end in shown
    ]


def limits_broken(thresholds: list[ThresholdQuality], limits: QualityLimits) -> list[str]:
    """Which limits of the bank are not met, in words; by what was measured, not by its interval.

    Declined is what the model blocks, missed is what it approves: what a person reviews is neither.
    """
    by_name = {one.name: one for one in thresholds}
    declined = by_name[BLOCK].false_positive_share.value
    missed = by_name[REVIEW].missed_per_100.value
    broken = []
    if declined is not None and declined > limits.declined_good_share:
        broken.append(
            f"{declined:.2%} of the good transactions are declined, "
            f"{limits.declined_good_share:.2%} are allowed"
        )
    if missed is not None and missed > limits.missed_per_100:
        broken.append(
            f"{missed:.2f} frauds in 100 transactions are missed, "
            f"{limits.missed_per_100:g} are allowed"
        )
    return broken


def _reasons(answered: Judged, rows: Judged, days: int, by: Yardstick) -> list[str]:
    """What could not be measured, and why."""
    reasons = []
    if not len(rows):
        reasons.append(_why_no_outcome(answered, by.view))
    elif not 0 < rows.fraud.sum() < len(rows):
        reasons.append(
            f"no AUC and no average precision: {int(rows.fraud.sum())} of the {len(rows):,} "
            "transactions are frauds, and both kinds are needed"
        )
    if not days:
        first, last = (format_time(int(one)) for one in (answered.time_s.min(), answered.last_s))
        reasons.append(
            f"no daily figures: {first} to {last} holds no whole day with known outcomes"
        )
    if not by.profile:
        reasons.append(
            "no drift: the artifact has no profile of its training window; train it again"
        )
    return reasons


def _why_no_outcome(answered: Judged, view: View) -> str:
    known = answered.label_time_s[answered.label_time_s >= 0]
    if view == "settled" or not len(known):
        return "no outcome of these transactions is known: the files do not give them"
    return (
        f"no outcome was known by the run's last event time, {format_time(answered.last_s)}: the "
        f"first becomes known on {format_time(int(known.min()))}; a longer stream or "
        "--view settled has more"
    )
