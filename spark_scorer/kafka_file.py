"""Kafka settings in a file: a password in Spark's own settings would be in its UI and event log."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from fraud_core.errors import ConfigError
from fraud_core.kafka import KafkaSettings

_CA_FILE: Final = "KAFKA_SSL_CA_LOCATION"


def read_kafka_file(path: Path, find: Callable[[str], Path]) -> KafkaSettings:
    """Read the settings of a submitted job.

    The authority's certificate is read too and carried as text: its path differs from one
    executor to the next, and the JVM and Python on each of them need it.

    Args:
        path: lines of `NAME=value`, named as in the environment; values are taken as they are.
        find: where a file is that travelled with the job.

    Raises:
        ConfigError: a line, a name or a value cannot be used; the value is not shown.
    """
    variables = parse_lines(path.read_text(), path.name)
    authority = variables.get(_CA_FILE, "")
    if authority and not Path(authority).is_absolute():
        variables[_CA_FILE] = str(find(authority))
    return KafkaSettings.from_environment(variables, where=path.name).with_ca_as_text()


def parse_lines(text: str, name: str) -> dict[str, str]:
    """Variables of `NAME=value` lines; empty lines and lines that begin with `#` say nothing.

    Args:
        text: of the file.
        name: of the file, for errors.

    Raises:
        ConfigError: a line is none of these, or names something else than Kafka.
    """
    variables = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        variable, equals, value = line.partition("=")
        if not equals or not variable.startswith("KAFKA_"):
            raise ConfigError(
                f"line {number} of {name} is not KAFKA_<NAME>=value: write one setting a line, as "
                "in the environment, without quotes and without export"
            )
        variables[variable] = value
    return variables
