import re
from html.parser import HTMLParser

import pytest

from benchmarks.charts import StepSeries
from benchmarks.clock_offset import ClockOffset, ClockOffsets
from benchmarks.evaluate import latencies_in, window_of
from benchmarks.movement import backlog_of
from benchmarks.report import interval_text, remarks_text, render, throttled_text, write_all
from benchmarks.result import CellResult, InstanceUse, KneeResult
from tests.unit.benchmarks.campaigns import campaign, series_of_campaign
from tests.unit.benchmarks.records import (
    BASELINE,
    REPORT,
    STEP,
    ledger,
    offsets,
    outputs,
    parted,
)
from tests.unit.benchmarks.results import run_of, step_of
from tests.unit.benchmarks.saved_run import save_run


def series_of(result):
    window = window_of(STEP, REPORT)
    latency_ms = latencies_in(ledger(), outputs(), window)
    return StepSeries(result, backlog_of(offsets(), BASELINE), latency_ms, (20, 80))


class Tags(HTMLParser):
    """Checks that tags are closed in order, and collects addresses."""

    VOID = frozenset({"meta", "br", "link", "img"})

    def __init__(self):
        super().__init__()
        self.open, self.addresses = [], []

    def handle_starttag(self, tag, attributes):
        if tag not in self.VOID:
            self.open.append(tag)
        self.addresses += [value for name, value in attributes if name in {"src", "href"}]

    def handle_startendtag(self, tag, attributes):
        self.addresses += [value for name, value in attributes if name in {"src", "href"}]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_report_is_one_whole_file_that_loads_nothing():
    steps = [step_of(), step_of("spark")]
    html = render(run_of(*steps), [series_of(step) for step in steps])
    tags = Tags()
    tags.feed(html)
    assert tags.open == []
    assert "<script" not in html
    assert [address for address in tags.addresses if not address.startswith("#")] == []
    assert html.count("<svg") == 3


def test_the_verdict_stands_before_the_charts():
    step = step_of()
    html = render(run_of(step), [series_of(step)])
    assert html.index('class="chip sustainable"') < html.index("<svg")


def test_the_offsets_of_the_brokers_clock_stand_beside_the_other_figures_of_the_measurement():
    clocks = ClockOffsets(ClockOffset(1.5, 1.0), ClockOffset(-2.5, 1.0))
    for step, is_shown in ((step_of(clock_offsets=clocks), True), (step_of(), False)):
        html = render(run_of(step), [series_of(step)])
        assert ("+1.5 / -2.5" in html) is is_shown


def test_machine_versions_model_and_run_are_in_the_footer():
    step = step_of()
    footer = render(run_of(step), [series_of(step)]).partition("<footer>")[2]
    for words in ("made up", "kafka 4.4.0", "ab" * 32, "try-1", "20 s warm-up and 60 s window"):
        assert words in footer


def test_text_from_results_is_escaped():
    step = step_of().model_copy(update={"why": "<b>why</b>"})
    html = render(run_of(step), [series_of(step)])
    assert "<b>why</b>" not in html
    assert "&lt;b&gt;why" in html


def test_a_run_without_steps_has_a_report():
    html = render(run_of(failed=[{"step": "faust-x1-10eps", "why": "no broker"}]), [])
    assert "no broker" in html
    assert "<svg" not in html


def test_report_charts_and_tables_are_made_from_saved_files(tmp_path):
    folder = save_run(tmp_path / "try-1", run_of(step_of(), step_of("spark")))
    stale = folder / "charts" / "capacity.png"
    stale.parent.mkdir()
    stale.touch()
    files = write_all(folder)
    assert files.html.read_text().count("<svg") == 3
    assert [path.name for path in files.charts] == ["backlog.png", "latency.png", "cpu.png"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in files.charts)
    assert not stale.exists()
    assert [path.name for path in files.tables] == ["steps.csv", "samples.csv"]
    assert files.tables[0].read_text().count("\n") == 3


def test_the_same_results_give_the_same_bytes(tmp_path):
    folder = save_run(tmp_path / "try-1", run_of(step_of()))
    first = [path.read_bytes() for path in every_file(write_all(folder))]
    assert [path.read_bytes() for path in every_file(write_all(folder))] == first


def every_file(files):
    return [files.html, *files.charts, *files.tables]


@pytest.fixture(scope="module")
def html_of_campaign():
    result = campaign()
    return render(result, series_of_campaign(result))


def test_the_answer_is_the_first_thing_on_the_page(html_of_campaign):
    html = html_of_campaign
    body = html.partition("<main>")[2].lstrip()
    assert body.startswith("<h1>For 50/s one instance of either engine is enough;")
    order = [
        "Instances needed</h2>",
        "Where the backlog starts to grow</h2>",
        "<svg",
        "Verdicts</h2>",
    ]
    places = [html.index(words) for words in order]
    assert places == sorted(places)
    tags = Tags()
    tags.feed(html)
    assert tags.open == []


def test_names_inside_of_one_chart_are_not_those_of_another(html_of_campaign):
    found = re.findall(r'\bid="([^"]+)"', html_of_campaign)
    assert len(found) == len(set(found))


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (50, 55.5, "50 to 55.5"),
        (None, 50, "below 50"),
        (50, None, "above 50"),
        (None, None, "not measured"),
    ],
)
def test_an_interval_says_which_end_is_open(low, high, text):
    knee = KneeResult(low_eps=low, high_eps=high, confirmed=False)
    assert interval_text(knee) == text


def test_remarks_say_which_limit_they_are_about():
    backlog = KneeResult(low_eps=50, high_eps=60, confirmed=True, flags=("not monotone",))
    latency = KneeResult(low_eps=None, high_eps=50, confirmed=False, flags=("no rate was held",))
    cell = CellResult(
        engine="faust", instances=1, knee_backlog=backlog, knee_latency=latency, finished=False
    )
    wanted = "not monotone; p99: no rate was held; not every step of it was measured"
    assert remarks_text(cell) == wanted


def test_what_the_instances_used_stands_beside_the_whole():
    stopped = InstanceUse(
        name="faust-0", limited_by="cgroup1", throttled_share=0.25, throttled_s=9.0
    )
    free = stopped.model_copy(update={"name": "faust-1", "throttled_share": 0.05})
    step = step_of(uses=parted()).model_copy(
        update={"instance_use": [stopped, free], "limited_by": "cgroup1"}
    )
    page = render(run_of(step), [series_of(step)])

    assert "<td>30,000 of 50,000</td>" in page
    assert "<td>150 of 200</td>" in page
    assert "0.30 / 0.20 / – / –" in page  # noqa: RUF001  # as in the page
    assert "<td>5 % to 25 %</td>" in page
    assert throttled_text(step_of()) == "–"  # noqa: RUF001  # the same
