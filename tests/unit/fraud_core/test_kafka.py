import logging

import pytest
from pydantic import SecretStr

from fraud_core.errors import ConfigError, UnknownSettingError
from fraud_core.kafka import SANDBOX_BOOTSTRAP_SERVERS, KafkaSettings

SECURE = KafkaSettings(
    bootstrap_servers="a:9091,b:9091",
    security_protocol="SASL_SSL",
    sasl_username="fraud",
    sasl_password=SecretStr('p"w'),
    ssl_ca_location="/etc/ca.pem",
)


def test_a_plain_broker_needs_only_an_address(monkeypatch):
    monkeypatch.delenv("KAFKA_BOOTSTRAP_SERVERS", raising=False)
    assert KafkaSettings.from_environment({}).bootstrap_servers == SANDBOX_BOOTSTRAP_SERVERS


def test_a_mistyped_setting_names_the_nearest_known_one():
    with pytest.raises(UnknownSettingError, match="did you mean KAFKA_BOOTSTRAP_SERVERS"):
        KafkaSettings.from_environment({"KAFKA_BOOTSTRAP_SERVER": "x:1"})


def test_a_value_that_is_not_allowed_names_its_setting(monkeypatch):
    monkeypatch.setenv("KAFKA_SECURITY_PROTOCOL", "TLS")
    with pytest.raises(ConfigError, match="KAFKA_SECURITY_PROTOCOL"):
        KafkaSettings.from_environment()


def test_a_login_without_a_password_is_refused(monkeypatch):
    monkeypatch.setenv("KAFKA_SECURITY_PROTOCOL", "SASL_SSL")
    monkeypatch.setenv("KAFKA_SASL_USERNAME", "fraud")
    with pytest.raises(ConfigError, match="KAFKA_SASL_PASSWORD"):
        KafkaSettings.from_environment()


def test_librdkafka_gets_its_own_names():
    assert SECURE.as_librdkafka() == {
        "bootstrap.servers": "a:9091,b:9091",
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "fraud",
        "sasl.password": 'p"w',
        "ssl.ca.location": "/etc/ca.pem",
    }


def test_java_gets_a_login_module_with_quoted_values():
    java = SECURE.as_java()
    assert java["kafka.sasl.jaas.config"].endswith('username="fraud" password="p\\"w";')
    assert java["kafka.ssl.truststore.type"] == "PEM"
    assert "kafka.ssl.endpoint.identification.algorithm" not in java  # the host name check stays on


def test_aiokafka_gets_a_list_of_brokers(tmp_path):
    plain = KafkaSettings(bootstrap_servers="a:1,b:2").as_aiokafka()
    assert plain == {"bootstrap_servers": ["a:1", "b:2"], "security_protocol": "PLAINTEXT"}


def test_the_password_is_masked_when_printed():
    assert 'p"w' not in repr(SECURE)


def test_settings_survive_the_environment():
    plain = KafkaSettings(bootstrap_servers="a:1")
    assert plain.as_environment() == {"KAFKA_BOOTSTRAP_SERVERS": "a:1"}
    found = KafkaSettings.from_environment(SECURE.as_environment() | {"KAFKA_SSL_CA_LOCATION": ""})
    assert found == SECURE.model_copy(update={"ssl_ca_location": ""})


def test_only_the_variables_that_are_given_count(monkeypatch):
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "elsewhere:1")
    assert KafkaSettings.from_environment({}).bootstrap_servers == SANDBOX_BOOTSTRAP_SERVERS


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "No such file"), (b"\xff\xfe", "not a text file"), (b"none", "holds no certificate")],
)
def test_an_authoritys_file_that_is_none_is_an_error_before_any_client(tmp_path, content, reason):
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=reason):
        KafkaSettings.from_environment({"KAFKA_SSL_CA_LOCATION": str(path)})


def test_an_authority_in_two_places_is_refused():
    names = {"KAFKA_SSL_CA_LOCATION": "/etc/ca.pem", "KAFKA_SSL_CA_PEM": "x"}
    with pytest.raises(ConfigError, match="both set"):
        KafkaSettings.from_environment(names)


def test_producers_partition_as_java_does_and_lose_nothing():
    producer = KafkaSettings().as_producer(linger_ms=5)
    assert producer["partitioner"] == "murmur2_random"
    assert producer["acks"] == "all"
    assert producer["linger.ms"] == 5


@pytest.mark.parametrize(("level", "client_level"), [(logging.INFO, 0), (logging.DEBUG, 6)])
def test_the_client_writes_its_own_lines_only_where_all_are_asked_for(caplog, level, client_level):
    caplog.set_level(level, logger="fraud_core")
    plain = KafkaSettings()
    for made in (plain.as_admin(), plain.as_producer(), plain.as_consumer("group")):
        assert made["log_level"] == client_level
