"""`report.html`: one file that opens from disk, made from saved results only."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from benchmarks.backlog import Backlog, trend
from benchmarks.charts import StepSeries, backlog_chart, color_of, cpu_chart, latency_chart
from benchmarks.console import headline, percentiles_text, title_of
from benchmarks.evaluate import Window, backlog_of, latencies_in
from benchmarks.outputs import load_outputs, read_ledger
from benchmarks.producing import read_report
from benchmarks.result import RunResult, StepResult
from benchmarks.samples import OFFSETS_FILE, Totals, read_offsets
from benchmarks.store import (
    LEDGER_FILE,
    OUTPUTS_FILE,
    REPORT_FILE,
    load_run,
    step_folder,
    write_whole,
)

TEMPLATES: Final = Path(__file__).with_name("templates")


def write_report(run_folder: Path) -> Path:
    """Make the report of a saved run.

    Returns:
        the HTML file.
    """
    result = load_run(run_folder)
    series = [load_series(run_folder, step) for step in result.steps]
    path = run_folder / REPORT_FILE
    write_whole(path, render(result, series))
    return path


def load_series(run_folder: Path, step: StepResult) -> StepSeries:
    """What is drawn of a step, from its raw files."""
    folder = step_folder(run_folder, step.id)
    first_due_s = read_report(folder).first_due_ms / 1000
    window = Window(step.window_start_ms / 1000, step.window_end_ms / 1000)
    offsets = read_offsets(folder / OFFSETS_FILE)
    backlog = backlog_of(offsets, Totals(**step.baseline.model_dump()))
    ledger, outputs = read_ledger(folder / LEDGER_FILE), load_outputs(folder / OUTPUTS_FILE)
    return StepSeries(
        result=step,
        backlog=Backlog(backlog.at_s - first_due_s, backlog.events),
        latency_ms=latencies_in(ledger, outputs, window),
        window_s=(window.start_s - first_due_s, window.end_s - first_due_s),
    )


def render(result: RunResult, series: list[StepSeries]) -> str:
    """The report as HTML text."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined
    )
    environment.filters |= {"percentiles": percentiles_text, "title": title_of, "color": color_of}
    has_steps = bool(series)
    # the charts are our own SVG, everything else in the page is escaped
    charts = {
        "backlog": Markup(backlog_chart(series)) if has_steps else "",  # noqa: S704
        "latency": Markup(latency_chart(series)) if has_steps else "",  # noqa: S704
        "cpu": Markup(cpu_chart(result.steps)) if has_steps else "",  # noqa: S704
    }
    return environment.get_template("report.html.j2").render(
        result=result, charts=charts, headline=headline(result), trend_of=_trend_of
    )


def _trend_of(step: StepResult) -> str:
    if step.backlog_slope_eps is None:
        return "not measured"
    return trend(step.backlog_slope_eps, step.rate_eps)
