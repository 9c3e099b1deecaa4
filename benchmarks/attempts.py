"""What the runs of a rate say together. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from benchmarks.verdict import Verdict

KneeKind = Literal["backlog", "latency"]
"""What a rate must hold: its backlog alone, or the latency objective too."""
Outcome = Literal["held", "lost", "undecided", "invalid"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One run of the search.

    Attributes:
        rate_eps: offered events per second.
        verdict: of the backlog, after its one extension.
        slo_met: whether the latency objective was met; None where nobody knows.
    """

    rate_eps: float
    verdict: Verdict
    slo_met: bool | None = None


@dataclass(frozen=True, slots=True)
class Rate:
    """All runs at one rate, counted by outcome, and those of its margin."""

    rate_eps: float
    held: int
    lost: int
    undecided: int
    invalid: int
    margin: Rate | None = None
    is_margin: bool = False

    @property
    def runs(self) -> int:
        """Valid runs at the rate itself."""
        return self.held + self.lost + self.undecided

    @property
    def outcome(self) -> Outcome:
        """Held needs a majority and no run that was lost (R7); lost needs a majority."""
        if self.runs == 0:
            return "invalid"
        if self.lost == 0 and self.held > self.undecided:
            has_margin = self.margin is None or self.margin.outcome == "held"
            return "held" if has_margin else "undecided"
        if self.lost > self.held and self.lost >= self.undecided:
            return "lost"
        return "undecided"

    @property
    def votes(self) -> int:
        """Runs for its outcome."""
        return self.held_with_margin if self.outcome == "held" else self.lost

    @property
    def held_with_margin(self) -> int:
        """Runs that were held, here and at the margin."""
        return self.held + (self.margin.held if self.margin else 0)

    @property
    def runs_with_margin(self) -> int:
        """Valid runs here and at the margin."""
        return self.runs + (self.margin.runs if self.margin else 0)


def outcome_of(attempt: Attempt, by: KneeKind) -> Outcome:
    """What a run says of a knee; an inconclusive run is not held, and no proof of a loss."""
    if attempt.verdict == "invalid":
        return "invalid"
    if attempt.verdict == "unsustainable" or (by == "latency" and attempt.slo_met is False):
        return "lost"
    if attempt.verdict == "inconclusive" or (by == "latency" and attempt.slo_met is None):
        return "undecided"
    return "held"


def outcome_at(attempts: Sequence[Attempt], rate_eps: float, by: KneeKind = "backlog") -> Outcome:
    """What all runs at one rate say together; "invalid" where there is no valid one."""
    mine = rates_of([one for one in attempts if one.rate_eps == rate_eps], by)
    return mine[0].outcome if mine else "invalid"


def rates_of(attempts: Iterable[Attempt], by: KneeKind) -> list[Rate]:
    """The runs counted by rate, rising."""
    outcomes: dict[float, list[Outcome]] = {}
    for attempt in attempts:
        outcomes.setdefault(attempt.rate_eps, []).append(outcome_of(attempt, by))
    return [
        Rate(
            rate_eps=rate_eps,
            held=found.count("held"),
            lost=found.count("lost"),
            undecided=found.count("undecided"),
            invalid=found.count("invalid"),
        )
        for rate_eps, found in sorted(outcomes.items())
    ]
