"""How often the search is right, on simulated engines whose knee is known. Pure.

A search is decided when both ends of its answer were confirmed within the resolution, and right
when the true knee lies between them.
"""

from __future__ import annotations

import io
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.attempts import Attempt
from benchmarks.search import Knee, SearchSettings, Try, next_move
from benchmarks.traces import (
    Engines,
    FloatArray,
    Window,
    largest_of_loop,
    true_knees_eps,
    verdicts_of,
)
from benchmarks.verdict import Limits, Verdict

STANDARD: Final = Window(60, 180)
QUICK: Final = Window(30, 90)
BATCH_COSTS_S: Final = (0.0, 0.1, 0.35, 1.0)
"""None; a light batch; Spark's on one busy core; one far too long for a fraud score."""
OVERLOAD: Final = 1.02
HEALTHY: Final = 0.8
SEARCHES_PER_ENGINE: Final = 10
_RATES_EPS: Final = (50.0, 2000.0)
_LOOP_INTERVALS_S: Final = (0.1, 0.2, 0.5)
_PAUSE_EVERY_S: Final = (60.0, 240.0)
_LOOP_SHARE: Final = 0.25
_PAUSE_SHARE: Final = 0.5
_ENGINES_OF_A_COST: Final = 20
_DRAIN_NOISE: Final = 0.05
VERDICTS: Final[tuple[Verdict, ...]] = ("sustainable", "inconclusive", "unsustainable")
HOURS: Final = 3.0
"""A growth below 0.1 % of the rate adds less than 10 s of lag: that is the error of the knee."""


@dataclass(frozen=True, slots=True)
class SearchReport:
    """What a number of searches found.

    Attributes:
        searches: how many were made.
        decided: of these, with a confirmed answer.
        inside: of the decided, with the true knee in the interval.
        width_median: first lost / last held rate of the decided.
        width_max: the widest of them.
        runs_median: runs that a search took.
        runs_max: the most.
    """

    searches: int
    decided: int
    inside: int
    width_median: float
    width_max: float
    runs_median: float
    runs_max: int

    @property
    def inside_share(self) -> float:
        """Of the decided."""
        return self.inside / max(self.decided, 1)

    @property
    def undecided_share(self) -> float:
        """Of all."""
        return 1 - self.decided / max(self.searches, 1)


@dataclass(frozen=True, slots=True)
class RateRow:
    """Single verdicts at one batch cost, shares of all runs; each run extended once.

    Attributes:
        batch_cost_s: fixed time of a batch.
        of_what: what the rates are shares of.
        overloaded: at 2 % more, the share of each verdict.
        healthy: at 80 %, the share of each verdict.
    """

    batch_cost_s: float
    of_what: str
    overloaded: Mapping[Verdict, float]
    healthy: Mapping[Verdict, float]


@dataclass(frozen=True, slots=True)
class Validation:
    """What the search and the verdict were worth, and of what they were tried.

    Attributes:
        seed: of all random numbers.
        window: of every run.
        settings: of every search.
        searches: by kind of engine; the first is all of them.
        rates: by batch cost.
    """

    seed: int
    window: Window
    settings: SearchSettings
    searches: Mapping[str, SearchReport]
    rates: Sequence[RateRow]


def validate_on_traces(
    searches: int,
    seed: int,
    window: Window = STANDARD,
    settings: SearchSettings | None = None,
    hours: float = HOURS,
) -> Validation:
    """Search many simulated engines and compare the answers with their true knees.

    Args:
        searches: how many, ten on each engine; rounded up to a whole engine.
        seed: makes engines, noise and pauses the same again.
        window: of every run.
        settings: of every search; those of the standard profile by default.
        hours: length of the simulation that stands for an unlimited window.
    """
    limits, rng = Limits(), np.random.default_rng(seed)
    settings = settings or SearchSettings()
    engines = random_engines(math.ceil(searches / SEARCHES_PER_ENGINE), rng)
    truths_eps = true_knees_eps(engines, limits, hours, rng)
    places = np.repeat(np.arange(len(engines)), SEARCHES_PER_ENGINE)
    found = search_many(engines.of(places), window, settings, rng, limits)
    cost_s = engines.batch_cost_s[places]
    kinds = {
        "all": cost_s >= 0,
        "loops": cost_s == 0,
        "batch cost up to 0.2 s": (cost_s > 0) & (cost_s <= 0.2),
        "0.2 to 0.5 s": (cost_s > 0.2) & (cost_s <= 0.5),
        "0.5 to 1 s": cost_s > 0.5,
    }
    reports = {
        name: report_of(
            [found[place] for place in np.flatnonzero(chosen)], truths_eps[places[chosen]]
        )
        for name, chosen in kinds.items()
        if chosen.any()
    }
    rows = [row for cost in BATCH_COSTS_S for row in rate_rows(cost, window, searches, hours, rng)]
    return Validation(seed, window, settings, reports, rows)


def rate_rows(
    batch_cost_s: float, window: Window, runs: int, hours: float, rng: np.random.Generator
) -> list[RateRow]:
    """Verdicts at 2 % overload and at 80 % of the capacity, and of the true knee."""
    limits = Limits()
    engines = engines_of_cost(np.full(_ENGINES_OF_A_COST, batch_cost_s), rng)
    places = np.repeat(np.arange(len(engines)), math.ceil(runs / len(engines)))
    bases = {
        "capacity": engines.capacity_eps(),
        "true knee": true_knees_eps(engines, limits, hours, rng),
    }

    def shares(rates_eps: FloatArray) -> dict[Verdict, float]:
        judged = verdicts_of(engines.of(places), rates_eps[places], window, limits, rng)
        counts = Counter(one.verdict for one in judged)
        return {verdict: counts[verdict] / len(judged) for verdict in VERDICTS}

    return [
        RateRow(batch_cost_s, name, shares(OVERLOAD * rates_eps), shares(HEALTHY * rates_eps))
        for name, rates_eps in bases.items()
    ]


