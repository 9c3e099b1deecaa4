from types import SimpleNamespace

import pytest

from fraud_cloud.errors import ConfigError
from fraud_core.kafka import KafkaSettings
from fraud_yandex.kafka_access import KafkaAccess
from spark_scorer.kafka_file import parse_lines

AWKWARD = "p@ss w$rd'\"\\`%=#"
EXTRA = {
    "security_protocol": "SASL_SSL",
    "sasl_mechanism": "SCRAM-SHA-512",
    "ca_key": "code/ca.pem",
}


def connection(**changes):
    found = {"conn_id": "fraud_kafka", "host": "b-1:9091,b-2:9091", "login": "fraud-benchmark"}
    return SimpleNamespace(**found | {"password": AWKWARD, "extra_dejson": EXTRA} | changes)


@pytest.fixture
def access():
    return KafkaAccess.from_connection(connection())


def test_our_clients_read_the_variables(access, tmp_path):
    authority = tmp_path / "ca.pem"
    authority.write_text("-----BEGIN CERTIFICATE-----\n")
    settings = KafkaSettings.from_environment(access.as_variables(authority))
    assert settings.bootstrap_servers == "b-1:9091,b-2:9091"
    assert (settings.sasl_username, settings.security_protocol) == ("fraud-benchmark", "SASL_SSL")
    assert settings.sasl_password.get_secret_value() == AWKWARD


def test_a_spark_job_reads_the_same_from_its_file(access):
    found = parse_lines(access.as_file(), "kafka.env")
    assert found == access.as_variables("ca.pem")


def test_a_broker_without_a_login_needs_no_more_than_its_address():
    plain = connection(login=None, password=None, extra_dejson={})
    access = KafkaAccess.from_connection(plain)
    assert KafkaSettings.from_environment(access.as_variables(None)).uses_sasl is False


def test_the_password_is_not_shown(access):
    assert AWKWARD not in repr(access)


def test_a_connection_without_brokers_is_named():
    with pytest.raises(ConfigError, match="fraud_kafka has no host"):
        KafkaAccess.from_connection(connection(host=""))
