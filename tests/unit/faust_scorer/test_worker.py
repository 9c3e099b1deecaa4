from pathlib import Path

from faust.auth import SASLCredentials, SSLCredentials
from pydantic import SecretStr

from faust_scorer.app import credentials
from faust_scorer.settings import WorkerSettings, command_line, settings_from
from fraud_core.kafka import KafkaSettings


def test_a_workers_settings_survive_its_command_line():
    settings = WorkerSettings(Path("a b/ü"), "p-", "group", "faust-1", 5.0, 500, 0.01)
    assert settings_from(command_line(settings)[3:]) == settings


def test_an_open_broker_needs_no_credentials():
    assert credentials(KafkaSettings(bootstrap_servers="h:1")) is None


def test_a_login_over_tls_is_spelled_for_faust():
    kafka = KafkaSettings(
        security_protocol="SASL_SSL", sasl_username="u", sasl_password=SecretStr("p")
    )
    found = credentials(kafka)
    assert isinstance(found, SASLCredentials)
    assert found.protocol.value == "SASL_SSL"
    assert found.ssl_context.check_hostname
    assert isinstance(credentials(KafkaSettings(security_protocol="SSL")), SSLCredentials)
