from pathlib import Path

import pytest

from benchmarks.plan import estimate_s, load_plan, plan_from, steps_of
from fraud_core.errors import ConfigError

SMOKE = Path("benchmarks/plans/smoke.yaml")
FIELDS = {"id": "try", "engines": ["faust", "spark"], "rates_eps": [50, 400]}


def test_the_smoke_plan_alternates_engines():
    steps = steps_of(load_plan(SMOKE))
    assert [step.id for step in steps] == [
        "faust-x1-50eps",
        "spark-x1-50eps",
        "faust-x1-400eps",
        "spark-x1-400eps",
    ]
    assert {step.load_s for step in steps} == {80}


def test_the_smoke_plan_takes_under_eight_minutes():
    assert estimate_s(steps_of(load_plan(SMOKE))) < 8 * 60


def test_one_engine_can_be_picked():
    steps = steps_of(plan_from(FIELDS, "here"), ("spark",))
    assert {step.engine for step in steps} == {"spark"}
    assert len(steps) == 2


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"rate_eps": [50]}, "rate_eps is no key of a plan: did you mean rates_eps?"),
        ({"step": {"warmup": 3}}, "step.warmup is no key of a plan: did you mean warmup_s?"),
        ({"limits": {"zzz": 3}}, "limits.zzz is no key of a plan: known are completeness"),
        ({"rates_eps": [0]}, "rates_eps.0: Input should be greater than 0, found 0"),
        ({"instances": [13]}, "instances.0"),
        ({"engines": ["flink"]}, "engines.0"),
        ({"engines": []}, "engines"),
        ({"id": "Über"}, "id"),
    ],
)
def test_a_wrong_plan_is_an_error_that_names_the_place(changes, words):
    with pytest.raises(ConfigError) as caught:
        plan_from(FIELDS | changes, "here")
    assert "plan here" in str(caught.value)
    assert words in str(caught.value)


def test_a_missing_key_is_named():
    with pytest.raises(ConfigError, match="engines: Field required"):
        plan_from({"id": "try", "rates_eps": [1]}, "here")


@pytest.mark.parametrize("text", ["", "just text", "- a list"])
def test_what_is_no_mapping_is_an_error(tmp_path, text):
    path = tmp_path / "plan.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match="the file"):
        load_plan(path)


def test_what_is_no_yaml_is_an_error(tmp_path):
    path = tmp_path / "plan.yaml"
    path.write_text("id: [")
    with pytest.raises(ConfigError, match="is no YAML"):
        load_plan(path)


def test_a_plan_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(ConfigError, match=r"plans are in benchmarks/plans/"):
        load_plan(tmp_path / "none.yaml")
