from dataclasses import replace

import pytest

from fraud_core.errors import ConfigError
from fraud_core.memory_check import StateRows, check_memory, memory_room_bytes
from tests.streams import END_S, artifact_of

GIB = 1024**3


def machine(root, available_kb, groups, limits):
    """A file system with what a process reads of its memory."""
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/meminfo").write_text(f"MemTotal: 99 kB\nMemAvailable: {available_kb} kB\n")
    (root / "proc/self/cgroup").write_text(groups)
    for name, text in limits.items():
        file = root / "sys/fs/cgroup" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return root


def test_without_a_limit_there_is_what_the_machine_has_available(tmp_path):
    root = machine(tmp_path, 1000, "0::/a/b\n", {"a/b/memory.max": "max\n"})
    assert memory_room_bytes(root) == 1000 * 1024


def test_the_least_limit_of_the_groups_above_counts_in_version_2(tmp_path):
    limits = {"a/b/memory.max": "700000\n", "a/memory.max": "600000\n"}
    assert memory_room_bytes(machine(tmp_path, 1000, "0::/a/b\n", limits)) == 600_000


def test_the_limit_counts_in_version_1(tmp_path):
    groups = "5:cpu:/c\n4:memory:/m\n0::/\n"
    limits = {
        "memory/m/memory.limit_in_bytes": "500000\n",
        "memory/memory.limit_in_bytes": "9" * 18,
    }
    assert memory_room_bytes(machine(tmp_path, 1000, groups, limits)) == 500_000


def test_in_a_container_the_limit_stands_at_the_root_of_the_mount(tmp_path):
    root = machine(tmp_path, 1000, "0::/the/hosts/path\n", {"memory.max": "400000\n"})
    assert memory_room_bytes(root) == 400_000


def test_this_process_finds_some_memory():
    assert memory_room_bytes() > 10_000_000


def test_each_process_has_the_outcomes_and_one_has_a_customers_windows():
    rows = StateRows(entries=1_000_000, outcomes=1_000_000)
    one, two = rows.bytes_of(1), rows.bytes_of(2)
    assert 60e6 < one < 70e6
    assert one < two < 2 * one


def test_the_course_needs_more_than_a_gibibyte_in_each_process():
    rows = StateRows(entries=47_000_000, outcomes=47_000_000)
    assert GIB < rows.bytes_of(3) - rows.bytes_of(2) < 1.2 * GIB


def test_a_state_that_does_not_fit_is_refused_with_the_share_that_does(tmp_path):
    artifact = artifact_of(tmp_path, entries=[(1, END_S - n, 5) for n in range(1000)])
    check_memory(artifact, room_bytes=48_000)
    with pytest.raises(ConfigError, match=r"1,000 window entries.*--customers-share 0\.5`"):
        check_memory(artifact, room_bytes=24_010)
    half = replace(artifact, manifest=artifact.manifest.model_copy(update={"customers_share": 0.5}))
    with pytest.raises(ConfigError, match=r"--customers-share 0\.25`"):
        check_memory(half, room_bytes=24_010)


def test_more_processes_need_more(tmp_path):
    artifact = artifact_of(tmp_path, entries=[(1, END_S - n, 5) for n in range(1000)])
    with pytest.raises(ConfigError, match="in 2 scoring processes"):
        check_memory(artifact, processes=2, room_bytes=48_000)
