import re
from html.parser import HTMLParser

import numpy as np

from benchmarks.charts import StepSeries, backlog_chart, color_of, latency_chart, spread
from benchmarks.evaluate import backlog_of, latencies_in, window_of
from benchmarks.report import render, write_report
from benchmarks.samples import OFFSETS_FILE, write_offsets
from benchmarks.store import LEDGER_FILE, LOAD_FILE, OUTPUTS_FILE, save, step_folder
from tests.unit.benchmarks.records import (
    BASELINE,
    REPORT,
    STEP,
    ledger,
    offsets,
    outputs,
)
from tests.unit.benchmarks.results import run_of, step_of


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


def test_a_report_is_made_from_saved_files(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    from benchmarks.outputs import save_outputs

    result = step_of()
    folder = step_folder(tmp_path, result.id)
    folder.mkdir(parents=True)
    save(tmp_path / "run.json", run_of(result))
    save(folder / LOAD_FILE, REPORT)
    sent = ledger()
    columns = {
        "seq": sent.seq,
        "partition": sent.source >> 48,
        "offset": sent.source & (2**48 - 1),
        "due_ms": sent.due_ms,
    }
    pq.write_table(pa.table(columns), folder / LEDGER_FILE)
    save_outputs(folder / OUTPUTS_FILE, outputs())
    with (folder / OFFSETS_FILE).open("w", newline="") as file:
        for sample in offsets():
            ends = {
                ("transactions", 0): sample.totals.inputs,
                ("predictions", 0): sample.totals.predictions,
            }
            write_offsets(file, sample.slot_s, sample.at_s, ends)
    path = write_report(tmp_path)
    assert path.read_text().count("<svg") == 3


def test_an_engine_has_one_colour_in_every_chart():
    step = step_of("spark")
    for chart in (backlog_chart, latency_chart):
        assert color_of("spark") in chart([series_of(step)])
        assert color_of("faust") not in chart([series_of(step)])


def test_a_chart_without_any_record_out_can_be_drawn():
    one = series_of(step_of())
    empty = StepSeries(one.result, one.backlog, np.full(5, np.inf), one.window_s)
    assert latency_chart([empty]).startswith("<svg")


def test_labels_at_the_end_of_lines_keep_apart():
    placed = spread([100.0, 101.0, 10.0], factor=1.5)
    assert placed == [100.0, 150.0, 10.0]


def test_a_chart_takes_the_width_of_the_page():
    head = re.match(r"<svg[^>]*>", latency_chart([series_of(step_of())]))[0]
    assert " width=" not in head
    assert "viewBox=" in head
