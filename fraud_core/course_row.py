"""One line of the course's files: the Kafka record that it becomes, and what it says.

A line is nine comma-separated columns, of which the first five are sent.
"""

from __future__ import annotations

import math
import re
from typing import Final, NamedTuple

import orjson

from fraud_core.transaction import (
    FIELDS,
    LARGEST_AMOUNT,
    LARGEST_ID,
    REASONS,
    DateRange,
    Rejected,
    decode,
    parse_time,
)

COLUMNS: Final = 9
CLEAN: Final = -1
UNREADABLE: Final = -1

_INTEGER: Final = re.compile(rb"0|-?[1-9][0-9]*")
_LONGEST_ID: Final = 20
"""A sign and the digits of the largest int64; longer ones fit no array of ours."""
_SENT: Final = len(FIELDS)
_DATE, _CUSTOMER, _AMOUNT = 1, 2, 4


def encode_row(line: bytes) -> tuple[bytes, bytes]:
    """Key and value of the record of a line, clean or dirty, as it is.

    An id that is a plain decimal becomes a JSON integer, an amount that `float` reads as finite a
    JSON number; anything else keeps its text as a string, nothing becomes null, and what a short
    line lacks is left out. Columns after the fifth hold the outcome and are never sent.

    Args:
        line: without its line end.
    """
    cells = line.split(b",", _SENT)[:_SENT]
    parts = [b'{"schema":1']
    for index, (name, cell) in enumerate(zip(FIELDS, cells, strict=False)):
        parts.append(b',"%b":%b' % (name.encode(), _json_of(index, cell)))
    parts.append(b"}")
    return cells[_CUSTOMER] if len(cells) > _CUSTOMER else b"", b"".join(parts)


class Row(NamedTuple):
    """What one line says; the attributes are those of `course_lines.LineColumns`."""

    dated: bool
    time_s: int
    tx_id: int
    customer_id: int
    terminal_id: int
    cents: int
    amount: float
    fraud: int
    scenario: int
    reasons: int


def read_row(line: bytes, dates: DateRange) -> Row:
    """Read one line by the rules of the decoder."""
    cells = line.split(b",")
    cells += [b""] * (COLUMNS - len(cells))
    time_s = parse_time(cells[_DATE].decode("utf-8", "replace"))
    amount = _amount_of(cells[_AMOUNT])
    cents, reason = _judge(line, amount, dates)
    return Row(
        time_s is not None,
        UNREADABLE if time_s is None else time_s,
        _id_of(cells[0]),
        _id_of(cells[2]),
        _id_of(cells[3]),
        cents,
        amount,
        int(cells[7]) if cells[7] in (b"0", b"1") else UNREADABLE,
        int(cells[8]) if re.fullmatch(rb"[0-9]", cells[8]) else UNREADABLE,
        reason,
    )


def _judge(line: bytes, amount: float, dates: DateRange) -> tuple[int, int]:
    """Cents and reason code."""
    try:
        return decode(*encode_row(line), dates).amount_cents, CLEAN
    except Rejected as rejected:
        readable = abs(amount) <= LARGEST_AMOUNT  # false for NaN
        return round(amount * 100) if readable else UNREADABLE, REASONS.index(rejected.reason)


def _json_of(index: int, cell: bytes) -> bytes:
    if index == _DATE:
        return orjson.dumps(cell.decode("utf-8", "replace"))
    if not cell:
        return b"null"
    if index == _AMOUNT:
        amount = _amount_of(cell)
        if math.isfinite(amount):
            return orjson.dumps(amount)
    elif _INTEGER.fullmatch(cell):
        return cell
    return orjson.dumps(cell.decode("utf-8", "replace"))


def _amount_of(cell: bytes) -> float:
    try:
        return float(cell)
    except ValueError:
        return math.nan


def _id_of(cell: bytes) -> int:
    if len(cell) > _LONGEST_ID or not _INTEGER.fullmatch(cell):
        return UNREADABLE
    number = int(cell)
    return number if abs(number) <= LARGEST_ID else UNREADABLE
