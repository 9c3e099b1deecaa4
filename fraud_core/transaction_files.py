"""Files of transactions as the course gives them, read day by day in the order of sending.

First line `# tranaction_id | tx_datetime | ...`, then nine comma-separated columns, inside a day
by customer. The producer sends in the order given here and offline features use the same one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fraud_core.course_blocks import NO_DAY, blocks_of, check_files, day_begins, row_blocks
from fraud_core.course_lines import (
    Flags,
    Integers,
    LineColumns,
    read_lines,
)
from fraud_core.course_row import encode_row
from fraud_core.errors import ConfigError, TransactionFileError
from fraud_core.transaction import ANY_DATE, DateRange

__all__ = [
    "DayRows",
    "encode_row",
    "kept_customers",
    "read_days",
    "transaction_files",
]

BLOCK_BYTES: Final = 1024 * 1024
LARGEST_PART_ROWS: Final = 65_536
"""A day with more rows is given in parts: 1.57 M rows a day take 300 MB."""


@dataclass(frozen=True, slots=True)
class DayRows:
    """The rows of one day, or of a part of a very long one, in send order.

    Attributes:
        seq: the row's number over all files, dirty rows included, from 0; int64.
        tx_id: int64, -1 where it is no integer that fits; so are the other ids.
        time_s: event time, seconds since 1970-01-01 UTC, -1 where it cannot be read; int64.
        customer_id: who pays; int64.
        terminal_id: where; int64.
        cents: int64, -1 where the amount cannot be read.
        amount: float64, NaN where it cannot be read.
        fraud: int8, 0, 1 or -1 (unknown).
        scenario: int8, 0 to 9 or -1 (unknown).
        reasons: int8, -1 for a clean row, else an index in `transaction.REASONS`.
        lines: each row's bytes without the line end; empty if they were not asked for.
        blank_lines: lines met while reading these that hold no row.
    """

    seq: Integers
    tx_id: Integers
    time_s: Integers
    customer_id: Integers
    terminal_id: Integers
    cents: Integers
    amount: npt.NDArray[np.float64]
    fraud: npt.NDArray[np.int8]
    scenario: npt.NDArray[np.int8]
    reasons: npt.NDArray[np.int8]
    lines: list[bytes]
    blank_lines: int

    def __len__(self) -> int:
        return len(self.seq)


def transaction_files(paths: Sequence[Path]) -> list[Path]:
    """Files to read: a file is itself, a folder its `*.txt` by name.

    Raises:
        TransactionFileError: a path does not exist, a folder holds no such file, or a file is
            named twice.
    """
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            found = sorted(entry for entry in path.glob("*.txt") if entry.is_file())
            if not found:
                message = f"{path} holds no *.txt: name the folder with the transaction files"
                raise TransactionFileError(message)
            files += found
        elif path.is_file():
            files.append(path)
        else:
            message = (
                f"{path} does not exist: name a transaction file or a folder of them, or make "
                "some with `python -m model_export simulate --out DIR`"
            )
            raise TransactionFileError(message)
    twice = [path for path, count in Counter(path.resolve() for path in files).items() if count > 1]
    if twice:
        message = f"{twice[0]} is named twice, so its rows would be too: name each file once"
        raise TransactionFileError(message)
    if not files:
        message = "no transaction file is named: give a file, or a folder of *.txt"
        raise TransactionFileError(message)
    return files


def read_days(
    files: Sequence[Path],
    *,
    dates: DateRange = ANY_DATE,
    customers_share: float = 1.0,
    with_lines: bool = True,
    block_bytes: int = BLOCK_BYTES,
) -> Iterator[DayRows]:
    """Read files day by day in send order: time, number, place in the file.

    A row without a readable date stays behind the row before it. A later day begins where two
    dated rows in a row carry it, so that one wrong date splits nothing. The order does not depend
    on `dates`. Memory is about 250 bytes for each row of a day.

    Args:
        files: in the order of time; as `transaction_files` gives them.
        dates: event times that are possible; others make a row dirty.
        customers_share: share of customers that are kept, by a hash of the id; the others' rows
            are not numbered.
        with_lines: whether `lines` are filled.
        block_bytes: how much is read at once.

    Raises:
        TransactionFileError: a file cannot be read, is not in the format, or begins before the
            file in front of it.
        ConfigError: the share is not in (0, 1].
    """
    if not 0 < customers_share <= 1:
        message = f"customers-share is {customers_share}: give a number above 0 and up to 1"
        raise ConfigError(message)
    check_files(files)
    blocks = blocks_of(files, block_bytes)
    return _days(blocks, _Choice(dates, customers_share, with_lines))


def kept_customers(customer_id: Integers, share: float) -> Flags:
    """Which customers a share keeps: splitmix64 of the id, as a fraction, is below the share.

    Source: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators" (2014).
    """
    mixed = customer_id.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    kept: Flags = mixed.astype(np.float64) / 2.0**64 < share
    return kept


@dataclass(frozen=True, slots=True)
class _Choice:
    dates: DateRange
    customers_share: float
    with_lines: bool


_ORDER: Final = ("order_id", "order_time_s")
_GIVEN: Final = (
    *("start", "end", "tx_id", "time_s", "customer_id", "terminal_id"),
    *("cents", "amount", "fraud", "scenario", "reasons"),
)
_NO_ROWS: Final = read_lines(b"", ANY_DATE)[0]


class _Day:
    """Rows of one day as they come in; `parts` sorts them and gives them out, once."""

    def __init__(self) -> None:
        self._texts: list[bytes] = []
        self._columns: dict[str, list[npt.NDArray[Any]]] = {
            name: [getattr(_NO_ROWS, name)] for name in (*_ORDER, *_GIVEN)
        }
        self._text_rows: list[int] = []
        self.blank_lines = 0
        self.count = 0

    def add(self, rows: LineColumns, text: bytes, choice: _Choice) -> None:
        self.blank_lines += int(rows.blanks.sum())
        if choice.customers_share < 1:
            rows = rows.select(kept_customers(rows.customer_id, choice.customers_share))
        if len(rows):
            self.count += len(rows)
            self._text_rows.append(len(rows))
            self._texts.append(text if choice.with_lines else b"")
            for name, columns in self._columns.items():
                columns.append(getattr(rows, name))

    def parts(self, first_seq: int, *, with_lines: bool) -> Iterator[DayRows]:
        if not self.count and not self.blank_lines:
            return
        order = np.lexsort([self._join(name) for name in _ORDER])
        columns = {name: self._join(name) for name in _GIVEN}
        columns["text"] = np.repeat(np.arange(len(self._texts)), self._text_rows)
        for low in range(0, max(self.count, 1), LARGEST_PART_ROWS):
            which = order[low : low + LARGEST_PART_ROWS]
            part: dict[str, Any] = {name: column[which] for name, column in columns.items()}
            places = [part.pop(name).tolist() for name in ("text", "start", "end")]
            yield DayRows(
                seq=np.arange(first_seq + low, first_seq + low + len(which)),
                lines=self._lines(*places) if with_lines else [],
                blank_lines=0 if low else self.blank_lines,
                **part,
            )

    def _lines(self, texts: list[int], starts: list[int], ends: list[int]) -> list[bytes]:
        places = zip(texts, starts, ends, strict=True)
        return [self._texts[text][start:end] for text, start, end in places]

    def _join(self, name: str) -> npt.NDArray[Any]:
        # popped, so that a day is never in memory twice
        return np.concatenate(self._columns.pop(name))


def _days(blocks: Iterator[bytes | None], choice: _Choice) -> Iterator[DayRows]:
    day, next_seq, newest_day = _Day(), 0, NO_DAY
    for text, rows, trailing_blanks, ready in row_blocks(blocks, choice.dates):
        begins, newest_day = day_begins(rows, newest_day)
        low = 0
        for begin in begins:
            day.add(rows.select(slice(low, begin)), text, choice)
            yield from day.parts(next_seq, with_lines=choice.with_lines)
            next_seq, day, low = next_seq + day.count, _Day(), begin
        day.add(rows.select(slice(low, ready)), text, choice)
        day.blank_lines += trailing_blanks
    yield from day.parts(next_seq, with_lines=choice.with_lines)
