from dataclasses import replace

import pytest

from fraud_core.errors import ConfigError
from fraud_core.instance_size import InstanceSize
from fraud_core.memory_check import StateRows, check_memory, memory_room_bytes, room_bytes_of
from tests.streams import END_S, artifact_of

GIB = 1024**3


MEMINFO = "MemTotal: 9999 kB\nMemFree: 10 kB\nMemAvailable: 1000 kB\n"


def group(folder, **limits):
    """A group at the end of a chain, with limits by depth."""
    path = folder
    for name, limit in limits.items():
        path = path / name
        path.mkdir()
        for file in ("memory.max", "memory.limit_in_bytes"):
            (path / file).write_text(f"{limit}\n")
    return path


@pytest.mark.parametrize("controller", ["", "memory"])
def test_the_least_limit_of_a_group_and_of_those_above_counts(controller, tmp_path):
    groups = {controller: group(tmp_path, upper=600_000, lower=700_000)}
    assert room_bytes_of(MEMINFO, groups) == 600_000


def test_without_a_limit_there_is_what_the_machine_has_available(tmp_path):
    assert room_bytes_of(MEMINFO, {}) == 1000 * 1024
    assert room_bytes_of(MEMINFO, {"": group(tmp_path, own="max")}) == 1000 * 1024


def test_a_limit_above_what_the_machine_has_changes_nothing(tmp_path):
    groups = {"memory": group(tmp_path, own=9223372036854771712)}
    assert room_bytes_of(MEMINFO, groups) == 1000 * 1024


def test_this_process_finds_some_memory():
    assert memory_room_bytes() > 10_000_000


def test_each_process_has_the_outcomes_and_one_has_a_customers_windows():
    rows = StateRows(entries=1_000_000, outcomes=1_000_000)
    one, two = rows.bytes_of(1), rows.bytes_of(2)
    assert 60e6 < one < 70e6
    assert one < two < 2 * one


def test_the_course_needs_more_than_a_gibibyte_in_each_process():
    rows = StateRows(entries=47_000_000, outcomes=47_000_000)
    assert 1.2 * GIB < rows.bytes_of(3) - rows.bytes_of(2) < 1.5 * GIB


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


def test_a_state_that_is_more_than_the_size_of_its_instances_leaves_is_refused(tmp_path):
    artifact = artifact_of(tmp_path, entries=[(1, END_S - n, 5) for n in range(1000)])
    size = InstanceSize(memory_bytes=200_048_000)
    check_memory(artifact, each_bytes=size.state_bytes(200_000_000))
    with pytest.raises(ConfigError, match=r"give each more memory.*--customers-share 0\.5`"):
        check_memory(artifact, each_bytes=size.state_bytes(200_023_990))
    assert size.state_bytes(300_000_000) is None  # refused once it is ready
    assert InstanceSize().state_bytes(1) is None
