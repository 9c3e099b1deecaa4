import pytest

from benchmarks.tracking_records import answer_metrics, campaign_run, cell_runs, rate_points
from tests.unit.benchmarks.campaigns import campaign
from tests.unit.benchmarks.results import run_of, step_of


def at_rate(points, rate):
    return {point.key: point.value for point in points if point.step == rate}


def test_a_cell_is_a_run_named_after_engine_and_instances():
    runs = cell_runs(campaign())
    assert {cell: run.name for cell, run in runs.items()} == {
        "faust-1": "faust x1",
        "faust-2": "faust x2",
        "spark-1": "spark x1",
        "spark-2": "spark x2",
    }
    assert runs["faust-2"].params == {"engine": "faust", "instances": "2"}


def test_metrics_of_a_cell_stand_at_the_asked_rate():
    step = step_of()
    assert at_rate(rate_points([step]), 10) == {
        "invalid": 0.0,
        "backlog_slope_eps": step.backlog_slope_eps,
        "lag_time_p95_s": step.lag_time_p95_s,
        "latency_p50_ms": 40.0,
        "latency_p99_ms": 40.0,
        "cpu_s_per_million": step.cpu_s_per_million,
        "cpu_s_per_million_instances": step.cpu_s_per_million,
        "sent_eps": 10.0,
    }


def test_a_rate_that_was_repeated_is_one_point_the_median_of_its_valid_steps():
    step = step_of()
    values = [("sustainable", 1.0), ("sustainable", 3.0), ("unsustainable", 2.0), ("invalid", 99.0)]
    steps = [
        step.model_copy(update={"verdict": verdict, "backlog_slope_eps": slope_eps})
        for verdict, slope_eps in values
    ]
    points = list(rate_points(steps))
    assert at_rate(points, 10)["backlog_slope_eps"] == 2.0
    assert at_rate(points, 10)["invalid"] == 0.0
    assert len({(point.key, point.step) for point in points}) == len(points)


def test_an_invalid_rate_is_no_data_point():
    step = step_of().model_copy(update={"verdict": "invalid"})
    assert at_rate(rate_points([step]), 10) == {"invalid": 1.0}


def test_what_was_not_measured_has_no_point():
    step = step_of().model_copy(update={"latency_ms": None, "cpu_s_per_million": None})
    assert not {"latency_p50_ms", "cpu_s_per_million"} & set(at_rate(rate_points([step]), 10))


def test_the_answers_are_metrics_of_the_campaign():
    metrics = answer_metrics(campaign())
    assert metrics["instances_for_400_eps.faust"] == 2
    assert metrics["headroom_for_50_eps.spark"] == 18
    assert metrics["knee_backlog_low_eps.faust_x1"] == 260
    assert metrics["knee_backlog_high_eps.faust_x1"] == 286
    assert metrics["knee_latency_low_eps.spark_x2"] == 900


def test_the_campaign_says_what_it_was_measured_with():
    tags = campaign_run(campaign()).tags
    assert tags["streamgauge.run_id"] == "try-1"
    assert tags["streamgauge.plan"] == "try"
    assert tags["streamgauge.dirty"] == "unknown"
    assert tags["streamgauge.kafka"] == "4.4.0"
    assert tags["streamgauge.model_sha256"] == "ab" * 32
    assert tags["streamgauge.machine"] == "made up, 2 cores, 4 GiB, Linux"
    assert tags["mlflow.note.content"].startswith("For 50/s one instance")


@pytest.mark.parametrize("commit", [None, "2a3f72b"])
def test_a_commit_is_told_where_there_is_one(commit):
    result = run_of(step_of())
    told = campaign_run(result.model_copy(update={"run": result.run | {"commit": commit}}))
    assert told.tags.get("mlflow.source.git.commit") == commit


def test_a_run_that_says_something_else_has_another_digest():
    run, other = campaign_run(run_of(step_of())), campaign_run(run_of(step_of("spark"), step_of()))
    files = {"run.json": "aa"}
    assert run.digest(files) == campaign_run(run_of(step_of())).digest(files)
    assert run.digest(files) != run.digest({"run.json": "bb"})
    assert run.digest(files) != other.digest(files)


def test_an_engine_may_be_called_anything():
    result = campaign()
    cells = [result.cells[0].model_copy(update={"engine": "ours (C++)"})]
    metrics = answer_metrics(result.model_copy(update={"cells": cells, "answers": []}))
    assert metrics["drain_eps.ours _C____x1"] == pytest.approx(338)


def test_a_campaign_without_steps_can_be_told():
    assert cell_runs(run_of()) == {}
    assert {point.key: point.value for point in campaign_run(run_of()).points} == {
        "steps": 0,
        "steps_invalid": 0,
    }
