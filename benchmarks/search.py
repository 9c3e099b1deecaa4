"""Which rate to try next, and when the knee is known. Pure: the state is the list of attempts.

The answer is an interval: the highest rate that was held and the lowest that was lost. A rate
between them that decided nothing belongs to neither; the search narrows the interval around it.
Theodolite's searches assume that a rate below one that is held is held too, and answer "none" where
the runs disagree; here such a pair is repeated, flagged, and the answer stays below it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from benchmarks.attempts import Attempt, KneeKind, Rate, rates_of

_DIGITS: Final = 4
"""Rates are rounded to this many digits: an error of 0.05 %, and names of steps stay short."""
_NARROWEST_SHARE: Final = 0.15
"""No two rates closer than a quarter of the resolution: the runs could not tell them apart."""


class SearchSettings(BaseModel):
    """How a knee is searched."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    factor: float = Field(1.25, gt=1, le=4, description="ratio of two rates until one is lost")
    resolution: float = Field(
        1.10, gt=1, le=2, description="widest answer, first lost / last held rate"
    )
    confirm_runs: int = Field(3, ge=1, le=9, description="runs at each end of the answer, at most")
    margin: float = Field(
        1.01,
        ge=1,
        le=1.1,
        description="a rate held is confirmed by runs at this multiple of it; 1: at itself",
    )
    max_steps: int = Field(30, ge=1, description="runs after which the search stops undecided")
    max_invalid: int = Field(
        3, ge=1, description="invalid runs of one rate after which only lower ones are tried"
    )
    drain_share: float = Field(0.8, gt=0, le=1, description="first rate as a share of the drain")
    start_eps: float = Field(100.0, gt=0, description="first rate where no drain was measured")
    first_eps: dict[str, float] = Field(
        default_factory=dict,
        description="by engine, the first rate of one instance, N begin at N times it; "
        "without it a drain says where to begin",
    )
    lowest_eps: float = Field(1.0, gt=0, description="no rate below is tried")
    highest_eps: float = Field(1_000_000.0, gt=0, description="no rate above is tried")


@dataclass(frozen=True, slots=True)
class Try:
    """The next rate to run, and why."""

    rate_eps: float
    why: str


@dataclass(frozen=True, slots=True)
class Knee:
    """The answer of a search.

    Attributes:
        low_eps: highest rate that was held below all that were lost; None where none was.
        high_eps: lowest rate that was lost; None where none was.
        confirmed: both ends have their majority of runs and the interval its resolution.
        flags: what a reader must know, in words: pairs that are not monotone, undecided rates.
    """

    low_eps: float | None
    high_eps: float | None
    confirmed: bool
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Bracket:
    """What is known: the ends, and the rates between them that decided nothing or are invalid."""

    low: Rate | None
    high: Rate | None
    between: tuple[Rate, ...]
    above: tuple[Rate, ...]
    invalid: tuple[Rate, ...]

    @property
    def ratio(self) -> float:
        if self.low is None or self.high is None:
            return math.inf
        return self.high.rate_eps / self.low.rate_eps


def next_move(
    attempts: Sequence[Attempt],
    drain_eps: float | None,
    settings: SearchSettings,
    by: KneeKind = "backlog",
    expected_eps: float | None = None,
) -> Try | Knee:
    """The next run, or the answer.

    Args:
        attempts: all runs of this engine at this instance count so far, in any order, planned ones
            included; both knees share them.
        drain_eps: how fast the engine empties a full topic: an upper bound of the backlog knee.
        settings: how to search.
        by: which knee.
        expected_eps: what the plan or another count lets expect: the first rate, not the drain's.
    """
    rates = _with_margins(rates_of(attempts, by), settings)
    bracket = _bracket(rates)
    bounded = _below_invalid(bracket, settings)
    move = _move(rates, bracket, _first_rate(expected_eps, drain_eps, bounded), bounded)
    if move is None:
        return _answer(bracket, settings)
    if len(attempts) >= settings.max_steps:
        return _answer(bracket, settings, f"stopped after {len(attempts)} runs")
    return move


def _move(
    rates: Sequence[Rate], bracket: _Bracket, first_eps: float, settings: SearchSettings
) -> Try | None:
    """None where there is nothing left to do."""
    for one in bracket.invalid:
        if one.invalid < settings.max_invalid:
            return Try(one.rate_eps, "the last run here was invalid")
    if not any(one.runs for one in rates):
        return Try(first_eps, "first rate")
    return _doubted(bracket, settings) or _narrow(rates, bracket, settings)


def _narrow(rates: Sequence[Rate], bracket: _Bracket, settings: SearchSettings) -> Try | None:
    if bracket.high is None:
        return _upwards(rates, bracket, settings)
    if bracket.low is None:
        return _downwards(rates, bracket, settings)
    if bracket.ratio > settings.resolution + 1e-9:
        return _split(bracket, settings)
    return _confirm(bracket, settings)


