import numpy as np
import pytest

from benchmarks.bootstrap import estimate, mean_of_days
from benchmarks.calibration import calibration_of
from benchmarks.drift import drift_of
from benchmarks.outcomes import join
from benchmarks.quality import Yardstick, judge_model
from benchmarks.quality_result import QualityLimits
from benchmarks.ranking import Ranking
from fraud_core.distribution import SCORE, distribution_of
from tests.unit.benchmarks.streams_judged import BEGIN_S, predicted, rows, stream

THRESHOLDS = {"review": 0.05, "block": 0.5}
BY = Yardstick("settled", THRESHOLDS, BEGIN_S, QualityLimits(), {})
AS_OF = Yardstick("as-of", THRESHOLDS, BEGIN_S, QualityLimits(), {})


def judged_stream(days=10, view=BY):
    sent = stream(days)
    answered, _ = join(sent, predicted(sent))
    return judge_model("m" * 64, answered, {}, view)


STREAM = judged_stream()


def test_thresholds_count_what_they_flag():
    found = judge_model("m", rows([1, 1, 1, 0, 0], [0.9, 0.05, 0.01, 0.2, 0.049]), {}, BY)
    review, block = found.thresholds
    assert (review.alerts, block.alerts) == (3, 1)
    assert review.precision.value == pytest.approx(2 / 3, abs=1e-6)
    assert review.recall.value == pytest.approx(2 / 3, abs=1e-6)
    assert review.false_positive_share.value == 0.5
    assert block.false_positive_share.value == 0.0
    assert review.missed_per_100.value == 20.0


def test_amounts_missed_are_in_whole_units_of_money():
    found = judge_model("m", rows([1, 1], [0.9, 0.01], cents=[5000, 15_050]), {}, BY)
    assert found.thresholds[0].missed_amount.value == 150.5
    assert found.thresholds[0].missed_amount_share.value == pytest.approx(150.5 / 200.5, abs=1e-6)


def test_recall_is_told_for_each_kind_of_fraud():
    found = judge_model(
        "m", rows([1, 1, 1, 0], [0.9, 0.2, 0.01, 0.0], scenario=[1, 2, 2, 0]), {}, BY
    )
    recalls = {name: one.value for name, one in found.thresholds[0].recall_of_scenario.items()}
    assert recalls == {"1": 1.0, "2": 0.5, "3": None}


def test_intervals_hold_the_figure_and_are_the_same_again():
    for figure in (STREAM.auc_roc, STREAM.average_precision, STREAM.thresholds[0].recall):
        assert figure.low < figure.value < figure.high
    assert judged_stream() == STREAM


def test_daily_figures_are_of_whole_days_only():
    assert STREAM.days == 9
    assert STREAM.card_precision_100.days == 9
    assert len(STREAM.card_precision_100.daily) == 9
    assert STREAM.card_precision_100.value.value <= STREAM.card_precision_100.oracle


def test_without_a_whole_day_there_are_no_daily_figures_and_the_reason_is_said():
    found = judge_model("m", rows([1, 0], [0.9, 0.1]), {}, BY)
    assert found.card_precision_100 is None
    assert found.thresholds[0].alerts_a_day is None
    assert any("no daily figures" in reason for reason in found.why)


def test_a_short_stream_has_no_outcome_as_of_its_end_and_says_when_there_will_be():
    found = judged_stream(days=3, view=AS_OF)
    assert (found.transactions, found.average_precision) == (0, None)
    assert "the first becomes known on 2018-08-14" in found.why[0]
    assert found.limits_broken == []


def test_as_of_judges_fewer_transactions_than_settled():
    assert 0 < judged_stream(view=AS_OF).transactions < STREAM.transactions


def test_one_kind_of_outcome_has_no_ranking():
    found = judge_model("m", rows([0, 0], [0.9, 0.1]), {}, BY)
    assert found.auc_roc is None
    assert any("0 of the 2 transactions are frauds" in reason for reason in found.why)


