"""The other tests run the commands in their own process: this is what a shell sees of one."""

from __future__ import annotations

from fraud_cloud.services import KAFKA
from tests.cloud.conftest import Commands
from tests.cloud_double.double import CloudDouble


def test_a_command_ends_with_its_exit_code_its_lines_and_no_traceback(
    cloud: CloudDouble, commands: Commands
):
    cloud.add(KAFKA, "left-behind")
    where = ("--roots", str(commands.roots), "--records", str(commands.records))
    process = commands.process("verify", *where)

    said, error = process.communicate(timeout=120)

    assert process.returncode == 3
    assert "left-behind" in said
    assert error.startswith("error: 1 left that bill")
    assert "Traceback" not in error
