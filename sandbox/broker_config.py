"""The broker's files and settings: one node that is broker and controller (KRaft)."""

from __future__ import annotations

import base64
import re
import uuid
from dataclasses import dataclass
from pathlib import Path

from fraud_core.kafka import KafkaSettings
from fraud_core.topics import LARGEST_RECORD_BYTES
from sandbox.broker_security import BrokerSecurity
from sandbox.certificate import HOST
from sandbox.own_process import OwnProcess
from sandbox.ports import LOOPBACK

HEAP_OPTIONS = ("-Xms256m", "-Xmx512m")
LOG4J_FILE = Path(__file__).with_name("log4j2.properties")


@dataclass(frozen=True, slots=True)
class BrokerFiles:
    """What the broker keeps, all below one folder.

    Attributes:
        folder: of this broker alone.
        is_secure: it speaks SASL_SSL; else PLAINTEXT.
    """

    folder: Path
    is_secure: bool = False

    @property
    def security(self) -> BrokerSecurity | None:
        """Certificate and users; None where it needs none."""
        return BrokerSecurity(self.folder) if self.is_secure else None

    def client_settings(self, port: int) -> KafkaSettings:
        """How a program of ours reaches the broker."""
        if self.security is not None:
            return self.security.client_settings(port)
        return KafkaSettings(bootstrap_servers=f"{LOOPBACK}:{port}")

    @property
    def properties(self) -> Path:
        """Settings, written at every start."""
        return self.folder / "server.properties"

    @property
    def format_arguments(self) -> Path:
        """Users for the formatting tool; there only while it runs."""
        return self.folder / "format.args"

    @property
    def data(self) -> Path:
        """Logs of the topics and of the controller; survives a restart."""
        return self.folder / "data"

    @property
    def process(self) -> OwnProcess:
        """How its process is found again."""
        return OwnProcess("kafka", self.folder, str(self.properties))

    @property
    def port(self) -> int | None:
        """The port in the settings of the last start; None when there was none."""
        if not self.properties.is_file():
            return None
        text = self.properties.read_text()
        found = re.search(r"^advertised\.listeners=.*:(\d+)$", text, re.MULTILINE)
        return int(found[1]) if found else None

    @property
    def is_formatted(self) -> bool:
        """True once the data folder belongs to a cluster."""
        return (self.data / "meta.properties").is_file()


def server_properties(
    port: int, data: Path, security: BrokerSecurity | None = None
) -> dict[str, str]:
    """Settings of the broker in Kafka's own names.

    Args:
        port: where clients connect; the controller takes the next one.
        data: folder of the logs.
        security: certificate and users, which are there; None for PLAINTEXT.
    """
    common = _single_node() | _record_sizes() | {"log.dirs": str(data)}
    if security is None:
        return _listeners(port, "PLAINTEXT", LOOPBACK) | common
    return _listeners(port, "SASL_SSL", HOST) | common | security.broker_settings()


def _listeners(port: int, protocol: str, host: str) -> dict[str, str]:
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.bootstrap.servers": f"{LOOPBACK}:{port + 1}",
        "listeners": f"{protocol}://{LOOPBACK}:{port},CONTROLLER://{LOOPBACK}:{port + 1}",
        "advertised.listeners": f"{protocol}://{host}:{port}",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": protocol,
    }


def _single_node() -> dict[str, str]:
    return {
        "offsets.topic.replication.factor": "1",
        # The default of 50 logs only makes the start after a crash slower.
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        # After kill -9 the controller keeps a restarted broker waiting for this long (default 9 s).
        "broker.session.timeout.ms": "6000",
        # Nobody waits for members that may still come: a group of one is the usual case here.
        "group.initial.rebalance.delay.ms": "0",
        # A mistyped topic is an error, never a new topic of one partition.
        "auto.create.topics.enable": "false",
    }


def _record_sizes() -> dict[str, str]:
    return {
        "message.max.bytes": str(LARGEST_RECORD_BYTES),
        "replica.fetch.max.bytes": str(LARGEST_RECORD_BYTES),
    }


def as_properties_file(settings: dict[str, str]) -> str:
    """The text of a Java properties file; a backslash would be an escape there."""
    return "".join(
        f"{name}={value.replace(chr(92), 2 * chr(92))}\n" for name, value in settings.items()
    )


def new_cluster_id() -> str:
    """22 characters, as Kafka makes them; it refuses one that begins with a dash."""
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=").replace("-", "A")


def format_command(java: str, class_path: str, files: BrokerFiles, cluster_id: str) -> list[str]:
    """The program that makes an empty data folder the only node of a new cluster."""
    tool = [java, "-cp", class_path, "kafka.tools.StorageTool", "format", "--standalone"]
    command = [*tool, "-t", cluster_id, "-c", str(files.properties)]
    return [*command, f"@{files.format_arguments}"] if files.is_secure else command


def broker_command(java: str, class_path: str, files: BrokerFiles) -> list[str]:
    """The program that is the broker."""
    log4j = f"-Dlog4j2.configurationFile={LOG4J_FILE}"
    program = [java, *HEAP_OPTIONS, log4j, "-cp", class_path, "kafka.Kafka"]
    return [*program, str(files.properties)]
