"""Programs that a task starts: real processes, told apart by a variable of each test."""

import os
import signal
import subprocess
import sys
import threading
import uuid

import psutil
import pytest

from fraud_dag.programs import Program, started_with, stop_leftovers
from sandbox.waiting import wait_until

MARK = "STREAMGAUGE_TEST_MARK"
POLITE = "import time; print('up', flush=True); time.sleep(600)"
STUBBORN = f"import signal; signal.signal(15, signal.SIG_IGN); {POLITE}"


@pytest.fixture
def mark():
    value = uuid.uuid4().hex
    yield value
    for pid in started_with(MARK, value):
        os.kill(pid, signal.SIGKILL)


@pytest.fixture
def start(tmp_path, mark):
    def started(text, **options):
        command = [sys.executable, "-c", text]
        return Program(command, tmp_path, os.environ | {MARK: mark}, **options)

    return started


def soon(condition, what):
    assert wait_until(condition, within_s=60) is not None, what


def in_background(program, said):
    codes = []
    thread = threading.Thread(target=lambda: codes.append(program.follow(said.append)))
    thread.start()
    soon(lambda: said, "it says that it is up")
    return thread, codes


def test_each_line_is_handed_on_and_the_exit_code_is_the_programs(start):
    said = []
    text = "import sys; print('один'); print('two', file=sys.stderr); print('3', end=''); exit(4)"
    assert start(text).follow(said.append) == 4
    assert sorted(said) == ["3", "two", "один"]


def test_a_line_is_handed_on_before_the_program_ends(start):
    said = []
    program = start(POLITE)
    thread, codes = in_background(program, said)
    assert (said, codes) == (["up"], [])
    program.stop()
    thread.join(60)
    assert codes == [-signal.SIGTERM]


def test_a_program_that_is_over_is_over_though_a_child_holds_its_output(start, mark):
    text = (
        "import subprocess, sys\n"
        f"subprocess.Popen([sys.executable, '-c', {POLITE!r}], start_new_session=True)\n"
        "print('left')"
    )
    said = []
    assert start(text).follow(said.append) == 0
    assert "left" in said
    assert len(started_with(MARK, mark)) == 1


def test_an_interrupted_program_is_followed_to_its_end(start):
    text = (
        "import signal, sys, time\n"
        "def end(*_): print('saved', flush=True); sys.exit(130)\n"
        "signal.signal(15, end); print('up', flush=True); time.sleep(600)"
    )
    said = []
    program = start(text)
    thread, codes = in_background(program, said)
    program.interrupt()
    thread.join(60)
    assert codes == [130]
    assert said == ["up", "saved"]


def test_a_program_that_does_not_listen_is_killed_with_its_children(start, mark):
    child = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {STUBBORN!r}])\n"
    said = []
    program = start(child + STUBBORN, stop_within_s=0.5)
    thread, codes = in_background(program, said)
    program.interrupt()
    thread.join(60)
    assert codes == [-signal.SIGKILL]
    soon(lambda: not started_with(MARK, mark), "nothing of it runs")


def test_a_program_ends_with_the_task_that_was_killed(tmp_path, mark):
    text = (
        "import os, sys; from pathlib import Path; from fraud_dag.programs import Program\n"
        f"Program([sys.executable, '-c', {POLITE!r}], Path('.'), dict(os.environ, {MARK}={mark!r}))"
        ".follow(lambda line: print(line, flush=True))"
    )
    environment = os.environ | {"PYTHONPATH": "dags"}
    with subprocess.Popen(
        [sys.executable, "-c", text], env=environment, stdout=subprocess.PIPE, text=True
    ) as task:
        assert task.stdout.readline() == "up\n"
        (pid,) = started_with(MARK, mark)
        task.kill()
    soon(lambda: not psutil.pid_exists(pid) or not started_with(MARK, mark), "it ended")


def test_leftovers_are_known_by_their_variable_and_others_are_left_alone(start, mark):
    ours, said = start(POLITE), []
    thread, codes = in_background(ours, [])
    assert stop_leftovers(MARK, mark[:-1], said.append) == 0
    assert codes == []
    assert stop_leftovers(MARK, mark, said.append) == 1
    thread.join(60)
    assert codes == [-signal.SIGTERM]
    assert "which an earlier task left" in said[0]


def test_leftovers_that_do_not_stop_are_killed(start, mark):
    said = []
    thread, codes = in_background(start(STUBBORN), [])
    stop_leftovers(MARK, mark, said.append, within_s=0.5)
    thread.join(60)
    assert codes == [-signal.SIGKILL]
    assert "is killed" in said[-1]
