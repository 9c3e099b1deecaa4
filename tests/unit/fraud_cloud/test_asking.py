from __future__ import annotations

from pathlib import Path

import pytest

import fraud_cloud
from fraud_cloud.asking import (
    CAMPAIGN,
    NAMES_THE_RUN,
    POOL,
    PREFLIGHT,
    most_instances,
    new_run_id,
    parameters,
    summary,
    those_of,
)
from fraud_cloud.contract import load_contract
from fraud_cloud.errors import ConfigError
from fraud_cloud.form_field import Field
from fraud_yandex.names import LONGEST_RUN, run_name

DAGS = Path(fraud_cloud.__path__[0]).parent
NOON_S = 1_767_268_800  # 2026-01-01 12:00 UTC
COUNTS = {"type": "array", "items": {"type": "integer", "maximum": 12}}
FORM = {
    "instances": Field([1, 2], COUNTS),
    "rates_eps": Field([50], {"type": "array"}),
    "profile": Field("smoke"),
    "resume_run": Field(None, {"type": ["null", "string"]}),
}


def test_a_run_is_named_after_its_start_in_letters_that_labels_and_topics_take():
    assert new_run_id(NOON_S) == "r20260101-120000"


def test_a_run_is_called_in_the_cloud_as_it_is_here():
    run_id = new_run_id(NOON_S)

    assert run_name(run_id, None, load_contract().standing_run) == run_id
    assert len(f"{run_id}-preflight") <= LONGEST_RUN


def test_the_dags_have_the_ids_the_task_and_the_pool_that_are_asked_for():
    for dag_id in (CAMPAIGN, PREFLIGHT):
        assert f'dag_id="{dag_id}"' in (DAGS / f"{dag_id}.py").read_text()
    graph = (DAGS / "fraud_yandex/graph.py").read_text()
    assert f'task_id="{NAMES_THE_RUN}"' in graph
    assert f'POOL: Final = "{POOL}"' in graph


def test_values_are_json_where_they_are_and_else_what_they_say():
    found = parameters(["instances=[1,4]", "resume_run=r1", "rates_eps=[50,400]"], FORM)

    assert found == {"instances": [1, 4], "resume_run": "r1", "rates_eps": [50, 400]}


def test_a_parameter_that_is_a_text_stays_one_though_it_looks_like_a_number():
    assert parameters(["profile=7"], FORM) == {"profile": "7"}


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("rate_eps=1", "did you mean rates_eps?"),
        ("color=red", "it takes instances, profile, rates_eps, resume_run"),
        ("smoke", "write name=value"),
        ("instances=[13]", "does not take instances=.13.: 13 is more than 12"),
    ],
)
def test_a_word_that_airflow_would_ignore_or_refuse_later_is_refused(word: str, said: str):
    with pytest.raises(ConfigError, match=said.replace("?", r"\?")):
        parameters([word], FORM)


def test_another_dag_is_given_what_it_takes():
    assert those_of({"profile": Field()}, {"profile": "quick", "instances": [1]}) == {
        "profile": "quick"
    }


@pytest.mark.parametrize(
    ("conf", "count"), [({}, 2), ({"instances": [3, 1]}, 3), ({"instances": None}, 1)]
)
def test_the_largest_cell_is_that_of_the_parameters_or_of_the_form(
    conf: dict[str, object], count: int
):
    assert most_instances(FORM, conf) == count


def test_what_is_measured_is_said_with_the_defaults_that_hold():
    said = summary(FORM, {"profile": "quick"})

    assert said == 'profile="quick", instances=[1, 2], rates_eps=[50]'
