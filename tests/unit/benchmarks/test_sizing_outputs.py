"""What a campaign with sizes shows: charts, report, tables, metrics, summary."""

import csv
import io
from pathlib import Path

import pytest

from benchmarks.chart_choice import charts_of
from benchmarks.charts import color_of, styled, svg_of
from benchmarks.console import summary
from benchmarks.csv_tables import sizing_tables
from benchmarks.report import estimate_text, money_text, render
from benchmarks.sizing_result import EstimateResult
from benchmarks.tracking_records import answer_metrics, cell_runs
from tests.unit.benchmarks import sizing_campaigns
from tests.unit.benchmarks.results import run_of
from tests.unit.benchmarks.sizing_campaigns import series_of

CAMPAIGNS = {
    "ladder": sizing_campaigns.ladder(),
    "line": sizing_campaigns.capacities(),
    "law": sizing_campaigns.capacities((1, 2, 3, 4)),
    "sizes": sizing_campaigns.sizes(),
}
CHARTS = {
    name: {chart.name: chart for chart in charts_of(result, series_of(result))}
    for name, result in CAMPAIGNS.items()
}
OURS = {
    "ladder": ["demand", "scaling", "cost"],
    "line": ["scaling", "cost"],
    "law": ["scaling", "cost"],
    "sizes": ["sizes", "cost"],
}
DRAWN = [(name, chart) for name, charts in OURS.items() for chart in charts]


def axes_of(name, chart):
    with styled():
        return CHARTS[name][chart].draw().axes


@pytest.mark.parametrize("name", CAMPAIGNS)
def test_a_campaign_has_the_charts_that_it_has_data_for(name):
    sizing = {"demand", "capacity", "scaling", "sizes", "cost"}
    found = [chart for chart in CHARTS[name] if chart in sizing]
    assert found == OURS[name]


@pytest.mark.parametrize(("name", "chart"), DRAWN)
def test_zero_is_in_the_axes(name, chart):
    for axes in axes_of(name, chart):
        assert axes.get_xlim()[0] == 0
        assert axes.get_ylim()[0] == 0


@pytest.mark.parametrize(("name", "chart"), DRAWN)
def test_both_engines_are_there_in_their_colours(name, chart):
    svg = svg_of(CHARTS[name][chart])
    assert color_of("faust") in svg
    assert color_of("spark") in svg


def test_a_fit_is_dashed_where_nothing_was_measured():
    rates, _ = axes_of("line", "scaling")
    dashed = [line for line in rates.lines if line.is_dashed()]
    assert {tuple(line.get_xdata()) for line in dashed} == {(3, 4, 5, 6)}


def test_a_bar_goes_from_the_last_rate_held_to_the_first_lost():
    rates, _ = axes_of("line", "scaling")
    found = {tuple(line.get_ydata()) for line in rates.lines if line.get_linewidth() == 5}
    wanted = {(p.low_eps, p.high_eps) for one in CAMPAIGNS["line"].scaling for p in one.counts}
    assert found == wanted


def test_what_was_extrapolated_has_its_own_mark():
    (axes,) = axes_of("ladder", "demand")
    crosses = [line for line in axes.lines if line.get_marker() == "P" and len(line.get_xdata())]
    beyond = [one.target_eps for one in CAMPAIGNS["ladder"].answers if one.extrapolated]
    assert sorted(float(line.get_xdata()[0]) for line in crosses) == sorted(beyond)


def test_the_demand_of_one_size_has_an_axis_of_cores():
    (axes,) = axes_of("ladder", "demand")
    assert [child.get_ylabel() for child in axes.child_axes] == ["cores, 0.25 each"]


def test_a_small_mark_says_that_a_smaller_instance_held_it():
    top = axes_of("sizes", "sizes")[0]
    small = [line for line in top.lines if line.get_markersize() == 4.5]
    inferred = [one for one in CAMPAIGNS["sizes"].sizes if one.inferred and one.target_eps == 50]
    assert len(small) == len(inferred) > 0


