"""Which days of the files train the model, which are history, and which test it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import count
from math import ceil
from typing import Final

from fraud_core.errors import ConfigError
from fraud_core.transaction import SECONDS_PER_DAY, format_time

STREAM_TENTHS: Final = 3
"""By default the last 30 % of the days are the stream: of the handbook's 183 days those from
2018-08-08, so that its test week is the stream's first."""


@dataclass(frozen=True, slots=True)
class Lengths:
    """How long the periods are.

    Attributes:
        train_days: days that the model is trained on.
        test_days: days that it is tested on, the stream's first.
        label_delay_days: from a transaction to its outcome; a part of a day is possible.
    """

    train_days: int = 28
    test_days: int = 7
    label_delay_days: float = 7

    @property
    def label_delay_s(self) -> int:
        """The label delay in seconds."""
        return round(self.label_delay_days * SECONDS_PER_DAY)

    @property
    def least_history_days(self) -> int:
        """Days that must lie before the stream: those trained on and the wait for outcomes."""
        return self.train_days + ceil(self.label_delay_days)


@dataclass(frozen=True, slots=True)
class Periods:
    """Bounds in seconds since 1970-01-01 UTC, both ends included.

    Attributes:
        train_first_s: begin of training; it ends when the last outcome is known in time.
        train_last_s: end of training.
        history_end_s: end of the history; the stream and the test window follow it.
        test_last_s: end of the test window.
    """

    train_first_s: int
    train_last_s: int
    history_end_s: int
    test_last_s: int


def choose_periods(
    first_day_s: int, days: int, history_end: date | None, lengths: Lengths
) -> Periods:
    """Lay the periods into the files' days.

    Args:
        first_day_s: first second of the first day.
        days: number of days.
        history_end: last day of the history; None for the default.
        lengths: of the periods.

    Raises:
        ConfigError: the files hold too few days.
    """
    if history_end is None:
        _check_days(days, lengths)
        stream_s = first_day_s + (days - _stream_days(days)) * SECONDS_PER_DAY
    else:
        stream_s = _midnight_s(history_end) + SECONDS_PER_DAY
        _check_history_end(first_day_s, days, stream_s, lengths)
    train_end_s = stream_s - lengths.label_delay_s
    return Periods(
        train_first_s=train_end_s - lengths.train_days * SECONDS_PER_DAY,
        train_last_s=train_end_s - 1,
        history_end_s=stream_s - 1,
        test_last_s=stream_s + lengths.test_days * SECONDS_PER_DAY - 1,
    )


def _stream_days(days: int) -> int:
    return days * STREAM_TENTHS // 10


def _fits(days: int, lengths: Lengths) -> bool:
    stream = _stream_days(days)
    return stream >= lengths.test_days and days - stream >= lengths.least_history_days


def _check_days(days: int, lengths: Lengths) -> None:
    if _fits(days, lengths):
        return
    needed = next(more for more in count(days) if _fits(more, lengths))
    message = (
        f"the files hold {days} days, at least {needed} are needed: {lengths.train_days} to train, "
        f"{lengths.label_delay_days:g} until their outcomes are known, and {lengths.test_days} to "
        "test within the last 30 %; give more files or fewer --train-days"
    )
    raise ConfigError(message)


def _check_history_end(first_day_s: int, days: int, stream_s: int, lengths: Lengths) -> None:
    earliest_s = first_day_s + lengths.least_history_days * SECONDS_PER_DAY
    latest_s = first_day_s + (days - lengths.test_days) * SECONDS_PER_DAY
    if earliest_s > latest_s:
        needed = lengths.least_history_days + lengths.test_days
        message = f"the files hold {days} days, at least {needed} are needed: give more files"
        raise ConfigError(message)
    if not earliest_s <= stream_s <= latest_s:
        message = (
            f"--history-end {_day_of(stream_s - 1)} does not fit the files: give a day from "
            f"{_day_of(earliest_s - 1)} to {_day_of(latest_s - 1)}"
        )
        raise ConfigError(message)


def _midnight_s(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def _day_of(time_s: int) -> str:
    return format_time(time_s)[:10]
