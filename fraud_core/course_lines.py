"""Many lines of the course's files read at once.

Lines in the usual form are read by numpy, all others one by one through `encode_row` and the
strict decoder, so there is one definition of what is clean.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fraud_core.course_row import CLEAN, COLUMNS, UNREADABLE, read_row
from fraud_core.transaction import REASONS, SECONDS_PER_DAY, DateRange

BEFORE_ALL: Final = np.iinfo(np.int64).min
"""Order time of a row without a date that has no row before it."""

_IMPOSSIBLE_DATE: Final = REASONS.index("impossible date")
_AMOUNT_NOT_VALID: Final = REASONS.index("amount not valid")
_WIDEST_ID: Final = 18
"""Digits that surely fit int64; wider ids are read one by one."""
_WIDEST_UNITS: Final = 9
"""Digits in front of the point that surely stay below `transaction.LARGEST_AMOUNT`."""
_DAYS_IN_MONTH: Final = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] + [0] * 87)

Integers = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class LineColumns:
    """What the lines of a block say, one array element for each row, in file order.

    Attributes:
        start: first byte of the row in its block.
        end: behind its last byte, the line end not included.
        dated: whether its date can be read.
        order_time_s: its event time, or that of the dated row before it, or `BEFORE_ALL`.
        order_id: its number (-1 if unreadable), or that of the dated row before it.
        time_s: event time, -1 if it cannot be read.
        tx_id: -1 if it is no integer that fits int64; so are the other ids.
        customer_id: who pays.
        terminal_id: where.
        cents: -1 if the amount cannot be read.
        amount: NaN if it cannot be read.
        fraud: 0, 1 or -1 (unknown).
        scenario: 0 to 9 or -1 (unknown).
        reasons: -1 for a clean row, else an index in `transaction.REASONS`.
        blanks: blank lines between the row and the one before it.
    """

    start: Integers
    end: Integers
    dated: Flags
    order_time_s: Integers
    order_id: Integers
    time_s: Integers
    tx_id: Integers
    customer_id: Integers
    terminal_id: Integers
    cents: Integers
    amount: npt.NDArray[np.float64]
    fraud: npt.NDArray[np.int8]
    scenario: npt.NDArray[np.int8]
    reasons: npt.NDArray[np.int8]
    blanks: Integers

    def __len__(self) -> int:
        return len(self.start)

    def select(self, which: slice | Flags) -> LineColumns:
        """The rows of a slice or a mask."""
        return LineColumns(*(getattr(self, field.name)[which] for field in fields(self)))


def read_lines(block: bytes, dates: DateRange) -> tuple[LineColumns, int]:
    """Read the whole lines of a block.

    Args:
        block: ends with a line end; what is behind the last one is not read.
        dates: event times that are possible.

    Returns:
        the rows, and the blank lines behind the last of them. Comments are skipped.
    """
    text = np.frombuffer(block, np.uint8)
    start, end, blanks, trailing_blanks = _rows(block, text)
    columns = _usual_rows(text, start, end, dates)
    usual = columns.pop("usual")
    for place in np.flatnonzero(~usual).tolist():
        row = read_row(block[start[place] : end[place]], dates)
        for name, value in zip(row._fields, row, strict=True):
            columns[name][place] = value
    order_time_s, order_id = _order(columns["dated"], columns["time_s"], columns["tx_id"])
    rows = LineColumns(
        start=start,
        end=end,
        blanks=blanks,
        order_time_s=order_time_s,
        order_id=order_id,
        **columns,
    )
    return rows, trailing_blanks


def _rows(block: bytes, text: Bytes) -> tuple[Integers, Integers, Integers, int]:
    """Start, end and blank lines before it of each row, and the blank lines behind the last."""
    end = np.flatnonzero(text == ord("\n"))
    start = np.zeros_like(end)
    start[1:] = end[:-1] + 1
    first = text[start] if len(start) else np.zeros(0, np.uint8)
    end = end - ((end > start) & (text[end - 1] == ord("\r")))
    blank = end <= start
    for place in np.flatnonzero(~blank & (first <= ord(" "))).tolist():
        blank[place] = not block[start[place] : end[place]].strip()
    row = np.flatnonzero(~blank & (first != ord("#")))
    blanks_until = np.cumsum(blank)
    before = blanks_until[row]
    trailing = int(blanks_until[-1] - (before[-1] if len(row) else 0)) if len(blank) else 0
    return start[row], end[row], np.diff(before, prepend=0), trailing


def _order(dated: Flags, time_s: Integers, tx_id: Integers) -> tuple[Integers, Integers]:
    if dated.all():
        return time_s, tx_id
    anchor = np.maximum.accumulate(np.where(dated, np.arange(len(dated)), -1))
    order_time_s = np.where(anchor >= 0, time_s[anchor], BEFORE_ALL)
    return order_time_s, np.where(anchor >= 0, tx_id[anchor], UNREADABLE)


def _usual_rows(text: Bytes, start: Integers, end: Integers, dates: DateRange) -> dict[str, Any]:
    """The columns, right where `usual` is set: nine cells of plain digits, dates and amounts."""
    comma = np.append(np.flatnonzero(text == ord(",")), np.full(COLUMNS, len(text) - 1))
    first = np.searchsorted(comma, start)
    usual = np.searchsorted(comma, end) - first == COLUMNS - 1
    cell_end = [comma[first + column] for column in range(COLUMNS - 1)] + [end]
    cell_start = [start] + [place + 1 for place in cell_end[:-1]]
    widths = [
        np.where(usual, high - low, 0) for low, high in zip(cell_start, cell_end, strict=True)
    ]
    bounds = list(zip(cell_start, widths, strict=True))

    tx_id, tx_usual = _read_ids(text, *bounds[0])
    time_s, time_usual = _read_times(text, *bounds[1])
    customer_id, customer_usual = _read_ids(text, *bounds[2])
    terminal_id, terminal_usual = _read_ids(text, *bounds[3])
    cents, cents_usual = _read_cents(text, *bounds[4])
    usual &= tx_usual & time_usual & customer_usual & terminal_usual & cents_usual
    possible = (dates.first_s <= time_s) & (time_s <= dates.last_s)
    return {
        "usual": usual,
        "dated": np.ones(len(start), np.bool_),
        "time_s": time_s,
        "tx_id": tx_id,
        "customer_id": customer_id,
        "terminal_id": terminal_id,
        "cents": cents,
        "amount": cents / 100,  # the nearest double of the decimal, as float() gives
        "fraud": _read_digit(text, *bounds[7], largest=1),
        "scenario": _read_digit(text, *bounds[8], largest=9),
        "reasons": np.where(
            possible, np.where(cents > 0, CLEAN, _AMOUNT_NOT_VALID), _IMPOSSIBLE_DATE
        ).astype(np.int8),
    }


def _read_digits(
    text: Bytes, start: Integers, width: Integers, widest: int
) -> tuple[Integers, Flags]:
    """Decimal numbers of one to `widest` digits, and where a cell is one."""
    right = (width >= 1) & (width <= widest)
    number = np.zeros(len(start), np.int64)
    last = len(text) - 1
    for place in range(int(width[right].max(initial=0))):
        inside = place < width
        digit = text[np.minimum(start + place, last)] - np.uint8(ord("0"))
        right &= (digit <= 9) | ~inside  # a digit
        number = np.where(inside, number * 10 + digit, number)
    return number, right


def _read_ids(text: Bytes, start: Integers, width: Integers) -> tuple[Integers, Flags]:
    number, right = _read_digits(text, start, width, _WIDEST_ID)
    leading_zero = (text[np.minimum(start, len(text) - 1)] == ord("0")) & (width > 1)
    return number, right & ~leading_zero


def _read_cents(text: Bytes, start: Integers, width: Integers) -> tuple[Integers, Flags]:
    """Amounts of up to nine digits with no, one or two decimals."""
    end = start + width
    one = (text[end - 2] == ord(".")) & (width > 2)  # "1.5"
    two = (text[end - 3] == ord(".")) & (width > 3) & ~one  # "1.25"
    decimals = one + 2 * two
    units, right = _read_digits(text, start, width - decimals - (one | two), _WIDEST_UNITS)
    rest, rest_right = _read_digits(text, end - decimals, decimals, 2)
    cents = units * 100 + np.where(one, rest * 10, rest)
    return cents, right & (rest_right | (decimals == 0))


def _read_digit(
    text: Bytes, start: Integers, width: Integers, *, largest: int
) -> npt.NDArray[np.int8]:
    digit = text[np.minimum(start, len(text) - 1)] - np.uint8(ord("0"))
    known = (width == 1) & (digit <= largest)
    return np.where(known, digit, UNREADABLE).astype(np.int8)


def _read_times(text: Bytes, start: Integers, width: Integers) -> tuple[Integers, Flags]:
    """Seconds since 1970-01-01 of `YYYY-MM-DD HH:MM:SS`, and where a cell is one."""
    right = width == 19  # its length
    last = len(text) - 1
    cell = [text[np.minimum(start + place, last)] for place in range(19)]
    for place, mark in ((4, "-"), (7, "-"), (10, " "), (13, ":"), (16, ":")):
        right &= cell[place] == ord(mark)

    def two(place: int) -> Integers:
        nonlocal right
        tens, ones = cell[place] - np.uint8(ord("0")), cell[place + 1] - np.uint8(ord("0"))
        right = right & (tens <= 9) & (ones <= 9)  # digits
        return np.where(right, tens.astype(np.int64) * 10 + ones, 0)

    year, month, day = two(0) * 100 + two(2), two(5), two(8)
    hour, minute, second = two(11), two(14), two(17)
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    longest = _DAYS_IN_MONTH[month] + (leap & (month == 2))  # February
    right = right & (year >= 1) & (day >= 1) & (day <= longest)
    right &= (hour <= 23) & (minute <= 59) & (second <= 59)  # a clock
    days = _days_since_epoch(year, month, day)
    return days * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second, right


def _days_since_epoch(year: Integers, month: Integers, day: Integers) -> Integers:
    """Civil date to days; Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms"."""
    year = year - (month <= 2)  # years begin in March, so leap days come last
    era = year // 400
    of_era = year - era * 400
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    days: Integers = era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468
    return days
