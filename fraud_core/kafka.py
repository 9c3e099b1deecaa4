"""One set of Kafka client settings, spelled for librdkafka, aiokafka and Java.

Names are librdkafka's, upper case, dots as underscores, behind `KAFKA_`:
`KAFKA_BOOTSTRAP_SERVERS`, `KAFKA_SECURITY_PROTOCOL`, `KAFKA_SASL_MECHANISM`, ...
"""

from __future__ import annotations

import difflib
import logging
import os
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from fraud_core.errors import ConfigError, UnknownSettingError
from fraud_core.topics import LARGEST_INPUT_BYTES, LARGEST_RECORD_BYTES

SANDBOX_BOOTSTRAP_SERVERS = "127.0.0.1:19092"

_SILENT, _TALKATIVE = 0, 6
"""librdkafka's log levels are syslog's; 6 is its own default."""

_PREFIX = "KAFKA_"
# Broker images and Kafka's own scripts read these; they are not meant for a client.
_FOREIGN_NAMES = frozenset({"KAFKA_HOME", "KAFKA_OPTS", "KAFKA_HEAP_OPTS", "KAFKA_LOG4J_OPTS"})


class KafkaSettings(BaseModel):
    """How every process of ours reaches the broker. Immutable; secrets are masked when printed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    bootstrap_servers: str = Field(
        SANDBOX_BOOTSTRAP_SERVERS, description="host:port of one or more brokers, comma separated"
    )
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="how the connection is secured"
    )
    sasl_mechanism: Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"] = Field(
        "SCRAM-SHA-512", description="how we log in; only with SASL_*"
    )
    sasl_username: str = Field("", description="user; needed with SASL_*")
    sasl_password: SecretStr = Field(SecretStr(""), description="password; needed with SASL_*")
    ssl_ca_location: str = Field(
        "", description="PEM file of the authority that signed the broker's certificate"
    )
    ssl_ca_pem: str = Field(
        "", description="content of such a file, where a file's path is not the same everywhere"
    )

    @model_validator(mode="after")
    def _is_complete(self) -> KafkaSettings:
        if self.uses_sasl and not (self.sasl_username and self.sasl_password.get_secret_value()):
            message = (
                f"KAFKA_SECURITY_PROTOCOL={self.security_protocol} needs KAFKA_SASL_USERNAME "
                "and KAFKA_SASL_PASSWORD"
            )
            raise ValueError(message)
        if self.ssl_ca_location and self.ssl_ca_pem:
            message = "KAFKA_SSL_CA_LOCATION and KAFKA_SSL_CA_PEM are both set: unset one of them"
            raise ValueError(message)
        return self

    @property
    def uses_sasl(self) -> bool:
        """True when a user logs in."""
        return self.security_protocol.startswith("SASL_")

    @property
    def uses_tls(self) -> bool:
        """True when the connection is encrypted."""
        return self.security_protocol.endswith("SSL")

    @classmethod
    def from_environment(
        cls, environment: Mapping[str, str] | None = None, *, where: str = "the environment"
    ) -> KafkaSettings:
        """Read the settings from `KAFKA_*`.

        Args:
            environment: variables by name; the process's own by default.
            where: they come from, for errors.

        Raises:
            UnknownSettingError: a `KAFKA_*` name that nothing reads.
            ConfigError: a value that is not allowed, or a file that is not there.
        """
        given = os.environ if environment is None else environment
        _refuse_unknown_names(given, where)
        named = {field: f"{_PREFIX}{field.upper()}" for field in cls.model_fields}
        try:
            settings = cls.model_validate(
                {field: given[name] for field, name in named.items() if name in given}
            )
        except ValidationError as error:
            first = error.errors()[0]
            field = "".join(str(part) for part in first["loc"]).upper()
            name = f"{_PREFIX}{field}: " if field else ""
            raise ConfigError(f"{name}{first['msg'].removeprefix('Value error, ')}") from None
        settings.require_files()
        return settings

    def require_files(self) -> None:
        """Check that the authority's file can be read: clients only say that they cannot connect.

        Raises:
            ConfigError: it cannot.
        """
        if self.ssl_ca_location:
            _read_ca(self.ssl_ca_location)

    def with_ca_as_text(self) -> KafkaSettings:
        """The same settings for another machine: the certificate itself in place of its path.

        Raises:
            ConfigError: the file cannot be read.
        """
        if not self.ssl_ca_location:
            return self
        text = _read_ca(self.ssl_ca_location)
        return self.model_copy(update={"ssl_ca_location": "", "ssl_ca_pem": text})

    def as_environment(self) -> dict[str, str]:
        """The variables that `from_environment` reads these settings from, secrets included."""
        found = {"KAFKA_BOOTSTRAP_SERVERS": self.bootstrap_servers}
        for field in self.model_fields_set:
            value = getattr(self, field)
            text = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
            found[f"{_PREFIX}{field.upper()}"] = text
        return {name: value for name, value in sorted(found.items()) if value}

    def as_librdkafka(self) -> dict[str, Any]:
        """Connection settings for confluent-kafka clients."""
        settings: dict[str, Any] = {
            "bootstrap.servers": self.bootstrap_servers,
            "security.protocol": self.security_protocol,
        }
        if self.uses_sasl:
            settings |= {
                "sasl.mechanism": self.sasl_mechanism,
                "sasl.username": self.sasl_username,
                "sasl.password": self.sasl_password.get_secret_value(),
            }
        if self.uses_tls and self.ssl_ca_location:
            settings["ssl.ca.location"] = self.ssl_ca_location
        if self.uses_tls and self.ssl_ca_pem:
            settings["ssl.ca.pem"] = self.ssl_ca_pem
        return settings

    def as_admin(self) -> dict[str, Any]:
        """Settings of every confluent-kafka client of ours; a client for questions needs no more.

        Without a broker librdkafka writes a line to stderr several times a second, and our error
        says the same once; whoever asks for all log lines gets them.
        """
        wants_all = logging.getLogger("fraud_core").isEnabledFor(logging.DEBUG)
        return self.as_librdkafka() | {"log_level": _TALKATIVE if wants_all else _SILENT}

    def as_producer(self, **overrides: str | int | bool) -> dict[str, Any]:
        """Settings of every confluent-kafka producer of ours.

        `murmur2_random` is what Java clients and aiokafka do; librdkafka's own default agrees
        with them for about one key in twelve.
        """
        return self.as_admin() | {
            "acks": "all",
            "enable.idempotence": True,
            "partitioner": "murmur2_random",
            "message.max.bytes": LARGEST_RECORD_BYTES,
            **{name.replace("_", "."): value for name, value in overrides.items()},
        }

    def as_consumer(self, group_id: str, **overrides: str | int | bool) -> dict[str, Any]:
        """Settings of every confluent-kafka consumer of ours: from the beginning, no commits."""
        return self.as_admin() | {
            "group.id": group_id,
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "fetch.message.max.bytes": LARGEST_INPUT_BYTES,
            # librdkafka parks an empty fetch for 500 ms, and every other partition waits behind it
            "fetch.wait.max.ms": 10,
            # 64 MB by default, in every process and for each of its consumers
            "queued.max.messages.kbytes": 8192,
            **{name.replace("_", "."): value for name, value in overrides.items()},
        }

    def as_aiokafka(self) -> dict[str, Any]:
        """Connection settings for aiokafka clients."""
        settings: dict[str, Any] = {
            "bootstrap_servers": self.bootstrap_servers.split(","),
            "security_protocol": self.security_protocol,
        }
        if self.uses_sasl:
            settings |= {
                "sasl_mechanism": self.sasl_mechanism,
                "sasl_plain_username": self.sasl_username,
                "sasl_plain_password": self.sasl_password.get_secret_value(),
            }
        if self.uses_tls:
            settings["ssl_context"] = self.tls_context()
        return settings

    def as_java(self, prefix: str = "kafka.") -> dict[str, str]:
        """Connection settings for Java clients; Spark wants each name behind `kafka.`."""
        settings = {
            "bootstrap.servers": self.bootstrap_servers,
            "security.protocol": self.security_protocol,
        }
        if self.uses_sasl:
            settings |= {
                "sasl.mechanism": self.sasl_mechanism,
                "sasl.jaas.config": _jaas(
                    self.sasl_mechanism,
                    self.sasl_username,
                    self.sasl_password.get_secret_value(),
                ),
            }
        if self.uses_tls and self.ssl_ca_location:
            settings |= {
                "ssl.truststore.type": "PEM",
                "ssl.truststore.location": self.ssl_ca_location,
            }
        if self.uses_tls and self.ssl_ca_pem:
            settings |= {
                "ssl.truststore.type": "PEM",
                "ssl.truststore.certificates": self.ssl_ca_pem,
            }
        return {f"{prefix}{name}": value for name, value in settings.items()}

    def tls_context(self) -> ssl.SSLContext:
        """A context that checks the broker's certificate and its host name."""
        return ssl.create_default_context(
            cafile=self.ssl_ca_location or None, cadata=self.ssl_ca_pem or None
        )


