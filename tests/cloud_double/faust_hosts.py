"""Hosts that run: made in a scratch root by their own scripts, their unit run as by systemd."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.cloud_double.host_files import SIZE, UNIT_FILE, python_of_a_host
from tests.cloud_double.hosts import Phase
from tests.cloud_double.unit_file import Unit, filled_in, parse_environment, parse_unit

_LOOK_EVERY_S = 0.3
_OF_A_HOST = ("etc", "opt", "var")
_RECORDER = '#!/bin/sh\necho "{name} $*" >> "{root}/recorded"\n'


@dataclass(frozen=True)
class HostPlace:
    """What hosts of this machine stand on.

    Attributes:
        files: content by path of what user-data writes.
        servers: URL of metadata, Lockbox and bucket.
        python: interpreter with what the hosts' lock names.
    """

    files: Mapping[str, str]
    servers: str
    python: Path = field(default_factory=lambda: Path(sys.executable))


class FaustHost:
    """One host, from its first start to its deletion, in a thread of its own."""

    def __init__(self, place: HostPlace, root: Path, address: str) -> None:
        self._place = place
        self.root = root
        self.address = address
        self._ended = threading.Event()
        self._worker: subprocess.Popen[bytes] | None = None
        self._is_live = False
        self._thread = threading.Thread(target=self._run, name=f"host-{address}", daemon=True)
        self._thread.start()

    @property
    def phase(self) -> Phase:
        if not self._thread.is_alive():
            return "gone" if self._ended.is_set() else "starting"
        if self._ended.is_set():
            return "stopping"
        return "running" if self._is_live else "starting"

    @property
    def worker_pid(self) -> int | None:
        """Process id of its worker; None where none runs."""
        worker = self._worker
        return worker.pid if worker is not None and worker.poll() is None else None

    def log(self) -> str:
        """What its scripts and its worker have said."""
        path = self.root / "var/log/host.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def end(self) -> None:
        """Delete it: its worker is asked to stop; `join` waits for that."""
        self._ended.set()

    def join(self) -> None:
        self._thread.join(100)

    def _run(self) -> None:
        self._write_files()
        if self._script("opt/streamgauge/faust.sh") != 0:
            return
        unit = parse_unit((self.root / UNIT_FILE).read_text())
        while not self._ended.is_set():
            if self._script(self._here(unit.before[0])) == 0:
                self._serve(unit)
            self._ended.wait(unit.restart_s)

    def _write_files(self) -> None:
        for name, content in self._place.files.items():
            self._write(name, content)
        for name in ("bin/systemctl", "bin/useradd"):
            self._write(name, _RECORDER.format(name=Path(name).name, root=self.root))
        python = python_of_a_host(self.root, self._place.python)
        self._write("opt/streamgauge/venv/bin/python", python)
        (self.root / "var/log").mkdir(parents=True)

    def _write(self, name: str, content: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        path.chmod(0o755)

    def _script(self, name: str) -> int:
        """Run one of its scripts to its end; the exit code."""
        variables = {
            "PATH": f"{self.root / 'bin'}:{os.environ['PATH']}",
            "BOOTSTRAP_ROOT": str(self.root),
            "CLOUD_METADATA": self._place.servers,
            "CLOUD_LOCKBOX": self._place.servers,
            "CLOUD_STORAGE": self._place.servers,
            "CLOUD_TRIES": "2",
        }
        with (self.root / "var/log/host.log").open("ab") as log:
            command = [str(self.root / name)]
            return subprocess.run(command, env=variables, stdout=log, stderr=log).returncode

    def _serve(self, unit: Unit) -> None:
        """Run the worker until it ends or the host does."""
        variables = self._variables(unit)
        command = [self._here(word) for word in filled_in(unit.start, variables)]
        usual = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
        with (self.root / "var/log/host.log").open("ab") as log:
            self._worker = subprocess.Popen(
                command,
                env=usual | variables,
                cwd=self.root / "var/lib/streamgauge",
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        while self._worker.poll() is None and not self._ended.wait(_LOOK_EVERY_S):
            self._is_live = self._answers()
        self._is_live = False
        self._stop(self._worker, unit.stop_within_s)

    def _variables(self, unit: Unit) -> dict[str, str]:
        found: dict[str, str] = {}
        for name in unit.environment_files:
            path = Path(self._here(name.removeprefix("-")))
            if path.exists() or not name.startswith("-"):
                found |= parse_environment(path.read_text())
        return found

    def _here(self, word: str) -> str:
        """A word of the unit with its path below this root, and this host's only address."""
        if word.startswith(tuple(f"/{part}/" for part in _OF_A_HOST)):
            return f"{self.root}{word}"
        return self.address if word == "0.0.0.0" else word  # noqa: S104 - it is what is replaced

    def _answers(self) -> bool:
        url = f"http://{self.address}:{SIZE['health_port']}/live"
        try:
            with urllib.request.urlopen(url, timeout=5):
                return True
        except (urllib.error.URLError, OSError):
            return False

    @staticmethod
    def _stop(worker: subprocess.Popen[bytes], within_s: float) -> None:
        """KillMode=mixed: the first process is asked, whatever is left then is killed."""
        if worker.poll() is None:
            worker.send_signal(signal.SIGTERM)
            try:
                worker.wait(within_s)
            except subprocess.TimeoutExpired:
                worker.kill()
        for pid in (int(one.name) for one in Path("/proc").iterdir() if one.name.isdigit()):
            try:
                if os.getsid(pid) == worker.pid:
                    os.kill(pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                continue
        worker.wait(30)


@dataclass
class ScratchHosts:
    """Who runs the hosts of an instance group.

    Attributes:
        place: what hosts stand on.
        folder: gets a root for each.
        hosts: by id of the instance; those that are gone too.
    """

    place: HostPlace
    folder: Path
    hosts: dict[str, FaustHost] = field(default_factory=dict)

    def made(self, host: Any) -> None:
        """Start a host."""
        address = f"127.0.1.{len(self.hosts) + 1}"
        self.hosts[host.id] = FaustHost(self.place, self.folder / host.id, address)
        interface = host.network_interfaces.add()
        interface.primary_v4_address.address = address

    def ended(self, host: Any) -> None:
        """Stop a host."""
        self.hosts[host.id].end()

    def phase(self, host: Any) -> Phase:
        """How far it has come."""
        return self.hosts[host.id].phase

    def workers(self) -> list[int]:
        """Process ids of the workers that run."""
        found = (one.worker_pid for one in self.hosts.values())
        return [pid for pid in found if pid is not None]

    def logs(self) -> str:
        """What all of them have said."""
        return "".join(one.log() for one in self.hosts.values())

    def end(self) -> None:
        """Nothing runs on."""
        for one in self.hosts.values():
            one.end()
        for one in self.hosts.values():
            one.join()
