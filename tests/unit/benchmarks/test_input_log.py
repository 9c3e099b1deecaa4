import orjson
import pytest

from benchmarks.input_log import SentRows, note
from fraud_core.transaction import DateRange, parse_time
from tests.fakes import FakeMessage

DATES = DateRange(parse_time("2018-01-01 00:00:00"), parse_time("2019-01-01 00:00:00"))
PROBE_KEY = b"9000000003"


def transaction(number, when="2018-08-08 00:00:31"):
    fields = {"schema": 1, "tx_id": number, "tx_datetime": when, "customer_id": 7}
    return orjson.dumps(fields | {"terminal_id": 8, "tx_amount": 1.5})


def rows_of(*records):
    """Rows of (seq or None, key, value, partition)."""
    rows = SentRows()
    for offset, (seq, key, value, partition) in enumerate(records):
        headers = [] if seq is None else [("seq", b"%d" % seq)]
        note(rows, FakeMessage("t", partition, offset, key, value, headers=headers), DATES)
    return rows


def load(*seqs):
    return [(seq, b"7", transaction(seq), seq % 3) for seq in seqs]


def test_an_empty_log_is_whole_and_the_load_begins_at_the_start():
    rows = SentRows()
    assert (rows.is_whole, rows.to_skip, rows.time_s(5)) == (True, 0, 5)


def test_a_load_goes_on_behind_the_last_row_in_any_order_of_partitions():
    rows = rows_of(*load(102, 100, 101, 103))
    assert (rows.first_seq, rows.last_seq, rows.to_skip, rows.is_whole) == (100, 103, 4, True)


def test_a_row_that_is_missing_makes_the_log_no_whole_one_and_is_skipped_all_the_same():
    rows = rows_of(*load(100, 102))
    assert (rows.is_whole, rows.to_skip) == (False, 3)


def test_a_row_that_is_there_twice_in_place_of_another_is_seen():
    assert not rows_of(*load(100, 101, 101, 103)).is_whole


def test_readiness_probes_are_neither_rows_nor_foreign():
    rows = rows_of((None, PROBE_KEY, transaction(9_000_000_003), 3), *load(100))
    assert (rows.count, rows.foreign, rows.is_whole) == (1, 0, True)


@pytest.mark.parametrize("key", [None, b"", b"12", b"x"])
def test_what_neither_a_load_nor_a_probe_wrote_is_foreign(key):
    rows = rows_of((None, key, transaction(1), 0), *load(100))
    assert (rows.foreign, rows.is_whole) == (1, False)


def test_the_log_stands_at_its_newest_clean_records():
    rows = rows_of(
        (100, b"7", transaction(100, "2018-08-08 00:00:31"), 0),
        (101, b"7", transaction(101, "2018-08-09 00:00:00"), 1),
        (102, b"7", transaction(102, "2018-12-31 00:00:00"), 2),
        (103, b"7", b"no JSON", 1),
        (104, b"7", transaction(104, "2031-01-01 00:00:00"), 1),
    )
    assert rows.time_s(0) == parse_time("2018-08-09 00:00:00")
    assert rows.newest_ids == {0: (100, 100), 1: (101, 101), 2: (102, 102)}
    assert rows.is_whole