def _read_ca(path: str) -> str:
    try:
        text = Path(path).read_text()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not a text file"
        raise ConfigError(
            f"KAFKA_SSL_CA_LOCATION={path} cannot be read ({reason}): name the PEM file of the "
            "authority that signed the broker's certificate"
        ) from None
    if "-----BEGIN CERTIFICATE-----" not in text:
        raise ConfigError(
            f"KAFKA_SSL_CA_LOCATION={path} holds no certificate: it must be a PEM file, which has "
            "a line -----BEGIN CERTIFICATE-----"
        )
    return text


def _refuse_unknown_names(environment: Mapping[str, str], where: str) -> None:
    known = {f"{_PREFIX}{name.upper()}" for name in KafkaSettings.model_fields}
    for name in sorted(environment):
        if name.startswith(_PREFIX) and name not in known | _FOREIGN_NAMES:
            nearest = difflib.get_close_matches(name, sorted(known), n=1)
            raise UnknownSettingError(
                name=name, nearest=nearest[0] if nearest else None, where=where
            )


def _jaas(mechanism: str, username: str, password: str) -> str:
    module = (
        "org.apache.kafka.common.security.plain.PlainLoginModule"
        if mechanism == "PLAIN"
        else "org.apache.kafka.common.security.scram.ScramLoginModule"
    )
    return f"{module} required username={_quoted(username)} password={_quoted(password)};"


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
