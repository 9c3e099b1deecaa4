import json

import pytest

from benchmarks.agenda import cells_of
from benchmarks.external import ExternalOptions, external_of
from benchmarks.plan import load_plan, with_names
from fraud_dag.asked import Asked
from fraud_yandex.form import (
    COMPARISON_IN_CLOUD,
    PREFLIGHT,
    asked_in_cloud,
    cells_in_cloud,
    plan_in_cloud,
)

DEFAULTS = {name: field["default"] for name, field in COMPARISON_IN_CLOUD.items()}


@pytest.fixture
def asked():
    return asked_in_cloud(DEFAULTS | {"instances": [2, 1], "rates_eps": [50]})


def test_the_size_of_an_instance_is_none_of_a_runs_business(asked):
    assert "instance_cpu" not in COMPARISON_IN_CLOUD
    assert asked.instance_cpu is None


def test_the_champion_is_measured_unless_another_model_is_named(asked):
    assert asked.model == "models:/fraud@champion"


def test_a_preflight_asks_for_one_instance():
    defaults = {name: field["default"] for name, field in PREFLIGHT.items()}
    assert asked_in_cloud(defaults).instances == (1,)


def test_the_form_is_the_same_after_it_was_kept(asked):
    assert Asked.from_params(json.loads(asked.as_json())) == asked


def test_each_cell_is_one_that_our_command_measures_with_the_plan(asked, tmp_path):
    path = tmp_path / "plan.yaml"
    path.write_text(json.dumps(plan_in_cloud(asked)))
    plan = load_plan(path, ())
    measured = set()
    for name in cells_in_cloud(asked):
        engine, count = name.split("-")
        options = ExternalOptions(engine, int(count), 1.0, "fraud-r1-")
        external = external_of(plan, options)
        cells = cells_of(with_names(plan, [engine]))
        measured |= {cell.id for cell in cells if external.is_cell(plan, cell)}
    assert measured == {"faust-1", "spark-1", "faust-2", "spark-2"}


def test_engines_take_turns(asked):
    assert cells_in_cloud(asked) == ["faust-1", "spark-1", "faust-2", "spark-2"]
