import os
import threading

import pytest

from benchmarks.thread_use import cpu_between, parse_stat, read_threads

STAT = "4711 (Executor task (x) l) S 1 1 1 0 -1 4194368 9 0 0 0 150 50 0 0 20 0 30 0 1 1 1 1"


def test_a_name_may_hold_brackets() -> None:
    name, cpu_s = parse_stat(STAT)
    assert name == "Executor task (x) l"
    assert cpu_s == pytest.approx(200 / os.sysconf("SC_CLK_TCK"))


def test_threads_with_one_name_and_several_numbers_are_one_kind() -> None:
    before = {(1, 1): ("G1 Conc#0", 1.0), (1, 2): ("G1 Conc#1", 1.0)}
    after = {
        (1, 1): ("G1 Conc#0", 2.0),
        (1, 2): ("G1 Conc#1", 4.0),
        (1, 3): ("task-12", 0.5),
        (2, 4): ("python", 3.0),
    }
    assert cpu_between(before, after, {1: "JVM", 2: "Python"}) == {
        ("JVM", "G1 Conc"): 4.0,
        ("JVM", "task"): 0.5,
        ("Python", "python"): 3.0,
    }


def test_a_name_that_is_a_number_is_kept() -> None:
    assert cpu_between({}, {(1, 1): ("42", 1.0)}, {1: "x"}) == {("x", "42"): 1.0}


def test_our_own_threads_are_read() -> None:
    found = read_threads([os.getpid(), 2**22 + 1])
    assert (os.getpid(), threading.main_thread().native_id) in found
