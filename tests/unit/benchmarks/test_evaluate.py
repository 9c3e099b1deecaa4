from dataclasses import replace

import numpy as np
import pytest

from benchmarks.evaluate import evaluate, window_of
from benchmarks.movement import Rules, Window
from tests.unit.benchmarks.records import (
    COUNT,
    REPORT,
    START_S,
    STEP,
    offsets,
    outputs,
    record,
    uses,
)


def evaluated(**changes):
    return evaluate(record(**changes), Rules())


def test_a_healthy_step_has_all_its_numbers():
    found = evaluated()
    assert found.verdict == "sustainable"
    assert (found.sent, found.scored, found.missing, found.duplicates) == (COUNT, COUNT, 0, 0)
    assert (found.latency_ms.p50, found.latency_ms.p99, found.latency_ms.count) == (40, 40, 600)
    assert found.cpu_s_per_million == pytest.approx(0.5 / 10 * 1e6)
    assert found.use["engine"].cores == pytest.approx(0.5)
    assert found.use["engine"].memory_peak_mib == 200
    assert found.host.busy_share == pytest.approx(0.5)
    assert found.host.steal_share == pytest.approx(0.01)
    assert (found.samples_asked, found.samples_missed) == (60, 0)
    assert found.id == "faust-x1-10eps"


def test_the_window_begins_after_the_warm_up():
    assert window_of(STEP, REPORT) == Window(START_S + 20, START_S + 80)


def test_a_window_holds_one_slot_a_second():
    assert len(Window(100.4, 160.4).slots()) == 60


def test_the_backlog_is_relative_to_what_probes_left():
    assert evaluated().backlog_max_events == 0


def test_an_engine_that_falls_behind_is_unsustainable():
    found = evaluated(offsets=offsets(growth_eps=2))
    assert found.verdict == "unsustainable"
    assert found.backlog_slope_eps == pytest.approx(2, abs=0.1)


def test_more_out_than_in_is_invalid():
    found = evaluated(baseline=replace(record().baseline, inputs=13))
    assert found.verdict == "invalid"


def test_missed_samples_are_counted_by_slot():
    taken = [sample for sample in offsets() if sample.slot_s not in {START_S + 30, START_S + 31}]
    found = evaluated(offsets=taken)
    assert found.samples_missed == 2
    assert found.verdict == "invalid"


def test_a_record_that_never_came_out_is_null_in_the_tail():
    kept = outputs().where(np.arange(COUNT) < COUNT - 10)
    found = evaluated(outputs=kept)
    assert found.missing == 10
    assert found.latency_ms.p50 == 40
    assert found.latency_ms.p99 is None
    assert found.latency_ms.never_out == 10


def test_latency_of_the_warm_up_does_not_count():
    late = outputs()
    late.append_ms[:200] += 5000
    assert evaluated(outputs=late).latency_ms.max == 40


def test_an_engine_that_ended_makes_the_step_invalid():
    life = replace(record().engine, ended="ended by itself with exit code 1")
    assert evaluated(engine=life).verdict == "invalid"


def test_cpu_that_was_not_seen_is_null_and_not_zero():
    found = evaluated(uses=[])
    assert found.cpu_s_per_million is None
    assert found.use == {}
    assert found.host is None


def test_a_role_seen_only_in_part_of_the_window_is_left_out():
    late = [sample for sample in uses() if sample.slot_s > START_S + 40]
    assert evaluated(uses=late).use == {}


def test_the_drain_ends_at_the_first_sample_without_a_backlog():
    assert evaluated(offsets=offsets(growth_eps=1)).drain_s == pytest.approx(2.11)


def test_a_drain_that_does_not_end_is_null():
    assert evaluated(offsets=offsets(growth_eps=1)[:-3]).drain_s is None


def test_files_that_end_before_the_window_make_the_step_invalid():
    short = REPORT.model_copy(update={"last_due_ms": REPORT.last_due_ms - 3000})
    found = evaluated(report=short)
    assert found.verdict == "invalid"
    assert "ended 3.0 s before the window" in found.why
