import signal

import pytest

from fraud_core import errors
from fraud_dag.outcomes import Outcome

CODES = {name: code for name, code in vars(errors).items() if name.startswith("EXIT_")}


def test_every_exit_code_of_our_commands_has_a_meaning_of_its_own():
    meanings = [Outcome.of(code).meaning for code in CODES.values()]
    assert len(set(meanings)) == len(CODES)


@pytest.mark.parametrize(
    "code", [errors.EXIT_ANSWERED, errors.EXIT_REQUIREMENT, errors.EXIT_MEASUREMENT]
)
def test_an_unpleasant_answer_is_an_answer(code):
    assert Outcome.of(code).is_answer
    assert not Outcome.of(code).is_worth_another_try


@pytest.mark.parametrize(
    ("code", "again"),
    [
        (errors.EXIT_BUG, False),
        (errors.EXIT_CONFIG, False),
        (errors.EXIT_SURROUNDINGS, True),
        (errors.EXIT_INTERRUPTED, True),
        (-signal.SIGKILL, True),
        (77, False),
    ],
)
def test_only_what_may_end_otherwise_is_tried_again(code, again):
    outcome = Outcome.of(code)
    assert not outcome.is_answer
    assert outcome.is_worth_another_try is again


def test_a_failure_says_which_program_how_and_what_to_do():
    assert "cell spark-2 ended with 5" in Outcome.of(5).said("cell spark-2")
    assert "clear this task" in Outcome.of(5).said("cell spark-2")
    assert "SIGKILL" in Outcome.of(-9).said("cell spark-2")
