"""Start, find and stop the broker of this machine."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass

import psutil

from fraud_core.command import say
from fraud_core.errors import BrokerUnreachableError, SurroundingsError
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
from sandbox.ivy import jars_ready
from sandbox.jars import jar_paths, read_lock
from sandbox.java import find_java
from sandbox.own_process import OwnProcess
from sandbox.ports import LOOPBACK, is_answered, require_free
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
        cluster_id: the cluster's own name.
        pid: its process, None for a broker that is not ours.
        started_s: how long the start took, None when it ran before.
    """

    bootstrap_servers: str
    cluster_id: str
    pid: int | None = None
    started_s: float | None = None


def broker_up(settings: SandboxSettings, environment: Mapping[str, str]) -> BrokerState:
    """Have a broker that answers: the one that is set, the one that runs, or a new one.

    Raises:
        SurroundingsError: no Java, no jars, a port in use, or a broker that does not answer.
    """
    given = environment.get("KAFKA_BOOTSTRAP_SERVERS")
    if given:
        return BrokerState(given, _cluster_of_given_broker(given))
    # A mistyped KAFKA_BOOTSTRAP_SERVERS must not end in a broker that nobody asked for.
    KafkaSettings.from_environment(environment)
    files = broker_files(settings)
    with files.process.alone():
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
    files = broker_files(settings)
    if not settings.folder.exists():
        return False
    # Behind the lock: a start that is under way ends first, and its broker is found.
    with files.process.alone():
        running = files.process.find()
        if running is not None and not files.process.stop(running):
            say("kafka: did not stop when asked and was killed; the next start recovers its logs")
        files.process.file.unlink(missing_ok=True)
    return running is not None


def broker_status(settings: SandboxSettings, environment: Mapping[str, str]) -> BrokerState | None:
    """The broker that `up` would give without a start; None when there is none."""
    given = environment.get("KAFKA_BOOTSTRAP_SERVERS")
    if given:
        return BrokerState(given, _cluster_of_given_broker(given))
    files = broker_files(settings)
    running = files.process.find()
    return _state(files, running) if running is not None else None


def broker_files(settings: SandboxSettings) -> BrokerFiles:
    """Where the broker keeps its things."""
    return BrokerFiles(settings.folder / "kafka")


def _refuse_other_port(settings: SandboxSettings, files: BrokerFiles) -> None:
    if files.port != settings.kafka_port:
        raise SurroundingsError(
            f"the broker of {settings.folder} runs at port {files.port}, "
            f"SANDBOX_KAFKA_PORT is {settings.kafka_port}: stop it with `python -m sandbox down` "
            "first, or set SANDBOX_DIR to another folder for a second broker"
        )


def _state(files: BrokerFiles, process: psutil.Process) -> BrokerState:
    address = f"{LOOPBACK}:{files.port}"
    return BrokerState(address, cluster_id(_plaintext(address)), process.pid)


def _plaintext(address: str) -> KafkaSettings:
    return KafkaSettings(bootstrap_servers=address, security_protocol="PLAINTEXT")


def _cluster_of_given_broker(given: str) -> str:
    try:
        return cluster_id(KafkaSettings.from_environment())
    except BrokerUnreachableError as error:
        raise SurroundingsError(
            f"KAFKA_BOOTSTRAP_SERVERS={given} is set, so no broker is started, but that one does "
            f"not answer ({error.reason}): unset it to have one started on this machine"
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
    say(f"kafka: starting at {settings.bootstrap_servers}, log in {files.process.log}")
    process = files.process.launch(broker_command(java, class_path, files))
    try:
        took_s = _wait_until_ready(files.process, process, settings.kafka_port)
        address = settings.bootstrap_servers
        cluster = cluster_id(_plaintext(address))
    except BaseException:
        # An interrupted start leaves nothing behind.
        files.process.stop(process)
        raise
    return BrokerState(address, cluster, process.pid, took_s)


def _prepare(settings: SandboxSettings, files: BrokerFiles, java: str, class_path: str) -> None:
    files.folder.mkdir(parents=True, exist_ok=True)
    properties = server_properties(settings.kafka_port, files.data)
    files.properties.write_text(as_properties_file(properties))
    if files.is_formatted:
        return
    command = format_command(java, class_path, files, new_cluster_id())
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        reason = (answer.stderr or answer.stdout).strip().splitlines()[-1:]
        raise SurroundingsError(
            f"the data folder {files.data} cannot be prepared ({' '.join(reason)}): "
            "delete it with `make clean`, or look for a full or read-only disk"
        )


def _wait_until_ready(broker: OwnProcess, process: psutil.Process, port: int) -> float:
    return broker.wait_until_ready(process, lambda: is_answered(port), within_s=READY_WITHIN_S)
