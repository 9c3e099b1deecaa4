"""Every error of ours, each with the exit code of the command that meets it.

    StreamError                      1
    |-- ConfigError                  2   usage or settings; nothing was started
    |   |-- UnknownSettingError
    |   |-- ArtifactError                the artifact folder cannot be used
    |   |   `-- ModelMismatchError
    |   `-- TransactionFileError         a file of transactions cannot be read
    |-- RequirementNotMetError       3   measured, and a requirement is not met
    |-- MeasurementError             4   the measurement is invalid or inconclusive
    |-- SurroundingsError            5   broker, Java, a port, a file system
    |   |-- BrokerUnreachableError
    |   |-- TopicMissingError
    |   |-- DeliveryError
    |   `-- LogError                     the log cannot give the state that is asked for
    `-- (KeyboardInterrupt)        130

An error says what happened, with which value, and what to do. A command prints it without a
traceback; a traceback means a bug, which is exit code 1.
"""

from __future__ import annotations

from pathlib import Path

EXIT_ANSWERED = 0
EXIT_BUG = 1
EXIT_CONFIG = 2
EXIT_REQUIREMENT = 3
EXIT_MEASUREMENT = 4
EXIT_SURROUNDINGS = 5
EXIT_INTERRUPTED = 130


class StreamError(Exception):
    """Base of every error of ours."""

    exit_code = EXIT_BUG


class ConfigError(StreamError):
    """A setting, an argument or an input file is not usable; nothing was started."""

    exit_code = EXIT_CONFIG


class UnknownSettingError(ConfigError):
    """A setting that nothing reads, most often a typing mistake."""

    def __init__(self, *, name: str, nearest: str | None, where: str) -> None:
        hint = f": did you mean {nearest}?" if nearest else ": remove it"
        super().__init__(f"{where} sets {name}, which nothing reads{hint}")


class ArtifactError(ConfigError):
    """The artifact folder is missing, incomplete, altered or of another version."""


class ModelMismatchError(ArtifactError):
    """The model expects other columns than the features that we compute."""

    def __init__(self, *, expected: int, found: int | str, path: Path) -> None:
        super().__init__(
            f"{path} takes {found} features, the schema has {expected}: "
            "export it again with `python -m model_export train`"
        )


class TransactionFileError(ConfigError):
    """A file of transactions is missing, empty or not in the course's format."""


class RequirementNotMetError(StreamError):
    """The measurement is valid and says no."""

    exit_code = EXIT_REQUIREMENT


class MeasurementError(StreamError):
    """The measurement cannot be believed or does not decide."""

    exit_code = EXIT_MEASUREMENT


class SurroundingsError(StreamError):
    """Something that we depend on is not there or not ready."""

    exit_code = EXIT_SURROUNDINGS


class BrokerUnreachableError(SurroundingsError):
    """No broker answers, or it refuses us."""

    def __init__(self, *, bootstrap_servers: str, reason: str, remedy: str = "") -> None:
        self.reason = reason
        start = "start one with `python -m sandbox up` or set KAFKA_BOOTSTRAP_SERVERS"
        super().__init__(
            f"no Kafka broker answers at {bootstrap_servers} ({reason}): {remedy or start}"
        )


class TopicMissingError(SurroundingsError):
    """A topic that must exist does not."""

    def __init__(self, *, topic: str, bootstrap_servers: str) -> None:
        super().__init__(
            f"topic {topic} does not exist on {bootstrap_servers}: engines never create topics; "
            "create them with `python -m sandbox topics --prefix PREFIX` or check --topic-prefix"
        )


class DeliveryError(SurroundingsError):
    """The broker did not take a record that we had to write."""


class LogError(SurroundingsError):
    """The log does not hold what the state needs, or its shape has changed."""
