from __future__ import annotations

from typing import Any

import pytest

from scripts.russian import INSTANCES, answer, chart_title, counted, knees, place, summary
from scripts.tasks import PROJECT
from tests.unit.scripts.records_of import run


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (1, "1 экземпляр"),
        (3, "3 экземпляра"),
        (5, "5 экземпляров"),
        (11, "11 экземпляров"),
        (12, "12 экземпляров"),
        (21, "21 экземпляр"),
        (0, "0 экземпляров"),
    ],
)
def test_a_number_has_the_form_of_its_noun(number: int, said: str):
    assert counted(number, INSTANCES) == said


def found(**values: Any) -> list[dict[str, Any]]:
    one = {"engine": "spark", "target_eps": 400, "instances": None, "verified": False}
    return [one | values]


def test_what_nothing_decided_is_not_called_a_loss():
    unknown = found(
        sentence="Not known for spark at 400 events/s: no run with 1 instance decided it."
    )
    lost = found(sentence="spark held 400 events/s with none of the tested instance counts (1).")

    assert answer(run("x", answers=unknown), 400) == "spark: не известно, запуски не дали ответа"
    assert "не выдержало" in answer(run("x", answers=lost), 400)


def test_an_answer_that_no_run_has_checked_says_so():
    said = answer(run("x", answers=found(instances=2)), 400)

    assert said == "spark: 2 экземпляра (запусками не подтверждено)"
    assert answer(run("x", answers=found(instances=2)), 50) == ""


def test_the_size_of_an_instance_is_told_where_there_is_one_size():
    cells = [{"engine": "spark", "instances": n, "cpu": 0.5, "memory_mb": 1500} for n in (1, 2)]

    one = answer(run("x", answers=found(instances=1), cells=cells), 400)
    two = answer(run("x", answers=found(instances=1), cells=[*cells, cells[0] | {"cpu": 1}]), 400)

    assert one.startswith("spark (CPU 0,5, память 1500 МБ): 1 экземпляр")
    assert two.startswith("spark: 1 экземпляр")


def test_a_knee_that_was_not_confirmed_says_nothing():
    knee = {"low_eps": 10.0, "high_eps": 20.0, "confirmed": False}
    cells = [{"engine": "faust", "instances": 1, "knee_backlog": knee}]

    assert list(knees(run("x", cells=cells))) == []


@pytest.mark.parametrize(("runs", "is_said"), [(1, False), (2, True)])
def test_a_knee_of_one_run_each_is_none_that_a_repetition_has_confirmed(runs: int, is_said: bool):
    knee = {"low_eps": 10.0, "high_eps": 20.0, "confirmed": True}
    cells = [{"engine": "faust", "instances": 1, "knee_backlog": knee}]
    searched = run("x", cells=cells, plan={"id": "capacity", "search": {"confirm_runs": runs}})

    assert bool(list(knees(searched))) == is_said
    assert bool(list(knees(searched, confirmed=False))) != is_said


def test_a_campaign_without_an_answer_is_named_by_its_plan():
    assert summary(run("x", answers=[], cells=[]), (50, 400)) == "план a-plan"


def test_a_chart_without_a_name_of_ours_keeps_that_of_its_file():
    assert chart_title("backlog") == "очередь"
    assert chart_title("something-new") == "something-new"


def test_nothing_of_this_machine_is_in_the_name_of_a_folder():
    assert place(".demo/transactions") == ".demo/transactions"
    assert place(f"{PROJECT}/.demo/transactions") == ".demo/transactions"
    assert place("/home/somebody/transactions") == "transactions"
