import pytest

from benchmarks.doctor import Finding, checkup, refuse_illness, settings_found
from fraud_core.errors import SurroundingsError


def found(monkeypatch, **environment):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return {one.what: one.text for one in settings_found(environment)}


def test_each_setting_has_its_value_and_its_source(monkeypatch):
    monkeypatch.delenv("KAFKA_BOOTSTRAP_SERVERS", raising=False)
    settings = found(monkeypatch, KAFKA_SASL_USERNAME="me")
    assert settings["KAFKA_SASL_USERNAME"] == "me (environment)"
    assert settings["KAFKA_BOOTSTRAP_SERVERS"] == "127.0.0.1:19092 (default)"


def test_secrets_are_masked(monkeypatch):
    settings = found(
        monkeypatch,
        KAFKA_SASL_PASSWORD="geheim",  # noqa: S106  # a made-up one
        MLFLOW_TRACKING_URI="https://me:geheim@host:15000",
    )
    assert settings["KAFKA_SASL_PASSWORD"].startswith("******** (")
    assert settings["MLFLOW_TRACKING_URI"] == "https://me:********@host:15000 (environment)"


def test_a_mistyped_setting_is_named(monkeypatch):
    assert (
        "did you mean KAFKA_BOOTSTRAP_SERVERS?"
        in found(monkeypatch, KAFKA_BOOTSTRAP_SERVER="x")["settings"]
    )


def test_what_is_missing_is_exit_code_five_and_a_note_is_not():
    notes = [Finding("Java", "note", "not found"), Finding("disk", "ok", "9 GB")]
    refuse_illness(notes)
    assert checkup(notes).splitlines() == ["note    Java  not found", "ok      disk  9 GB"]
    with pytest.raises(SurroundingsError, match="not ready: broker") as caught:
        refuse_illness([*notes, Finding("broker", "missing", "no answer")])
    assert caught.value.exit_code == 5
