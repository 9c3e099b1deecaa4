from __future__ import annotations

import pytest

from fraud_core.errors import ConfigError
from scripts.targets import LEFT_OUT, TARGETS, chosen, documented, unknown
from scripts.tasks import PROJECT


def test_every_target_of_the_makefile_is_run_or_left_out_for_a_reason():
    names = documented(PROJECT / "Makefile")

    assert len(names) > 20
    assert list(unknown(names)) == []
    assert all(LEFT_OUT.values())


def test_no_target_is_named_that_the_makefile_does_not_have():
    names = set(documented(PROJECT / "Makefile"))
    others = {name for target in TARGETS for name in target.before}

    assert ({target.name for target in TARGETS} | set(LEFT_OUT) | others) <= names


def test_a_target_that_is_new_is_noticed(tmp_path):
    makefile = tmp_path / "Makefile"
    makefile.write_text("help: ## known\nother-one: setup ## new\nhidden: setup\n")

    assert list(unknown(documented(makefile))) == ["other-one"]


def test_some_targets_are_run_in_the_order_of_the_table():
    assert [one.name for one in chosen(["demo", "check"])] == ["check", "demo"]
    assert chosen([]) == TARGETS


@pytest.mark.parametrize(
    ("name", "said"), [("cloud-up", "needs a folder"), ("tset", "there are help, setup")]
)
def test_a_target_that_cannot_be_run_is_refused_with_the_reason(name: str, said: str):
    with pytest.raises(ConfigError, match=said):
        chosen([name])
