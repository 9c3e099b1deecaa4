from pathlib import Path

import pytest

from fraud_core.errors import ConfigError, UnknownSettingError
from sandbox.settings import SandboxSettings


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_DIR", "/data/box")
    monkeypatch.setenv("SANDBOX_KAFKA_PORT", "20001")
    settings = SandboxSettings.from_environment({})
    assert settings.folder == Path("/data/box")
    assert settings.bootstrap_servers == "127.0.0.1:20001"


def test_a_mistyped_name_is_an_error_that_names_the_right_one() -> None:
    with pytest.raises(UnknownSettingError, match=r"SANDBOX_KAFKA_PROT.*SANDBOX_KAFKA_PORT"):
        SandboxSettings.from_environment({"SANDBOX_KAFKA_PROT": "20001"})


def test_a_name_of_somebody_elses_sandbox_is_left_alone() -> None:
    SandboxSettings.from_environment({"SANDBOX_ID": "7", "SANDBOX_MODE": "strict"})


@pytest.mark.parametrize("port", ["many", "80", "65535"])
def test_a_port_that_cannot_be_used_is_an_error_that_names_the_setting(
    monkeypatch: pytest.MonkeyPatch, port: str
) -> None:
    monkeypatch.setenv("SANDBOX_KAFKA_PORT", port)
    with pytest.raises(ConfigError, match=f"SANDBOX_KAFKA_PORT={port}"):
        SandboxSettings.from_environment({})
