import numpy as np
import pytest

from producer import outcomes
from producer.outcomes import PendingOutcomes

DELAY_S = 100


def pending(published_until_s=1000):
    return PendingOutcomes(label_delay_s=DELAY_S, published_until_s=published_until_s)


def add(waiting, *rows):
    """Rows are (tx_id, time_s) or (tx_id, time_s, fraud)."""
    tx_id, time_s, fraud = np.array([(*row, 0)[:3] for row in rows], dtype=np.int64).T
    waiting.add(tx_id=tx_id, terminal_id=tx_id + 7, time_s=time_s, fraud=fraud)


def ids(records):
    return [outcome.tx_id for record in records for outcome in record.outcomes]


def test_an_outcome_comes_when_its_label_time_is_reached():
    waiting = pending()
    add(waiting, (1, 950, 1), (2, 960))
    assert waiting.take(1049) == [(1049, [])]
    [record] = waiting.take(1050)
    assert record == (1050, [(1, 8, 950, 1050, 1)])
    assert ids(waiting.take(2000)) == [2]


def test_outcomes_that_the_history_holds_are_left_out():
    waiting = pending(published_until_s=1000)
    add(waiting, (1, 900), (2, 901))
    assert ids(waiting.take(9999)) == [2]


def test_a_record_holds_outcomes_by_label_time():
    waiting = pending()
    add(waiting, (3, 970), (1, 950))
    add(waiting, (2, 960))
    assert ids(waiting.take(5000)) == [1, 2, 3]


def test_nothing_new_gives_no_record():
    waiting = pending()
    waiting.take(1200)
    assert waiting.take(1200) == []
    assert waiting.take(1100) == []
    assert waiting.complete_until_s == 1200


def test_an_outcome_read_too_late_comes_at_once_and_time_does_not_move_back():
    waiting = pending()
    waiting.take(1300)
    add(waiting, (1, 950))
    assert waiting.take(1200) == [(1300, [(1, 8, 950, 1050, 0)])]
    assert waiting.too_late == 1


def test_a_second_run_leaves_out_what_the_first_one_published():
    first, second = pending(), pending(published_until_s=1055)
    for waiting in (first, second):
        add(waiting, (1, 950), (2, 955), (3, 956))
    assert ids(first.take(1055)) + ids(second.take(2000)) == [1, 2, 3]


def test_many_outcomes_are_split_between_label_times(monkeypatch):
    monkeypatch.setattr(outcomes, "LARGEST_RECORD_OUTCOMES", 2)
    waiting = pending()
    add(waiting, (1, 950), (2, 960), (3, 960), (4, 970))
    records = waiting.take(3000)
    assert [record.complete_until_s for record in records] == [1060, 3000]
    assert [len(record.outcomes) for record in records] == [3, 1]


@pytest.mark.parametrize("spill_rows", [1, 10**9])
def test_on_disk_and_in_memory_give_the_same(monkeypatch, spill_rows):
    monkeypatch.setattr(outcomes, "SPILL_ROWS", spill_rows)
    waiting = pending()
    add(waiting, (2**62, 955), (1, 950))
    assert ids(waiting.take(1050)) == [1]
    assert ids(waiting.take(1055)) == [2**62]
    assert waiting.take(1055) == []
