"""A double of the cloud for each test, and our commands run against it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from unittest.mock import patch

import pytest

from fraud_cloud.__main__ import main
from fraud_cloud.clock import Clock, Limits
from fraud_cloud.contract import load_contract
from fraud_cloud.purge import Means
from fraud_cloud.sdk import SdkCloud, connect
from tests.cloud_double.double import CloudDouble, cloud_double

PROJECT = Path(__file__).resolve().parents[2]
QUICK = Limits(all_s=60.0, jobs_s=5.0, poll_s=0.01)


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudDouble]:
    """An empty cloud."""
    with cloud_double(tmp_path) as double:
        # gRPC takes it from the environment of the process only.
        name = "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"
        monkeypatch.setenv(name, double.environment[name])
        yield double


@pytest.fixture
def folder(cloud: CloudDouble) -> SdkCloud:
    """The same cloud as our code sees it."""
    return connect(cloud.environment)


@pytest.fixture
def means(folder: SdkCloud) -> Means:
    """With what purges work here: without long waits."""
    return Means(folder, load_contract(), Clock(), QUICK, lambda _: None)


def counted_clock() -> Clock:
    """Time that passes by waiting alone, so that a busy machine runs out of none."""
    now_s = [0.0]

    def pause(seconds: float) -> None:
        now_s[0] += seconds

    return Clock(lambda: now_s[0], pause)


@dataclass(frozen=True)
class Commands:
    """`python -m fraud_cloud` with the environment of the double."""

    cloud: CloudDouble
    folder: Path

    @property
    def roots(self) -> Path:
        """Folder that stands for `terraform/environments`."""
        return self.folder / "roots"

    @property
    def records(self) -> Path:
        """Folder of the records."""
        return self.folder / "records"

    def run(self, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        """Run one command to its end, in this process: the SDK takes seconds to import."""
        out, err = StringIO(), StringIO()
        with (
            patch.dict(os.environ, self.cloud.environment, clear=True),
            patch.object(sys, "argv", ["fraud_cloud", *arguments]),
            patch.object(sys, "stdin", StringIO(typed)),
            redirect_stdout(out),
            redirect_stderr(err),
            pytest.raises(SystemExit) as end,
        ):
            main()
        code = end.value.code or 0
        assert isinstance(code, int)
        return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())

    def process(self, *arguments: str) -> subprocess.Popen[str]:
        """Start one command as a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "fraud_cloud", *arguments],
            cwd=PROJECT,
            env=self.cloud.environment | {"PYTHONPATH": str(PROJECT / "dags")},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def down(self, *more: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        """`down` without long waits."""
        where = ("--roots", str(self.roots), "--records", str(self.records))
        return self.run("down", "--poll-s", "0.01", "--limit-min", "1", *where, *more, typed=typed)

    def verify(self, *more: str) -> subprocess.CompletedProcess[str]:
        """`verify`."""
        return self.run("verify", "--roots", str(self.roots), "--records", str(self.records), *more)


@pytest.fixture
def commands(cloud: CloudDouble, tmp_path: Path) -> Commands:
    """Our commands, and roots that were applied."""
    return commands_with_roots(cloud, tmp_path)


def commands_with_roots(cloud: CloudDouble, folder: Path) -> Commands:
    """Our commands against a cloud, and roots that were applied.

    Args:
        cloud: the double.
        folder: gets roots and records.
    """
    found = Commands(cloud, folder)
    for root in ("persistent", "session"):
        (found.roots / root).mkdir(parents=True)
        (found.roots / root / "terraform.tfvars").write_text("")
        (found.roots / root / "terraform.tfstate").write_text('{"resources": [{}]}')
    return found
