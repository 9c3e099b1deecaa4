import re

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from benchmarks.answer_charts import demand_chart
from benchmarks.chart_choice import charts_of
from benchmarks.charts import (
    ENGINE_COLORS,
    ENGINE_MARKS,
    OTHER_COLOR,
    Chart,
    StepSeries,
    color_of,
    save_png,
    spread,
    styled,
    svg_of,
)
from benchmarks.rate_charts import majority, medians_by_rate
from tests.unit.benchmarks.campaigns import campaign, series_of_campaign
from tests.unit.benchmarks.results import run_of, step_of

RESULT = campaign()
SERIES = series_of_campaign(RESULT)
CHARTS = {chart.name: chart for chart in charts_of(RESULT, SERIES)}


def series_of(step):
    backlog = SERIES[0].backlog
    return StepSeries(step, backlog, np.full(50, 40.0), (20, 80))


def figure_of(name):
    with styled():
        return CHARTS[name].draw()


def test_a_campaign_of_cells_has_every_chart_in_the_order_of_the_report():
    cells = ("faust-1", "faust-2", "spark-1", "spark-2")
    assert list(CHARTS) == [
        "demand",
        "capacity",
        "latency-rate",
        "verdicts",
        "cpu-rate",
        *(f"backlog-{cell}" for cell in cells),
    ]


def test_a_run_of_single_steps_has_the_charts_of_steps_only():
    steps = [step_of(), step_of("spark")]
    charts = charts_of(run_of(*steps), [series_of(step) for step in steps])
    assert [chart.name for chart in charts] == ["backlog", "latency", "cpu"]


def test_charts_are_drawn_only_where_there_is_data():
    assert charts_of(run_of(), []) == []
    unknown = RESULT.model_copy(update={"cells": [], "answers": []})
    names = [chart.name for chart in charts_of(unknown, SERIES)]
    assert "demand" not in names
    assert "capacity" not in names
    assert "latency-rate" in names
    unmeasured = [step.model_copy(update={"cpu_s_per_million": None}) for step in RESULT.steps]
    without_cpu = RESULT.model_copy(update={"steps": unmeasured})
    assert "cpu-rate" not in [chart.name for chart in charts_of(without_cpu, SERIES)]


def test_a_run_that_lost_everything_can_be_drawn():
    step = step_of().model_copy(update={"cpu_s_per_million": None, "latency_ms": None})
    lost = StepSeries(step, SERIES[0].backlog, np.full(5, np.inf), (20, 80))
    for chart in charts_of(run_of(step), [lost]):
        assert svg_of(chart).startswith("<svg")


@pytest.mark.parametrize("name", sorted(CHARTS))
def test_zero_is_in_the_axes_that_are_not_logarithmic(name):
    for axes in figure_of(name).axes:
        assert axes.get_ylim()[0] == 0 or axes.get_yscale() == "log"
        assert axes.get_xlim()[0] == 0


def test_an_engine_has_one_colour_in_every_chart():
    only_spark = [one for one in SERIES if one.result.cell == "spark-1"]
    result = RESULT.model_copy(
        update={
            "steps": [one.result for one in only_spark],
            "cells": [cell for cell in RESULT.cells if cell.id == "spark-1"],
            "answers": [one for one in RESULT.answers if one.engine == "spark"],
        }
    )
    for chart in charts_of(result, only_spark):
        svg = svg_of(chart)
        if chart.name != "verdicts":  # its colours are those of verdicts
            assert color_of("spark") in svg
        assert color_of("faust") not in svg


def test_engines_differ_in_grey_or_in_their_mark():
    def lightness(color):
        return float(np.dot(to_rgb(color), (0.299, 0.587, 0.114)))

    assert abs(lightness(color_of("faust")) - lightness(color_of("spark"))) > 0.25
    assert len(set(ENGINE_MARKS.values())) == len(ENGINE_COLORS)
    assert color_of("somebody's own") == OTHER_COLOR


def test_an_invalid_step_is_hollow():
    invalid = [one for one in RESULT.steps if one.verdict == "invalid"]
    assert len(invalid) == 1
    figure = figure_of("cpu-rate")
    hollow = [
        line
        for line in figure.axes[0].lines
        if list(line.get_xdata()) == [50.0] and line.get_markerfacecolor() == "white"
    ]
    assert [float(line.get_ydata()[0]) for line in hollow] == [invalid[0].cpu_s_per_million]


def test_every_latency_is_in_its_chart_and_one_that_was_never_reached_at_its_upper_end():
    panels = [axes for axes in figure_of("latency-rate").axes if axes.get_visible()]
    drawn = [ms for axes in panels for line in axes.lines for ms in line.get_ydata()]
    known = [step.latency_ms.p99 for step in RESULT.steps if step.latency_ms]
    bottom_ms, top_ms = panels[0].get_ylim()
    assert bottom_ms <= min(drawn)
    assert max(drawn) == top_ms > max(p99 for p99 in known if p99)


def test_the_verdict_of_repeated_steps_is_that_of_most_valid_ones():
    step = step_of()
    held, lost, invalid = (
        step.model_copy(update={"verdict": verdict})
        for verdict in ("sustainable", "unsustainable", "invalid")
    )
    assert majority([held, held, lost]) == "sustainable"
    assert majority([held, lost]) == "inconclusive"
    assert majority([invalid, invalid, lost]) == "unsustainable"
    assert majority([invalid]) == "invalid"


def test_lines_join_the_medians_of_repetitions():
    assert medians_by_rate([(50, 1), (50, 9), (50, 2), (10, 4)]) == {10: 4, 50: 2}


def test_labels_at_the_end_of_lines_keep_apart():
    placed = spread([100.0, 101.0, 10.0], factor=1.5)
    assert placed == [100.0, 150.0, 10.0]


def test_a_chart_takes_the_width_of_the_page():
    head = re.match(r"<svg[^>]*>", svg_of(CHARTS["demand"]))[0]
    assert " width=" not in head
    assert "viewBox=" in head


def test_a_chart_as_a_file_has_its_title_and_says_of_what_run_it_is(tmp_path):
    drawn = []

    def draw():
        drawn.append(Figure(figsize=(4, 2)))
        drawn[0].subplots()
        return drawn[0]

    save_png(Chart("x", "A title", "", draw), tmp_path / "x.png", footer="run try-1")
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")
    assert [text.get_text() for text in drawn[0].texts] == ["A title", "run try-1"]


def test_the_name_of_an_engine_is_no_markup():
    chart = Chart("x", 'Backlog of "><b>', "", CHARTS["demand"].draw)
    assert "<b>" not in svg_of(chart)


def test_a_target_that_no_count_is_known_for_stands_above_all_counts():
    lost = [one.model_copy(update={"instances": None}) for one in RESULT.answers]
    mixed = [*RESULT.answers[:2], *lost[2:]]
    for answers in (mixed, lost):
        axes = demand_chart(answers).axes[0]
        notes = [text.get_text() for text in axes.texts]
        assert "faust: no count known" in notes
        assert axes.get_ylim()[1] > max(text.xy[1] for text in axes.texts)
