"""When the warm-up of a step is over and its window begins. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from benchmarks.backlog import Backlog

SETTLED_LAG_S: Final = 1.0
"""Below it nothing of the start is left that could be worked off."""


@dataclass(slots=True)
class WarmUp:
    """Goes on while the backlog that an engine's start has left is being worked off.

    A JVM compiles at first, and on a small quota that takes minutes: a window that begins in them
    tells nothing of the rate that the engine holds. A backlog that grows, or stands, does not wait.

    Attributes:
        asked_s: how long it is at least, from the first record of the load.
        longest_s: how long it is at most.
        rate_eps: offered events per second.
        block_s: length of a block, in which the smallest backlog counts.
        ends_s: how long it is, as far as is known.
        is_over: the window has begun.
    """

    asked_s: float
    longest_s: float
    rate_eps: float
    block_s: float
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
            longer_s = elapsed_s + self.block_s
            if longer_s <= self.longest_s and is_settling(backlog, self.rate_eps, self.block_s):
                self.ends_s = longer_s
            else:
                self.is_over = True
        return self.is_over


def is_settling(backlog: Backlog, rate_eps: float, block_s: float) -> bool:
    """Whether the smallest backlog of the last block is below that of the block before.

    Args:
        backlog: since the load began, to now.
        rate_eps: offered events per second.
        block_s: length of a block; the last one ends now.
    """
    if len(backlog.at_s) == 0 or backlog.at_s[-1] - backlog.at_s[0] < 2 * block_s - 1:
        return False
    ages_s = backlog.at_s[-1] - backlog.at_s
    last = backlog.events[ages_s < block_s].min()
    before = backlog.events[(ages_s >= block_s) & (ages_s < 2 * block_s)]
    return bool(len(before) and SETTLED_LAG_S * rate_eps < last < before.min())