def _with_margins(rates: Sequence[Rate], settings: SearchSettings) -> list[Rate]:
    """Each rate with the runs just above it.

    The rule tolerates a growth of 1 % of the rate, so a rate up to 1 % above the knee may pass: a
    rate is confirmed as held where one 1 % higher passes.
    """
    known = {one.rate_eps: one for one in rates if one.runs}
    above = {
        one.rate_eps: margin_eps
        for one in rates
        if (margin_eps := _margin_eps(one.rate_eps, settings)) > one.rate_eps
    }
    margins = set(above.values())
    return [
        replace(
            one,
            margin=known.get(above.get(one.rate_eps, 0.0)),
            is_margin=one.rate_eps in margins,
        )
        for one in rates
    ]


def _margin_eps(rate_eps: float, settings: SearchSettings) -> float:
    return _within(rate_eps * settings.margin, settings)


def _bracket(rates: Sequence[Rate]) -> _Bracket:
    high = next((one for one in rates if one.outcome == "lost"), None)
    top_eps = high.rate_eps if high else math.inf
    held = [
        one
        for one in rates
        if one.outcome == "held" and not one.is_margin and one.rate_eps < top_eps
    ]
    low = held[-1] if held else None
    floor_eps = low.rate_eps if low else 0.0
    between = [
        one for one in rates if one.outcome == "undecided" and floor_eps < one.rate_eps < top_eps
    ]
    above = [one for one in rates if one.outcome == "held" and one.rate_eps > top_eps]
    invalid = [one for one in rates if one.runs == 0 and floor_eps < one.rate_eps < top_eps]
    return _Bracket(low, high, tuple(between), tuple(above), tuple(invalid))


def _below_invalid(bracket: _Bracket, settings: SearchSettings) -> SearchSettings:
    """A rate that cannot be measured, since the machine is too small for it, bounds the others."""
    given_up = [one.rate_eps for one in bracket.invalid if one.invalid >= settings.max_invalid]
    if not given_up:
        return settings
    highest_eps = max(min(given_up) / settings.factor, settings.lowest_eps)
    return settings.model_copy(update={"highest_eps": min(highest_eps, settings.highest_eps)})


def _first_rate(
    expected_eps: float | None, drain_eps: float | None, settings: SearchSettings
) -> float:
    below_drain_eps = settings.drain_share * drain_eps if drain_eps else None
    return _within(expected_eps or below_drain_eps or settings.start_eps, settings)


def _doubted(bracket: _Bracket, settings: SearchSettings) -> Try | None:
    """A rate lost below one that is held: run it again until it has its majority."""
    high = bracket.high
    if high is None or not bracket.above or not _is_short(high, settings):
        return None
    return Try(high.rate_eps, f"lost, but {bracket.above[0].rate_eps:g}/s is held")


def _upwards(rates: Sequence[Rate], bracket: _Bracket, settings: SearchSettings) -> Try | None:
    from_eps = rates[-1].rate_eps
    # towards the rate before: where the factor is the resolution, a wider pair would be split
    rate_eps = _within(from_eps * settings.factor ** _stride(len(rates)), settings, math.floor)
    if rate_eps <= from_eps:
        return None if bracket.low is None else _confirm(bracket, settings)
    return Try(rate_eps, f"nothing is lost up to {from_eps:g}/s")


def _downwards(rates: Sequence[Rate], bracket: _Bracket, settings: SearchSettings) -> Try | None:
    from_eps = rates[0].rate_eps
    rate_eps = _within(from_eps / settings.factor ** _stride(len(rates)), settings, math.ceil)
    if rate_eps >= from_eps:
        return _confirm(bracket, settings)
    return Try(rate_eps, f"nothing is held down to {from_eps:g}/s")


def _stride(tried: int) -> int:
    """One notch at a time at first, then two, four: a start far off costs few runs."""
    return int(2 ** max(0, min(tried - 2, 4)))


def _split(bracket: _Bracket, settings: SearchSettings) -> Try | None:
    """Halve what is not yet narrow enough, on a logarithmic scale."""
    assert bracket.low is not None and bracket.high is not None  # noqa: S101, PT018
    low_eps, high_eps = bracket.low.rate_eps, bracket.high.rate_eps
    if not bracket.between:
        shares = (_share(bracket, settings), 0.5)  # rounding may push the first onto an end
        moves = (_new(low_eps, high_eps, one, "halve the interval", settings) for one in shares)
        return next((move for move in moves if move), None)
    first, last = bracket.between[0].rate_eps, bracket.between[-1].rate_eps
    gaps = sorted([(first / low_eps, low_eps, first), (high_eps / last, last, high_eps)])
    gap, below_eps, above_eps = gaps[-1]
    if gap > settings.resolution ** (2 * _NARROWEST_SHARE):
        why = f"narrow the interval around {first:g}/s"
        return _new(below_eps, above_eps, 0.5, why, settings)
    open_ = next((one for one in bracket.between if one.runs < settings.confirm_runs), None)
    return Try(open_.rate_eps, "it decided nothing yet") if open_ else None


