"""What a task starts: real processes."""

import os
import sys
import threading

import pytest

from fraud_dag.failures import StepFailedError
from fraud_dag.outcomes import Outcome
from fraud_dag.task_programs import TaskPrograms
from sandbox.waiting import wait_until

WAITS = "import time; print('up', flush=True); time.sleep(600)"


@pytest.fixture
def said():
    return []


@pytest.fixture
def programs(said):
    return TaskPrograms(said.append)


def python(text):
    return [sys.executable, "-c", text]


def test_the_log_has_the_command_line_then_what_it_says(programs, said, tmp_path):
    assert programs.run(python("print('a b')"), tmp_path, os.environ) == Outcome.of(0)
    assert said == [f"$ {sys.executable} -c 'print('\"'\"'a b'\"'\"')'", "a b"]


def test_what_is_asked_is_heard_by_who_asks(programs, said, tmp_path):
    heard = []
    programs.run(python("print('yes')"), tmp_path, os.environ, heard.append)
    assert heard == ["yes"]
    assert "yes" not in said


@pytest.mark.parametrize("code", [3, 4])
def test_an_answer_that_nobody_likes_is_one_unless_the_program_must_agree(programs, said, code):
    outcome = Outcome.of(code)
    assert programs.must("cell faust-1", outcome) == outcome
    assert said == [outcome.said("cell faust-1")]
    with pytest.raises(StepFailedError, match=f"plan ended with {code}"):
        programs.must("plan", outcome, only_answered=True)


@pytest.mark.parametrize("code", [1, 2, 5, 130, -9])
def test_what_is_no_answer_ends_the_step(programs, code):
    with pytest.raises(StepFailedError) as failed:
        programs.must("cell faust-1", Outcome.of(code))
    assert failed.value.outcome == Outcome.of(code)


def test_an_interrupted_task_ends_all_that_it_has_started(programs, tmp_path):
    started = [programs.start(python(WAITS), tmp_path, os.environ) for _ in range(2)]
    heard, codes = [], []
    threads = [
        threading.Thread(target=lambda one=one: codes.append(one.follow(heard.append)))
        for one in started
    ]
    for thread in threads:
        thread.start()
    assert wait_until(lambda: len(heard) == 2, within_s=60) is not None
    programs.interrupt()
    for thread in threads:
        thread.join(60)
    assert codes == [-15, -15]
