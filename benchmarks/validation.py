"""How often the search is right, on simulated engines whose knee is known. Pure.

A search is decided when both ends of its answer were confirmed within the resolution, and right
when the true knee lies between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from benchmarks.search import Attempt, Knee, SearchSettings, Try, next_move
from benchmarks.traces import Engines, FloatArray, Window, verdicts_of
from benchmarks.verdict import Limits

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
_DRAIN_NOISE: Final = 0.05


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
    """Single verdicts at one batch cost, shares of all runs.

    Attributes:
        batch_cost_s: fixed time of a batch.
        of_what: what the two rates are shares of.
        sustainable_overloaded: at 2 % more, judged sustainable.
        undecided_overloaded: at 2 % more, inconclusive.
        unsustainable_healthy: at 80 %, judged unsustainable.
        undecided_healthy: at 80 %, inconclusive.
    """

    batch_cost_s: float
    of_what: str
    sustainable_overloaded: float
    undecided_overloaded: float
    unsustainable_healthy: float
    undecided_healthy: float


def random_engines(count: int, rng: np.random.Generator) -> Engines:
    """Engines of 50 to 2,000 records a second: a quarter loops, others with batch costs to 1 s.

    Half of them pause every one to four minutes, half never.
    """
    service_eps = _RATES_EPS[0] * (_RATES_EPS[1] / _RATES_EPS[0]) ** rng.random(count)
    is_loop = rng.random(count) < 0.25
    interval_s = np.where(is_loop, rng.choice(_LOOP_INTERVALS_S, count), 0.0)
    cost_s = np.where(is_loop, 0.0, rng.uniform(0, 1, count))
    pauses = rng.random(count) < 0.5
    every_s = np.where(pauses, rng.uniform(*_PAUSE_EVERY_S, count), np.inf)
    return Engines(service_eps, cost_s, interval_s, every_s, _largest(service_eps, interval_s))


def _largest(service_eps: FloatArray, interval_s: FloatArray) -> FloatArray:
    # a loop puts out what it took at least once in an interval; a batch takes all that waits
    largest: FloatArray = np.where(interval_s > 0, np.ceil(service_eps * interval_s), np.inf)
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
