"""An engine's processes as the benchmark sees them, without a broker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from benchmarks.instance_use import memory_kills_of, restarts_of
from benchmarks.instance_watch import EngineTree
from benchmarks.programs import session_members
from benchmarks.samples import ENGINE, INSTANCES
from fraud_core.instance_size import InstanceLimit, InstanceSize, choose_means
from fraud_core.instances_file import read_instances

GROUP = """
import subprocess, sys
from pathlib import Path
from fraud_core.instance_size import InstanceLimit, InstanceSize
from fraud_core.instances_file import Instance, write_instances
size = InstanceSize(cpu_cores=0.05, memory_bytes=int(sys.argv[2]))
limit = InstanceLimit("tried-0", size)
while True:
    child = subprocess.Popen([sys.executable, "-c", sys.argv[3]], stdin=subprocess.PIPE)
    limit.hold(child.pid)
    write_instances(Path(sys.argv[1]), [Instance("tried-0", child.pid, True, limit.means)])
    child.stdin.write(b"begin")
    child.stdin.close()
    child.wait()
"""
"""The runner of a group: starts its instance again whenever it dies, and says so."""

SIZE = InstanceSize(cpu_cores=0.05, memory_bytes=1_000_000_000)
IDLE = "import sys, time; sys.stdin.read(); time.sleep(600)"
GREEDY = "import sys, time; sys.stdin.read(); held = b'x' * 200_000_000; time.sleep(600)"


@pytest.fixture
def group(tmp_path):
    """Start a group around the code of an instance; its file of instances and its view."""
    started = []

    def start(code, memory_bytes=100_000_000):
        told_in = tmp_path / "instances.json"
        process = subprocess.Popen(
            [sys.executable, "-c", GROUP, str(told_in), str(memory_bytes), code],
            start_new_session=True,
        )
        started.append(process)
        wait_for(lambda: read_instances(told_in))
        return EngineTree(process.pid, told_in)

    yield start
    for process in started:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        wait_for(lambda leader=process.pid: not session_members(leader))
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as child:
        tidy = InstanceLimit("tidy-0", SIZE)
        tidy.hold(child.pid)  # removes the groups of those that were killed
        child.stdin.close()
    tidy.remove()


def wait_for(condition, within_s=60.0):
    deadline = time.monotonic() + within_s
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
    return found


def test_a_killed_instance_is_seen_as_a_restart_and_not_as_the_whole_engine(group):
    tree = group(IDLE)
    (first,) = tree.instances()
    processes = tree.processes([first])
    assert [one.pid for one in processes[INSTANCES]] == [first.pid]
    assert len(processes[ENGINE]) == 2
    samples = tree.sample([first], 1, 1.0)

    os.kill(first.pid, signal.SIGKILL)
    second = wait_for(lambda: [one for one in tree.instances() if one.pid != first.pid])
    samples += tree.sample(second, 2, 2.0)

    assert restarts_of(samples) == f"tried-0 (process {first.pid}, then {second[0].pid})"
    assert memory_kills_of(samples) is None


@pytest.mark.skipif(not choose_means().startswith("cgroup"), reason="no group counts here")
def test_an_instance_without_enough_memory_is_named_as_that(group):
    tree = group(GREEDY)
    samples = tree.sample(tree.instances(), 1, 1.0)

    def killed():
        samples.extend(tree.sample(tree.instances(), 2, 2.0))
        return memory_kills_of(samples)

    assert wait_for(killed).startswith("tried-0 (")
    assert samples[-1].limited_by == choose_means()


def test_an_engine_that_tells_nothing_is_one_whole(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", IDLE], stdin=subprocess.PIPE, start_new_session=True
    ) as process:
        tree = EngineTree(process.pid, tmp_path / "none.json")
        assert tree.instances() == []
        found = tree.processes([])
        process.kill()
    assert list(found) == [ENGINE]
    assert [one.pid for one in found[ENGINE]] == [process.pid]
