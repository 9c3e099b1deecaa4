"""`streamgauge compare`: what changed between two runs. Pure."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.cost import Prices
from benchmarks.cost_answers import fewest, total_provisioned, total_used
from benchmarks.result import KneeResult, RunResult, StepResult, cell_title
from benchmarks.sizing_result import CostResult, EstimateResult, ScalingResult
from fraud_core.errors import ConfigError

SAME_MACHINE: Final = ("cpu", "cores", "memory_gib")
NEIGHBOURS: Final = 1.25
"""Two knees of the same thing differ by less than this between two runs of a quick campaign."""
NOISE: Final = 0.05
"""Theodolite's cloud study: above 5 % a difference is none of the machine's noise."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing in both runs, and one word for how they differ; empty where they do not."""

    what: str
    first: str
    second: str
    change: str


def compare_runs(first: RunResult, second: RunResult, *, anyway: bool) -> list[Change]:
    """What is in both runs, side by side.

    Raises:
        ConfigError: the machines differ, and nobody said anyway; or nothing is in both.
    """
    others = [
        f"{name} {first.machine.get(name)} and {second.machine.get(name)}"
        for name in SAME_MACHINE
        if first.machine.get(name) != second.machine.get(name)
    ]
    if others and not anyway:
        raise ConfigError(
            f"the runs are of different machines ({', '.join(others)}): their numbers say nothing "
            "of each other; --anyway shows them side by side"
        )
    changes = [
        *_model(first, second),
        *_cells(first, second),
        *_scalings(first, second),
        *_costs(first, second),
        *_steps(first, second),
    ]
    if not changes:
        raise ConfigError("the runs have no cell and no step in common: nothing to compare")
    return changes


def _model(first: RunResult, second: RunResult) -> list[Change]:
    here, there = (str(run.model["sha256"])[:8] for run in (first, second))
    return [Change("model", here, there, "another model")] if here != there else []


def _cells(first: RunResult, second: RunResult) -> list[Change]:
    there = {cell.id: cell for cell in second.cells}
    changes = []
    for cell in first.cells:
        other = there.get(cell.id)
        if other is None or cell.knee_backlog is None or other.knee_backlog is None:
            continue
        here, now = cell.knee_backlog, other.knee_backlog
        what = f"{cell_title(cell)} backlog grows at"
        changes.append(Change(what, interval(here), interval(now), knee_change(here, now)))
    return changes


def interval(knee: KneeResult) -> str:
    """`350-400/s`; open where an end is not known."""
    low = "" if knee.low_eps is None else f"{knee.low_eps:g}"
    high = "" if knee.high_eps is None else f"{knee.high_eps:g}"
    return f"{low or '0'}-{high}/s" if high else f"above {low}/s"


def knee_change(here: KneeResult, there: KneeResult) -> str:
    """Empty where the intervals overlap, `neighbours` where they lie within 25 %."""
    low = max(here.low_eps or 0.0, there.low_eps or 0.0)
    high = min(here.high_eps or float("inf"), there.high_eps or float("inf"))
    if low <= high:
        return ""
    # what lies between the two intervals
    return "neighbours" if low <= NEIGHBOURS * high else "moved"


def _scalings(first: RunResult, second: RunResult) -> Iterator[Change]:
    there = {_title(one): one for one in second.scaling}
    for here in first.scaling:
        now = there.get(_title(here))
        if now is not None:
            yield from _scaling(here, now)


def _scaling(here: ScalingResult, there: ScalingResult) -> Iterator[Change]:
    efficiencies = {point.instances: point.efficiency for point in there.counts}
    for point in here.counts:
        now = efficiencies.get(point.instances)
        if point.instances > 1 and point.efficiency is not None and now is not None:
            what = f"{_title(here)} efficiency of {point.instances} instances"
            yield _estimates(what, point.efficiency, now)
    # a line and the law do not mean the same by it
    if here.law == there.law:
        what = f"{_title(here)} events/s per instance"
        yield _estimates(what, here.eps_per_instance, there.eps_per_instance)