def random_engines(count: int, rng: np.random.Generator) -> Engines:
    """A quarter loops, the others with batch costs of up to a second."""
    is_loop = rng.random(count) < _LOOP_SHARE
    return engines_of_cost(np.where(is_loop, 0.0, rng.uniform(0, 1, count)), rng)


def engines_of_cost(batch_cost_s: FloatArray, rng: np.random.Generator) -> Engines:
    """Engines of 50 to 2,000 records a second. Half of them pause every one to four minutes.

    One without a batch cost is a loop: it puts out what it took several times a second.
    """
    count = len(batch_cost_s)
    slowest, fastest = _RATES_EPS
    service_eps = slowest * (fastest / slowest) ** rng.random(count)
    interval_s = np.where(batch_cost_s == 0, rng.choice(_LOOP_INTERVALS_S, count), 0.0)
    every_s = np.where(
        rng.random(count) < _PAUSE_SHARE, rng.uniform(*_PAUSE_EVERY_S, count), np.inf
    )
    largest = _largest(service_eps, interval_s)
    return Engines(service_eps, batch_cost_s, interval_s, every_s, largest)


def _largest(service_eps: FloatArray, interval_s: FloatArray) -> FloatArray:
    # a batch takes all that waits
    largest: FloatArray = np.where(interval_s > 0, largest_of_loop(service_eps, interval_s), np.inf)
    return largest


def search_many(
    engines: Engines,
    window: Window,
    settings: SearchSettings,
    rng: np.random.Generator,
    limits: Limits,
) -> list[tuple[Knee, int]]:
    """One search for each engine: its answer and its number of runs. They run in step."""
    drains = engines.service_eps * np.exp(rng.normal(0, _DRAIN_NOISE, len(engines)))
    attempts: list[list[Attempt]] = [[] for _ in range(len(engines))]
    moves: list[Try | Knee] = []
    while True:
        moves = [
            next_move(done, drain_eps, settings)
            for done, drain_eps in zip(attempts, drains.tolist(), strict=True)
        ]
        asked = {place: move for place, move in enumerate(moves) if isinstance(move, Try)}
        if not asked:
            break
        rates = np.array([move.rate_eps for move in asked.values()])
        places = np.array(list(asked))
        verdicts = verdicts_of(engines.of(places), rates, window, limits, rng)
        for place, rate_eps, judgement in zip(asked, rates.tolist(), verdicts, strict=True):
            attempts[place].append(Attempt(rate_eps, judgement.verdict))
    return [
        (move, len(done))
        for move, done in zip(moves, attempts, strict=True)
        if isinstance(move, Knee)
    ]


def report_of(found: Sequence[tuple[Knee, int]], truths_eps: FloatArray) -> SearchReport:
    """Compare the answers with the true knees."""
    decided = [
        (knee.low_eps, knee.high_eps, truth_eps)
        for (knee, _), truth_eps in zip(found, truths_eps.tolist(), strict=True)
        if knee.confirmed and knee.low_eps is not None and knee.high_eps is not None
    ]
    widths = [high_eps / low_eps for low_eps, high_eps, _ in decided] or [np.nan]
    runs = [count for _, count in found]
    return SearchReport(
        searches=len(found),
        decided=len(decided),
        inside=sum(low <= truth < high for low, high, truth in decided),
        width_median=float(np.median(widths)),
        width_max=float(np.max(widths)),
        runs_median=float(np.median(runs)),
        runs_max=max(runs),
    )


def validation_table(found: Validation) -> str:
    """The whole validation for people."""
    window, settings = found.window, found.settings
    said = (
        f"seed {found.seed}, warm-up {window.warmup_s} s, window {window.measure_s} s, "
        f"{settings.confirm_runs} runs at each end, resolution {settings.resolution:g}"
    )
    out = io.StringIO()
    console = Console(file=out, width=100, highlight=False)
    for part in (said, _searches_table(found.searches), "", _rates_table(found.rates)):
        console.print(part)
    lines = [line.rstrip() for line in out.getvalue().splitlines()]
    return "\n".join(lines).rstrip()


def _searches_table(searches: Mapping[str, SearchReport]) -> Table:
    names = ("searches", "truth inside", "undecided", "width, median", "widest", "runs", "most")
    table = _table("search on", names)
    for name, one in searches.items():
        table.add_row(
            name,
            f"{one.searches:,}",
            f"{one.inside_share:.1%}",
            f"{one.undecided_share:.1%}",
            f"{one.width_median - 1:.1%}",
            f"{one.width_max - 1:.1%}",
            f"{one.runs_median:g}",
            f"{one.runs_max}",
        )
    return table


def _rates_table(rows: Sequence[RateRow]) -> Table:
    table = _table("one run, batch cost", ("of", "at 102 %: S", "I", "U", "at 80 %: S", "I", "U"))
    for row in rows:
        shares = [
            f"{of[verdict]:.1%}" for of in (row.overloaded, row.healthy) for verdict in VERDICTS
        ]
        table.add_row(f"{row.batch_cost_s:g} s", row.of_what, *shares)
    return table


def _table(first: str, names: Sequence[str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    table.add_column(first, no_wrap=True)
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)
    return table
