from fraud_core.features import FEATURE_NAMES, CustomerWindows, WindowSeries, feature_row
from fraud_core.transaction import SECONDS_PER_DAY, parse_time
from tests.streams import transaction

DAY = SECONDS_PER_DAY
NO_FLOOR = -(2**62)


def windows_of(customer, time_s, amount=1.0, *, accept=True):
    return customer.observe(transaction(time_s=time_s, amount=amount), accept=accept)


def test_there_are_fifteen_features_with_the_handbooks_names():
    assert len(FEATURE_NAMES) == 15
    assert FEATURE_NAMES[3:5] == (
        "CUSTOMER_ID_NB_TX_1DAY_WINDOW",
        "CUSTOMER_ID_AVG_AMOUNT_1DAY_WINDOW",
    )
    assert FEATURE_NAMES[-1] == "TERMINAL_ID_RISK_30DAY_WINDOW"


def test_an_entry_exactly_a_window_old_is_out_and_one_a_second_younger_is_in():
    series = WindowSeries([0, 1], [5, 7])
    assert series.windows(DAY, NO_FLOOR)[:2] == [1, 7]
    assert series.windows(DAY + 1, NO_FLOOR)[:2] == [0, 0]
    assert series.windows(DAY - 1, NO_FLOOR)[:2] == [2, 12]


def test_an_entry_at_the_asked_time_is_in_and_a_later_one_is_out():
    series = WindowSeries([10, 11], [1, 1])
    assert series.windows(10, NO_FLOOR) == [1, 1] * 3
    assert series.windows(9, NO_FLOOR) == [0, 0] * 3


def test_an_early_insertion_counts_like_a_late_one():
    ordered = WindowSeries([], [])
    mixed = WindowSeries([], [])
    for time_s, value in ((1, 10), (2, 20), (2, 21), (3, 30)):
        ordered.add(time_s, value)
    for time_s, value in ((3, 30), (1, 10), (2, 20), (2, 21)):
        mixed.add(time_s, value)
    for time_s in range(5):
        assert ordered.windows(time_s, NO_FLOOR) == mixed.windows(time_s, NO_FLOOR)


def test_dropping_what_no_window_reaches_changes_no_answer():
    series = WindowSeries([0, 5, 40 * DAY], [1, 2, 3])
    before = series.windows(40 * DAY, NO_FLOOR)
    series.drop_until(10 * DAY)
    assert series.windows(40 * DAY, NO_FLOOR) == before
    assert len(series) == 1


def test_the_second_of_a_pair_in_one_second_sees_the_first():
    customer = CustomerWindows(WindowSeries([], []))
    assert windows_of(customer, 100, 1.0)[0][:2] == [1, 100]
    assert windows_of(customer, 100, 2.0)[0][:2] == [2, 300]


def test_an_event_up_to_a_day_late_finds_its_whole_window():
    customer = CustomerWindows(WindowSeries([], []))
    windows_of(customer, 0, 1.0)
    windows_of(customer, 30 * DAY + DAY // 2, 2.0)
    answer, late = windows_of(customer, 30 * DAY - 1, 4.0)
    assert late
    assert answer == [1, 400, 1, 400, 2, 500]  # the newer one is not seen, the old one is


def test_a_very_late_event_is_scored_with_what_is_held_and_forgotten():
    customer = CustomerWindows(WindowSeries([], []))
    windows_of(customer, 0, 1.0)
    windows_of(customer, 40 * DAY, 2.0)
    answer, late = windows_of(customer, 5 * DAY, 4.0)
    assert late
    assert answer == [1, 400] * 3  # the entry of day 0 is no longer kept
    again, _ = windows_of(customer, 5 * DAY, 8.0)
    assert again == [1, 800] * 3  # and neither is the late one


def test_an_event_that_is_not_accepted_leaves_no_trace():
    customer = CustomerWindows(WindowSeries([50], [100]))
    assert windows_of(customer, 40, 1.0, accept=False)[0][:2] == [1, 100]
    assert windows_of(customer, 60, 2.0)[0][:2] == [2, 300]


def test_night_ends_with_the_seventh_hour_and_the_weekend_starts_on_saturday():
    customer = [1, 100] * 3
    terminal = [0, 0] * 3

    def flags(text):
        return feature_row(transaction(time_s=parse_time(text)), customer, terminal)[1:3]

    assert flags("2018-08-10 06:59:59") == [0.0, 1.0]
    assert flags("2018-08-10 07:00:00") == [0.0, 0.0]
    assert flags("2018-08-11 00:00:00") == [1.0, 1.0]
    assert flags("2018-08-12 23:59:59") == [1.0, 0.0]
    assert flags("2018-08-13 23:59:59") == [0.0, 0.0]


def test_risk_of_an_unknown_terminal_is_zero():
    row = feature_row(transaction(amount=12.34), [2, 300, 2, 300, 3, 1000], [0, 0, 2, 1, 3, 1])
    assert row[0] == 12.34
    assert row[3:9] == [2.0, 1.5, 2.0, 1.5, 3.0, 1000 / 300]
    assert row[9:] == [0.0, 0.0, 2.0, 0.5, 3.0, 1 / 3]
