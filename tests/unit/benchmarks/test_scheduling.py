import os
from pathlib import Path

import pytest

from benchmarks.scheduling import (
    LongestWait,
    ThreadWait,
    load_waits,
    longest_wait,
    read_waits,
    waited_s,
    write_waits,
)


def wait(at_s, waited, *, role="broker", tid=1, name="net"):
    return ThreadWait(at_s, role, 7, tid, name, waited)


def test_the_second_number_is_the_waiting():
    assert waited_s("532043 2500000000 12\n") == 2.5


def test_the_thread_that_waited_most_of_the_window():
    samples = [
        wait(0, 50),
        wait(0, 3, tid=2, name="io"),
        wait(10, 51),
        wait(10, 5, tid=2, name="io"),
    ]
    assert longest_wait(samples, "broker", 0, 10) == LongestWait("broker", "io", 0.2)


def test_what_was_waited_outside_the_window_does_not_count():
    samples = [wait(0, 0), wait(10, 9), wait(20, 9.5), wait(30, 20)]
    assert longest_wait(samples, "broker", 10, 20).share == pytest.approx(0.05)


def test_other_roles_do_not_count():
    samples = [wait(0, 0, role="engine"), wait(10, 9, role="engine")]
    assert longest_wait(samples, "broker", 0, 10) is None


def test_the_compilers_of_a_jvm_do_not_count():
    name = "C2 CompilerThre"
    assert longest_wait([wait(0, 0, name=name), wait(10, 9, name=name)], "broker", 0, 10) is None


def test_a_thread_seen_once_tells_nothing():
    assert longest_wait([wait(5, 3)], "broker", 0, 10) is None


def test_a_thread_that_came_in_the_window_counts_from_then():
    samples = [wait(5, 0), wait(10, 1)]
    assert longest_wait(samples, "broker", 0, 10).share == pytest.approx(0.2)


def test_samples_are_read_as_they_were_written(tmp_path):
    samples = [wait(1.5, 0.25), wait(6.5, 0.5, role="producer", name='odd,"name')]
    path = tmp_path / "waits.csv"
    with path.open("w", newline="") as file:
        write_waits(file, samples[:1])
        write_waits(file, samples[1:])
    assert load_waits(path) == samples


@pytest.mark.skipif(not Path("/proc/self/schedstat").exists(), reason="the kernel does not tell")
def test_the_threads_of_this_process_are_seen():
    found = read_waits(1.0, "tests", [os.getpid()])
    assert os.getpid() in {one.tid for one in found}
    assert all(one.waited_s >= 0 for one in found)


def test_a_process_that_is_gone_has_no_threads():
    assert read_waits(1.0, "tests", [2**22 + 1]) == []
