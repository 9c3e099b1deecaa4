"""`report.html`, `charts/*.png` and the CSV tables of a run, made from saved results only.

The page is one file that opens from disk and loads nothing, so MLflow can show it too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from benchmarks.backlog import Backlog, trend
from benchmarks.chart_choice import charts_of, has_lines
from benchmarks.charts import Chart, StepSeries, color_of, save_png, svg_of
from benchmarks.console import (
    cpu_text,
    drain_lines,
    headline,
    percentiles_text,
    size_text,
    title_of,
)
from benchmarks.cost_answers import cost_sentence
from benchmarks.csv_tables import (
    COSTS_TABLE,
    SAMPLES_TABLE,
    SCALING_TABLE,
    SIZES_TABLE,
    STEPS_TABLE,
    SampleRow,
    sample_rows,
    samples_table,
    sizing_tables,
    steps_table,
)
from benchmarks.evaluate import latencies_in
from benchmarks.movement import Window, backlog_of
from benchmarks.outputs import load_outputs, read_ledger
from benchmarks.producing import read_report
from benchmarks.quality_charts import quality_charts
from benchmarks.quality_result import RunQuality
from benchmarks.quality_store import load_quality
from benchmarks.quality_text import (
    checks_of,
    headline_of,
    number,
    percent,
    remarks_of,
    span_of,
    thresholds_of,
    told_apart,
    with_interval,
)
from benchmarks.quality_text import title_of as title_of_step
from benchmarks.result import CellResult, KneeResult, RunResult, StepResult, cell_title
from benchmarks.samples import OFFSETS_FILE, USE_FILE, Totals, read_offsets, read_uses
from benchmarks.size_answers import size_sentences
from benchmarks.sizing_result import EstimateResult
from benchmarks.store import (
    LEDGER_FILE,
    OUTPUTS_FILE,
    REPORT_FILE,
    load_run,
    step_folder,
    write_whole,
)

TEMPLATES: Final = Path(__file__).with_name("templates")
CHARTS_FOLDER: Final = "charts"


@dataclass(frozen=True, slots=True)
class ReportFiles:
    """What `write_all` wrote."""

    html: Path
    charts: list[Path]
    tables: list[Path]


def write_report(run_folder: Path) -> Path:
    """Make the report of a saved run, its charts as PNG, and its tables as CSV.

    Returns:
        the HTML file.
    """
    return write_all(run_folder).html


def write_all(run_folder: Path) -> ReportFiles:
    """Make the report of a saved run, its charts as PNG, and its tables as CSV."""
    result, quality = load_run(run_folder), load_quality(run_folder)
    series = load_all_series(run_folder, result)
    html = run_folder / REPORT_FILE
    write_whole(html, render(result, series, quality))
    drawn = [*charts_of(result, series), *quality_charts(quality)]
    charts = _write_charts(run_folder, result, drawn)
    steps, samples = run_folder / STEPS_TABLE, run_folder / SAMPLES_TABLE
    write_whole(steps, steps_table(result))
    write_whole(samples, samples_table(_all_sample_rows(run_folder, result)))
    return ReportFiles(html, charts, [steps, samples, *_write_sizing(run_folder, result)])


def _write_sizing(run_folder: Path, result: RunResult) -> list[Path]:
    tables = sizing_tables(result)
    for name in (SCALING_TABLE, SIZES_TABLE, COSTS_TABLE):
        if name not in tables:
            (run_folder / name).unlink(missing_ok=True)  # of an earlier state of the run
    for name, text in tables.items():
        write_whole(run_folder / name, text)
    return [run_folder / name for name in tables]


def _write_charts(run_folder: Path, result: RunResult, charts: Sequence[Chart]) -> list[Path]:
    folder = run_folder / CHARTS_FOLDER
    folder.mkdir(exist_ok=True)
    paths = [folder / f"{chart.name}.png" for chart in charts]
    for chart, path in zip(charts, paths, strict=True):
        save_png(chart, path, footer=headline(result))
    for stale in set(folder.glob("*.png")) - set(paths):
        stale.unlink()  # a chart that the saved results no longer have data for
    return paths


def _all_sample_rows(run_folder: Path, result: RunResult) -> Iterator[SampleRow]:
    for step in result.steps:
        folder = step_folder(run_folder, step.id)
        offsets, uses = read_offsets(folder / OFFSETS_FILE), read_uses(folder / USE_FILE)
        yield from sample_rows(step, read_report(folder).first_due_ms / 1000, offsets, uses)


def load_all_series(run_folder: Path, result: RunResult) -> list[StepSeries]:
    """What is drawn of each step; latencies of single records only where they are drawn."""
    with_latencies = not has_lines(result.steps)
    block_s = result.plan.step.block_s
    return [
        load_series(run_folder, step, block_s, with_latencies=with_latencies)
        for step in result.steps
    ]


def load_series(
    run_folder: Path, step: StepResult, block_s: float, *, with_latencies: bool
) -> StepSeries:
    """What is drawn of a step, from its raw files."""
    folder = step_folder(run_folder, step.id)
    first_due_s = read_report(folder).first_due_ms / 1000
    window = Window(step.window_start_ms / 1000, step.window_end_ms / 1000)
    offsets = read_offsets(folder / OFFSETS_FILE)
    backlog = backlog_of(offsets, Totals(**step.baseline.model_dump()))
    latency_ms = np.empty(0)
    if with_latencies and step.latency_ms is not None:
        ledger, outputs = read_ledger(folder / LEDGER_FILE), load_outputs(folder / OUTPUTS_FILE)
        latency_ms = latencies_in(ledger, outputs, window)
    return StepSeries(
        result=step,
        backlog=Backlog(backlog.at_s - first_due_s, backlog.events),
        latency_ms=latency_ms,
        window_s=(window.start_s - first_due_s, window.end_s - first_due_s),
        block_s=block_s,
    )


def render(
    result: RunResult, series: Sequence[StepSeries], quality: RunQuality | None = None
) -> str:
    """The report as HTML text; with the quality of the model where that was asked."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined
    )
    environment.filters |= {
        "percentiles": percentiles_text,
        "title": title_of,
        "cpu": cpu_text,
        "throttled": throttled_text,
        "color": color_of,
        "interval": interval_text,
        "cell_title": cell_title,
        "remarks": remarks_text,
        "figure": number,
        "percent": percent,
        "with_interval": with_interval,
        "step_title": title_of_step,
        "estimate": estimate_text,
        "money": money_text,
        "number": number_text,
        "changed": changed_records,
    }
    # the charts are our own SVG, everything else in the page is escaped
    charts = [(chart, Markup(svg_of(chart))) for chart in charts_of(result, series)]  # noqa: S704
    judged = [(chart, Markup(svg_of(chart))) for chart in quality_charts(quality)]  # noqa: S704
    return environment.get_template("report.html.j2").render(
        result=result,
        charts=charts,
        cells=[cell for cell in result.cells if _has_answer(cell)],
        headline=headline(result),
        size=size_text(result),
        many=has_lines(result.steps),
        size_sentences=size_sentences(result.sizes),
        cost_sentence=cost_sentence(result),
        steps=sorted(result.steps, key=_place_in_tables),
        trend_of=_trend_of,
        quality=quality,
        quality_charts=judged,
        quality_headline=headline_of(quality) if quality else "",
        models=list(told_apart(quality)) if quality else [],
        checks=[*drain_lines(result), *(checks_of(quality) if quality else [])],
        remarks_of=remarks_of,
        span_of=span_of,
        thresholds_of=thresholds_of,
    )


