"""How programs reach Kafka, from Airflow's connection: variables here, a file for Spark. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fraud_cloud.errors import ConfigError


@dataclass(frozen=True)
class KafkaAccess:
    """The connection `fraud_kafka`.

    Attributes:
        bootstrap_servers: brokers as host:port, separated by commas.
        security_protocol: as librdkafka names it.
        sasl_mechanism: how to log in.
        username: of the user.
        password: of that user; it is never shown.
        ca_key: object with the certificate of the authority; empty for none.
    """

    bootstrap_servers: str
    security_protocol: str = "PLAINTEXT"
    sasl_mechanism: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    ca_key: str = ""

    @classmethod
    def from_connection(cls, found: Any) -> KafkaAccess:  # noqa: ANN401  # Airflow's Connection
        """Read Airflow's connection.

        Raises:
            ConfigError: it names no broker.
        """
        if not found.host:
            raise ConfigError(
                f"the connection {found.conn_id} has no host: it holds the brokers as host:port"
            )
        extra = found.extra_dejson
        return cls(
            bootstrap_servers=found.host,
            security_protocol=extra.get("security_protocol", "PLAINTEXT"),
            sasl_mechanism=extra.get("sasl_mechanism", ""),
            username=found.login or "",
            password=found.password or "",
            ca_key=extra.get("ca_key", ""),
        )

    def as_variables(self, authority: Path | str | None) -> dict[str, str]:
        """The variables that every program of ours reads, the password among them.

        Args:
            authority: file with the authority's certificate; None for none.
        """
        values = {
            "KAFKA_BOOTSTRAP_SERVERS": self.bootstrap_servers,
            "KAFKA_SECURITY_PROTOCOL": self.security_protocol,
            "KAFKA_SASL_MECHANISM": self.sasl_mechanism,
            "KAFKA_SASL_USERNAME": self.username,
            "KAFKA_SASL_PASSWORD": self.password,
            "KAFKA_SSL_CA_LOCATION": str(authority) if authority else "",
        }
        return {name: value for name, value in values.items() if value}

    def as_file(self) -> str:
        """The same as the file that travels with a Spark job, beside the certificate."""
        values = self.as_variables(self.ca_key.rpartition("/")[2])
        return "".join(f"{name}={value}\n" for name, value in values.items())
