import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from model_export.champion import Comparison, compare, decide

ROWS, CUSTOMERS = 4_000, 300


def window(seed=5):
    """Customers, outcomes, and scores of a model that knows a little."""
    maker = np.random.default_rng(seed)
    customer_id = maker.integers(0, CUSTOMERS, ROWS)
    fraud = (maker.random(ROWS) < 0.03).astype(np.int64)
    scores = (0.4 * fraud + maker.random(ROWS)).astype(np.float32)
    return customer_id, fraud, scores


def test_average_precision_is_that_of_scikit_learn_with_ties_too():
    customer_id, fraud, scores = window()
    rounded = np.round(scores, 1)
    found = compare(customer_id, fraud, scores, rounded)
    assert found.candidate == pytest.approx(average_precision_score(fraud, scores))
    assert found.champion == pytest.approx(average_precision_score(fraud, rounded))


def test_a_model_that_knows_more_is_better():
    customer_id, fraud, scores = window()
    found = compare(customer_id, fraud, scores + 0.4 * fraud.astype(np.float32), scores)
    assert found.is_better
    assert found.low <= found.candidate - found.champion <= found.high


def test_the_same_scores_are_not_better():
    customer_id, fraud, scores = window()
    found = compare(customer_id, fraud, scores, scores)
    assert (found.low, found.high, found.is_better) == (0, 0, False)


def test_a_difference_by_chance_is_taken_for_better_as_seldom_as_the_interval_says():
    better = 0
    for seed in range(60):
        customer_id, fraud, scores = window(seed)
        noise = np.random.default_rng(seed).normal(0, 0.02, (2, ROWS)).astype(np.float32)
        better += compare(customer_id, fraud, scores + noise[0], scores + noise[1]).is_better
    # 5 % of 60 are 3; more than 9 would happen once in a thousand times
    assert better <= 9


def test_the_same_rows_give_the_same_interval():
    customer_id, fraud, scores = window()
    other = np.roll(scores, 1)
    assert compare(customer_id, fraud, scores, other) == compare(customer_id, fraud, scores, other)


BETTER = Comparison(0.75, 0.70, 0.02, 0.08)
WORSE = Comparison(0.70, 0.75, -0.08, -0.02)


@pytest.mark.parametrize(
    ("comparison", "options", "moves", "said"),
    [
        (None, {}, True, "there was no champion"),
        (BETTER, {}, True, "better than the champion: average precision 0.7500 against 0.7000"),
        (WORSE, {}, False, "not shown to be better"),
        (WORSE, {"force": True}, True, "forced: average precision"),
        (None, {"why_not": "it takes 12 features"}, False, "not comparable: it takes 12"),
        (None, {"why_not": "it takes 12 features", "force": True}, True, "forced: it takes 12"),
    ],
)
def test_the_alias_moves_for_a_better_model_or_by_force_and_the_reason_is_said(
    comparison, options, moves, said
):
    decision = decide(comparison, **options)
    assert decision.moves is moves
    assert decision.reason.startswith(said)