def _place_in_tables(step: StepResult) -> tuple[str, int, float, float, int]:
    """By cell and rate: the order of measuring is random."""
    return step.engine, step.instances, step.cpu or 0.0, step.rate_eps, step.repetition


def _has_answer(cell: CellResult) -> bool:
    return cell.knee_backlog is not None or cell.knee_latency is not None


def interval_text(knee: KneeResult | None) -> str:
    """`312 to 343`, `below 50`, `above 400` or `not measured`; events per second."""
    if knee is None or (knee.low_eps is None and knee.high_eps is None):
        return "not measured"
    if knee.low_eps is None:
        return f"below {knee.high_eps:g}"
    if knee.high_eps is None:
        return f"above {knee.low_eps:g}"
    return f"{knee.low_eps:g} to {knee.high_eps:g}"


def estimate_text(found: EstimateResult | None, digits: int = 2, factor: float = 1.0) -> str:
    """`0.95 (0.87 to 1.05)`; `none` for what has no bound, a dash for what is not known."""
    if found is None:
        return "-"
    value, low, high = (
        "none" if one is None else f"{one * factor:,.{digits}f}"
        for one in (found.value, found.low, found.high)
    )
    return value if low == high else f"{value} ({low} to {high})"


def money_text(amount: float | None) -> str:
    """Three digits, as many of them behind the point as it takes; a dash for what is not known."""
    return "-" if amount is None else f"{amount:#.3g}".rstrip(".")


def number_text(value: float | None, form: str = "{:,}") -> str:
    """A number in its form, a dash where it was not measured."""
    return "\N{EN DASH}" if value is None else form.format(value)


def changed_records(step: StepResult) -> int | None:
    """Predictions that differ, and wrong answers; None where nothing was compared."""
    found = (step.feature_mismatches, step.score_mismatches, step.wrongly_answered)
    return None if None in found else sum(one or 0 for one in found)


def throttled_text(step: StepResult) -> str:
    """Share of the CPU periods in which a quota was used up, from the least to the most stopped."""
    shares = [one.throttled_share for one in step.instance_use if one.throttled_share is not None]
    if not shares:
        return "–"  # noqa: RUF001  # as everywhere in the page
    low, high = (f"{share * 100:.0f} %" for share in (min(shares), max(shares)))
    return low if low == high else f"{low} to {high}"


def remarks_text(cell: CellResult) -> str:
    """What a reader must know of a cell's knees, in words."""
    remarks = list(cell.knee_backlog.flags if cell.knee_backlog else ())
    if cell.knee_latency and cell.knee_latency.flags:
        remarks.append(f"p99: {', '.join(cell.knee_latency.flags)}")
    if not cell.finished:
        remarks.append("not every step of it was measured")
    return "; ".join(remarks)


def _trend_of(step: StepResult) -> str:
    if step.backlog_slope_eps is None:
        return "not measured"
    return trend(step.backlog_slope_eps, step.rate_eps)
