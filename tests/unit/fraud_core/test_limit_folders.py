from pathlib import Path

from fraud_core.limit_folders import parents_of_version_2, version_1, version_2


def written(folders):
    return {folder.path: {one.file: one.value for one in folder.settings} for folder in folders}


def test_version_1_has_a_group_for_each_limit_inside_of_our_own():
    own = {"cpu": Path("/c/ours"), "memory": Path("/m/ours")}

    assert written(version_1("faust-0", 0.25, 1_500_000_000, own)) == {
        Path("/c/ours/faust-0"): {"cpu.cfs_period_us": "100000", "cpu.cfs_quota_us": "25000"},
        Path("/m/ours/faust-0"): {
            "memory.limit_in_bytes": "1500000000",
            "memory.memsw.limit_in_bytes": "1500000000",
            "memory.move_charge_at_immigrate": "1",
        },
    }


def test_version_1_makes_no_group_for_a_limit_that_is_not_asked():
    assert [one.path for one in version_1("a", 0.5, None, {"cpu": Path("/c")})] == [Path("/c/a")]


def test_version_1_makes_one_group_where_both_controllers_share_a_mount():
    own = {"cpu": Path("/both"), "memory": Path("/both")}

    (folder,) = version_1("a", 0.5, 1_000_000_000, own)

    assert {"cpu.cfs_quota_us", "memory.limit_in_bytes"} <= {one.file for one in folder.settings}


def test_version_2_has_one_group_and_sends_back_to_our_own():
    (folder,) = version_2("a", 0.05, 1_000_000_000, Path("/g/slice"), Path("/g/slice/session"))

    assert folder.path == Path("/g/slice/a")
    assert folder.home == Path("/g/slice/session")
    assert written([folder])[folder.path] == {
        "cpu.max": "5000 100000",
        "memory.max": "1000000000",
        "memory.swap.max": "0",
        "memory.oom.group": "1",
    }


def test_version_2_looks_upwards_for_a_group_that_gives_the_controllers(tmp_path):
    own = tmp_path / "user" / "session"
    own.mkdir(parents=True)
    (tmp_path / "cgroup.subtree_control").write_text("cpu memory pids\n")
    (tmp_path / "user" / "cgroup.subtree_control").write_text("memory pids\n")
    (own / "cgroup.subtree_control").write_text("\n")

    assert list(parents_of_version_2(own, {"cpu"})) == [tmp_path]
    assert list(parents_of_version_2(own, {"memory"})) == [tmp_path / "user", tmp_path]
    assert list(parents_of_version_2(own, {"io"})) == []
