"""Files read by blocks and by numpy say the same as a plain reading line by line."""

from __future__ import annotations

import itertools
import math
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fraud_core.course_lines import read_lines
from fraud_core.transaction import ANY_DATE, REASONS, DateRange, Rejected, decode, parse_time
from fraud_core.transaction_files import DayRows, encode_row, read_days

DAY_S = 86_400
SHORT_RANGE = DateRange(1_533_600_000, 1_533_700_000)

digits = st.integers(0, 10**12).map(lambda number: str(number).encode())
odd_ids = st.sampled_from(
    [
        *(b"", b"-1", b"-0", b"+5", b"007", b"Err", b"None", b" 3", b"3 ", b"1e3", b"0", b"1.0"),
        *(b"9223372036854775807", b"9223372036854775808", b"-9223372036854775808", b"9" * 30),
        *(b"123456789012345678", b"\xff\xfe", "٣".encode(), b"1_0", b'"'),
    ]
)
odd_amounts = st.sampled_from(
    [
        *(b"", b"0", b"0.0", b"-5.2", b"nan", b"inf", b"-inf", b"1e3", b"1e400", b"74.", b".5"),
        *(b"1_0", b" 5", b"12.345", b"0.005", b"0.015", b"1000000000", b"999999999.99", b"1e9"),
        *(b"00.5", b"1.2.3", b"..", b"1.", b"--1", b"5\x00", b"Err", b"-.5", b"1000000000.1", b"."),
    ]
)
odd_dates = st.sampled_from(
    [
        *(b"", b"2018-08-08 24:00:00", b"0000-00-00 00:00:00", b"0001-01-01 00:00:00", b"Err"),
        *(b"2018-02-29 10:00:00", b"2020-02-29 10:00:00", b"1900-02-29 00:00:00", b"2018-08-08"),
        *(b"2018-08-08T10:00:00", b"2018-08-08 10:60:00", b"2018-08-08 10:00"),
        *(b"2018-13-01 00:00:00", b"2018-08-08 23:59:59", b"9999-12-31 23:59:59"),
        *(b"2018-W32-3 10:00:00", b"2018-08-32 00:00:00", b"1969-12-31 23:59:59"),
        *("2018-08-0٨ 10:00:00".encode(), b"2018/08/08 10:00:00"),
    ]
)
dates = st.datetimes(
    min_value=datetime(2018, 8, 7),  # noqa: DTZ001  # course times are naive
    max_value=datetime(2018, 8, 11),  # noqa: DTZ001
).map(lambda moment: moment.strftime("%Y-%m-%d %H:%M:%S").encode())
amounts = st.integers(0, 10**7).flatmap(
    lambda cents: st.sampled_from(
        [b"%d.%02d" % divmod(cents, 100), b"%d.%d" % (cents // 100, cents % 10), b"%d" % cents]
    )
)
tails = st.sampled_from([b"0,0,0,0", b"5,0,1,3", b",,,", b"a,b,2,10", b"5,0,1", b"1,2,0,0,0", b""])


def mostly(
    usual: st.SearchStrategy[bytes], odd: st.SearchStrategy[bytes]
) -> st.SearchStrategy[bytes]:
    return st.integers(0, 9).flatmap(lambda number: odd if number == 0 else usual)


rows = st.tuples(
    mostly(digits, odd_ids),
    mostly(dates, odd_dates),
    mostly(digits, odd_ids),
    mostly(digits, odd_ids),
    mostly(amounts, odd_amounts),
    mostly(st.just(b"5,0,1,3"), tails),
).map(b",".join)
no_rows = st.sampled_from([b"", b"  ", b"\t", b"# a comment", b"\r"])
free_text = st.binary(max_size=40).map(lambda text: text.replace(b"\n", b""))
short_rows = rows.flatmap(
    lambda row: st.integers(0, 8).map(lambda count: b",".join(row.split(b",")[:count]))
)
lines = st.integers(0, 19).flatmap(
    lambda number: {0: no_rows, 1: free_text, 2: short_rows}.get(number, rows)
)
files = st.lists(lines, max_size=25).flatmap(
    lambda chosen: st.sampled_from([b"\n", b"\r\n"]).map(lambda end: end.join(chosen))
)
# makes every file one that is recognised, and is itself a usual row
FIRST = b"1,2018-08-08 00:00:05,3,4,5.0,5,0,0,0\n"


class PlainRow(NamedTuple):
    line: bytes
    time_s: int | None
    tx_id: int
    customer_id: int
    reason: int
    cents: int | None


def is_row(line: bytes) -> bool:
    return bool(line.strip()) and not line.startswith(b"#")


def plain_lines(text: bytes) -> list[bytes]:
    return [line.removesuffix(b"\r") for line in text.split(b"\n")]


def plain_id(cell: bytes) -> int:
    try:
        number = int(cell)
    except ValueError:
        return -1
    return number if str(number).encode() == cell and abs(number) < 2**63 else -1


def plain_row(line: bytes, date_range: DateRange) -> PlainRow:
    cells = [*line.split(b","), b"", b"", b""]
    time_s = parse_time(cells[1].decode("utf-8", "replace"))
    try:
        transaction = decode(*encode_row(line), date_range)
    except Rejected as rejected:
        reason, cents = REASONS.index(rejected.reason), None
    else:
        reason, cents = -1, transaction.amount_cents
    return PlainRow(line, time_s, plain_id(cells[0]), plain_id(cells[2]), reason, cents)


def plain_days(text: bytes, date_range: DateRange) -> Iterator[list[PlainRow]]:
    """The order of sending, said once more and slowly."""
    found = [plain_row(line, date_range) for line in plain_lines(text) if is_row(line)]
    dated = [place for place, row in enumerate(found) if row.time_s is not None]
    newest, begins = None, []
    for place, following in itertools.pairwise(dated):
        day = found[place].time_s // DAY_S
        if day == found[following].time_s // DAY_S and (newest is None or day > newest):
            begins += [] if newest is None else [place]
            newest = day
    for low, high in itertools.pairwise([0, *begins, len(found)]):
        keys, key = [], (-math.inf, -1)
        for row in found[low:high]:
            key = key if row.time_s is None else (row.time_s, row.tx_id)
            keys.append(key)
        order = sorted(range(high - low), key=keys.__getitem__)
        yield [found[low + place] for place in order]


def read(text: bytes, **options: object) -> list[DayRows]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "day.txt"
        path.write_bytes(text)
        return list(read_days([path], **options))  # type: ignore[arg-type]


@settings(max_examples=300)
@given(text=files, block_bytes=st.integers(1, 400))
@example(text=b"2,2018-08-08 00:00:05,3,4,5.0,5,0,0,0", block_bytes=1)
def test_days_and_order_are_those_of_a_plain_reading(text: bytes, block_bytes: int) -> None:
    text = FIRST + text

    days = read(text, dates=SHORT_RANGE, block_bytes=block_bytes)

    expected = [day for day in plain_days(text, SHORT_RANGE) if day]
    assert [day.lines for day in days if len(day)] == [
        [row.line for row in day] for day in expected
    ]
    together = [row for day in expected for row in day]
    assert [code for day in days for code in day.reasons.tolist()] == [
        row.reason for row in together
    ]
    assert [number for day in days for number in day.seq.tolist()] == list(range(len(together)))
    blank = sum(1 for line in plain_lines(text)[:-1] if not line.strip())
    blank += bool(not plain_lines(text)[-1].strip() and plain_lines(text)[-1])
    assert abs(sum(day.blank_lines for day in days) - blank) <= 1  # a last "\r" may be either


@settings(max_examples=500)
@given(line=st.one_of(rows, rows, lines))
@example(line=b"1,2018-08-08 00:00:00,1,1,0.29,0,0,0,0")
@example(line=b"1,2018-08-08 00:00:00,1,1,999999999.99,0,0,0,0")
def test_a_row_read_by_numpy_says_what_the_decoder_says(line: bytes) -> None:
    columns, _ = read_lines(line + b"\n", ANY_DATE)
    if not is_row(line.removesuffix(b"\r")):
        assert len(columns) == 0
        return
    row = plain_row(line.removesuffix(b"\r"), ANY_DATE)

    assert columns.reasons.tolist() == [row.reason]
    assert columns.dated.tolist() == [row.time_s is not None]
    assert columns.tx_id.tolist() == [row.tx_id]
    assert columns.customer_id.tolist() == [row.customer_id]
    if row.reason == -1:
        transaction = decode(*encode_row(row.line), ANY_DATE)
        assert columns.time_s.tolist() == [transaction.time_s]
        assert columns.terminal_id.tolist() == [transaction.terminal_id]
        assert columns.cents.tolist() == [transaction.amount_cents]
        assert columns.amount.tolist() == [transaction.amount]


@given(cents=st.lists(st.integers(1, 10**11 - 1), min_size=1, max_size=200))
def test_amounts_of_two_decimals_are_read_as_float_reads_them(cents: list[int]) -> None:
    texts = [b"%d.%02d" % divmod(number, 100) for number in cents]
    block = b"".join(b"1,2018-08-08 00:00:00,1,1,%b,0,0,0,0\n" % text for text in texts)

    columns, _ = read_lines(block, ANY_DATE)

    assert columns.amount.tolist() == [float(text) for text in texts]
    assert columns.cents.tolist() == [round(float(text) * 100) for text in texts]


@given(text=files, share=st.floats(0.05, 0.95))
def test_a_share_of_customers_keeps_the_order_and_whole_customers(
    text: bytes, share: float
) -> None:
    text = FIRST + text

    everything = [line for day in read(text) for line in day.lines]
    kept = [line for day in read(text, customers_share=share) for line in day.lines]

    customers = {plain_row(line, ANY_DATE).customer_id for line in kept}
    assert kept == [
        line for line in everything if plain_row(line, ANY_DATE).customer_id in customers
    ]


@given(text=files, cut=st.integers(0, 30))
def test_two_files_read_as_one(text: bytes, cut: int) -> None:
    chosen = text.split(b"\n")
    # two rows of one date tell with which day a file begins
    head = FIRST + FIRST
    first, second = head + b"\n".join(chosen[:cut]), head + b"\n".join(chosen[cut:])
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / "1.txt", Path(folder) / "2.txt"]
        paths[0].write_bytes(first)
        paths[1].write_bytes(second)

        days = list(read_days(paths))

    expected = read(first + b"\n" + second)
    assert [day.lines for day in days] == [day.lines for day in expected]


@pytest.mark.parametrize("stray", [b"2017-01-01 00:00:00", b"2019-01-01 00:00:00"])
def test_a_stray_date_neither_splits_nor_swallows_days(stray: bytes) -> None:
    def row(number: int, date: bytes) -> bytes:
        return b"%d,%b,3,4,5.0,5,0,0,0\n" % (number, date)

    first = [row(number, b"2018-08-08 00:00:%02d" % number) for number in range(10)]
    second = [row(number, b"2018-08-09 00:00:%02d" % number) for number in range(10)]
    text = b"".join([*first[:5], row(99, stray), *first[5:], *second[:2], row(98, stray)])
    text += b"".join(second[2:])

    assert [len(day) for day in read(text)] == [11, 11]
