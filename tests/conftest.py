"""One real broker for the whole run, and fresh topics for each test that asks for them.

`KAFKA_BOOTSTRAP_SERVERS` set: that broker is used. Else the sandbox starts one on free ports, in
pytest's own folder, with the jars of the shared cache; it ends with pytest, however pytest ends.
"""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator

import pytest
from hypothesis import settings as hypothesis_settings

from fraud_core.kafka import KafkaSettings
from fraud_core.topic_admin import create_topics, delete_topics
from fraud_core.topics import TopicNames
from sandbox.ivy import jars_ready, spark_jars
from sandbox.java import find_java
from sandbox.settings import SandboxSettings
from tests.sandbox_command import run_sandbox, sandbox_environment

pytest_plugins = ["tests.model_fixtures"]

# A busy machine is no failure of a property.
hypothesis_settings.register_profile("no-deadline", deadline=None)
hypothesis_settings.load_profile("no-deadline")

# Reads until pytest closes its end of the pipe, which its death does too, then stops the broker.
_GUARD = """
import subprocess, sys
sys.stdin.read()
subprocess.run([sys.executable, "-m", "sandbox", "down"], stdout=subprocess.DEVNULL)
"""


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaSettings]:
    """Settings of a real broker that answers."""
    if "KAFKA_BOOTSTRAP_SERVERS" in os.environ:
        yield KafkaSettings.from_environment()
        return
    environment = sandbox_environment(tmp_path_factory.mktemp("sandbox"))
    guard = subprocess.Popen(
        [sys.executable, "-c", _GUARD],
        stdin=subprocess.PIPE,
        env=environment,
        start_new_session=True,
    )
    try:
        answer = run_sandbox("up", environment=environment)
        assert answer.returncode == 0, answer.stderr
        address = f"127.0.0.1:{environment['SANDBOX_KAFKA_PORT']}"
        yield KafkaSettings(bootstrap_servers=address)
    finally:
        guard.communicate(timeout=60)


@pytest.fixture(scope="session")
def engine_environment(
    kafka: KafkaSettings, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """Variables for a program started by a test: the broker, Java, the connector's jars."""
    settings = SandboxSettings.from_environment(os.environ)
    java = find_java(os.environ, tmp_path_factory.mktemp("java"))
    return os.environ | {
        "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
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
