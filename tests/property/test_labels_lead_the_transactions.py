"""Whatever the files hold: labels come before the rows that need them, and each exactly once."""

from hypothesis import given
from hypothesis import strategies as st

from producer.sources import EVERYTHING_IS_READ_S, stream_blocks
from tests.streams_of_files import (
    DELAY_S,
    HISTORY_END_S,
    column,
    days_of,
    outcomes_of,
    plan,
    records_of,
    row,
    seqs_of,
)

rows_of_a_day = st.lists(
    st.tuples(st.integers(0, 600), st.integers(-1, 1), st.booleans()), min_size=1, max_size=8
)


@st.composite
def files(draw):
    """Days in order, rows in order of time; now and then one stands days too late in the files."""
    numbers = sorted(draw(st.sets(st.integers(0, 25), min_size=1, max_size=8)))
    days = []
    for number in numbers:
        drawn = sorted(draw(rows_of_a_day))
        rows = [row(number, second, fraud=f, dirty=d) for second, f, d in drawn]
        if len(rows) > 2 and draw(st.booleans()):
            rows.insert(0, row(draw(st.integers(0, number)), 7))
        days.append(rows)
    return days


@given(files(), st.integers(1, 5), st.integers(0, 6))
def test_labels_are_complete_before_the_rows_that_need_them(days, block_rows, skip):
    made = list(stream_blocks(days_of(*days), plan(block_rows=block_rows, skip=skip)))
    all_outcomes = _outcomes_known(days)
    complete_until_s, published = HISTORY_END_S, set()
    for block in made:
        for record in records_of(block):
            assert record.complete_until_s >= complete_until_s
            complete_until_s = record.complete_until_s
            published |= {outcome.tx_id for outcome in record.outcomes}
        times_s = zip(column(block, "tx_time_s"), block.reasons, strict=True)
        assert all(time_s <= complete_until_s for time_s, reason in times_s if reason is None)
        assert {tx for tx, at in all_outcomes.items() if at <= complete_until_s} == published


@given(files(), st.integers(0, 30))
def test_two_runs_publish_each_outcome_once_and_send_each_row_once(days, first_rows):
    whole = list(stream_blocks(days_of(*days), plan()))
    first = list(stream_blocks(days_of(*days), plan(limit=first_rows + 1)))
    until_s = max((r.complete_until_s for b in first for r in records_of(b)), default=HISTORY_END_S)
    second_plan = plan(skip=first_rows + 1, published_until_s=until_s)
    second = list(stream_blocks(days_of(*days), second_plan))
    assert seqs_of(first + second) == seqs_of(whole)
    once = [outcome.tx_id for outcome in outcomes_of(first + second)]
    assert len(once) == len(set(once))
    assert sorted(once) == sorted(outcome.tx_id for outcome in outcomes_of(whole))


def _outcomes_known(days):
    """Label time of each outcome that engines do not have from the history, by tx id."""
    rows = [row for day in days for row in day]
    label_times = {
        tx_id: time_s + DELAY_S
        for tx_id, (time_s, fraud, reason) in enumerate(rows)
        if reason == -1 and fraud >= 0
    }
    return {tx: at for tx, at in label_times.items() if HISTORY_END_S < at < EVERYTHING_IS_READ_S}
