"""The runner with processes that are no workers but behave like them."""

from __future__ import annotations

import os
import signal
import sys
import time

import psutil
import pytest

from faust_scorer.group import Group, GroupSettings
from fraud_core.instance_size import InstanceSize
from fraud_core.instances_file import read_instances

READY = 'print(\'{"health": "http://h"}\\n{"ready": true}\', flush=True)'
UNTIL_TOLD = "import signal; signal.sigwait({signal.SIGTERM, signal.SIGUSR1})"


class FastTime:
    """A pause of 5 ms counts as 100 while no worker runs, so that back-off takes little time.

    How long a worker takes on a busy machine does not count. `steps` are done one after the other,
    each once its condition is met: pairs of condition and action.
    """

    def __init__(self, *steps, always=False):
        self.now_s = 0.0
        self._steps = list(steps)
        self._always = always
        self._others = self._children()
        self._deadline_s = time.monotonic() + 120

    def clock(self):
        return self.now_s

    def sleep(self, _seconds):
        assert time.monotonic() < self._deadline_s, f"{len(self._steps)} steps left"
        time.sleep(0.005)
        if self._always or self._children() <= self._others:
            self.now_s += 0.1
        if self._steps and self._steps[0][0]():
            self._steps.pop(0)[1]()

    def _children(self):
        return {child.pid for child in psutil.Process().children()}


def run(code, fast=None, **settings):
    fast = fast or FastTime()
    asked = {"workers": 1, "size": InstanceSize()} | settings
    group = Group(GroupSettings("faust", **asked), lambda _n, _name: [sys.executable, "-c", code])
    return group.run(fast.clock, fast.sleep)


def stop():
    os.kill(os.getpid(), signal.SIGTERM)


@pytest.fixture
def instances(tmp_path):
    """The file of instances, and a look at it."""
    path = tmp_path / "instances.json"

    def ready():
        return {one.name: one.pid for one in read_instances(path) or [] if one.ready}

    return path, ready


def test_a_worker_that_always_dies_ends_the_group_with_its_code():
    assert run("raise SystemExit(5)") == 5


def test_the_last_error_of_a_worker_that_is_given_up_is_said(capfd):
    assert run("raise RuntimeError('no room left')") == 1
    said = capfd.readouterr().err
    why = said[said.index("error: worker faust-0") :]
    assert "5 times in 60 s, now with exit code 1" in why
    assert "  RuntimeError: no room left" in why


def test_a_worker_that_is_killed_each_time_is_a_bug(capfd):
    assert run("import os; os.kill(os.getpid(), 9)") == 1
    assert "now with signal 9" in capfd.readouterr().err


def test_a_wrong_configuration_ends_the_group_at_once(capfd):
    assert run("import sys; sys.stderr.write('error: no such thing'); raise SystemExit(2)") == 2
    assert capfd.readouterr().err.count("no such thing") == 2  # as it came, and as the reason


def test_the_processs_own_signal_handlers_are_given_back():
    before = signal.getsignal(signal.SIGTERM)
    run("raise SystemExit(2)")
    assert signal.getsignal(signal.SIGTERM) is before


def test_ready_workers_stand_in_the_file_of_instances_until_the_group_stops(instances):
    path, ready = instances
    seen = []
    fast = FastTime((lambda: len(ready()) == 2, lambda: (seen.append(ready()), stop())))
    assert run(f"{READY}; {UNTIL_TOLD}", fast, workers=2, instances_file=path) == 0
    assert sorted(seen[0]) == ["faust-0", "faust-1"]
    assert not any(psutil.pid_exists(pid) for pid in seen[0].values())
    assert read_instances(path) == []


def test_a_worker_that_is_not_ready_does_not_look_so(instances):
    path, ready = instances
    fast = FastTime((lambda: bool(read_instances(path)), stop))
    run(UNTIL_TOLD, fast, instances_file=path)
    assert ready() == {}


def test_a_dead_worker_is_started_again_under_its_name(instances):
    path, ready = instances
    seen = []
    fast = FastTime(
        (ready, lambda: (seen.append(ready()["faust-0"]), os.kill(seen[0], signal.SIGKILL))),
        (lambda: ready() and ready()["faust-0"] != seen[0], stop),
    )
    assert run(f"{READY}; {UNTIL_TOLD}", fast, instances_file=path) == 0


def test_a_number_in_the_file_of_workers_scales_the_group_up_and_down(instances, tmp_path):
    path, ready = instances
    wanted = tmp_path / "workers"
    first = []
    fast = FastTime(
        (
            lambda: len(ready()) == 1,
            lambda: (first.append(ready()["faust-0"]), wanted.write_text("3")),
        ),
        (lambda: len(ready()) == 3, lambda: wanted.write_text("2\n")),
        (lambda: sorted(ready()) == ["faust-0", "faust-1"], lambda: wanted.write_text("many")),
        (lambda: ready().get("faust-0") == first[0], stop),
    )
    code = run(f"{READY}; {UNTIL_TOLD}", fast, instances_file=path, workers_file=wanted)
    assert code == 0


def test_a_worker_that_does_not_stop_is_killed_in_the_end():
    deaf = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {READY}"
    fast = FastTime((lambda: fast.now_s > 30, stop), always=True)
    assert run(f"{deaf}; signal.pause()", fast) == 0
    assert fast.now_s > 60


def test_a_closed_terminal_stops_the_group_and_nohup_does_not(instances):
    path, ready = instances

    def hang_up():
        os.kill(os.getpid(), signal.SIGHUP)

    code = f"{READY}; {UNTIL_TOLD}"
    assert run(code, FastTime((ready, hang_up)), instances_file=path) == 0
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        fast = FastTime((ready, hang_up), (lambda: True, stop))
        assert run(code, fast, instances_file=path) == 0
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
