"""Start, find and stop the broker of this machine."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass

import psutil

from fraud_core.command import say
from fraud_core.errors import BrokerUnreachableError, ConfigError, SurroundingsError
from fraud_core.kafka import KafkaSettings
from fraud_core.topic_admin import cluster_id
from sandbox.broker_config import (
    BrokerFiles,
    as_properties_file,
    broker_command,
    format_command,
    new_cluster_id,
    server_properties,
)
from sandbox.broker_security import write_private
from sandbox.ivy import jars_ready
from sandbox.jars import jar_paths, read_lock
from sandbox.java import find_java
from sandbox.own_process import OwnProcess
from sandbox.ports import is_answered, require_free
from sandbox.settings import SandboxSettings

READY_WITHIN_S = 60.0
_IN_USE = (
    "stop that program, or set SANDBOX_KAFKA_PORT to a port whose successor is free too, or, if it "
    "is a Kafka broker that you want to use, set KAFKA_BOOTSTRAP_SERVERS={host}:{port}"
)


@dataclass(frozen=True, slots=True)
class BrokerState:
    """A broker that answers.

    Attributes:
        bootstrap_servers: host:port.
        security_protocol: PLAINTEXT, or how it is secured.
        cluster_id: the cluster's own name.
        pid: its process, None for a broker that is not ours.
        started_s: how long the start took, None when it ran before.
    """

    bootstrap_servers: str
    security_protocol: str
    cluster_id: str
    pid: int | None = None
    started_s: float | None = None


def broker_up(
    settings: SandboxSettings, environment: Mapping[str, str], *, secure: bool = False
) -> BrokerState:
    """Have a broker that answers: the one that is set, the one that runs, or a new one.

    Args:
        settings: folder and port.
        environment: read for KAFKA_* and JAVA_HOME.
        secure: with SASL_SSL and a log-in; such a broker has a data folder of its own.

    Raises:
        ConfigError: the one that is set is not secured, and that is asked for.
        SurroundingsError: no Java, no jars, a port in use, a broker that does not answer, or one
            that runs at another port or with the other security.
    """
    # A mistyped KAFKA_BOOTSTRAP_SERVERS must not end in a broker that nobody asked for.
    given = KafkaSettings.from_environment(environment)
    if environment.get("KAFKA_BOOTSTRAP_SERVERS"):
        _refuse_given_broker_without_security(given, secure=secure)
        return _given_broker(given)
    files = broker_files(settings, secure=secure)
    with files.process.alone():
        _refuse_other_security(settings, secure=secure)
        running = files.process.find()
        if running is not None:
            _refuse_other_port(settings, files)
            _wait_until_ready(files.process, running, settings.kafka_port)
            return _state(files, running)
        return _start(settings, environment, files)


def broker_down(settings: SandboxSettings) -> bool:
    """Stop the broker that `up` started, and only that one; wait for its end.

    Returns:
        False when none ran.
    """
    if not settings.folder.exists():
        return False
    stopped = False
    # Behind the lock: a start that is under way ends first, and its broker is found.
    with broker_files(settings).process.alone():
        for files in _both(settings):
            running = files.process.find()
            stopped |= running is not None
            if running is not None and not files.process.stop(running):
                say("kafka: did not stop when asked, was killed; the next start recovers its logs")
            files.process.file.unlink(missing_ok=True)
    return stopped


def broker_status(settings: SandboxSettings, environment: Mapping[str, str]) -> BrokerState | None:
    """The broker that `up` would give without a start; None when there is none."""
    if environment.get("KAFKA_BOOTSTRAP_SERVERS"):
        return _given_broker(KafkaSettings.from_environment(environment))
    for files in _both(settings):
        running = files.process.find()
        if running is not None:
            return _state(files, running)
    return None


def client_settings(settings: SandboxSettings, environment: Mapping[str, str]) -> KafkaSettings:
    """How a program reaches the broker: the one that is set, else ours, with its log-in."""
    given = KafkaSettings.from_environment(environment)
    if environment.get("KAFKA_BOOTSTRAP_SERVERS"):
        return given
    secure = broker_files(settings, secure=True)
    if secure.process.find() is not None:
        return secure.client_settings(secure.port or settings.kafka_port)
    return given.model_copy(update={"bootstrap_servers": settings.bootstrap_servers})


def broker_files(settings: SandboxSettings, *, secure: bool = False) -> BrokerFiles:
    """Where a broker keeps its things; the users of a secured one belong to its data."""
    return BrokerFiles(settings.folder / ("kafka-secure" if secure else "kafka"), secure)


def _both(settings: SandboxSettings) -> tuple[BrokerFiles, BrokerFiles]:
    return broker_files(settings), broker_files(settings, secure=True)


def _refuse_other_port(settings: SandboxSettings, files: BrokerFiles) -> None:
    if files.port != settings.kafka_port:
        raise SurroundingsError(
            f"the broker of {settings.folder} runs at port {files.port}, "
            f"SANDBOX_KAFKA_PORT is {settings.kafka_port}: stop it with `python -m sandbox down` "
            "first, or set SANDBOX_DIR to another folder for a second broker"
        )


def _refuse_other_security(settings: SandboxSettings, *, secure: bool) -> None:
    if broker_files(settings, secure=not secure).process.find() is not None:
        runs, asked = ("PLAINTEXT", "SASL_SSL") if secure else ("SASL_SSL", "PLAINTEXT")
        raise SurroundingsError(
            f"the broker of {settings.folder} runs with {runs}, not with {asked}: stop it with "
            "`python -m sandbox down` first, or set SANDBOX_DIR to another folder for a second one"
        )


def _refuse_given_broker_without_security(given: KafkaSettings, *, secure: bool) -> None:
    if secure and given.security_protocol != "SASL_SSL":
        raise ConfigError(
            f"KAFKA_BOOTSTRAP_SERVERS={given.bootstrap_servers} is set with "
            f"KAFKA_SECURITY_PROTOCOL={given.security_protocol}, --secure asks for SASL_SSL: "
            "unset KAFKA_BOOTSTRAP_SERVERS to have a broker started on this machine"
        )


def _state(files: BrokerFiles, process: psutil.Process) -> BrokerState:
    return _answer(files.client_settings(files.port or 0), process.pid)


def _answer(client: KafkaSettings, pid: int | None, started_s: float | None = None) -> BrokerState:
    cluster = cluster_id(client)
    return BrokerState(client.bootstrap_servers, client.security_protocol, cluster, pid, started_s)


def _given_broker(given: KafkaSettings) -> BrokerState:
    try:
        return _answer(given, None)
    except BrokerUnreachableError as error:
        raise SurroundingsError(
            f"KAFKA_BOOTSTRAP_SERVERS={given.bootstrap_servers} is set, so no broker is started, "
            f"but that one does not answer ({error.reason}): unset it to have one started on this "
            "machine"
        ) from None


def _start(
    settings: SandboxSettings, environment: Mapping[str, str], files: BrokerFiles
) -> BrokerState:
    require_free(settings.kafka_port, "broker", _IN_USE)
    require_free(settings.kafka_port + 1, "controller", _IN_USE)
    java = find_java(environment, settings.folder / "java").program
    jars = jars_ready(settings.cache_folder, java)
    class_path = os.pathsep.join(map(str, jar_paths(jars, read_lock(), "broker")))
    _prepare(settings, files, java, class_path)
    client = files.client_settings(settings.kafka_port)
    say(f"kafka: starting at {client.bootstrap_servers}, log in {files.process.log}")
    process = files.process.launch(broker_command(java, class_path, files))
    try:
        took_s = _wait_until_ready(files.process, process, settings.kafka_port)
        return _answer(client, process.pid, took_s)
    except BaseException:
        # An interrupted start leaves nothing behind.
        files.process.stop(process)
        raise


def _prepare(settings: SandboxSettings, files: BrokerFiles, java: str, class_path: str) -> None:
    files.folder.mkdir(parents=True, exist_ok=True)
    if files.security is not None:
        files.security.make()
    properties = server_properties(settings.kafka_port, files.data, files.security)
    write_private(files.properties, as_properties_file(properties))
    if files.is_formatted:
        return
    if files.security is not None:
        write_private(files.format_arguments, files.security.format_arguments())
    command = format_command(java, class_path, files, new_cluster_id())
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
    finally:
        files.format_arguments.unlink(missing_ok=True)
    if answer.returncode != 0:
        reason = (answer.stderr or answer.stdout).strip().splitlines()[-1:]
        raise SurroundingsError(
            f"the data folder {files.data} cannot be prepared ({' '.join(reason)}): "
            "delete it with `make clean`, or look for a full or read-only disk"
        )


def _wait_until_ready(broker: OwnProcess, process: psutil.Process, port: int) -> float:
    return broker.wait_until_ready(process, lambda: is_answered(port), within_s=READY_WITHIN_S)
