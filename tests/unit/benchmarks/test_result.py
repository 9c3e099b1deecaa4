import json

import pytest

from benchmarks.answers import undecided, unmet_requirements
from tests.unit.benchmarks.results import run_of, step_of


def test_the_json_has_the_agreed_fields():
    fields = json.loads(run_of(step_of()).model_dump_json())
    assert set(fields) >= {"schema_version", "run", "machine", "versions", "model", "steps"}
    assert set(fields["steps"][0]) >= {
        *("engine", "instances", "rate_eps", "verdict", "why", "sent", "scored", "dead_letters"),
        *("duplicates", "missing", "feature_mismatches", "score_mismatches", "latency_ms"),
        *("cpu_s_per_million", "backlog_slope_eps"),
    }
    assert set(fields["steps"][0]["latency_ms"]) >= {"p50", "p95", "p99"}


def test_a_clean_run_meets_every_requirement():
    run = run_of(step_of(), step_of("spark"))
    assert unmet_requirements(run) == []
    assert undecided(run) == []


@pytest.mark.parametrize(
    "field", ["missing", "feature_mismatches", "score_mismatches", "wrongly_answered"]
)
def test_losing_or_changing_records_is_an_unmet_requirement(field):
    step = step_of().model_copy(update={field: 2})
    (problem,) = unmet_requirements(run_of(step))
    assert problem.startswith("faust-x1-10eps: 2 ")


def test_duplicates_are_allowed():
    assert unmet_requirements(run_of(step_of().model_copy(update={"duplicates": 5}))) == []


def test_engines_that_disagree_are_an_unmet_requirement():
    run = run_of(step_of(), engines_disagree={"a and b": 3, "a and c": 0})
    assert unmet_requirements(run) == ["a and b: 3 scores differ"]


@pytest.mark.parametrize("verdict", ["invalid", "inconclusive"])
def test_a_step_without_an_answer_is_named(verdict):
    step = step_of().model_copy(update={"verdict": verdict})
    assert undecided(run_of(step))[0].startswith(f"faust-x1-10eps {verdict}: ")


def test_unsustainable_is_an_answer():
    step = step_of().model_copy(update={"verdict": "unsustainable"})
    assert undecided(run_of(step)) == []


def test_a_step_that_failed_is_named():
    run = run_of(failed=[{"step": "spark-x1-10eps", "why": "no Java"}])
    assert undecided(run) == ["spark-x1-10eps not measured: no Java"]