def _share(bracket: _Bracket, settings: SearchSettings) -> float:
    """Where to split, as a share of the interval's logarithm.

    In whole notches of the resolution from below: most answers are then as wide as they may be,
    and a wide one keeps both ends away from the knee, where runs are hard to judge.
    """
    # a hair less than a notch, or rounding the rate would make the interval too wide
    notches = math.log(bracket.ratio) / (0.99 * math.log(settings.resolution))
    return max(math.ceil(notches - 1e-9) // 2, 1) / notches


def _new(
    low_eps: float, high_eps: float, share: float, why: str, settings: SearchSettings
) -> Try | None:
    rate_eps = _within(low_eps * (high_eps / low_eps) ** share, settings)
    return Try(rate_eps, why) if low_eps < rate_eps < high_eps else None


def _confirm(bracket: _Bracket, settings: SearchSettings) -> Try | None:
    low, high = bracket.low, bracket.high
    if low is not None and low.runs_with_margin < settings.confirm_runs:
        # what is held must get through all its runs without a loss (R7)
        above_eps = _margin_eps(low.rate_eps, settings)
        fits = high is None or above_eps < high.rate_eps
        return Try(above_eps if fits else low.rate_eps, f"confirm that {low.rate_eps:g}/s is held")
    if high is not None and _is_short(high, settings):
        return Try(high.rate_eps, "confirm that it is lost")
    return None


def _majority(settings: SearchSettings) -> int:
    return (settings.confirm_runs + 1) // 2


def _is_short(high: Rate, settings: SearchSettings) -> bool:
    """A loss needs its majority."""
    return high.votes < _majority(settings) and high.runs < settings.confirm_runs


def _within(
    rate_eps: float, settings: SearchSettings, whole: Callable[[float], int] = round
) -> float:
    """A rate of few digits between the lowest and the highest; `whole` says which way to round."""
    digits = _DIGITS - 1 - math.floor(math.log10(rate_eps))
    # an error of the last bit is no reason to round 110.00000000000001 up
    notches = round(rate_eps * 10.0**digits, 6)
    rounded = round(whole(notches) * 10.0**-digits, max(digits, 0))
    return min(max(rounded, settings.lowest_eps), settings.highest_eps)


def _answer(bracket: _Bracket, settings: SearchSettings, *flags: str) -> Knee:
    low, high = bracket.low, bracket.high
    said = [*flags, *(_pair(bracket)), *_given_up(bracket, settings)]
    is_narrow = bracket.ratio <= settings.resolution + 1e-9
    if bracket.between:
        said += [f"undecided at {one.rate_eps:g}/s" for one in bracket.between]
    if low is None:
        said.append("no rate was held")
    if bracket.high is None:
        said.append("no rate was lost")
    enough = all(end is not None and end.votes >= _majority(settings) for end in (low, high))
    return Knee(
        low_eps=low.rate_eps if low else None,
        high_eps=high.rate_eps if high else None,
        confirmed=enough and is_narrow and not flags,
        flags=tuple(said),
    )


def _given_up(bracket: _Bracket, settings: SearchSettings) -> Iterable[str]:
    for one in bracket.invalid:
        if one.invalid >= settings.max_invalid:
            yield f"{one.invalid} invalid runs at {one.rate_eps:g}/s"


def _pair(bracket: _Bracket) -> Iterable[str]:
    for one in bracket.above:
        assert bracket.high is not None  # noqa: S101  # `above` is above it
        yield f"not monotone: {bracket.high.rate_eps:g}/s is lost, {one.rate_eps:g}/s is held"


def _is_untold(attempt: Attempt) -> bool:
    return attempt.slo_met is None and attempt.verdict != "unsustainable"


def known_so_far(
    attempts: Sequence[Attempt], settings: SearchSettings, by: KneeKind = "backlog"
) -> Knee:
    """The interval that the runs give, whether or not a search has ended.

    A rate whose latency nobody knows is no end of the latency knee, unless its backlog was lost;
    and where no latency is known at all, there is no knee.
    """
    telling = list(attempts)
    if by == "latency":
        known = any(one.slo_met is not None for one in attempts)
        telling = [one for one in attempts if known and not _is_untold(one)]
    return _answer(_bracket(_with_margins(rates_of(telling, by), settings)), settings)