@pytest.mark.parametrize("name", CAMPAIGNS)
def test_the_report_says_it_in_words_and_tables(name):
    result = CAMPAIGNS[name]
    html = render(result, series_of(result))
    headings = {
        "How capacity grows with instances</h2>": bool(result.scaling),
        "Instances and cores, for each size of an instance</h2>": bool(result.sizes),
        "Cost of a million records</h2>": True,
    }
    for heading, is_there in headings.items():
        assert (heading in html) is is_there
    assert "what runs beside them" in html
    assert "prices of 2026-11-01" in html
    for one in result.scaling:
        assert one.sentence[1:] in html
    assert ("(extrapolated)" in html) is (name == "ladder")


def test_a_run_without_sizes_has_none_of_it():
    html = render(run_of(), [])
    assert "Cost of a million" not in html
    assert "How capacity grows" not in html
    assert sizing_tables(run_of()) == {}


def test_an_estimate_without_bound_and_one_that_is_not_known():
    peak = EstimateResult(value=None, low=4.0, high=None)
    assert estimate_text(peak, 0) == "none (4 to none)"
    assert estimate_text(None) == "-"
    assert estimate_text(EstimateResult(value=0.0602, low=0.01, high=0.094), 1, 100) == (
        "6.0 (1.0 to 9.4)"
    )
    assert estimate_text(EstimateResult(value=1, low=1, high=1)) == "1.00"


@pytest.mark.parametrize(
    ("amount", "text"), [(None, "-"), (0.012345, "0.0123"), (1.2, "1.20"), (345.67, "346")]
)
def test_an_amount_has_three_digits(amount, text):
    assert money_text(amount) == text


def rows_of(name, table):
    return list(csv.DictReader(io.StringIO(sizing_tables(CAMPAIGNS[name])[table])))


def test_tables_have_a_row_for_each_count_of_the_fit():
    rows = [row for row in rows_of("law", "scaling.csv") if row["engine"] == "faust"]
    assert [int(row["instances"]) for row in rows] == list(range(1, 9))
    assert rows[0]["efficiency.value"] == "1.0"
    assert rows[-1]["low_eps"] == ""
    assert float(rows[-1]["fitted_eps"]) > 0


def test_tables_have_a_row_for_each_part_of_a_cost_and_each_size():
    costs = rows_of("ladder", "costs.csv")
    assert {row["part"] for row in costs} == {"instances", "overhead"}
    assert {(row["currency"], row["dated"]) for row in costs} == {("USD (example)", "2026-11-01")}
    sizes = rows_of("sizes", "sizes.csv")
    assert len(sizes) == 2 * 2 * 5
    assert set(sizing_tables(CAMPAIGNS["line"])) == {"scaling.csv", "costs.csv"}


def test_metrics_say_how_it_scales_and_what_sizes_need():
    metrics = answer_metrics(CAMPAIGNS["law"])
    assert metrics["efficiency_x1.faust_c0.25"] == 1
    low, value, high = (
        metrics[f"scaling_contention{end}.faust_c0.25"] for end in ("_low", "", "_high")
    )
    assert low <= value <= high
    # b may be zero: then there is no peak, and no number for it
    assert "scaling_peak_instances_high.faust_c0.25" not in metrics
    assert answer_metrics(CAMPAIGNS["sizes"])["cores_for_400_eps.faust_c0.25"] == 0.5
    assert answer_metrics(CAMPAIGNS["ladder"])["extrapolated_for_1200_eps.faust"] > 3


def test_the_cost_of_a_cell_is_a_metric_against_the_rate():
    run = cell_runs(CAMPAIGNS["ladder"])["faust-1"]
    paid = {point.step: point.value for point in run.points if point.key.startswith("cost_prov")}
    assert sorted(paid) == [50, 100, 200]
    assert paid[50] == pytest.approx(2 * paid[100], rel=1e-4)


def test_the_summary_on_a_terminal_says_it_too():
    text = summary(CAMPAIGNS["line"], Path("report.html"), color=False)
    assert "each instance adds " in text
    assert "A million events cost " in text
