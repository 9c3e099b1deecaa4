"""One real broker for the whole run, and fresh topics for each test that asks for them.

`KAFKA_BOOTSTRAP_SERVERS` set: that broker is used. Else the sandbox starts one on free ports, in
pytest's own folder, with the jars of the shared cache; it ends with pytest, however pytest ends.
"""

from __future__ import annotations

import os
import signal
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import settings as hypothesis_settings

from fraud_core.kafka import KafkaSettings
from fraud_core.topic_admin import create_topics, delete_topics
from fraud_core.topics import TopicNames
from sandbox.ivy import jars_ready, spark_jars
from sandbox.java import find_java
from sandbox.kafka_broker import client_settings
from sandbox.settings import SandboxSettings
from tests.sandbox_command import running_broker, sandbox_environment
from tests.secret_search import CommandLines

# Needs an environment of its own, which `make test-spark35` makes.
collect_ignore = [] if "SPARK35_PYTHON" in os.environ else ["spark35"]

pytest_plugins = ["tests.model_fixtures", "tests.faults.table"]

# A shell that runs us in the background has us ignore Ctrl-C, nohup the end of the terminal,
# and with us what the tests start would.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

# A busy machine is no failure of a property.
hypothesis_settings.register_profile("no-deadline", deadline=None)
hypothesis_settings.load_profile("no-deadline")


class SecureBroker(NamedTuple):
    """A broker with a log-in: how to reach it, its sandbox's folder, what ran meanwhile."""

    settings: KafkaSettings
    folder: Path
    commands: CommandLines

    @property
    def password(self) -> str:
        return self.settings.sasl_password.get_secret_value()


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaSettings]:
    """Settings of a real broker that answers."""
    if "KAFKA_BOOTSTRAP_SERVERS" in os.environ:
        yield KafkaSettings.from_environment()
        return
    environment = sandbox_environment(tmp_path_factory.mktemp("sandbox"))
    with running_broker(environment):
        address = f"127.0.0.1:{environment['SANDBOX_KAFKA_PORT']}"
        yield KafkaSettings(bootstrap_servers=address)


@pytest.fixture(scope="session")
def secure_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureBroker]:
    """A real broker with SASL_SSL and SCRAM-SHA-512, and all that was seen while it started."""
    folder = tmp_path_factory.mktemp("secure-sandbox")
    environment = sandbox_environment(folder)
    with CommandLines() as commands, running_broker(environment, "kafka", "--secure"):
        box = SandboxSettings(dir=folder, kafka_port=int(environment["SANDBOX_KAFKA_PORT"]))
        yield SecureBroker(client_settings(box, {}), folder, commands)


@pytest.fixture(scope="session")
def engine_environment(kafka: KafkaSettings, java_environment: dict[str, str]) -> dict[str, str]:
    """Variables for a program started by a test: the broker, Java, the connector's jars."""
    return java_environment | kafka.as_environment()


@pytest.fixture(scope="session")
def java_environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Variables for a program that needs Java and the connector's jars, without a broker."""
    settings = SandboxSettings.from_environment(os.environ)
    java = find_java(os.environ, tmp_path_factory.mktemp("java"))
    others = {name: value for name, value in os.environ.items() if not name.startswith("KAFKA_")}
    return others | {
        "JAVA_HOME": str(java.home),
        "FRAUD_SPARK_JARS": spark_jars(jars_ready(settings.cache_folder, java.program)),
    }


@pytest.fixture
def topics(kafka: KafkaSettings) -> Iterator[TopicNames]:
    """The four topics behind a prefix that nobody else uses."""
    names = TopicNames(f"test-{uuid.uuid4().hex[:12]}-")
    create_topics(kafka, names)
    yield names
    delete_topics(kafka, names)
