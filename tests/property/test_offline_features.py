"""Offline features are those of an online replay, bit for bit."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fraud_core.features import CustomerWindows, WindowSeries, feature_row
from fraud_core.offline_features import OutcomeTable, TransactionTable, offline_features
from fraud_core.transaction import SECONDS_PER_DAY as DAY_S
from fraud_core.transaction import Transaction

NO_FLOOR = -(2**62)
START_S = 1_533_000_000

# steps that meet the ends of windows exactly, and rows that come late by minutes, days, 40 days
steps = st.sampled_from(
    [
        *(0, 0, 1, 60, 3600, DAY_S, DAY_S - 1, DAY_S + 1, 7 * DAY_S, 7 * DAY_S - 1),
        *(30 * DAY_S, 30 * DAY_S - 1, 31 * DAY_S),
        *(-1, -300, -DAY_S, -3 * DAY_S, -30 * DAY_S, -31 * DAY_S, -31 * DAY_S - 1, -40 * DAY_S),
    ]
)
forward_steps = steps.map(abs)
rows = st.tuples(
    st.integers(0, 3), st.integers(0, 3), st.integers(1, 10**7), st.integers(-1, 1), st.booleans()
)
delays = st.sampled_from([0, 1, DAY_S, 7 * DAY_S])


def table_of(chosen, times):
    customer, terminal, cents, fraud, accept = (
        np.array([row[index] for row in chosen], np.int64) for index in range(5)
    )
    table = TransactionTable(
        np.array(times, np.int64), customer, terminal, cents, accept.astype(bool)
    )
    return table, fraud


def replay(table, outcomes):
    """What a scorer answers that is given one row after the other and knows every label."""
    terminals = {}
    order = np.argsort(outcomes.label_time_s, kind="stable")
    for place in order.tolist():
        series = terminals.setdefault(int(outcomes.terminal_id[place]), WindowSeries([], []))
        series.add(int(outcomes.label_time_s[place]), int(outcomes.fraud[place]))
    customers, answers = {}, []
    columns = (table.time_s, table.customer_id, table.terminal_id, table.cents, table.accept)
    for time_s, customer, terminal, cents, accept in zip(
        *(column.tolist() for column in columns), strict=True
    ):
        row = Transaction(0, time_s, customer, terminal, cents, "", cents / 100)
        windows = customers.setdefault(customer, CustomerWindows(WindowSeries([], [])))
        seen, _ = windows.observe(row, accept=accept)
        known = terminals.get(terminal, WindowSeries([], [])).windows(time_s, NO_FLOOR)
        answers.append(feature_row(row, seen, known))
    return np.array(answers, np.float64).reshape(-1, 15)


def outcomes_of(table, fraud, delay_s):
    known = fraud >= 0
    return OutcomeTable(table.terminal_id[known], table.time_s[known] + delay_s, fraud[known])


@settings(max_examples=400)
@given(chosen=st.lists(st.tuples(rows, steps), max_size=40), delay_s=delays)
@example(chosen=[((0, 0, 5, 1, True), DAY_S)] * 9, delay_s=DAY_S)
def test_a_log_with_late_rows(chosen, delay_s):
    times = START_S + np.cumsum([0] + [step for _, step in chosen])[1:]
    table, fraud = table_of([row for row, _ in chosen], times)
    outcomes = outcomes_of(table, fraud, delay_s)

    assert offline_features(table, outcomes).tobytes() == replay(table, outcomes).tobytes()


@settings(max_examples=200)
@given(chosen=st.lists(st.tuples(rows, forward_steps), max_size=40), delay_s=delays)
def test_a_log_in_the_order_of_time(chosen, delay_s):
    times = START_S + np.cumsum([0] + [step for _, step in chosen])[1:]
    table, fraud = table_of([(*row[:4], True) for row, _ in chosen], times)
    outcomes = outcomes_of(table, fraud, delay_s)

    assert offline_features(table, outcomes).tobytes() == replay(table, outcomes).tobytes()


@given(
    times=st.lists(st.integers(0, 120 * DAY_S), max_size=60),
    seed=st.integers(0, 2**32 - 1),
)
def test_a_log_in_any_order(times, seed):
    generator = np.random.default_rng(seed)
    count = len(times)
    table = TransactionTable(
        START_S + np.array(times, np.int64),
        generator.integers(0, 3, count),
        generator.integers(0, 3, count),
        generator.integers(1, 10**6, count),
        generator.random(count) < 0.9,
    )
    outcomes = outcomes_of(table, generator.integers(-1, 2, count), 7 * DAY_S)

    assert offline_features(table, outcomes).tobytes() == replay(table, outcomes).tobytes()


def test_an_entry_a_window_old_is_out_and_a_label_of_this_second_is_in():
    table, fraud = table_of(
        [(1, 1, 100, 1, True), (1, 1, 300, 0, True)], [START_S, START_S + DAY_S]
    )

    features = offline_features(table, outcomes_of(table, fraud, DAY_S))

    assert features[1, 3:7].tolist() == [1.0, 3.0, 2.0, 2.0]
    assert features[1, 9:11].tolist() == [1.0, 1.0]
