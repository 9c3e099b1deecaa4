"""A broker of a test's own, which may be ended and started again with its data at its port."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from pathlib import Path

from fraud_core.kafka import KafkaSettings
from sandbox.kafka_broker import broker_files
from sandbox.process_file import is_alive
from sandbox.settings import SandboxSettings
from tests.outputs import wait_until
from tests.sandbox_command import run_sandbox

ENDS_WITHIN_S = 60


class RestartedBroker:
    """The broker of a sandbox's folder."""

    def __init__(self, environment: Mapping[str, str]):
        self._environment = environment
        self._process = broker_files(SandboxSettings(dir=Path(environment["SANDBOX_DIR"]))).process
        address = f"127.0.0.1:{environment['SANDBOX_KAFKA_PORT']}"
        self.settings = KafkaSettings(bootstrap_servers=address)

    def end(self, number: signal.Signals) -> None:
        process = self._process.find()
        process.send_signal(number)
        wait_until(
            lambda: not is_alive(process),
            within_s=ENDS_WITHIN_S,
            what=f"the broker has ended after {number.name}",
        )

    def start(self) -> None:
        answer = run_sandbox("up", environment=self._environment)
        assert answer.returncode == 0, answer.stderr