def _title(one: ScalingResult | CostResult) -> str:
    return one.engine if one.cpu is None else f"{one.engine} of {one.cpu:g} core"


def _estimates(what: str, here: EstimateResult, there: EstimateResult) -> Change:
    first, second = here.value or 0.0, there.value or 0.0
    change = "" if _overlap(here, there) else _share(first, second)
    return Change(what, _estimate(here), _estimate(there), change)


def _overlap(here: EstimateResult, there: EstimateResult) -> bool:
    """True where both may be the same number; an end that is not known is without bound."""
    low = max(here.low or 0.0, there.low or 0.0)
    highs = [one.high for one in (here, there) if one.high is not None]
    return low <= min(highs, default=float("inf"))


def _estimate(one: EstimateResult) -> str:
    low, value, high = (
        "?" if end is None else f"{end:.3g}" for end in (one.low, one.value, one.high)
    )
    return f"{value} ({low}-{high})"


def _costs(first: RunResult, second: RunResult) -> Iterator[Change]:
    """What the fewest instances cost at the highest rate that both runs held."""
    here, there = first.plan.prices, second.plan.prices
    if here is None or there is None:
        return
    if here != there:
        yield Change("prices", _prices(here), _prices(there), "other prices")
    if here.currency == there.currency:
        for title, rate_eps in _highest_shared(first, second).items():
            yield from _cost(title, rate_eps, (first, second))


def _prices(prices: Prices) -> str:
    return f"{prices.vcpu_hour:g} and {prices.gib_hour:g} {prices.currency}"


def _highest_shared(first: RunResult, second: RunResult) -> dict[str, float]:
    held = [{(_title(row), row.rate_eps) for row in run.costs} for run in (first, second)]
    return dict(sorted(held[0] & held[1]))  # of each engine and size the last one stays


def _cost(title: str, rate_eps: float, runs: tuple[RunResult, RunResult]) -> Iterator[Change]:
    rows = [fewest([row for row in run.costs if _title(row) == title], rate_eps) for run in runs]
    for name, total in (("paid", total_provisioned), ("used", total_used)):
        here, there = map(total, rows)
        if here is not None and there is not None:
            what = f"{title} at {rate_eps:g}/s {name} for a million events"
            yield Change(what, f"{here:.3g}", f"{there:.3g}", _share(here, there))


def _steps(first: RunResult, second: RunResult) -> list[Change]:
    there = {step.id: step for step in second.steps}
    return [
        change for step in first.steps if step.id in there for change in _step(step, there[step.id])
    ]


def _step(here: StepResult, there: StepResult) -> list[Change]:
    verdicts = "" if here.verdict == there.verdict else "another verdict"
    changes = [Change(f"{here.id} verdict", here.verdict, there.verdict, verdicts)]
    for name, first, second in (
        ("p99 ms", _p99(here), _p99(there)),
        ("CPU-s per million", here.cpu_s_per_million, there.cpu_s_per_million),
    ):
        if first is not None and second is not None:
            changes.append(
                Change(
                    f"{here.id} {name}", f"{first:,.0f}", f"{second:,.0f}", _share(first, second)
                )
            )
    return changes


def _p99(step: StepResult) -> float | None:
    return step.latency_ms.p99 if step.latency_ms else None


def _share(first: float, second: float) -> str:
    if not first:
        return ""
    share = second / first - 1
    return "" if abs(share) <= NOISE else f"{share:+.0%}"


def comparison_table(changes: Sequence[Change]) -> str:
    """The changes as a table for people."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for name in ("what", "first", "second", "change"):
        table.add_column(name, no_wrap=True)
    for one in changes:
        table.add_row(one.what, one.first, one.second, one.change)
    out = io.StringIO()
    Console(file=out, width=120, highlight=False).print(table)
    return out.getvalue().rstrip()
