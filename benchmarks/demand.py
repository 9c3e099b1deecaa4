"""How many instances a rate needs, from the cells of a campaign. Pure.

Demand and capacity as Theodolite defines them: the smallest number of instances that holds a rate,
and the highest rate that a number of instances holds. A demand is verified when a run held the rate
at that count, and a run lost it, or a smaller rate, at one instance less.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.attempts import Attempt, KneeKind, Outcome, outcome_at
from benchmarks.search import Knee

RECOMMENDED_LOAD: Final = 0.7
"""Share of the capacity that is planned with: the rest is for catching up, rebalances and noise."""


@dataclass(frozen=True, slots=True)
class CellRuns:
    """One engine at one instance count.

    Attributes:
        engine: its name.
        instances: how many.
        attempts: all its runs, of any rate.
        knee: where its search ended; None where none was made.
        cores: CPU quota of each instance; None where it has none.
    """

    engine: str
    instances: int
    attempts: tuple[Attempt, ...]
    knee: Knee | None = None
    cores: float | None = None


@dataclass(frozen=True, slots=True)
class Demand:
    """What one rate needs of one engine.

    Attributes:
        engine: its name.
        target_eps: events per second.
        instances: smallest count that holds it; None where no tested one does.
        verified: held by a run at this count, and this rate or a smaller one lost by a run at one
            less where there is one.
        headroom: knee of one instance / target; None where that knee is not known.
        recommended: smallest count that needs at most 70 % of its capacity; None where no tested
            one does.
        smallest_cores: smallest tested quota of a single instance that holds it; None where the
            answer is not one instance or no quota was tested.
        sentence: the answer for people.
        decided: False where no count is known to hold it, and not every tested one is known to
            lose it: nothing is known then, which is no loss.
    """

    engine: str
    target_eps: float
    instances: int | None
    verified: bool
    headroom: float | None
    recommended: int | None
    smallest_cores: float | None
    sentence: str
    decided: bool = True


def demands(
    cells: Sequence[CellRuns], targets_eps: Iterable[float], by: KneeKind = "backlog"
) -> list[Demand]:
    """The answer for each target and engine, engines in the order of the cells."""
    engines = list(dict.fromkeys(cell.engine for cell in cells))
    return [
        demand([cell for cell in cells if cell.engine == engine], target_eps, by)
        for target_eps in targets_eps
        for engine in engines
    ]


def demand(cells: Sequence[CellRuns], target_eps: float, by: KneeKind = "backlog") -> Demand:
    """The answer for one target.

    Args:
        cells: of one engine, at least one.
        target_eps: events per second.
        by: whether the latency objective must hold too.
    """
    largest = _largest_size(cells, target_eps)
    holding = [cell for cell in largest if _holds(cell, target_eps, by)]
    found = holding[0] if holding else None
    enough = [cell for cell in largest if _fits(cell, target_eps)]
    single = largest[0] if largest[0].instances == 1 else None
    knee_eps = single.knee.low_eps if single and single.knee else None
    headroom = knee_eps / target_eps if knee_eps else None
    return Demand(
        engine=cells[0].engine,
        target_eps=target_eps,
        instances=found.instances if found else None,
        verified=found is not None and _is_verified(found, largest, target_eps, by),
        headroom=headroom,
        recommended=enough[0].instances if enough else None,
        smallest_cores=_smallest_cores(cells, target_eps, by)
        if found and found.instances == 1
        else None,
        sentence=_sentence(largest, found, target_eps, headroom, by),
        decided=found is not None or not _undecided_counts(largest, target_eps, by),
    )


def answer_sentence(found: Sequence[Demand]) -> str:
    """All answers in one or two sentences: one for each target."""
    targets = dict.fromkeys(one.target_eps for one in found)
    return " ".join(
        f"{target_eps:g} events/s: "
        + ", ".join(_short(one) for one in found if one.target_eps == target_eps)
        + "."
        for target_eps in targets
    )


def capacity_eps(cell: CellRuns) -> float | None:
    """The highest rate that a cell is known to hold; a lower bound where no search was made."""
    if cell.knee is not None:
        return cell.knee.low_eps
    rates = {one.rate_eps for one in cell.attempts}
    return max((r for r in rates if outcome_at(cell.attempts, r) == "held"), default=None)


def _largest_size(cells: Sequence[CellRuns], target_eps: float) -> list[CellRuns]:
    """One cell for each count, by count: that with the most cores, or with no quota.

    Sizes that ran the target go before: larger ones are not run where a small one holds it alone.
    """

    def rank(cell: CellRuns) -> tuple[bool, float]:
        ran = any(one.rate_eps == target_eps for one in cell.attempts)
        return ran, cell.cores or float("inf")

    by_size = sorted(cells, key=rank)
    return sorted({cell.instances: cell for cell in by_size}.values(), key=lambda c: c.instances)


def _holds(cell: CellRuns, target_eps: float, by: KneeKind) -> bool:
    outcome = outcome_at(cell.attempts, target_eps, by)
    if outcome != "invalid":
        return outcome == "held"
    # no run at the rate itself: a knee above it says so too, but verifies nothing
    return cell.knee is not None and (cell.knee.low_eps or 0.0) >= target_eps


def _fits(cell: CellRuns, target_eps: float) -> bool:
    return RECOMMENDED_LOAD * (capacity_eps(cell) or 0.0) >= target_eps


def _is_verified(
    found: CellRuns, cells: Sequence[CellRuns], target_eps: float, by: KneeKind
) -> bool:
    if outcome_at(found.attempts, target_eps, by) != "held":
        return False
    below = found.instances - 1
    return below == 0 or _lost_eps(cells, below, target_eps, by) is not None


def _outcome_of_count(
    cells: Sequence[CellRuns], count: int, target_eps: float, by: KneeKind
) -> Outcome:
    below = next((cell for cell in cells if cell.instances == count), None)
    return outcome_at(below.attempts, target_eps, by) if below else "invalid"


def _lost_eps(
    cells: Sequence[CellRuns], count: int, target_eps: float, by: KneeKind
) -> float | None:
    """The rate whose loss shows that a count loses a target: that itself, else the next smaller.

    None where nothing shows it; a run at the target counts more than one below it.
    """
    below = next((cell for cell in cells if cell.instances == count), None)
    if below is None or outcome_at(below.attempts, target_eps, by) == "held":
        return None
    lost = {
        one.rate_eps
        for one in below.attempts
        if one.rate_eps <= target_eps and outcome_at(below.attempts, one.rate_eps, by) == "lost"
    }
    return max(lost, default=None)


def _smallest_cores(cells: Sequence[CellRuns], target_eps: float, by: KneeKind) -> float | None:
    sizes = [
        cell.cores
        for cell in cells
        if cell.instances == 1 and cell.cores is not None and _holds(cell, target_eps, by)
    ]
    return min(sizes, default=None)


def _sentence(
    cells: Sequence[CellRuns],
    found: CellRuns | None,
    target_eps: float,
    headroom: float | None,
    by: KneeKind,
) -> str:
    engine, rate = cells[0].engine, f"{target_eps:g} events/s"
    if found is None:
        if unknown := _undecided_counts(cells, target_eps, by):
            counts = ", ".join(map(_instances, unknown))
            return f"Not known for {engine} at {rate}: no run with {counts} decided it."
        tested = ", ".join(str(cell.instances) for cell in cells)
        return f"{engine} held {rate} with none of the tested instance counts ({tested})."
    words = [f"{engine} needs {_instances(found.instances)} for {rate}"]
    if outcome_at(found.attempts, target_eps, by) != "held":
        words.append("by its knee; the rate itself was not run")
    if found.instances > 1:
        words.append(_words_of_below(cells, found.instances - 1, target_eps, by))
    elif headroom is not None:
        words.append(f"one instance holds {headroom:.1f} times as much")
    words += [
        f"yet {_instances(cell.instances)} lost it: the runs disagree"
        for cell in cells
        if cell.instances > found.instances and outcome_at(cell.attempts, target_eps, by) == "lost"
    ]
    return "; ".join(words) + "."


def _undecided_counts(cells: Sequence[CellRuns], target_eps: float, by: KneeKind) -> list[int]:
    """Counts that neither held nor lost the rate; a knee below it is a loss too."""
    return [
        cell.instances
        for cell in cells
        if outcome_at(cell.attempts, target_eps, by) in {"invalid", "undecided"}
        and not _is_known_loss(cell, target_eps, by)
    ]


def _is_known_loss(cell: CellRuns, target_eps: float, by: KneeKind) -> bool:
    high_eps = cell.knee.high_eps if cell.knee else None
    return (high_eps is not None and high_eps <= target_eps) or (
        _lost_eps([cell], cell.instances, target_eps, by) is not None
    )


def _words_of_below(cells: Sequence[CellRuns], count: int, target_eps: float, by: KneeKind) -> str:
    lost_eps = _lost_eps(cells, count, target_eps, by)
    if lost_eps is not None and lost_eps < target_eps:
        return f"{_instances(count)} lost {lost_eps:g} events/s already"
    outcome = _outcome_of_count(cells, count, target_eps, by)
    said = {
        "lost": f"{_instances(count)} lost it",
        "undecided": f"not verified: the runs with {_instances(count)} decided nothing",
    }
    return said.get(outcome, f"not verified: nothing ran with {_instances(count)} at this rate")


def _short(one: Demand) -> str:
    if one.instances is None and not one.decided:
        return f"{one.engine} is not known"
    if one.instances is None:
        return f"{one.engine} holds it with no tested count"
    more = "" if one.verified else " (not verified)"
    if one.instances == 1 and one.headroom is not None:
        more += f" (headroom {one.headroom:.1f}x)"
    return f"{one.engine} {_instances(one.instances)}{more}"


def _instances(count: int) -> str:
    return f"{count} instance{'' if count == 1 else 's'}"
