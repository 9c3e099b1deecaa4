"""The kernel holds a process to its size. CPU time is counted by the kernel, not by a watch."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import psutil
import pytest

from fraud_core.control_groups import counters, family, folders_of_process
from fraud_core.errors import ConfigError
from fraud_core.instance_size import InstanceLimit, InstanceSize, choose_means

BUSY = "while True: pass"
BUSY_WITH_CHILD = f"""
import subprocess, sys
sys.stdin.readline()
subprocess.Popen([sys.executable, "-c", {BUSY!r}])
{BUSY}
"""
EATER = """
import sys
print("small", flush=True)
sys.stdin.readline()
held = bytearray(400_000_000)
held[::4096] = b"x" * len(held[::4096])
print("large", flush=True)
sys.stdin.readline()
"""
HOLDER = """
import os, sys
from fraud_core.instance_size import InstanceLimit, InstanceSize
limit = InstanceLimit("stale", InstanceSize(cpu_cores=0.5))
limit.hold(int(sys.argv[1]))
print("held", flush=True)
sys.stdin.readline()
"""

pytestmark = [
    pytest.mark.alone,
    pytest.mark.skipif(
        choose_means() == "none", reason="nothing can limit a process on this machine"
    ),
]


@contextmanager
def started(code, *arguments):
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        for pid in reversed(family(process.pid)):
            if psutil.pid_exists(pid):
                os.kill(pid, signal.SIGKILL)
        process.wait()
        process.stdin.close()
        process.stdout.close()


@contextmanager
def limited(**size):
    limit = InstanceLimit("tested-0", InstanceSize(**size))
    try:
        yield limit
    finally:
        limit.remove()


def group_of(pid):
    return next(one for one in folders_of_process(pid).values() if "streamgauge" in one.name)


def cpu_s(pids):
    return sum(sum(psutil.Process(pid).cpu_times()[:2]) for pid in pids)


def wait_for(condition, within_s=10.0):
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def test_a_busy_family_gets_its_quota_and_no_more_and_children_inherit_it():
    with limited(cpu_cores=0.25) as limit, started(BUSY_WITH_CHILD) as parent:
        limit.hold(parent.pid)
        parent.stdin.write("\n")
        parent.stdin.flush()
        wait_for(lambda: len(family(parent.pid)) == 2)
        before, begun_s = cpu_s(family(parent.pid)), time.monotonic()
        wait_for(lambda: time.monotonic() - begun_s >= 3)
        used, took_s = cpu_s(family(parent.pid)) - before, time.monotonic() - begun_s

        assert used / took_s == pytest.approx(0.25, abs=0.03)
        assert {group_of(pid) for pid in family(parent.pid)} == {group_of(parent.pid)}
        assert counters(folders_of_process(parent.pid)).throttled > 10


def test_holding_again_takes_children_that_were_there_and_changes_nothing_else():
    with limited(cpu_cores=0.5) as limit, started(BUSY_WITH_CHILD) as parent:
        parent.stdin.write("\n")
        parent.stdin.flush()
        wait_for(lambda: len(family(parent.pid)) == 2)
        limit.hold(parent.pid)
        limit.hold(parent.pid)

        assert {group_of(pid) for pid in family(parent.pid)} == {group_of(parent.pid)}


def test_an_ended_process_is_ignored_and_the_next_one_is_held():
    with limited(cpu_cores=0.5) as limit:
        with started(BUSY) as first:
            limit.hold(first.pid)
        limit.hold(first.pid)
        with started(BUSY) as second:
            limit.hold(second.pid)

            assert "streamgauge" in group_of(second.pid).name


def test_what_still_runs_is_let_go_when_the_limit_is_removed():
    with started(BUSY) as process:
        limit = InstanceLimit("tested-0", InstanceSize(cpu_cores=0.5))
        limit.hold(process.pid)
        group = group_of(process.pid)
        limit.remove()

        assert not group.exists()
        assert process.poll() is None


def test_an_instance_over_its_memory_is_killed_and_the_kernel_says_so():
    with limited(memory_bytes=200_000_000) as limit, started(EATER) as process:
        assert process.stdout.readline() == "small\n"
        limit.hold(process.pid)
        folders = folders_of_process(process.pid)
        process.stdin.write("\n")
        process.stdin.flush()

        assert process.wait(30) == -signal.SIGKILL
        assert counters(folders).oom_kills == 1


def test_an_instance_that_holds_too_much_already_is_refused_with_both_numbers():
    with limited(memory_bytes=200_000_000) as limit, started(EATER) as process:
        process.stdin.write("\n")
        process.stdin.flush()
        assert [process.stdout.readline() for _ in range(2)] == ["small\n", "large\n"]

        with pytest.raises(ConfigError, match=r"tested-0 holds 4\d\d MB .* gives it 200"):
            limit.hold(process.pid)


def test_groups_of_a_killed_program_are_removed_by_the_next():
    with started(BUSY) as busy:
        with started(HOLDER, str(busy.pid)) as holder:
            assert holder.stdout.readline() == "held\n"
            stale = group_of(busy.pid)
        assert stale.exists()
    with limited(cpu_cores=0.5) as limit, started(BUSY) as process:
        limit.hold(process.pid)

        assert not stale.exists()
