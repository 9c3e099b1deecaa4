import pytest

from fraud_core.errors import ConfigError
from fraud_core.instance_size import InstanceLimit, InstanceSize
from fraud_core.systemd_scope import attach_command, start_command


def test_no_option_is_no_limit_and_needs_no_means():
    limit = InstanceLimit("faust-0", InstanceSize.from_options(None, None), "cgroup2")

    assert limit.means == "none"
    limit.hold(1)  # touches nothing
    limit.remove()


def test_a_megabyte_is_a_million_bytes():
    assert InstanceSize.from_options(0.25, 1500) == InstanceSize(0.25, 1_500_000_000)


@pytest.mark.parametrize(("cpu", "memory_mb"), [(0.0, None), (-1.0, None), (0.005, None), (1, 1)])
def test_a_size_that_no_kernel_can_hold_is_refused(cpu, memory_mb):
    with pytest.raises(ConfigError, match="at least"):
        InstanceSize.from_options(cpu, memory_mb)


def test_a_scope_takes_running_processes_and_both_limits():
    command = start_command("a.scope", [7, 8], 0.25, 1_000_000)

    text = " ".join(command)
    assert "StartTransientUnit ssa(sv)a(sa(sv)) a.scope replace 4 PIDs au 2 7 8" in text
    assert "CPUQuotaPerSecUSec t 250000" in text
    assert "MemoryMax t 1000000" in text
    assert text.endswith("MemorySwapMax t 0 0")


def test_a_scope_without_limits_names_its_processes_only():
    assert start_command("a.scope", [7], None, None)[-7:] == [
        "replace",
        "1",
        "PIDs",
        "au",
        "1",
        "7",
        "0",
    ]
    assert attach_command("a.scope", [7])[-4:] == ["a.scope", "", "1", "7"]
