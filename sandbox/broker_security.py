"""What a broker with a log-in needs: a certificate for `localhost`, and users with passwords."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from fraud_core.kafka import KafkaSettings
from sandbox.certificate import HOST, issue_certificate

MECHANISM: Final = "SCRAM-SHA-512"
CLIENT: Final = "fraud"
"""The user of every program of ours."""
ADMIN: Final = "admin"
"""The user as whom the broker talks to itself."""

_PASSWORD_BYTES: Final = 24
_OWNER_ONLY: Final = 0o600


@dataclass(frozen=True, slots=True)
class BrokerSecurity:
    """Files of one sandbox's broker; passwords and keys are readable by their owner only.

    Attributes:
        folder: where they lie.
    """

    folder: Path

    @property
    def authority(self) -> Path:
        """The certificate that clients trust, PEM."""
        return self.folder / "ca.pem"

    @property
    def keystore(self) -> Path:
        """The broker's key and certificate, PEM."""
        return self.folder / "broker.pem"

    @property
    def logins(self) -> Path:
        """Password of each user, JSON."""
        return self.folder / "logins.json"

    def make(self) -> None:
        """Write what is not there yet; a second call changes nothing."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.logins.is_file():
            passwords = {user: secrets.token_urlsafe(_PASSWORD_BYTES) for user in (ADMIN, CLIENT)}
            write_private(self.logins, json.dumps(passwords))
        if not self.authority.is_file():
            issued = issue_certificate()
            write_private(self.keystore, issued.keystore_pem)
            self.authority.write_text(issued.authority_pem)

    def passwords(self) -> dict[str, str]:
        """Password of each user."""
        return dict(json.loads(self.logins.read_text()))

    def client_settings(self, port: int) -> KafkaSettings:
        """How a program of ours reaches the broker."""
        return KafkaSettings(
            bootstrap_servers=f"{HOST}:{port}",
            security_protocol="SASL_SSL",
            sasl_mechanism=MECHANISM,
            sasl_username=CLIENT,
            sasl_password=SecretStr(self.passwords()[CLIENT]),
            ssl_ca_location=str(self.authority),
        )

    def broker_settings(self) -> dict[str, str]:
        """The broker's settings in Kafka's own names; one of them is a password."""
        login = f'username="{ADMIN}" password="{self.passwords()[ADMIN]}"'
        module = "org.apache.kafka.common.security.scram.ScramLoginModule"
        return {
            "listener.security.protocol.map": "SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT",
            "sasl.enabled.mechanisms": MECHANISM,
            "sasl.mechanism.inter.broker.protocol": MECHANISM,
            "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config": f"{module} required {login};",
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(self.keystore),
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": str(self.authority),
        }

    def format_arguments(self) -> str:
        """The users as arguments of Kafka's formatting tool, one a line.

        It reads them from a file that is named with `@`: a command line is seen by everybody.
        """
        return "".join(
            f"--add-scram\n{MECHANISM}=[name={user},password={password}]\n"
            for user, password in self.passwords().items()
        )


def write_private(path: Path, text: str) -> None:
    """Write a file that nobody else can read, not even for a moment."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