def test_a_model_that_blocks_good_customers_breaks_the_first_limit():
    found = judge_model("m", rows([1] + [0] * 19, [0.9] * 3 + [0.0] * 17), {}, BY)
    assert found.limits_broken == [
        "10.53% of the good transactions are declined, 5.00% are allowed"
    ]


def test_what_a_person_reviews_is_neither_declined_nor_missed():
    found = judge_model("m", rows([1] * 5 + [0] * 95, [0.2] * 100), {}, BY)
    assert found.limits_broken == []


def test_missed_frauds_break_the_second_limit():
    found = judge_model("m", rows([1] * 3 + [0] * 97, [0.01] * 100), {}, BY)
    assert found.limits_broken == ["3.00 frauds in 100 transactions are missed, 2 are allowed"]


def test_limits_can_be_other_ones():
    by = Yardstick("settled", THRESHOLDS, BEGIN_S, QualityLimits(missed_per_100=5), {})
    assert judge_model("m", rows([1] * 3 + [0] * 97, [0.01] * 100), {}, by).limits_broken == []


def test_the_curve_falls_from_the_highest_score_to_all_frauds():
    recalls = [point.recall for point in STREAM.curve]
    thresholds = [point.threshold for point in STREAM.curve]
    assert recalls == sorted(recalls)
    assert recalls[-1] == 1.0
    assert thresholds == sorted(thresholds, reverse=True)
    assert len(recalls) <= 101


def test_customers_are_drawn_with_all_their_transactions():
    """One customer holds all frauds: rows drawn one by one would give a narrow interval."""
    maker = np.random.default_rng(3)
    fraud = (np.arange(2000) < 40).astype(np.int64)
    score = np.where(fraud == 1, 0.6, maker.random(2000) * 0.02)
    alone = rows(fraud, score, customer_id=np.where(fraud == 1, 0, 1 + np.arange(2000) % 300))
    spread = rows(fraud, score, customer_id=np.arange(2000) % 300)
    width = [
        found.fraud_share.high - found.fraud_share.low
        for found in (judge_model("m", one, {}, BY) for one in (alone, spread))
    ]
    assert width[0] > 2 * width[1]


def test_a_perfect_ranking_has_both_areas_full():
    group = np.arange(4)
    found = Ranking(np.array([0.9, 0.8, 0.2, 0.1]), np.array([1, 1, 0, 0]), group).figures()
    assert found == (1.0, 1.0)


def test_calibration_compares_scores_with_shares_of_frauds():
    found = calibration_of(rows([0] * 50 + [1] * 50, [0.5] * 100))
    assert (found.score_mean, found.fraud_share, found.error) == (0.5, 0.5, 0.0)
    assert [(one.low, one.rows) for one in found.bins] == [(0.5, 100)]
    assert calibration_of(rows([0] * 4, [0.25] * 4)).error == 0.25


def test_a_score_of_one_is_in_the_last_bin():
    assert calibration_of(rows([1], [1.0])).bins[0].high == 1.0


def test_drift_says_nothing_of_small_samples():
    values = np.random.default_rng(0).random(20_000)
    profile = {SCORE: distribution_of(values[:10_000])}
    small, same, other = (
        drift_of(profile, {SCORE: sample})[0]
        for sample in (values[-300:], values[10_000:], values[10_000:] * 2)
    )
    assert (small.says, same.says, other.says) == ("too few to say", "stable", "moved")
    assert (small.rows, same.rows) == (300, 10_000)


def test_columns_without_a_profile_have_no_drift():
    assert drift_of({}, {"x": np.arange(5.0)}) == []
    assert any("no drift" in reason for reason in STREAM.why)


def test_a_figure_that_is_none_has_no_interval():
    assert estimate(float("nan"), np.array([1.0])).value is None
    assert mean_of_days(np.array([0.25])).low is None
