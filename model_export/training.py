"""From the rows of the files to a model that was judged on the days after its training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import xgboost

from fraud_core.distribution import SCORE, Distribution, distribution_of, profile_of
from fraud_core.errors import ConfigError
from fraud_core.features import FEATURE_NAMES, KEPT_S
from fraud_core.offline_features import offline_features
from fraud_core.transaction import SECONDS_PER_DAY
from model_export.clean_rows import CleanRows
from model_export.evaluation import Metrics, evaluate, judged_rows
from model_export.periods import Lengths, Periods

FeatureMatrix = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """What was asked for.

    Attributes:
        lengths: of the periods.
        seed: for XGBoost.
        customers_share: share of customers that are kept.
        files: names of the files that were read.
    """

    lengths: Lengths
    seed: int
    customers_share: float
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Samples:
    """Rows of a window with their features.

    Attributes:
        rows: clean rows with a known outcome.
        features: float32, shape (n, 15); cast before training, so that XGBoost and ONNX Runtime
            see the numbers that the trees were cut at.
    """

    rows: CleanRows
    features: FeatureMatrix


@dataclass(frozen=True, slots=True)
class Trained:
    """A model and how good it is.

    Attributes:
        model: fitted on the training window.
        test: the test window.
        scores: XGBoost's own for the test window.
        metrics: None where the test window holds no fraud to find.
        train_rows: size of the training window.
        train_frauds: frauds in it.
        profile: features and scores of the training window.
    """

    model: xgboost.XGBClassifier
    test: Samples
    scores: npt.NDArray[np.float32]
    metrics: Metrics | None
    train_rows: int
    train_frauds: int
    profile: Mapping[str, Distribution]


def train(rows: CleanRows, periods: Periods, settings: TrainingSettings) -> Trained:
    """Fit the model on the training window and judge it on the test window.

    Raises:
        ConfigError: the training window holds no fraud, or nothing else.
    """
    lengths = settings.lengths
    reach_s = KEPT_S + lengths.label_delay_s
    needed = (rows.time_s > periods.train_first_s - reach_s) & (rows.time_s <= periods.test_last_s)
    rows = rows.select(needed)
    features = offline_features(rows.table(), rows.outcomes(lengths.label_delay_s))
    inside = (rows.time_s >= periods.train_first_s) & (rows.time_s <= periods.train_last_s)
    training = _samples(rows, features, inside & (rows.fraud >= 0))
    judged = judged_rows(
        rows.time_s,
        rows.customer_id,
        rows.fraud,
        first_s=periods.history_end_s + 1,
        days=lengths.test_days,
        delay_s=lengths.label_delay_s,
    )
    test = _samples(rows, features, judged)
    model = fit(training, settings.seed)
    scores = model.predict_proba(test.features)[:, 1] if len(test.rows) else np.zeros(0, np.float32)
    frauds = int(training.rows.fraud.sum())
    return Trained(
        model=model,
        test=test,
        scores=scores,
        metrics=_judge(test.rows, scores),
        train_rows=len(training.rows),
        train_frauds=frauds,
        profile=_profile(training, model),
    )


def _profile(training: Samples, model: xgboost.XGBClassifier) -> dict[str, Distribution]:
    """What a later sample of features and scores is compared with."""
    scores = model.predict_proba(training.features)[:, 1]
    return profile_of(FEATURE_NAMES, training.features) | {SCORE: distribution_of(scores)}


def fit(samples: Samples, seed: int) -> xgboost.XGBClassifier:
    """Train XGBoost.

    Raises:
        ConfigError: there is nothing to tell apart.
    """
    frauds = int(samples.rows.fraud.sum())
    if not 0 < frauds < len(samples.rows):
        message = (
            f"the training window holds {len(samples.rows)} transactions and {frauds} frauds, so "
            "there is nothing to learn: give more customers, or more --train-days"
        )
        raise ConfigError(message)
    model = xgboost.XGBClassifier(
        n_estimators=100,
        max_depth=6,
        learning_rate=0.1,
        base_score=0.5,  # estimated from the share of frauds, first steps would be huge
        max_bin=4096,  # 256 bins blur the amount of 220 and cost 0.05 of average precision
        tree_method="hist",
        n_jobs=1,  # the same trees on every machine
        random_state=seed,
    )
    return model.fit(samples.features, samples.rows.fraud)


def _samples(
    rows: CleanRows, features: npt.NDArray[np.float64], which: npt.NDArray[np.bool_]
) -> Samples:
    return Samples(rows.select(which), features[which].astype(np.float32))


def _judge(rows: CleanRows, scores: npt.NDArray[np.float32]) -> Metrics | None:
    if not 0 < int(rows.fraud.sum()) < len(rows):
        return None
    return evaluate(rows.time_s // SECONDS_PER_DAY, rows.customer_id, rows.fraud, scores)
