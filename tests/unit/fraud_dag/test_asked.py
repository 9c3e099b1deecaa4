import json

import pytest

from benchmarks.store import check_run_id
from fraud_core.topics import TopicNames
from fraud_dag.asked import Asked, cells_of, plan_of, run_name, sentences_of
from fraud_dag.form import COMPARISON

DEFAULTS = {name: field["default"] for name, field in COMPARISON.items()}
MANUAL = "manual__2026-11-23T14:15:00.123456+00:00"
LONGEST_TOPIC = 249


def asked(**changed):
    return Asked.from_params(DEFAULTS | changed)


@pytest.mark.parametrize(
    "dag_run_id",
    [MANUAL, MANUAL + "_Ab3dEf9h", "scheduled__2026-11-23T00:00:00+00:00", "мой", "x" * 250],
)
def test_the_name_of_a_run_can_be_part_of_folders_and_topics(dag_run_id):
    name = run_name(dag_run_id, asked())
    assert check_run_id(name) == name
    for topic in TopicNames(f"{name}-faust-tuned-x12-c0.25-1000000eps-").shapes():
        assert len(topic) <= LONGEST_TOPIC


def test_every_task_and_every_try_of_a_dag_run_has_the_same_name():
    assert run_name(MANUAL, asked()) == run_name(MANUAL, asked(rates_eps=[50]))
    assert run_name(MANUAL, asked()) != run_name(MANUAL.replace("14:15", "14:16"), asked())


def test_a_run_that_is_gone_on_with_keeps_its_name():
    assert run_name(MANUAL, asked(resume_run="manual-1")) == "manual-1"


def test_engines_take_turns_so_that_a_slow_drift_favours_none():
    cells = cells_of(plan_of(asked(engines=["faust", "spark"], instances=[1, 2])))
    assert cells == ["faust-1", "spark-1", "faust-2", "spark-2"]


def test_an_instance_without_a_limit_is_not_in_the_plan():
    assert "instance" not in plan_of(asked())
    assert plan_of(asked(instance_cpu=0.25))["instance"] == {"cpu": 0.25}


def test_the_form_is_kept_as_it_was_filled_in():
    kept = json.loads(asked(changes=["step.measure_s=30"]).as_json())
    assert kept["changes"] == ["step.measure_s=30"]
    assert Asked.from_params(kept) == asked(changes=["step.measure_s=30"])


def test_a_model_of_the_registry_is_known_by_its_name():
    assert asked(model="models:/fraud@champion").is_registered
    assert not asked(model="models/fraud").is_registered


def test_the_answer_names_the_cells_that_are_missing():
    run = {"sentence": "50 events/s: faust 1 instance", "cells_missing": ["spark-1"]}
    assert sentences_of(run) == [
        "50 events/s: faust 1 instance",
        "cells that are not measured: spark-1",
    ]
    assert sentences_of({}) == ["no step was measured, so there is no answer"]
