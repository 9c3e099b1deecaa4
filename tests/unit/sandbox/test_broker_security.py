import ssl
import stat
from pathlib import Path

import pytest

from sandbox.broker_config import BrokerFiles, format_command, server_properties
from sandbox.broker_security import ADMIN, CLIENT, BrokerSecurity, write_private
from sandbox.certificate import issue_certificate


@pytest.fixture
def security(tmp_path: Path) -> BrokerSecurity:
    made = BrokerSecurity(tmp_path / "kafka-secure")
    made.make()
    return made


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_clients_log_in_over_tls_under_the_name_of_the_certificate(security):
    properties = server_properties(20_001, Path("data"), security)
    assert properties["listeners"] == "SASL_SSL://127.0.0.1:20001,CONTROLLER://127.0.0.1:20002"
    assert properties["advertised.listeners"] == "SASL_SSL://localhost:20001"
    assert properties["inter.broker.listener.name"] == "SASL_SSL"
    assert not [name for name in properties if "endpoint.identification" in name]


def test_passwords_are_random_and_stay_the_same(security, tmp_path):
    first = security.passwords()
    security.make()
    other = BrokerSecurity(tmp_path / "other")
    other.make()
    everyone = [*first.values(), *other.passwords().values()]
    assert security.passwords() == first
    assert len(set(everyone)) == 4
    assert min(map(len, everyone)) >= 32


def test_keys_and_passwords_are_their_owners(security):
    assert mode(security.logins) == mode(security.keystore) == 0o600
    assert "PRIVATE" not in security.authority.read_text()


def test_a_private_file_that_was_open_to_others_is_closed(tmp_path):
    path = tmp_path / "server.properties"
    path.write_text("old")
    path.chmod(0o644)
    write_private(path, "new")
    assert (path.read_text(), mode(path)) == ("new", 0o600)


def test_users_reach_the_formatting_tool_by_a_file(security):
    files = BrokerFiles(security.folder, is_secure=True)
    command = format_command("java", "jars", files, "id")
    passwords = security.passwords()
    assert not [part for part in command for one in passwords.values() if one in part]
    assert command[-1] == f"@{files.format_arguments}"
    lines = security.format_arguments().splitlines()
    assert [lines[0], lines[2]] == ["--add-scram"] * 2
    assert lines[3] == f"SCRAM-SHA-512=[name={CLIENT},password={passwords[CLIENT]}]"


def test_the_settings_of_a_client_are_those_of_an_ordinary_user(security):
    client = security.client_settings(20_001)
    assert client.bootstrap_servers == "localhost:20001"
    assert client.sasl_username == CLIENT != ADMIN
    assert client.sasl_password.get_secret_value() == security.passwords()[CLIENT]
    assert client.ssl_ca_location == str(security.authority)


def test_the_certificate_is_accepted_under_its_name_and_under_no_other(tmp_path):
    issued = issue_certificate("broker.example")
    (tmp_path / "keystore.pem").write_text(issued.keystore_pem)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(tmp_path / "keystore.pem")
    client = ssl.create_default_context(cadata=issued.authority_pem)
    shake_hands(client, server, "broker.example")
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        shake_hands(client, server, "localhost")
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(ssl.create_default_context(), server, "broker.example")


def shake_hands(client: ssl.SSLContext, server: ssl.SSLContext, host: str) -> None:
    """TLS between two buffers, without a socket."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server, server_hostname=host),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    while ends:
        for end in list(ends):
            try:
                end.do_handshake()
                ends.remove(end)
            except ssl.SSLWantReadError:
                continue
