"""The order of a demand that rises until no count holds it. Pure.

Every rate begins at the count that the rate before needed: smaller ones have lost already, and what
is lost at one rate is lost at a higher one. So each step that decides either holds a rate or rules
out a count, and the ladder has at most as many of them as there are rates and counts. It ends where
the largest count loses.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

Rung = Literal["open", "held", "lost", "undecided"]
"""One count at one rate: not measured to the end, or what its runs say together."""

RungOf = Callable[[int, float], Rung]
"""Count and rate -> what is known."""


def next_rung(
    counts: Sequence[int], rates_eps: Sequence[float], rung_of: RungOf
) -> tuple[int, float] | None:
    """The count and rate to run next; None where the ladder has ended.

    A count that holds a rate is verified before the next rate begins: one step lower must have
    lost that rate or a smaller one. Where it decided nothing, it is run again at this rate, which
    is often far enough above its limit to decide.

    Args:
        counts: of instances, rising.
        rates_eps: events per second, in any order.
        rung_of: what is known so far.
    """
    place = 0
    for rate_eps in sorted(rates_eps):
        while place < len(counts) and rung_of(counts[place], rate_eps) in {"lost", "undecided"}:
            place += 1
        if place == len(counts):
            return None
        if rung_of(counts[place], rate_eps) == "open":
            return counts[place], rate_eps
        below = counts[place - 1] if place else None
        if below is not None and not _has_lost(below, rate_eps, rates_eps, rung_of):
            if rung_of(below, rate_eps) == "open":
                return below, rate_eps
            # it held more than the count before was good for: the ladder goes on from there
            place -= rung_of(below, rate_eps) == "held"
    return None


def _has_lost(count: int, rate_eps: float, rates_eps: Sequence[float], rung_of: RungOf) -> bool:
    return any(rung_of(count, one) == "lost" for one in rates_eps if one <= rate_eps)
