"""A stream that goes on while something happens to those who read it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path


class Stream:
    """A producer that sends a part of the simulated files."""

    def __init__(self, folder: Path, dirty_files, trained, topics, environment):
        self.ledger = folder / "ledger.parquet"
        self._command = [
            *(sys.executable, "-m", "producer", "--transactions", str(dirty_files)),
            *("--artifact", str(trained), "--topic-prefix", topics.prefix),
            *("--ledger", str(self.ledger)),
        ]
        self._environment = os.environ | environment

    def send(self, rows: int) -> None:
        """Send as fast as possible, and wait for the end."""
        with self.sending(rows, 0):
            pass

    @contextmanager
    def sending(self, rows: int, rate_eps: int):
        """Send while the body runs, and let it end; a rate of 0 is as fast as possible."""
        options = ("--rate", str(rate_eps), "--limit", str(rows))
        process = subprocess.Popen(
            [*self._command, *options],
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield
            assert process.wait(180) == 0
        finally:
            process.kill()
            process.wait()


def now_ms() -> int:
    return round(time.time() * 1000)
