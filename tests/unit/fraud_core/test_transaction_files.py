import numpy as np
import pytest

import fraud_core.transaction_files as module
from fraud_core.errors import ConfigError, TransactionFileError
from fraud_core.stream_start import stream_start
from fraud_core.transaction import ANY_DATE, REASONS, decode, parse_time
from fraud_core.transaction_files import encode_row, kept_customers, read_days, transaction_files

HEADER = (
    b"# tranaction_id | tx_datetime | customer_id | terminal_id | tx_amount | tx_time_seconds"
    b" | tx_time_days | tx_fraud | tx_fraud_scenario\n"
)
COURSE_ROWS = [
    b"10,2019-08-22 11:32:42,10,663,40.71,41562,0,1,2",
    b"11,2019-08-22 03:09:26,10,770,63.91,11366,0,0,0",
    b"17,2019-08-22 07:39:45,12,9,74.0,27585,0,0,0",
]

NAMES = (b"tx_id", b"tx_datetime", b"customer_id", b"terminal_id", b"tx_amount")


def written(tmp_path, text, name="2019-08-22.txt"):
    path = tmp_path / name
    path.write_bytes(text)
    return path


def days_of(tmp_path, *rows, **options):
    return list(read_days([written(tmp_path, b"\n".join(rows))], **options))


def test_a_day_comes_in_the_order_of_time_with_all_that_its_rows_say(tmp_path):
    (day,) = days_of(tmp_path, HEADER.strip(), *COURSE_ROWS)
    assert day.tx_id.tolist() == [11, 17, 10]
    assert day.seq.tolist() == [0, 1, 2]
    times = [f"2019-08-22 {at}" for at in ("03:09:26", "07:39:45", "11:32:42")]
    assert day.time_s.tolist() == [parse_time(time) for time in times]
    assert day.customer_id.tolist() == [10, 12, 10]
    assert day.terminal_id.tolist() == [770, 9, 663]
    assert day.cents.tolist() == [6391, 7400, 4071]
    assert day.amount.tolist() == [63.91, 74.0, 40.71]
    assert day.fraud.tolist() == [0, 0, 1]
    assert day.scenario.tolist() == [0, 0, 2]
    assert day.reasons.tolist() == [-1, -1, -1]
    assert day.lines == [COURSE_ROWS[1], COURSE_ROWS[2], COURSE_ROWS[0]]


@pytest.mark.parametrize(
    "text",
    [
        b"\n".join(COURSE_ROWS),
        b"\r\n".join(COURSE_ROWS) + b"\r\n",
        b"\xef\xbb\xbf" + HEADER + b"\n".join(COURSE_ROWS),
        HEADER + b"\n".join(COURSE_ROWS) + b"\n\n\n",
        HEADER + HEADER.join(row + b"\n" for row in COURSE_ROWS),
    ],
    ids=["no header", "CRLF", "byte order mark", "blank lines at the end", "comments between"],
)
def test_line_ends_headers_and_comments_change_no_row(tmp_path, text):
    (day,) = read_days([written(tmp_path, text)])
    assert day.lines == [COURSE_ROWS[1], COURSE_ROWS[2], COURSE_ROWS[0]]


def test_blank_lines_are_counted_and_have_no_number(tmp_path):
    (day,) = days_of(tmp_path, b"", COURSE_ROWS[0], b"   ", b"\r", COURSE_ROWS[1], b"")
    assert day.blank_lines == 3
    assert day.seq.tolist() == [0, 1]


def test_an_unreadable_date_stays_behind_the_row_before_it(tmp_path):
    hour_24 = COURSE_ROWS[2].replace(b"07:39:45", b"24:00:00")
    (day,) = days_of(tmp_path, COURSE_ROWS[0], COURSE_ROWS[1], hour_24, COURSE_ROWS[2])
    assert day.lines == [COURSE_ROWS[1], hour_24, COURSE_ROWS[2], COURSE_ROWS[0]]
    assert day.time_s[1] == -1
    assert REASONS[day.reasons[1]] == "impossible date"


