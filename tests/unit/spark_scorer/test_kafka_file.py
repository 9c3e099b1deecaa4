import pytest

from fraud_core.errors import ConfigError, UnknownSettingError
from sandbox.certificate import issue_certificate
from spark_scorer.kafka_file import parse_lines, read_kafka_file

LOGIN = """\
# as the environment has it
KAFKA_BOOTSTRAP_SERVERS=broker:9091
KAFKA_SECURITY_PROTOCOL=SASL_SSL

KAFKA_SASL_USERNAME=fraud
KAFKA_SASL_PASSWORD=p=w "#' x
KAFKA_SSL_CA_LOCATION=ca.pem
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "ca.pem").write_text(issue_certificate().authority_pem)
    return tmp_path


def read(folder, text):
    path = folder / "kafka.env"
    path.write_text(text)
    return read_kafka_file(path, lambda name: folder / name)


def test_a_value_is_taken_as_it_is(folder):
    settings = read(folder, LOGIN)
    assert settings.sasl_password.get_secret_value() == "p=w \"#' x"
    assert settings.bootstrap_servers == "broker:9091"


def test_the_authority_travels_as_text_and_both_clients_get_it(folder):
    settings = read(folder, LOGIN)
    text = (folder / "ca.pem").read_text()
    assert settings.ssl_ca_location == ""
    assert settings.as_librdkafka()["ssl.ca.pem"] == text
    assert settings.as_java()["kafka.ssl.truststore.type"] == "PEM"
    assert settings.as_java()["kafka.ssl.truststore.certificates"] == text


def test_the_environment_of_the_driver_is_not_mixed_in(folder, monkeypatch):
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "elsewhere:1")
    monkeypatch.setenv("KAFKA_SECURITY_PROTOCOL", "SSL")
    settings = read(folder, "KAFKA_BOOTSTRAP_SERVERS=broker:9092\n")
    assert settings.bootstrap_servers == "broker:9092"
    assert settings.security_protocol == "PLAINTEXT"


@pytest.mark.parametrize("line", ["export KAFKA_SASL_PASSWORD=secret", "secret", "PASSWORD=secret"])
def test_a_line_that_is_no_setting_is_named_by_its_number_only(line):
    with pytest.raises(ConfigError, match=r"line 2 of kafka\.env") as caught:
        parse_lines(f"\n{line}\n", "kafka.env")
    assert "secret" not in str(caught.value)


def test_a_mistyped_name_names_the_file_and_the_nearest_one(folder):
    with pytest.raises(UnknownSettingError, match=r"kafka\.env sets .*KAFKA_BOOTSTRAP_SERVERS"):
        read(folder, "KAFKA_BOOTSTRAP_SERVER=broker:9092\n")


def test_a_certificate_that_did_not_come_along_is_an_error(folder):
    (folder / "ca.pem").unlink()
    with pytest.raises(ConfigError, match=r"KAFKA_SSL_CA_LOCATION=.*ca\.pem cannot be read"):
        read(folder, LOGIN)
