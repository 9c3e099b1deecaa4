from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.backlog import Backlog
from benchmarks.console import (
    Narrator,
    cpu_text,
    progress_line,
    size_text,
    summary,
    trend_lately,
)
from benchmarks.plan import InstanceLimits
from benchmarks.progress import Progress, Sampled, loading
from benchmarks.result import DrainProbe
from tests.unit.benchmarks.records import BASELINE, START_S, STEP, offsets, outputs, uses
from tests.unit.benchmarks.results import run_of, step_of

REPORT = Path("results/try-1/report.html")


def sampled(until_s):
    """A sampler that has seen the made-up step up to a time."""
    seen = SimpleNamespace(
        offsets=[sample for sample in offsets() if sample.at_s < until_s],
        uses=[sample for sample in uses() if sample.at_s < until_s],
    )
    return Sampled(seen, BASELINE)


def progress_at(second):
    now_s = START_S + second
    seen = sampled(now_s)
    return loading(STEP, seen, seen.load_begun_s(), now_s)


def test_the_table_begins_with_the_verdict_and_ends_with_the_report():
    lines = summary(run_of(step_of(), step_of("spark")), REPORT, color=False).splitlines()
    assert lines[0].startswith("run try-1: 2 of 2 steps: 2 sustainable (2 cores, 4 GiB, Kafka 4.4")
    assert lines[-1] == f"report  {REPORT}"
    (row,) = (line for line in lines if line.startswith("spark x1 @ 10/s ") and "800" in line)
    assert row.split()[4:] == ["sustainable", "800", "800", *"000", "40", "40", "40", "50,000"]


def test_every_line_of_the_table_fits_without_a_terminal():
    text = summary(run_of(step_of()), REPORT, color=False)
    lines = text.splitlines()
    table = lines[: next(n for n, line in enumerate(lines) if line.startswith("faust x1 @ 10/s: "))]
    assert max(len(line) for line in table) <= 120
    assert "…" not in text


def test_a_percentile_on_a_lost_record_reads_never():
    kept = outputs().where(np.arange(800) < 780)
    assert "never" in summary(run_of(step_of(outputs=kept)), REPORT, color=False)


def test_no_escape_codes_without_color():
    assert "\x1b" not in summary(run_of(step_of()), REPORT, color=False)
    assert "\x1b" in summary(run_of(step_of()), REPORT, color=True)


def test_the_load_begins_when_records_are_seen_to_go_in():
    assert progress_at(0.5).phase == "starting the load"
    assert progress_at(10).phase == "warm-up"
    assert progress_at(50).phase == "measuring"


def test_a_progress_line_has_rates_lag_trend_and_cpu():
    line = progress_line(progress_at(50))
    assert line == "measuring 00:28/01:00  in 10.0/s  out 10.0/s  lag 0 (0.00 s) steady  cpu 0.50"


def test_before_the_engine_is_ready_only_the_phase_is_known():
    assert progress_line(Progress(STEP, "starting", 7.2)) == "starting 00:07"


def test_the_trend_of_lately_has_a_word():
    at_s = np.arange(40.0)
    assert trend_lately(Backlog(at_s, at_s * 5), 100) == "growing"
    assert trend_lately(Backlog(at_s, 1000 - at_s * 5), 100) == "draining"
    assert trend_lately(Backlog(at_s[:9], at_s[:9]), 100) == ""
    assert trend_lately(Backlog(at_s[:0], at_s[:0]), 100) == ""


def test_without_a_terminal_there_is_a_line_each_five_seconds_and_at_each_new_phase(capsys):
    now = datetime(2026, 1, 1, 12, tzinfo=UTC)
    times = [now + timedelta(seconds=tick / 2) for tick in range(24)]
    clock = iter([now, *times])  # asked once at the beginning of the step
    narrator = Narrator(lambda: next(clock), live=False)
    narrator.begin(2, 4, STEP, 300)
    for tick in range(24):
        phase = "starting" if tick < 12 else "warm-up"
        narrator.tell(Progress(STEP, phase, tick / 2))
    narrator.close()
    lines = capsys.readouterr().err.splitlines()
    assert [line[:8] for line in lines] == ["12:00:00", "12:00:05", "12:00:06", "12:00:11"]
    assert lines[0] == "12:00:00 step 2/4 faust x1 @ 10/s  starting 00:00  left run 00:05:00", (
        lines[0]
    )


def test_a_progress_line_ends_with_what_is_left_of_phase_and_run():
    assert progress_line(progress_at(50), 1870).endswith("cpu 0.50  left 00:31, run 00:31:10")


def test_a_run_that_takes_longer_than_usual_is_not_over_before_its_phase():
    assert progress_line(progress_at(50), -20).endswith("left 00:31, run 00:00:31")


def test_cpu_of_the_instances_is_shown_where_it_differs_from_the_whole():
    apart = step_of().model_copy(
        update={"cpu_s_per_million": 50_000.0, "cpu_s_per_million_instances": 40_000.0}
    )
    assert cpu_text(step_of()) == "50,000"
    assert cpu_text(apart) == "40,000 of 50,000"
    assert cpu_text(apart.model_copy(update={"cpu_s_per_million": None})) == "-"


def sized(**limits):
    return run_of(step_of()).plan.model_copy(update={"instance": InstanceLimits(**limits)})


def test_what_held_the_instances_is_said():
    step = step_of().model_copy(update={"limited_by": "cgroup1"})
    run = run_of(step).model_copy(update={"plan": sized(cpu=0.25, memory_mb=1500)})

    assert size_text(run) == "instances of 0.25 core and 1500 MB, held by cgroup1"
    assert size_text(run_of(step)) == ""


def test_what_held_the_instances_of_a_drain_is_said():
    drain = DrainProbe(
        engine="faust", instances=1, records=9, drain_eps=None, step="a", limited_by="none"
    )
    run = run_of(drains=[drain]).model_copy(update={"plan": sized(cpu=0.25)})

    assert size_text(run) == ("instances of 0.25 core, but nothing is known to have held them in a")


@pytest.mark.parametrize("means", ["none", "unknown"])
def test_a_size_that_nothing_held_is_said_plainly(means):
    step = step_of().model_copy(update={"limited_by": means})
    run = run_of(step).model_copy(update={"plan": sized(cpu=0.25)})

    assert size_text(run) == (
        "instances of 0.25 core, but nothing is known to have held them in faust-x1-10eps"
    )
    assert size_text(run) in summary(run, REPORT, color=False)
