import os
import socket
import subprocess
import sys
from dataclasses import replace

import pytest

from benchmarks.process_use import (
    CpuMeter,
    ProcessSample,
    listener_on,
    own_samples,
    session_samples,
)

ROOT = ProcessSample(10, 1.0, parent=1, own_s=1.0, children_s=0.0, memory_bytes=100)
CHILD = ProcessSample(11, 2.0, parent=10, own_s=5.0, children_s=0.0, memory_bytes=50)


def test_the_living_are_added_up():
    found = CpuMeter().advance([ROOT, CHILD])
    assert (found.cpu_s, found.memory_bytes, found.processes) == (6, 150, 2)


def test_a_child_that_ended_is_in_its_parents_children():
    meter = CpuMeter()
    meter.advance([ROOT, CHILD])
    assert meter.advance([replace(ROOT, children_s=5.25)]).cpu_s == 6.25


def test_a_process_whose_parent_is_outside_takes_nothing_with_it():
    meter = CpuMeter()
    orphan = replace(CHILD, parent=1)
    meter.advance([ROOT, orphan])
    assert meter.advance([ROOT]).cpu_s == 6
    assert meter.advance([ROOT]).cpu_s == 6


def test_the_end_of_the_whole_tree_keeps_its_time():
    meter = CpuMeter()
    meter.advance([ROOT])
    assert meter.advance([]).cpu_s == 1
    assert meter.advance([]).processes == 0


def test_a_new_process_with_an_old_id_is_another_one():
    meter = CpuMeter()
    meter.advance([ROOT])
    assert meter.advance([replace(ROOT, started_s=9.0, own_s=0.5)]).cpu_s == 1.5


def test_this_process_is_seen():
    (sample,) = own_samples()
    assert sample.pid == os.getpid()
    assert sample.own_s > 0
    assert sample.memory_bytes > 0


def test_a_session_is_seen_with_its_children():
    program = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'input()'])"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, start_new_session=True
    ) as process:
        try:
            samples = []
            while len(samples) < 2 and process.poll() is None:
                samples = session_samples(process.pid)()
            assert {sample.parent for sample in samples} >= {os.getpid(), process.pid}
        finally:
            process.communicate(b"\n", timeout=20)


def test_the_process_that_listens_on_a_port_is_found():
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert listener_on(server.getsockname()[1]) == os.getpid()
    assert listener_on(1) is None


@pytest.mark.parametrize("count", [0, 3])
def test_an_empty_tree_has_used_nothing(count):
    meter = CpuMeter()
    assert [meter.advance([]).cpu_s for _ in range(count)] == [0] * count
