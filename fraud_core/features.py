"""The handbook's 15 features, online: one window type, integers, division last.

Source: Le Borgne, Siblini, Lebichot, Bontempi, "Reproducible Machine Learning for Credit Card
Fraud Detection", chapter 3 (baseline feature transformation). Cents and counts are integers and
the division comes last, so the order of additions cannot change a bit, and the same numbers come
out of `fraud_core.offline_features`.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right, insort
from collections.abc import Iterable
from itertools import accumulate
from typing import Final, Literal

from fraud_core.transaction import SECONDS_PER_DAY, Transaction

FEATURES_VERSION: Final = "handbook-15/1"

WINDOW_DAYS: Final = (1, 7, 30)
WINDOWS_S: Final = tuple(days * SECONDS_PER_DAY for days in WINDOW_DAYS)
LONGEST_WINDOW_S: Final = WINDOWS_S[-1]

KEPT_S: Final = 31 * SECONDS_PER_DAY
"""Longest window and one day: an event up to a day late still finds its whole window."""

FEATURE_NAMES: Final = (
    "TX_AMOUNT",
    "TX_DURING_WEEKEND",
    "TX_DURING_NIGHT",
    *(
        f"CUSTOMER_ID_{name}_{days}DAY_WINDOW"
        for days in WINDOW_DAYS
        for name in ("NB_TX", "AVG_AMOUNT")
    ),
    *(f"TERMINAL_ID_{name}_{days}DAY_WINDOW" for days in WINDOW_DAYS for name in ("NB_TX", "RISK")),
)

FIRST_WEEKEND_DAY: Final = 5
"""Saturday, with Monday = 0."""
LAST_NIGHT_HOUR: Final = 6
"""The handbook's prose says "between 0 and 6", its code `hour <= 6`: 00:00:00 to 06:59:59."""

EPOCH_WEEKDAY: Final = 3
"""1970-01-01 was a Thursday."""


TIME_TYPE: Final = "I"
"""Seconds since 1970 in 32 bits without a sign: until 2106."""

SumType = Literal["q", "I"]
"""Cents take 64 bits (90,000 amounts of 10^9 are 9 x 10^15 of them), counts of frauds 32."""


class WindowSeries:
    """Numbers at times, with count and sum over (t - W, t] for any t, in any order of asking.

    Times stay sorted, sums are cumulative, so a window is two binary searches. Insertion at the
    end is the usual case and costs one append; an earlier one rebuilds the sums behind it.

    Packed arrays: an entry takes 12 bytes (8 where sums are counts), in lists of integers 80.

    Attributes:
        times: seconds, ascending.
        sums: one more than times; the value of entry i is sums[i + 1] - sums[i].
    """

    __slots__ = ("sums", "times")

    def __init__(
        self, times: Iterable[int], values: Iterable[int], *, sum_type: SumType = "q"
    ) -> None:
        """Copy a sorted history.

        Args:
            times: seconds, ascending.
            values: integers, one for each time.
            sum_type: the array type of their sums.
        """
        self.times = array(TIME_TYPE, times)
        self.sums = array(sum_type, accumulate(values, initial=0))

    @classmethod
    def of_arrays(cls, times: array[int], sums: array[int]) -> WindowSeries:
        """Take over packed times and cumulative sums."""
        series = cls.__new__(cls)
        series.times, series.sums = times, sums
        return series

    def copy(self) -> WindowSeries:
        """A series of its own with the same entries."""
        return WindowSeries.of_arrays(self.times[:], self.sums[:])

    def __len__(self) -> int:
        return len(self.times)

    def add(self, time_s: int, value: int) -> None:
        """Insert a number behind those of the same time."""
        times, sums = self.times, self.sums
        if not times or time_s >= times[-1]:
            times.append(time_s)
            sums.append(sums[-1] + value)
            return
        place = bisect_right(times, time_s)
        insort(times, time_s)
        sums.insert(place + 1, sums[place] + value)
        for index in range(place + 2, len(sums)):
            sums[index] += value

    def drop_until(self, time_s: int) -> None:
        """Forget what is at or before a time."""
        count = bisect_right(self.times, time_s)
        if count:
            del self.times[:count]
            del self.sums[:count]

    def windows(self, time_s: int, floor_s: int) -> list[int]:
        """Count and sum of each window that ends at a time.

        Args:
            time_s: end of the windows, included.
            floor_s: nothing at or before this is seen, whatever the window.

        Returns:
            count, sum for 1, 7 and 30 days: six integers.
        """
        times, sums = self.times, self.sums
        end = bisect_right(times, time_s)
        at_end = sums[end]
        answer: list[int] = []
        low = 0
        for window_s in reversed(WINDOWS_S):  # longest first: each start is behind the one before
            low = (
                bisect_right(times, max(time_s - window_s, floor_s), low, end) if low < end else end
            )
            answer += (at_end - sums[low], end - low)
        answer.reverse()
        return answer