def test_rows_of_one_second_come_by_number_then_by_place(tmp_path):
    rows = [b"%d,2019-08-22 00:00:00,%d,1,1.0,0,0,0,0" % pair for pair in ((5, 1), (3, 2), (3, 1))]
    (day,) = days_of(tmp_path, *rows)
    assert day.lines == [rows[1], rows[2], rows[0]]


def test_the_order_is_the_same_whatever_dates_are_possible(tmp_path):
    far = COURSE_ROWS[1].replace(b"2019", b"2033")
    orders = [
        days_of(tmp_path, *COURSE_ROWS, far, dates=dates)[0].lines
        for dates in (ANY_DATE, module.DateRange(0, 1))
    ]
    assert orders[0] == orders[1]


def test_a_very_long_day_comes_in_parts(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "LARGEST_PART_ROWS", 2)
    parts = days_of(tmp_path, *COURSE_ROWS, b"")
    assert [part.tx_id.tolist() for part in parts] == [[11, 17], [10]]
    assert [part.seq.tolist() for part in parts] == [[0, 1], [2]]
    assert [part.lines for part in parts] == [[COURSE_ROWS[1], COURSE_ROWS[2]], [COURSE_ROWS[0]]]


def test_lines_are_left_out_where_nobody_wants_them(tmp_path):
    (day,) = days_of(tmp_path, *COURSE_ROWS, with_lines=False)
    assert day.lines == []
    assert len(day) == 3


def test_numbers_run_on_over_days_and_files(tmp_path):
    later = [row.replace(b"08-22", b"08-23") for row in COURSE_ROWS]
    files = [
        written(tmp_path, b"\n".join(rows), name)
        for rows, name in ((COURSE_ROWS, "a.txt"), (later, "b.txt"))
    ]
    assert [day.seq.tolist() for day in read_days(files)] == [[0, 1, 2], [3, 4, 5]]


def test_a_share_keeps_about_that_share_of_the_customers():
    kept = kept_customers(np.arange(100_000), 0.01)
    assert 900 < kept.sum() < 1100
    assert kept_customers(np.arange(1000), 1.0).all()
    # fixed for ever: a manifest records the share, and the producer must keep the same customers
    assert np.flatnonzero(kept)[:4].tolist() == [196, 295, 472, 558]


@pytest.mark.parametrize("share", [0, -0.5, 1.5, float("nan")])
def test_a_share_that_is_none_is_refused(tmp_path, share):
    with pytest.raises(ConfigError, match="customers-share"):
        days_of(tmp_path, *COURSE_ROWS, customers_share=share)


def test_a_folder_is_its_text_files_by_name(tmp_path):
    for name in ("b.txt", "a.txt", "c.csv"):
        written(tmp_path, b"", name)
    assert [path.name for path in transaction_files([tmp_path])] == ["a.txt", "b.txt"]


def test_paths_without_transactions_are_refused_by_name(tmp_path):
    with pytest.raises(TransactionFileError, match=r"missing\.txt does not exist"):
        transaction_files([tmp_path / "missing.txt"])
    with pytest.raises(TransactionFileError, match=r"holds no \*\.txt"):
        transaction_files([tmp_path])
    with pytest.raises(TransactionFileError, match="no transaction file"):
        transaction_files([])


def test_a_file_that_is_named_twice_is_refused(tmp_path):
    path = written(tmp_path, b"")
    with pytest.raises(TransactionFileError, match="named twice"):
        transaction_files([tmp_path, path])


@pytest.mark.parametrize(
    "text",
    [b"", HEADER, b"a;b;c\n1;2;3\n", b"1,2,3\n", b"\x00\xff" * 100_000, b"{}\n"],
    ids=["empty", "header only", "other delimiter", "three columns", "binary", "JSON"],
)
def test_a_file_in_another_format_is_refused_before_anything_is_read(tmp_path, text):
    with pytest.raises(TransactionFileError, match=r"other\.txt holds no transactions"):
        read_days([written(tmp_path, text, "other.txt")])


