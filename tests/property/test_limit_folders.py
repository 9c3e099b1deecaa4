from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraud_core.limit_folders import PERIOD_US, version_1, version_2

SIZES = st.floats(0.01, 64), st.none() | st.integers(16_000_000, 10**12)


@given(*SIZES)
def test_both_versions_hold_to_the_same_size(cpu_cores, memory_bytes):
    own = {"cpu": Path("/c"), "memory": Path("/m")}
    first = settings_of(version_1("a", cpu_cores, memory_bytes, own))
    second = settings_of(version_2("a", cpu_cores, memory_bytes, Path("/g"), Path("/g/own")))

    assert second["cpu.max"] == f"{first['cpu.cfs_quota_us']} {first['cpu.cfs_period_us']}"
    assert int(first["cpu.cfs_quota_us"]) / PERIOD_US == pytest.approx(cpu_cores, abs=1e-5)
    assert first.get("memory.limit_in_bytes") == second.get("memory.max")


@given(*SIZES)
def test_a_group_lies_beside_or_below_the_one_that_processes_go_back_to(cpu_cores, memory_bytes):
    own = {"cpu": Path("/c/own"), "memory": Path("/m/own")}
    for folder in version_1("a", cpu_cores, memory_bytes, own):
        assert folder.path.parent == folder.home
    (folder,) = version_2("a", cpu_cores, memory_bytes, Path("/g"), Path("/g/own"))
    assert (folder.path.parent, folder.home) == (Path("/g"), Path("/g/own"))


def settings_of(folders):
    return {one.file: one.value for folder in folders for one in folder.settings}
