from fraud_core.stream_start import last_second
from producer import sources
from producer.sources import stream_blocks
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


def blocks(*days, **changes):
    return list(stream_blocks(days_of(*days), plan(**changes)))


def test_the_stream_starts_behind_the_history_and_keeps_the_rows_numbers():
    made = blocks([row(7, 0), row(7, 5)], [row(8, 0), row(8, 1)], [row(9, 0)])
    assert seqs_of(made) == [2, 3, 4]


def test_a_dirty_row_in_front_of_the_stream_does_not_start_it():
    made = blocks([row(8, 0, dirty=True), row(8, 1), row(8, 2, dirty=True)])
    assert seqs_of(made) == [1, 2]
    assert made[0].reasons == [None, "wrong type"]


def test_one_row_of_the_far_future_among_the_history_does_not_start_the_stream():
    made = blocks([row(6, 0), row(6, 1), row(300, 0)], [row(7, 0)], [row(8, 0), row(8, 1)])
    assert seqs_of(made) == [4, 5]


def test_a_history_that_ends_within_a_day_splits_the_day():
    made = blocks([row(7, 0), row(7, 5), row(7, 6)], history_end_s=row(7, 5)[0])
    assert seqs_of(made) == [2]


def test_a_late_row_within_the_stream_belongs_to_it():
    made = blocks([row(8, 0), row(8, 1)], [row(2, 0), row(9, 0), row(9, 1)])
    assert seqs_of(made) == [0, 1, 2, 3, 4]


def test_skip_and_limit_cut_the_stream():
    day = [row(8, second) for second in range(10)]
    assert seqs_of(blocks(day, skip=4, limit=3)) == [4, 5, 6]
    assert seqs_of(blocks(day[:5], [row(9, 0), row(9, 1)], skip=5)) == [5, 6]
    assert blocks(day, skip=10) == []


def test_dirty_rows_can_be_left_out_and_are_counted():
    day = [row(8, 0), row(8, 1, dirty=True), row(8, 2)]
    made = blocks(day, skip_dirty=True)
    assert seqs_of(made) == [0, 2]
    assert sum(block.skipped_dirty for block in made) == 1


def test_skip_counts_the_rows_that_would_be_sent():
    day = [row(8, 0, dirty=False), row(8, 1, dirty=True), row(8, 2), row(8, 3)]
    assert seqs_of(blocks(day, skip=2, skip_dirty=True)) == [3]


def test_blank_lines_are_counted_once_a_day_of_the_stream():
    made = blocks([row(7, 0)], [row(8, second) for second in range(7)])
    assert sum(block.blank_lines for block in made) == 1


def test_records_are_the_lines_as_they_are():
    [block] = blocks([row(8, 1)])
    assert block.keys == [b"0"]
    assert block.values[0].startswith(b'{"schema":1,"tx_id":0,"tx_datetime":"')
    assert column(block, "label_time_s") == [row(8, 1)[0] + DELAY_S]


def test_a_dirty_row_and_an_unknown_outcome_have_no_label_time():
    [block] = blocks([row(8, 0), row(8, 1, dirty=True), row(8, 2, fraud=-1)])
    assert column(block, "label_time_s")[1:] == [-1, -1]


def test_outcomes_of_transactions_before_the_stream_are_published():
    history = [row(1, 5, fraud=1), row(1, 90), row(0, 5)]
    made = blocks(history, [row(8, 4), row(8, 5), row(8, 6), row(8, 100)])
    assert [(o.tx_id, o.fraud) for o in outcomes_of(made[:1])] == [(0, 1)]
    assert [o.tx_id for o in outcomes_of(made)] == [0, 1]


def test_outcomes_of_skipped_rows_are_published():
    day, week_later = [row(8, 0), row(8, 1)], [row(15, 5), row(15, 6)]
    made = blocks(day, week_later, skip=2)
    assert [outcome.tx_id for outcome in outcomes_of(made)] == [0, 1]


def test_labels_are_complete_for_every_row_of_the_block():
    made = blocks([row(8, second) for second in range(7)])
    assert [records_of(block)[-1].complete_until_s for block in made] == [
        HISTORY_END_S + 3,
        HISTORY_END_S + 6,
        HISTORY_END_S + 7,
    ]


def test_a_second_run_publishes_nothing_twice():
    days = [[row(1, 5), row(1, 90)], [row(8, 4), row(8, 5), row(8, 6), row(8, 100)]]
    first = blocks(*days, limit=3)
    until_s = records_of(first[-1])[-1].complete_until_s
    second = blocks(*days, skip=3, published_until_s=until_s)
    assert [outcome.tx_id for outcome in outcomes_of(first + second)] == [0, 1]
    assert seqs_of(first + second) == [2, 3, 4, 5]


def test_no_promise_is_made_beyond_what_was_read(monkeypatch):
    monkeypatch.setattr(sources, "LOOK_AHEAD_ROWS", 1)
    made = blocks([row(8, 0), row(8, 1), row(300, 0)], [row(9, 0)])
    assert records_of(made[0])[-1].complete_until_s == row(8, 1)[0]


def test_an_outcome_whose_row_stands_days_too_late_is_found_by_reading_ahead():
    made = blocks([row(8, 0), row(8, 10)], [row(1, 5), row(9, 0), row(9, 1)])
    assert [outcome.tx_id for outcome in outcomes_of(made[:1])] == [2]
    assert sum(block.labels_too_late for block in made) == 0


def test_an_outcome_that_was_not_found_in_time_is_published_and_counted(monkeypatch):
    monkeypatch.setattr(sources, "LOOK_AHEAD_ROWS", 1)
    made = blocks([row(8, 0), row(8, 10)], [row(1, 5), row(9, 0), row(9, 1)])
    assert [outcome.tx_id for outcome in outcomes_of(made)] == [2]
    assert sum(block.labels_too_late for block in made) == 1


def test_the_date_of_a_day_ignores_single_wrong_dates():
    [day] = days_of([row(3, 0), row(3, 1), row(300, 0)])
    assert last_second(day.time_s) == row(3, 86_399)[0]
    [dateless] = days_of([(-1, 0, 3)])
    assert last_second(dateless.time_s) == -1
