"""Which charts a campaign has data for, in the order of the report. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

from benchmarks.answer_charts import capacity_chart, demand_chart
from benchmarks.charts import Chart, StepSeries
from benchmarks.cost_charts import cost_chart
from benchmarks.rate_charts import cpu_rate_chart, latency_rate_chart, verdict_map
from benchmarks.result import CellResult, KneeResult, RunResult, StepResult, cell_title
from benchmarks.scaling_charts import scaling_chart
from benchmarks.size_charts import size_chart
from benchmarks.step_charts import backlog_grid, backlog_panels, cpu_bars, latency_percentiles

RATES_OF_A_LINE: Final = 3
"""Below three rates in a cell a line against the rate shows nothing that a table does not."""

_BACKLOG_CAPTION: Final = (
    "Records in minus records out, sampled from the broker once a second. Shaded: the window that "
    "is judged. Circles: the smallest sample of each {block_s:g} s; hollow, on a dashed line: the "
    "step is invalid. Dashed straight line: their Theil-Sen trend, which may rise by at most "
    "{slope_percent:g} % of the rate."
)


def charts_of(result: RunResult, series: Sequence[StepSeries]) -> list[Chart]:
    """The charts to draw; a run of single steps has others than one that searched."""
    if not result.steps:
        return []
    lines = has_lines(result.steps)
    charts = list(_answer_charts(result))
    if lines:
        charts += _rate_charts(result)
    charts += _cell_backlogs(result, series) if lines else _step_charts(result, series)
    return charts


def has_lines(steps: Sequence[StepResult]) -> bool:
    """True when some cell was measured at enough rates to draw against the rate."""
    rates: dict[str, set[float]] = {}
    for step in steps:
        rates.setdefault(step.cell, set()).add(step.rate_eps)
    return any(len(one) >= RATES_OF_A_LINE for one in rates.values())


def _answer_charts(result: RunResult) -> Iterator[Chart]:
    # one target is a sentence, not a chart
    if len({one.target_eps for one in result.answers}) > 1 and not result.sizes:
        yield Chart(
            "demand",
            "Instances needed against rate",
            "The smallest instance count that held the rate. Verified: measured at this count and, "
            "above one instance, this rate or a smaller one measured as lost with one instance "
            "less. Extrapolated: by the fit, within twice the counts that were measured.",
            partial(demand_chart, result.answers, _only_quota(result)),
        )
    if result.sizes:
        yield Chart(
            "sizes",
            "Instances and cores needed against the size of an instance",
            "Above: the smallest count of each size that held the rate; below: all its cores. "
            "Larger sizes are not run where one small instance is enough; the small marks say so.",
            partial(size_chart, result.sizes),
        )
    yield from _capacity_charts(result)
    if result.plan.prices is not None and result.costs:
        yield Chart(
            "cost",
            "Cost of a million records against rate",
            "With the fewest instances that held each rate; what runs beside them is included. "
            f"Prices in {result.plan.prices.currency} of {result.plan.prices.dated:%Y-%m-%d}, as "
            "the plan gives them.",
            partial(cost_chart, result.costs, result.plan.prices.currency),
        )


def _capacity_charts(result: RunResult) -> Iterator[Chart]:
    if result.scaling:
        yield Chart(
            "scaling",
            "Rate held against instances, and efficiency",
            "Each bar goes from the last rate that was held to the first that was lost: the limit "
            "lies in it. Hollow: not confirmed by repetition. Efficiency: the rate of N instances "
            "over N times that of one, with the interval that both bars leave.",
            partial(scaling_chart, result.scaling),
        )
    if result.sizes:
        return  # its rates are far apart
    cells = [cell for cell in result.cells if _is_known(cell.knee_backlog)]
    if all(_is_in_scaling(cell, result) for cell in cells):
        return  # the chart above has the same bars
    if any(_has_both_ends(cell.knee_backlog) for cell in cells):
        yield Chart(
            "capacity",
            "Rate held against instances",
            "Each bar goes from the last rate that was held to the first that was lost: the limit "
            "lies in it. Thin: the same where p99 must also stay within "
            f"{result.plan.slo_p99_ms:g} ms.",
            partial(capacity_chart, cells),
        )


def _is_in_scaling(cell: CellResult, result: RunResult) -> bool:
    """True for a cell of which the capacity chart would show nothing more."""
    told = [
        point.instances
        for one in result.scaling
        if (one.engine, one.cpu) == (cell.engine, cell.cpu)
        for point in one.counts
    ]
    return cell.instances in told and "latency" not in result.plan.knees


def _only_quota(result: RunResult) -> float | None:
    """The quota of every instance, where all have one."""
    return result.plan.instance.cpu[0] if len(result.plan.instance.cpu) == 1 else None


def _is_known(knee: KneeResult | None) -> bool:
    return knee is not None and not (knee.low_eps is None and knee.high_eps is None)


def _has_both_ends(knee: KneeResult | None) -> bool:
    return knee is not None and knee.low_eps is not None and knee.high_eps is not None


def _rate_charts(result: RunResult) -> Iterator[Chart]:
    cells = result.cells or _cells_of(result.steps)
    if any(step.latency_ms is not None for step in result.steps):
        yield Chart(
            "latency-rate",
            "Latency against rate",
            "Due time to the broker's append time of the answer; a record that never came out is "
            "above every limit. Lines join the medians of repeated steps. Hollow: the step is "
            "invalid.",
            partial(latency_rate_chart, result.steps, cells, result.plan.slo_p99_ms),
        )
    yield Chart(
        "verdicts",
        "Verdict of each instance count at each rate",
        "Held: sustainable; lost: unsustainable; open: inconclusive; hollow: invalid. Where a rate "
        "was repeated, the verdict of most of the valid steps, and how many agree.",
        partial(verdict_map, result.steps),
    )
    if any(step.cpu_s_per_million is not None for step in result.steps):
        yield Chart(
            "cpu-rate",
            "CPU-seconds per million records",
            "The engine's whole process tree in the window, ended processes included. Hollow: the "
            "step is invalid.",
            partial(cpu_rate_chart, result.steps),
        )


def _cells_of(steps: Sequence[StepResult]) -> list[CellResult]:
    first = {step.cell: step for step in reversed(steps)}
    return [
        CellResult(engine=one.engine, instances=one.instances, cpu=one.cpu, size_name=one.size_name)
        for one in (first[cell] for cell in dict.fromkeys(step.cell for step in steps))
    ]


def _cell_backlogs(result: RunResult, series: Sequence[StepSeries]) -> Iterator[Chart]:
    caption = _backlog_caption(result)
    for cell in _cells_of(result.steps):
        ours = [one for one in series if one.result.cell == cell.id]
        if ours:
            title = f"Backlog over time: {cell_title(cell)}"
            yield Chart(f"backlog-{cell.id}", title, caption, partial(backlog_panels, ours))
            caption = ""  # once says it for all


def _step_charts(result: RunResult, series: Sequence[StepSeries]) -> Iterator[Chart]:
    yield Chart(
        "backlog", "Backlog over time", _backlog_caption(result), partial(backlog_grid, series)
    )
    if any(step.latency_ms is not None for step in result.steps):
        yield Chart(
            "latency",
            "Latency",
            "All records due in the window, both axes logarithmic. A line that ends early stands "
            "for records that never came out.",
            partial(latency_percentiles, series),
        )
    if any(step.cpu_s_per_million is not None for step in result.steps):
        yield Chart(
            "cpu",
            "CPU",
            "The engine's whole process tree in the window, ended processes included. Hollow: the "
            "step is invalid.",
            partial(cpu_bars, result.steps),
        )


def _backlog_caption(result: RunResult) -> str:
    return _BACKLOG_CAPTION.format(
        slope_percent=result.plan.limits.slope_share * 100, block_s=result.plan.step.block_s
    )
