"""A measurement ends as soon as its engine is not what it was when it began."""

import os
import sys
import time
from pathlib import Path

import pytest

from benchmarks import elsewhere
from benchmarks.attending import ATTENDING
from fraud_cloud.errors import RefusedError, SurroundingsError
from fraud_cloud.patience import PATIENCE_S, Patience
from fraud_dag.programs import Program
from fraud_yandex.cell import ELSEWHERE, LEFT_NOTHING, READY, Guard
from fraud_yandex.engines import EngineChangedError
from tests.outputs import wait_until

WAITS = "import signal, sys; signal.signal(15, lambda *_: sys.exit(130)); signal.pause()"
ATTENDS = f"print('{READY}2 instances', flush=True)\n{WAITS}"
HAS_CHANGED = f"print('{READY}2 instances', flush=True)\nprint('one has gone')\nraise SystemExit(4)"
ENDED_BY_US = {130, -15}
"""The signal may come before the program listens to it."""
LOOKS_LAST = f"""
import signal
signal.pthread_sigmask(signal.SIG_BLOCK, {{{{2}}}})
print('{READY}2 instances', flush=True)
signal.sigwait({{{{2}}}})
print('asked', flush=True)
raise SystemExit({{code}})
"""
COMES_LATE = "print('1 instance'); raise SystemExit(5)"


@pytest.fixture
def start():
    programs = []

    def begin(program):
        programs.append(Program([sys.executable, "-c", program], Path.cwd(), os.environ))
        return programs[-1]

    yield begin
    for program in programs:
        program.stop()


@pytest.fixture
def guard():
    guard = Guard(lambda _: None)
    yield guard
    guard.end()


def test_the_word_that_is_waited_for_is_the_programs():
    assert elsewhere.__name__ == ELSEWHERE
    assert READY == ATTENDING
    assert f"{elsewhere.LEFT}{elsewhere.NOTHING_LEFT}" == LEFT_NOTHING


def test_a_measurement_that_nothing_disturbs_ends_as_it_ends(guard, start):
    guard.follow(start(ATTENDS))
    guard.wait_until_ready(30)
    assert guard.over(start("raise SystemExit(3)")) == 3
    guard.raise_what_it_saw()


def test_another_number_of_instances_ends_it(guard, start):
    guard.follow(start(HAS_CHANGED))
    guard.ready.wait(30)
    assert guard.over(start(WAITS)) in ENDED_BY_US
    with pytest.raises(EngineChangedError, match="ended with 4: one has gone"):
        guard.raise_what_it_saw()


def test_a_check_that_fails_ends_it(guard, start):
    failed = []

    def check():
        if failed:
            raise SurroundingsError("the job has died")

    guard.follow(start(ATTENDS))
    guard.look_every(0.01, check, Patience(time.monotonic))
    guard.wait_until_ready(30)
    run = start(WAITS)
    failed.append(True)
    wait_until(lambda: guard.seen is not None, within_s=30, what="the check has failed")
    assert guard.over(run) in ENDED_BY_US
    with pytest.raises(SurroundingsError, match="the job has died"):
        guard.raise_what_it_saw()


class Outage:
    """Checks that are not answered; each look takes as long as it says."""

    def __init__(self, answers):
        self.now_s, self.looks = 0.0, 0
        self._answers = answers

    def check(self):
        self.looks += 1
        self.now_s += 20.0
        if self.looks % self._answers:
            raise RefusedError("job: JobService.Get is answered with UNAVAILABLE")


def test_a_cloud_that_does_not_answer_for_some_seconds_is_no_change(guard):
    outage = Outage(answers=3)  # after 40 s without an answer each time
    guard.look_every(0.001, outage.check, Patience(lambda: outage.now_s))
    wait_until(lambda: outage.looks > 20, within_s=30, what="many looks")
    guard.raise_what_it_saw()


def test_one_that_does_not_answer_for_minutes_ends_the_measurement(guard):
    outage = Outage(answers=10**9)
    guard.look_every(0.001, outage.check, Patience(lambda: outage.now_s))
    wait_until(lambda: guard.seen is not None, within_s=30, what="the watch gives up")
    assert PATIENCE_S < outage.now_s <= PATIENCE_S + 20.0
    with pytest.raises(RefusedError, match="UNAVAILABLE"):
        guard.raise_what_it_saw()


def test_an_engine_that_does_not_come_is_not_measured(guard, start):
    guard.follow(start(COMES_LATE))
    with pytest.raises(EngineChangedError, match="ended with 5: 1 instance"):
        guard.wait_until_ready(30)


def test_nothing_is_waited_for_longer_than_it_may_take(guard, start):
    guard.follow(start(WAITS))
    begin_s = time.monotonic()
    with pytest.raises(SurroundingsError, match="not ready after 0"):
        guard.wait_until_ready(0)
    assert time.monotonic() - begin_s < 30


def test_what_ends_after_the_measurement_is_no_change(guard, start):
    attendant = start(ATTENDS)
    guard.follow(attendant)
    guard.wait_until_ready(30)
    guard.end()
    attendant.stop()
    guard.raise_what_it_saw()


def test_a_last_look_that_finds_all_as_it_was_is_no_change(guard, start):
    attendant = start(LOOKS_LAST.format(code=0))
    guard.follow(attendant)
    guard.wait_until_ready(30)
    guard.look_last(attendant, 30)
    guard.raise_what_it_saw()


def test_what_has_gone_just_before_the_end_is_seen_by_the_last_look(guard, start):
    attendant = start(LOOKS_LAST.format(code=4))
    guard.follow(attendant)
    guard.wait_until_ready(30)
    guard.look_last(attendant, 30)
    with pytest.raises(EngineChangedError, match="ended with 4: asked"):
        guard.raise_what_it_saw()


def test_a_last_look_without_an_answer_is_a_change(guard, start):
    deaf = f"import signal; signal.signal(2, signal.SIG_IGN)\n{ATTENDS}"
    attendant = start(deaf)
    guard.follow(attendant)
    guard.wait_until_ready(30)
    guard.look_last(attendant, 0.1)
    with pytest.raises(EngineChangedError, match=r"no answer to the last look in 0\.1 s"):
        guard.raise_what_it_saw()
