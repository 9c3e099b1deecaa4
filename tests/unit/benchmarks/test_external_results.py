"""What cannot be seen of an engine is null, and every place that shows results copes with it."""

import csv
import io
import json
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.against_offline import Offline, mismatches_of
from benchmarks.answers import answered, undecided, unmet_requirements
from benchmarks.comparison import compare_runs
from benchmarks.console import summary
from benchmarks.csv_tables import steps_table
from benchmarks.disagreement import disagreements
from benchmarks.evaluate import EngineLife, evaluate
from benchmarks.external import External, Stream
from benchmarks.input_log import InputLog
from benchmarks.movement import Rules
from benchmarks.parity import Mismatches
from benchmarks.plan import plan_from
from benchmarks.report import write_all
from benchmarks.store import OUTPUTS_FILE, step_folder
from benchmarks.tracking_records import campaign_run, cell_runs
from fraud_core.topics import TopicNames
from tests.unit.benchmarks.records import REPORT, ledger, offsets, outputs, record, uses
from tests.unit.benchmarks.results import run_of, step_of
from tests.unit.benchmarks.saved_run import save_run

RUNS_ON = EngineLife([], None, None, None, None, said_cpu_cores=0.5)
PLAN = plan_from({"id": "try", "engines": ["external"], "rates_eps": [10]}, "here")
NAMES = TopicNames("t-")
NULLS = ("duplicates", "missing", "feature_mismatches", "score_mismatches", "wrongly_answered")


def silent_step():
    """Of an engine that is not seen, and whose outputs do not say what they answer."""
    unseen = [use for use in uses() if use.role != "engine"]
    return silent(uses=unseen)


def silent(**changes):
    return evaluate(record(outputs=None, mismatches=None, engine=RUNS_ON, **changes), Rules())


def external_run(*steps):
    return answered(run_of().model_copy(update={"plan": PLAN}), steps, {})


def test_the_backlog_alone_gives_the_verdict_and_says_what_is_not_measured():
    step = silent_step()
    assert step.verdict == "sustainable"
    assert "Latency, duplicates and parity are not measured" in step.why
    assert [getattr(step, name) for name in NULLS] == [None] * 5
    assert step.latency_ms is step.slo_met is step.cpu_s_per_million is None
    assert (step.sent, step.scored, step.dead_letters) == (800, 800, 0)
    assert "engine" not in step.use
    fields = json.loads(step.model_dump_json())
    assert fields["start_up_s"] is fields["engine_exit_code"] is None
    assert fields["said_cpu_cores"] == 0.5


def test_records_that_are_not_out_weigh_without_a_source_too():
    step = silent(offsets=offsets()[:-3])
    late = [sample for sample in offsets(growth_eps=0.05) if sample.slot_s < offsets()[-4].slot_s]
    lost = silent(offsets=late)
    assert step.verdict == "sustainable"
    assert lost.left > 0
    assert lost.verdict == "inconclusive"
    assert "records are not out after the drain" in lost.why


def test_an_answer_is_one_and_says_what_is_open():
    run = external_run(silent_step())
    assert [cell.id for cell in run.cells] == ["faust-1"]
    assert run.answers[0].instances == 1
    assert run.sentence.endswith(
        "Latency, duplicates and parity of faust are not measured: its outputs carry no headers "
        "that name their source."
    )
    assert undecided(run) == []
    assert unmet_requirements(run) == []


def test_the_table_of_a_terminal_shows_dashes():
    line = next(
        line
        for line in summary(external_run(silent_step()), "r.html", color=False).splitlines()
        if line.startswith("faust x1 @ 10/s ")
    )
    assert line.split()[-9:] == ["800", "800", "0", "-", "-", "-", "-", "-", "-"]


def test_the_table_of_steps_has_empty_fields():
    (row,) = csv.DictReader(io.StringIO(steps_table(external_run(silent_step()))))
    names = (*NULLS, "cpu_s_per_million", "start_up_s", "stop_s", "engine_exit_code", "latency_ms")
    assert {row[name] for name in names} == {""}
    assert "use.engine.cores" not in row


def test_a_tracking_server_gets_no_point_for_what_is_null():
    run = external_run(silent_step())
    (cell,) = cell_runs(run).values()
    keys = {point.key for point in cell.points}
    assert "backlog_slope_eps" in keys
    assert not keys & {"cpu_s_per_million", "latency_p50_ms", "latency_p99_ms"}
    assert all(np.isfinite(point.value) for point in campaign_run(run).points)


@pytest.mark.parametrize("rates", [(10,), (10, 20, 30)])
def test_the_report_and_its_charts_are_drawn(tmp_path, rates):
    steps = [silent_step().model_copy(update={"rate_eps": float(rate)}) for rate in rates]
    folder = save_run(tmp_path / "run", external_run(*steps))
    for step in steps:
        (step_folder(folder, step.id) / OUTPUTS_FILE).unlink()
    write_all(folder)
    assert not set(folder.glob("charts/*latency*")) | set(folder.glob("charts/*cpu*"))
    assert list(folder.glob("charts/*backlog*"))
    html = (folder / "report.html").read_text()
    assert "<td>\N{EN DASH}</td>" in html
    assert "None" not in html


def test_two_runs_without_latency_and_cpu_are_compared_by_verdict():
    run = external_run(silent_step())
    assert [change.what for change in compare_runs(run, run, anyway=False)] == [
        "faust x1 backlog grows at",
        "faust-x1-10eps verdict",
    ]


def test_what_had_no_reference_disagrees_with_nobody(tmp_path):
    steps = [step_of(), step_of("spark", mismatches=None)]
    assert disagreements(save_run(tmp_path / "run", run_of(*steps)), steps, {}) == {}


def test_records_of_somebody_else_make_a_step_invalid():
    sent = ledger()
    fewer = type(sent)(sent.seq[:-3], sent.source[:-3], sent.due_ms[:-3])
    step = step_of(ledger=fewer)
    assert step.verdict == "invalid"
    assert "3 records went in beside the load" in step.why


def stream(tmp_path, *seqs):
    log = InputLog(None, NAMES, None)
    for seq in seqs:
        log.rows.note(seq)
    artifact = SimpleNamespace(model_sha256="ab" * 32)
    return Offline(artifact, tmp_path / "none", Stream(External("faust", 1, NAMES), log))


def test_nothing_is_compared_where_the_files_cannot_say_what_must_come_out(tmp_path):
    def found(offline, out):
        return mismatches_of(offline, REPORT, ledger(), out)

    before = REPORT.first_seq
    other = outputs()
    other.model[:] = "cd" * 32
    assert found(Offline(None, None), outputs()) == Mismatches(0, 0, 0, 0)
    assert found(stream(tmp_path), None) is None
    assert found(stream(tmp_path), other) is None
    assert found(stream(tmp_path, before - 3, before - 1), outputs()) is None  # one is missing
    assert found(stream(tmp_path, before - 3, before - 2), outputs()) is None  # and so is this
    with pytest.raises(FileNotFoundError):  # here the reference is read
        found(stream(tmp_path, before - 2, before - 1), outputs())
