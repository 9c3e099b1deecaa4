import numpy as np
import pytest

from model_export.evaluation import evaluate, judged_rows

DAY = 86_400


def test_the_oracle_is_the_most_that_is_possible():
    generator = np.random.default_rng(0)
    fraud = (generator.random(2000) < 0.05).astype(np.int64)
    day, customer = generator.integers(0, 7, 2000), generator.integers(0, 300, 2000)
    metrics = evaluate(day, customer, fraud, generator.random(2000).astype(np.float32))
    assert metrics.card_precision_100 <= metrics.oracle_card_precision_100
    assert metrics.auc_roc == pytest.approx(0.5, abs=0.1)
    perfect = evaluate(day, customer, fraud, fraud.astype(np.float32))
    assert (perfect.auc_roc, perfect.average_precision) == (1.0, 1.0)
    assert perfect.card_precision_100 == perfect.oracle_card_precision_100


def test_cards_known_to_be_compromised_are_left_out_from_the_day_on_that_it_is_known():
    first_s, delay_s = 100 * DAY, 7 * DAY
    time_s = np.array([
        first_s - 15 * DAY,  # card 1: older than the handbook's training week
        first_s - 14 * DAY,  # card 2: known before the window
        first_s - 7 * DAY + 5,  # card 3: known during the first day
        first_s, first_s, first_s,
        first_s + DAY, first_s + DAY, first_s + DAY,
        first_s + 7 * DAY,
    ])  # fmt: skip
    customer = np.array([1, 2, 3, 1, 2, 3, 1, 2, 3, 1])
    fraud = np.array([1, 1, 1, 0, 0, 0, 0, 0, -1, 0])
    judged = judged_rows(time_s, customer, fraud, first_s=first_s, days=7, delay_s=delay_s)
    assert np.flatnonzero(judged).tolist() == [3, 5, 6]
