from pathlib import Path

import pytest

from benchmarks.plan import load_plan, plan_from
from benchmarks.step_times import StepTimes
from fraud_core.errors import ConfigError

SMOKE = Path("benchmarks/plans/smoke.yaml")
FIELDS = {"id": "try", "engines": ["faust", "spark"], "rates_eps": [50, 400]}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"rate_eps": [50]}, "rate_eps is no key of a plan: did you mean rates_eps?"),
        ({"step": {"warmup": 3}}, "step.warmup is no key of a plan: did you mean warmup_s?"),
        ({"limits": {"zzz": 3}}, "limits.zzz is no key of a plan: known are clock_offset_ms"),
        ({"rates_eps": [0]}, "rates_eps.0: Input should be greater than 0, found 0"),
        ({"instances": [13]}, "instances: 13 instances, but the topic has 12 partitions"),
        ({"instances": [1, 1]}, "instances: 1 is there twice"),
        ({"search": {"resolutoin": 2}}, "did you mean resolution?"),
        ({"rates_eps": []}, "rates_eps is missing: give rates, or find: knee"),
        ({"find": "drain"}, "rates_eps has no meaning with find: drain"),
        ({"label_delays_h": [6]}, "label_delays_h needs find: drain"),
        ({"find": "drain", "rates_eps": [], "ladder": True}, "ladder is for question: demand"),
        (
            {"find": "drain", "rates_eps": [], "engines": ["external"]},
            "find: drain starts its engines on a full topic, and external runs already",
        ),
        ({"label_delays_h": [0.5]}, "label_delays_h.0: Input should be greater than or equal to 1"),
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


def test_a_profile_sets_what_the_plan_leaves_open():
    plan = plan_from(FIELDS | {"profile": "standard", "step": {"measure_s": 90}}, "here")
    assert (plan.step.warmup_s, plan.step.measure_s) == (60, 90)
    assert (plan.repetitions, plan.search.confirm_runs) == (3, 3)
    assert plan_from(FIELDS | {"profile": "full"}, "here").search.resolution == 1.05


@pytest.mark.parametrize(
    ("change", "key", "value"),
    [
        ("rates_eps=50,100", "rates_eps", (50, 100)),
        ("rates_eps=75", "rates_eps", (75,)),
        ("engines=faust", "engines", ("faust",)),
        ("step.measure_s=90", "step", StepTimes(warmup_s=20, measure_s=90)),
        ("find=knee", "find", "knee"),
    ],
)
def test_a_key_can_be_set_on_the_command_line(change, key, value):
    assert getattr(load_plan(SMOKE, [change]), key) == value


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("rates=50", "did you mean rates_eps?"),
        ("rates_eps", "write key=value"),
        ("id.x=1", "id holds no keys"),
        ("step.measure=1", "did you mean measure_s?"),
    ],
)
def test_a_wrong_change_is_an_error(change, words):
    with pytest.raises(ConfigError) as caught:
        load_plan(SMOKE, [change])
    assert words in str(caught.value)


@pytest.mark.parametrize("path", sorted(Path("benchmarks/plans").glob("*.yaml")), ids=str)
def test_every_plan_of_ours_can_be_read(path):
    assert load_plan(path).id == path.stem


@pytest.mark.parametrize(
    ("asked", "sizes"), [({"cpu": 0.25}, (0.25,)), ({"cpu": [1, 0.5]}, (1.0, 0.5)), ({}, (None,))]
)
def test_a_quota_is_a_number_or_a_list_of_them(asked, sizes):
    plan = plan_from({**FIELDS, "instance": asked}, "here")

    assert plan.instance.sizes == sizes


def test_a_list_of_quotas_can_be_set_on_the_command_line(tmp_path):
    path = tmp_path / "plan.yaml"
    path.write_text("id: try\nengines: [faust]\nrates_eps: [50]\n")

    plan = load_plan(path, ["instance.cpu=0.05,0.25", "instance.memory_mb=1500"])

    assert (plan.instance.cpu, plan.instance.memory_mb) == ((0.05, 0.25), 1500)


def test_only_several_sizes_are_told_apart_in_names():
    one = plan_from({**FIELDS, "instance": {"cpu": 0.25}}, "here")
    two = plan_from({**FIELDS, "instance": {"cpu": [0.25, 1]}}, "here")

    assert one.instance.name_of(0.25) == ""
    assert [two.instance.name_of(cpu) for cpu in two.instance.sizes] == ["c0.25", "c1"]


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"cpu": 0}, "instance.cpu"),
        ({"cpu": [0.5, 0.5]}, "0.5 is there twice"),
        ({"memory_mb": 1}, "instance.memory_mb"),
        ({"memory": 100}, "did you mean memory_mb"),
    ],
)
def test_a_wrong_size_is_an_error_that_names_the_place(limits, words):
    with pytest.raises(ConfigError, match=words):
        plan_from({**FIELDS, "instance": limits}, "here")


def test_a_longest_warm_up_that_is_shorter_than_the_usual_one_is_refused():
    with pytest.raises(ConfigError, match="warmup_most_s is 10 and warmup_s 20"):
        plan_from(FIELDS | {"step": {"warmup_most_s": 10}}, "here")
