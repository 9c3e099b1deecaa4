"""Whether a cluster can run the job: a short job that says what it finds, and fails if it cannot.

It is submitted like the job itself, with the same files. Every line that it prints to stdout begins
with `preflight`, so that it is found in a log among Spark's own lines.
"""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from confluent_kafka import Consumer, TopicPartition
from pyspark.sql import SparkSession

from fraud_core.artifact import load_artifact
from fraud_core.errors import StreamError
from fraud_core.kafka import KafkaSettings
from fraud_core.topics import PARTITIONS, TopicNames
from spark_scorer.kafka_file import read_kafka_file
from spark_scorer.shipped_files import shipped

MARK: Final = "preflight"
PACKAGES: Final = (
    "pyspark",
    "pandas",
    "pyarrow",
    "numpy",
    "onnxruntime",
    "confluent-kafka",
    "orjson",
    "pydantic",
)
_READ_WITHIN_S: Final = 30.0
_ARTIFACT: Final = "artifact"
_KAFKA_FILE: Final = "kafka.env"
_REMEDIES: Final = {
    "packages": "name what is missing in the cluster's pip_packages, as requirements/spark35.txt",
    "artifact": "submit it as an archive that is called artifact",
    "Kafka from the JVM": "check the connector's version among the packages, the brokers' names "
    "and the authority's certificate",
    "Kafka from Python": "check the brokers' names, the user's rights and the authority's "
    "certificate",
}

Line = tuple[bool, str, str]
"""Whether it is well, what was looked at, and what was found."""


def main(arguments: Sequence[str] | None = None) -> None:
    """What the probe's main file calls; ends with 1 where something is not well."""
    parser = argparse.ArgumentParser(prog="spark-probe.py", description=main.__doc__)
    parser.add_argument("--topic-prefix", required=True, help="of topics that hold records")
    parser.add_argument("--expect", required=True, type=int, help="records in the input topic")
    options = parser.parse_args(arguments)
    session = SparkSession.builder.appName("fraud-spark-preflight").getOrCreate()
    try:
        lines = list(looked_at(session, TopicNames(options.topic_prefix), options.expect))
    finally:
        session.stop()
    for line in lines:
        sys.stdout.write(as_text(line) + "\n")
    sys.stdout.flush()
    if not all(well for well, _, _ in lines):
        sys.exit(1)


def as_text(line: Line) -> str:
    """One line of the log; a failed one ends with the remedy."""
    well, what, found = line
    if well:
        return f"{MARK} ok   {what}: {found}"
    return f"{MARK} FAIL {what}: {found}: {_REMEDIES.get(what, 'see the job log')}"


def looked_at(session: SparkSession, names: TopicNames, expected: int) -> Iterator[Line]:
    """Everything that the job needs, on the driver, in the JVM and in an executor's Python."""
    jvm: Any = session.sparkContext._jvm  # the only way to ask it
    scala = jvm.scala.util.Properties.versionNumberString()
    java = jvm.java.lang.System.getProperty("java.version")
    yield True, "versions", f"Spark {session.version}, Scala {scala}, Java {java}"
    yield versions_line("driver", python_and_packages())
    yield versions_line("executor", _on_an_executor(session, python_and_packages))
    yield _tried("artifact", lambda: _model(shipped(_ARTIFACT)))
    yield _tried("artifact", lambda: f"executor: {_on_an_executor(session, _model_here)}")
    yield _tried("Kafka from the JVM", lambda: _read_by_jvm(session, names, expected))
    count = _Count(names.transactions, expected)
    yield _tried("Kafka from Python", lambda: f"executor: {_on_an_executor(session, count)}")


def versions_line(where: str, found: str) -> Line:
    """Python and packages of a process; one that is missing is not well."""
    return "missing" not in found, "packages", f"{where}: {found}"


def python_and_packages() -> str:
    """Version of Python and of each package that the job imports."""
    return ", ".join([f"Python {platform.python_version()}", *map(_version, PACKAGES)])


def _version(package: str) -> str:
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return f"{package} missing"


def _tried(what: str, look: Callable[[], str]) -> Line:
    try:
        return True, what, look()
    except Exception as error:  # noqa: BLE001  # whatever a cluster comes up with is the finding
        return False, what, " ".join(str(error).split())[:500]


def _on_an_executor(session: SparkSession, look: Callable[[], str]) -> str:
    answers: list[str] = session.sparkContext.parallelize([0], 1).map(lambda _: look()).collect()
    return answers[0]


def _model(folder: Path) -> str:
    return f"model {load_artifact(folder).model_sha256}"


def _model_here() -> str:
    return _model(shipped(_ARTIFACT))


def _settings() -> KafkaSettings:
    return read_kafka_file(shipped(_KAFKA_FILE), shipped)


def _read_by_jvm(session: SparkSession, names: TopicNames, expected: int) -> str:
    options = _settings().as_java() | {"subscribe": names.transactions}
    frame = session.read.format("kafka").options(**options).load()
    return _enough(frame.count(), expected, names.transactions)


class _Count:
    """Reads the input topic with the client that the scorer uses; travels to an executor."""

    def __init__(self, topic: str, expected: int) -> None:
        self._topic, self._expected = topic, expected

    def __call__(self) -> str:
        consumer = Consumer(_settings().as_consumer("preflight"))
        consumer.assign([TopicPartition(self._topic, p, 0) for p in range(PARTITIONS)])
        try:
            found = consumer.consume(self._expected, timeout=_READ_WITHIN_S)
        finally:
            consumer.close()
        return _enough(sum(not one.error() for one in found), self._expected, self._topic)


class _TooFewError(StreamError):
    """Records that are there are not seen."""


def _enough(found: int, expected: int, topic: str) -> str:
    if found < expected:
        raise _TooFewError(f"{found} records of {topic} were read, it holds {expected}")
    return f"{found} records of {topic}"