def test_a_small_file_of_many_days_may_be_followed_by_one_that_begins_before_its_end(tmp_path):
    rows = b"\n".join(COURSE_ROWS)
    many = rows + b"\n" + rows.replace(b"08-22", b"08-24")
    first = written(tmp_path, many, "1.txt")
    second = written(tmp_path, rows.replace(b"08-22", b"08-23"), "2.txt")
    assert sum(len(day) for day in read_days([first, second])) == 9


def test_files_out_of_order_are_refused(tmp_path):
    later = written(tmp_path, b"\n".join(COURSE_ROWS).replace(b"08-22", b"08-23"), "later.txt")
    earlier = written(tmp_path, b"\n".join(COURSE_ROWS), "earlier.txt")
    with pytest.raises(TransactionFileError, match="order of time"):
        read_days([later, earlier])


def test_a_line_without_end_is_refused_and_not_collected(tmp_path):
    path = written(tmp_path, COURSE_ROWS[0] + b"\n" + COURSE_ROWS[1] + b"\n" + b"x" * 5_000_000)
    with pytest.raises(TransactionFileError, match="has a line of more than"):
        list(read_days([path]))


def test_a_row_of_two_megabytes_is_a_dirty_row(tmp_path):
    long = b"1,2019-08-22 00:00:00%b,1,1,1.0,0,0,0,0" % (b" " * 2_000_000)
    (day,) = days_of(tmp_path, COURSE_ROWS[0], long, COURSE_ROWS[1])
    assert sorted(day.reasons.tolist()) == [-1, -1, REASONS.index("too large")]


def test_a_record_has_the_five_columns_and_never_the_outcome():
    key, value = encode_row(COURSE_ROWS[0])
    assert key == b"10"
    assert value == (
        b'{"schema":1,"tx_id":10,"tx_datetime":"2019-08-22 11:32:42","customer_id":10,'
        b'"terminal_id":663,"tx_amount":40.71}'
    )
    assert decode(key, value, ANY_DATE).amount_cents == 4071


@pytest.mark.parametrize(
    ("line", "key", "cells"),
    [
        (b"1,d,2,Err,x,0", b"2", [b"1", b'"d"', b"2", b'"Err"', b'"x"']),
        (b"1,d,-2,,,", b"-2", [b"1", b'"d"', b"-2", b"null", b"null"]),
        (b"007,,a,+1,nan", b"a", [b'"007"', b'""', b'"a"', b'"+1"', b'"nan"']),
        (b"1,d,2,3,1e2", b"2", [b"1", b'"d"', b"2", b"3", b"100.0"]),
        (b"1,d", b"", [b"1", b'"d"']),
        (b"\xff,\xff,\xff", b"\xff", ['"\ufffd"'.encode()] * 3),
    ],
)
def test_dirt_travels_as_it_is(line, key, cells):
    members = [b'"%b":%b' % pair for pair in zip(NAMES, cells, strict=False)]
    assert encode_row(line) == (key, b'{"schema":1,' + b",".join(members) + b"}")


def test_the_stream_starts_at_the_first_clean_row_after_the_history(tmp_path):
    rows = [
        b"%d,2019-08-2%d 10:00:0%d,1,1,1.0,0,0,0,0" % (at, day, at)
        for day in (2, 3)
        for at in range(4)
    ]
    stray = b"9,2019-11-01 00:00:00,1,1,1.0,0,0,0,0"
    dirty = b"1,2019-08-23 00:00:00,1,Err,1.0,0,0,0,0"
    first, second = days_of(tmp_path, *rows[:4], stray, *rows[4:], dirty)
    end_s = parse_time("2019-08-22 23:59:59")
    assert stream_start(first, end_s) is None
    assert stream_start(second, end_s) == 1
    assert stream_start(second, parse_time("2019-08-23 10:00:01")) == 3
    assert stream_start(second, parse_time("2019-08-25 10:00:01")) is None
