from datetime import date

import pytest

from fraud_core.errors import ConfigError
from fraud_core.transaction import SECONDS_PER_DAY, format_time, parse_time
from model_export.periods import Lengths, choose_periods

APRIL_S = parse_time("2018-04-01 00:00:00")


def test_the_handbooks_period_gives_the_handbooks_test_week():
    periods = choose_periods(APRIL_S, 183, None, Lengths())
    assert format_time(periods.train_first_s) == "2018-07-04 00:00:00"
    assert format_time(periods.train_last_s) == "2018-07-31 23:59:59"
    assert format_time(periods.history_end_s) == "2018-08-07 23:59:59"
    assert format_time(periods.test_last_s) == "2018-08-14 23:59:59"


def test_too_few_days_say_how_many_are_needed():
    choose_periods(APRIL_S, 49, None, Lengths())
    with pytest.raises(ConfigError, match=r"hold 48 days, at least 49 are needed"):
        choose_periods(APRIL_S, 48, None, Lengths())
    with pytest.raises(ConfigError, match=r"at least 42 are needed"):
        choose_periods(APRIL_S, 41, date(2018, 5, 1), Lengths())


def test_a_history_end_that_does_not_fit_says_which_do():
    periods = choose_periods(APRIL_S, 60, date(2018, 5, 20), Lengths())
    assert format_time(periods.history_end_s) == "2018-05-20 23:59:59"
    with pytest.raises(ConfigError, match="from 2018-05-05 to 2018-05-23"):
        choose_periods(APRIL_S, 60, date(2018, 5, 24), Lengths())


def test_training_ends_when_its_last_outcome_is_known_in_time():
    periods = choose_periods(APRIL_S, 100, None, Lengths(train_days=10, label_delay_days=3))
    assert periods.history_end_s - periods.train_last_s == 3 * SECONDS_PER_DAY
    assert periods.train_last_s - periods.train_first_s == 10 * SECONDS_PER_DAY - 1


def test_a_label_delay_of_hours_moves_the_end_of_training_to_that_hour():
    lengths = Lengths(label_delay_days=0.25)
    periods = choose_periods(APRIL_S, 183, None, lengths)
    assert lengths.label_delay_s == 6 * 3600
    assert format_time(periods.train_last_s) == "2018-08-07 17:59:59"
    assert lengths.least_history_days == 29
