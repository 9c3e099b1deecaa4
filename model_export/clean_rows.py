"""The clean rows of transaction files as one table in memory, and whether it fits there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fraud_core.course_row import CLEAN
from fraud_core.errors import ConfigError, TransactionFileError
from fraud_core.offline_features import OutcomeTable, TransactionTable
from fraud_core.stream_start import last_second
from fraud_core.transaction import REASONS, SECONDS_PER_DAY, DateRange
from fraud_core.transaction_files import DayRows, read_days
from fraud_core.transaction_source import TransactionFile, size_bytes

Integers = npt.NDArray[np.int64]

LARGEST_MEMORY_BYTES: Final = 4 * 1024**3
_BYTES_A_LINE: Final = 55
"""Less than the files' averages (simulated 58, the course's 64), so rows are not underestimated."""
_BYTES_A_ROW: Final = 380
"""Measured: `features` over 7.05 million rows peaks at 2.63 GB; `train` takes two thirds of it."""
_FIXED_BYTES: Final = 450 * 1024**2
"""Python, numpy, XGBoost, and one of the course's days while it is read."""


@dataclass(frozen=True, slots=True)
class CleanRows:
    """Clean transactions in the order of sending; int64 arrays of one length.

    Attributes:
        seq: the row's number over all files, dirty rows included.
        tx_id: number of the transaction.
        time_s: event time, seconds since 1970-01-01 UTC.
        customer_id: who pays.
        terminal_id: where.
        cents: amount.
        fraud: 0, 1 or -1 (unknown).
    """

    seq: Integers
    tx_id: Integers
    time_s: Integers
    customer_id: Integers
    terminal_id: Integers
    cents: Integers
    fraud: Integers

    def __len__(self) -> int:
        return len(self.seq)

    def select(self, which: slice | npt.NDArray[Any]) -> CleanRows:
        """Rows of a slice, a mask or places."""
        return CleanRows(*(getattr(self, field.name)[which] for field in fields(self)))

    def table(self, accept: npt.NDArray[np.bool_] | None = None) -> TransactionTable:
        """The columns that features are made of; all rows are accepted unless said otherwise."""
        accept = np.ones(len(self), np.bool_) if accept is None else accept
        return TransactionTable(self.time_s, self.customer_id, self.terminal_id, self.cents, accept)

    def outcomes(self, label_delay_s: int) -> OutcomeTable:
        """What becomes known of the rows, where it does."""
        known = self.fraud >= 0
        return OutcomeTable(
            self.terminal_id[known], self.time_s[known] + label_delay_s, self.fraud[known]
        )


@dataclass(frozen=True, slots=True)
class DayPart:
    """Where the clean rows of a day, or of a part of a long one, stand.

    Attributes:
        first: place of its first clean row.
        behind: place behind its last.
        last_s: last second of its date, -1 if no row of it has a date.
    """

    first: int
    behind: int
    last_s: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What the files hold.

    Attributes:
        rows: the clean ones.
        parts: the days that they came in.
        dirty: rows that were left out, by reason.
        blank_lines: lines without a row.
    """

    rows: CleanRows
    parts: list[DayPart]
    dirty: Counter[str]
    blank_lines: int

    @property
    def first_day_s(self) -> int:
        """First second of the first date."""
        return min(part.last_s for part in self.parts if part.last_s >= 0) + 1 - SECONDS_PER_DAY

    @property
    def days(self) -> int:
        """Length of the period, both ends included."""
        last_s = max(part.last_s for part in self.parts)
        return (last_s + 1 - self.first_day_s) // SECONDS_PER_DAY

    def stream_first(self, history_end_s: int) -> int:
        """Place of the stream's first row, `len(rows)` if all is history.

        The rule of `fraud_core.stream_start`, for a history's end that is known only now.
        """
        for part in self.parts:
            times_s = self.rows.time_s[part.first : part.behind]
            if part.last_s > history_end_s and (times_s > history_end_s).any():
                return part.first + int(np.argmax(times_s > history_end_s))
        return len(self.rows)


def read_clean_rows(
    files: Sequence[TransactionFile], *, dates: DateRange, customers_share: float
) -> Reading:
    """Read the clean rows of files into memory.

    Raises:
        ConfigError: they would take too much of it.
        TransactionFileError: the files hold no clean row.
    """
    check_memory(files, customers_share)
    pieces, parts, place = [], [], 0
    dirty: Counter[str] = Counter()
    blank_lines = 0
    for day in read_days(files, dates=dates, customers_share=customers_share, with_lines=False):
        piece = _clean(day)
        pieces.append(piece)
        parts.append(DayPart(place, place + len(piece), last_second(day.time_s)))
        place += len(piece)
        dirty.update(REASONS[code] for code in day.reasons[day.reasons != CLEAN].tolist())
        blank_lines += day.blank_lines
    if not place:
        message = (
            f"{files[0]} and the rest hold no clean row of the chosen customers: {dict(dirty)}"
        )
        raise TransactionFileError(message)
    return Reading(join_rows(pieces), parts, dirty, blank_lines)


def check_memory(files: Sequence[TransactionFile], customers_share: float) -> None:
    """Refuse what would not fit before anything is read.

    Raises:
        ConfigError: with the estimate and the share of customers that fits.
    """
    row_bytes = sum(map(size_bytes, files)) / _BYTES_A_LINE * _BYTES_A_ROW
    if row_bytes * customers_share + _FIXED_BYTES <= LARGEST_MEMORY_BYTES:
        return
    fits = (LARGEST_MEMORY_BYTES - _FIXED_BYTES) / row_bytes
    rounded = f"{fits:.0e}" if fits < 0.001 else f"{int(fits * 1000) / 1000:g}"
    message = (
        f"the rows would take about {(row_bytes * customers_share + _FIXED_BYTES) / 1024**3:.1f} "
        f"GiB of memory, more than {LARGEST_MEMORY_BYTES // 1024**3} GiB: "
        f"keep a share of the customers with --customers-share {rounded}"
    )
    raise ConfigError(message)


def _clean(day: DayRows) -> CleanRows:
    clean = day.reasons == CLEAN
    columns = (getattr(day, field.name)[clean] for field in fields(CleanRows))
    return CleanRows(*(column.astype(np.int64, copy=False) for column in columns))


def join_rows(pieces: Sequence[CleanRows]) -> CleanRows:
    """Tables one behind the other."""
    names = [field.name for field in fields(CleanRows)]
    return CleanRows(*(np.concatenate([getattr(one, name) for one in pieces]) for name in names))