class CustomerWindows:
    """What one customer did lately: the state behind six of the features.

    `newest_s` is the newest event time accepted; entries up to 31 days before it are kept.
    """

    __slots__ = ("newest_s", "series")

    def __init__(self, series: WindowSeries) -> None:
        """Take over what is known of the customer, amounts in cents."""
        self.series = series
        self.newest_s = series.times[-1] if series.times else -KEPT_S

    def copy(self) -> CustomerWindows:
        """The same customer, to be changed on its own."""
        return CustomerWindows(self.series.copy())

    def observe(self, transaction: Transaction, *, accept: bool) -> tuple[list[int], bool]:
        """Count a transaction with its predecessors, and keep it.

        Args:
            transaction: the next one of this customer in the order of the log.
            accept: False to score it and forget it (it is at or before the history's end).

        Returns:
            count and sum in cents for 1, 7 and 30 days, the transaction itself included; and
            whether it is older than one that was accepted before.
        """
        time_s, cents = transaction.time_s, transaction.amount_cents
        late = time_s < self.newest_s
        answer = self.series.windows(time_s, self.newest_s - KEPT_S)
        for index in range(0, len(answer), 2):
            answer[index] += 1
            answer[index + 1] += cents
        if accept:
            self._keep(time_s, cents)
        return answer, late

    def _keep(self, time_s: int, cents: int) -> None:
        if time_s <= self.newest_s - KEPT_S:
            return
        series = self.series
        series.add(time_s, cents)
        if time_s > self.newest_s:
            self.newest_s = time_s
            floor_s = time_s - KEPT_S
            # the oldest entry is dropped only after a tenth of a window, so that dropping is rare
            if series.times[0] <= floor_s - LONGEST_WINDOW_S // 10:
                series.drop_until(floor_s)


def feature_row(transaction: Transaction, customer: list[int], terminal: list[int]) -> list[float]:
    """The 15 features in the order of `FEATURE_NAMES`.

    Args:
        transaction: a clean transaction.
        customer: count and cents for 1, 7, 30 days, itself included.
        terminal: count and frauds for 1, 7, 30 days, as known at the transaction's time.

    Returns:
        15 numbers in float64; the model takes them in float32.
    """
    day, second = divmod(transaction.time_s, SECONDS_PER_DAY)
    c1, s1, c7, s7, c30, s30 = customer
    n1, f1, n7, f7, n30, f30 = terminal
    return [
        transaction.amount_cents / 100,
        1.0 if (day + EPOCH_WEEKDAY) % 7 >= FIRST_WEEKEND_DAY else 0.0,
        1.0 if second // 3600 <= LAST_NIGHT_HOUR else 0.0,
        float(c1),
        s1 / (100 * c1),
        float(c7),
        s7 / (100 * c7),
        float(c30),
        s30 / (100 * c30),
        float(n1),
        f1 / n1 if n1 else 0.0,
        float(n7),
        f7 / n7 if n7 else 0.0,
        float(n30),
        f30 / n30 if n30 else 0.0,
    ]
