"""`streamgauge compare`: what changed between two runs. Pure."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.result import KneeResult, RunResult, StepResult, cell_title
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
    changes = [*_model(first, second), *_cells(first, second), *_steps(first, second)]
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
