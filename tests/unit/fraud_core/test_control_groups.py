from pathlib import Path

from fraud_core.control_groups import (
    GroupCounters,
    counters,
    family,
    folders_of,
    hierarchies,
    members,
    started_ticks,
)

JOINT = (
    "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
    "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:9 - cgroup cgroup rw,cpu,cpuacct\n"
    "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
)
UNIFIED = "41 31 0:38 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw,nsdelegate\n"


def test_cpu_and_memory_are_found_where_two_controllers_share_a_mount():
    membership = "3:cpu,cpuacct:/jobs/7\n2:memory:/\n0::/init.scope\n"

    assert folders_of(membership, hierarchies(JOINT)) == {
        "cpu": Path("/sys/fs/cgroup/cpu,cpuacct/jobs/7"),
        "memory": Path("/sys/fs/cgroup/memory"),
    }


def test_one_folder_is_found_where_all_controllers_share_a_tree():
    membership = "0::/user.slice/user-7.slice/session-2.scope\n"

    assert folders_of(membership, hierarchies(UNIFIED)) == {
        "": Path("/sys/fs/cgroup/user.slice/user-7.slice/session-2.scope")
    }


def test_a_container_sees_its_own_group_at_the_mount_point():
    inside = "32 31 0:29 /docker/ab /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu\n"

    assert folders_of("1:cpu:/docker/ab\n", hierarchies(inside)) == {
        "cpu": Path("/sys/fs/cgroup/cpu")
    }


def test_a_group_outside_of_the_namespace_is_not_climbed_to():
    assert folders_of("0::/../../other\n", hierarchies(UNIFIED)) == {"": Path("/sys/fs/cgroup")}


def test_a_blank_in_a_mount_point_is_read():
    (found,) = hierarchies("41 31 0:38 / /mnt/my\\040groups rw - cgroup2 none rw\n")

    assert found.mount == Path("/mnt/my groups")


def test_throttling_is_read_in_the_unit_of_each_version(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    (first / "cpu.stat").write_text("nr_periods 40\nnr_throttled 30\nthrottled_time 2500000000\n")
    (first / "memory.oom_control").write_text("oom_kill_disable 0\nunder_oom 0\noom_kill 2\n")
    (second / "cpu.stat").write_text("nr_periods 40\nnr_throttled 30\nthrottled_usec 2500000\n")
    (second / "memory.events").write_text("low 0\noom 3\noom_kill 2\n")
    expected = GroupCounters(periods=40, throttled=30, throttled_s=2.5, oom_kills=2)

    assert counters({"cpu": first, "memory": first}) == expected
    assert counters({"": second}) == expected


def test_a_group_that_is_gone_has_counted_nothing(tmp_path):
    assert counters({"cpu": tmp_path / "gone"}) == GroupCounters(None, None, None, None)
    assert members(tmp_path / "gone") == []


def test_a_family_holds_parents_before_children_and_no_ended_process(tmp_path):
    for pid, state, parent in ((10, "S", 1), (11, "S", 10), (12, "Z", 10), (13, "R", 11)):
        (tmp_path / str(pid)).mkdir()
        fields = [state, str(parent), *["0"] * 17, str(1000 + pid), "0"]
        (tmp_path / str(pid) / "stat").write_text(f"{pid} (a (b) c) {' '.join(fields)}\n")

    assert family(10, tmp_path) == [10, 11, 13]
    assert started_ticks(13, tmp_path) == 1013
    assert started_ticks(12, tmp_path) is None
    assert started_ticks(99, tmp_path) is None
