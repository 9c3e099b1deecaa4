"""Where the stream begins in files whose beginning is history; one rule for all who read them."""

from __future__ import annotations

import numpy as np

from fraud_core.course_lines import Integers
from fraud_core.course_row import CLEAN
from fraud_core.transaction import SECONDS_PER_DAY
from fraud_core.transaction_files import DayRows


def stream_start(day: DayRows, history_end_s: int) -> int | None:
    """Place of the stream's first row in a day, if the stream begins in it.

    The first clean row after the history's end, but not a single row with a date of the far
    future among those of an earlier day.

    Args:
        day: rows as `read_days` gives them, asked one after the other until one has the start.
        history_end_s: last event time of the history.
    """
    if last_second(day.time_s) <= history_end_s:
        return None
    after = (day.reasons == CLEAN) & (day.time_s > history_end_s)
    return int(np.argmax(after)) if after.any() else None


def last_second(time_s: Integers) -> int:
    """The last second of the date that rows of one day carry, -1 where none has a date.

    By the lower median, because single rows with a wrong date stand among the others.

    Args:
        time_s: event times, -1 where there is none.
    """
    dated = time_s[time_s >= 0]
    if not len(dated):
        return -1
    place = (len(dated) - 1) // 2
    middle_s = int(np.partition(dated, place)[place])
    return middle_s - middle_s % SECONDS_PER_DAY + SECONDS_PER_DAY - 1
