import numpy as np

from fraud_core.card_precision import card_precision, daily_card_precision


def test_card_precision_counts_a_card_once_by_its_highest_score():
    day = np.zeros(5, np.int64)
    customer = np.array([1, 1, 2, 3, 3])
    fraud = np.array([0, 1, 0, 0, 0])
    score = np.array([0.1, 0.9, 0.8, 0.2, 0.3], np.float32)
    assert card_precision(day, customer, fraud, score, cards=2) == 0.5
    assert card_precision(day, customer, fraud, score, cards=1) == 1.0


def test_a_card_that_was_found_is_not_looked_at_again():
    day = np.array([0, 0, 1, 1])
    customer = np.array([1, 2, 1, 2])
    fraud = np.array([1, 0, 1, 1])
    score = np.array([0.9, 0.1, 0.9, 0.5], np.float32)
    # day 0 finds card 1; on day 1 only card 2 is left
    assert card_precision(day, customer, fraud, score, cards=1) == 1.0
    assert card_precision(day, customer, fraud, score, cards=2) == 0.5


def test_days_are_told_in_their_order_whatever_the_order_of_the_rows():
    day, customer = np.array([8, 7, 7, 8]), np.array([1, 1, 2, 3])
    fraud, score = np.array([1, 1, 0, 0]), np.array([0.9, 0.8, 0.1, 0.2])
    assert daily_card_precision(day, customer, fraud, score, cards=1).tolist() == [1.0, 0.0]
