"""When the warm-up of a step is over and its window begins. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from benchmarks.backlog import BLOCK_S, Backlog
from benchmarks.early import clearly_lost

SETTLED_LAG_S: Final = 1.0
"""Below it nothing of the start is left that could be worked off."""
COLD_BLOCK_S: Final = 30.0
"""A JVM that compiles on a tenth of a core puts out a batch every 25 s at first; in shorter blocks
its backlog seems to grow between two of them."""


@dataclass(slots=True)
class WarmUp:
    """Goes on, within limits, until what an engine's start has left is worked off.

    A JVM compiles at first, and on a small quota that takes minutes: a window that begins in them
    tells nothing of the rate that the engine holds.

    Attributes:
        asked_s: how long it is at least, from the first record of the load.
        longest_s: how long it is at most.
        rate_eps: offered events per second.
        lag_limit_s: with a longer lag the window would be lost before it begins.
        ends_s: how long it is, as far as is known.
        is_over: the window has begun.
    """

    asked_s: float
    longest_s: float
    rate_eps: float
    lag_limit_s: float
    ends_s: float = field(init=False)
    is_over: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self.ends_s = self.asked_s

    def is_over_at(self, elapsed_s: float, backlog: Backlog) -> bool:
        """Whether the window has begun.

        Args:
            elapsed_s: since the load began.
            backlog: the samples since then.
        """
        if not self.is_over and elapsed_s >= self.ends_s:
            longer_s = elapsed_s + BLOCK_S
            if longer_s <= self.longest_s and self._is_cold(backlog):
                self.ends_s = longer_s
            else:
                self.is_over = True
        return self.is_over

    def lost(
        self, begun_s: float, now_s: float, backlog: Backlog, usual_block_s: float
    ) -> str | None:
        """Why the load may be stopped; None while it may still be held.

        Nothing is lost before the warm-up has lasted as long as was asked. Where an engine is
        expected to begin cold, nothing by what its backlog did until then either, for it grows at
        rates that are held.

        Args:
            begun_s: when the load began.
            now_s: on the same clock.
            backlog: the samples since the load began.
            usual_block_s: block in which a backlog must grow, where no engine begins cold.
        """
        if now_s < begun_s + self.asked_s:
            return None
        if not self._may_be_cold:
            return clearly_lost(backlog, self.rate_eps, usual_block_s)
        warmed = backlog.between(begun_s + self.asked_s, now_s)
        return clearly_lost(warmed, self.rate_eps, max(usual_block_s, COLD_BLOCK_S))

    @property
    def _may_be_cold(self) -> bool:
        return self.longest_s > self.asked_s

    def _is_cold(self, backlog: Backlog) -> bool:
        lag_s = float(backlog.events[-1]) / self.rate_eps if len(backlog.at_s) else 0.0
        return lag_s > self.lag_limit_s or is_settling(backlog, self.rate_eps)


def is_settling(backlog: Backlog, rate_eps: float) -> bool:
    """Whether the smallest backlog of the last block is below that of the block before.

    Args:
        backlog: since the load began, to now.
        rate_eps: offered events per second.
    """
    if len(backlog.at_s) == 0 or backlog.at_s[-1] - backlog.at_s[0] < 2 * COLD_BLOCK_S - 1:
        return False
    ages_s = backlog.at_s[-1] - backlog.at_s
    last = backlog.events[ages_s < COLD_BLOCK_S].min()
    before = backlog.events[(ages_s >= COLD_BLOCK_S) & (ages_s < 2 * COLD_BLOCK_S)]
    return bool(len(before) and SETTLED_LAG_S * rate_eps < last < before.min())
