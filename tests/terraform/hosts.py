"""A host made of the user-data of a plan, in a scratch root: a folder in place of its root."""

from __future__ import annotations

import ast
import base64
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.terraform.cloud_servers import Cloud
from tests.terraform.policies import Plan

AWKWARD = "p@ss/w$rd'\"\\`%+ :"  # a password with what shells, systemd and addresses treat apart
RECORDERS = ("bin/systemctl", "bin/useradd", "opt/streamgauge/venv/bin/python")


@dataclass(frozen=True, slots=True)
class Host:
    """A folder in place of a host's root, with the files of its user-data."""

    root: Path
    cloud: Cloud

    def run(self, script: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.root / "opt/streamgauge" / script],
            env={
                "PATH": f"{self.root / 'bin'}:{os.environ['PATH']}",
                "BOOTSTRAP_ROOT": str(self.root),
                "CLOUD_METADATA": self.cloud.url,
                "CLOUD_LOCKBOX": self.cloud.url,
                "CLOUD_STORAGE": self.cloud.url,
                "CLOUD_TRIES": "2",
            },
            capture_output=True,
            text=True,
            timeout=240,
        )

    def variables(self, file: str) -> dict[str, str]:
        """What a service gets from an environment file, as a shell reads it."""
        printing = f"exec {sys.executable} -c 'import os; print(dict(os.environ))'"
        reading = f"set -a; . {self.root / file}; {printing}"
        answer = subprocess.run(
            ["bash", "-c", reading], env={}, capture_output=True, text=True, check=True
        )
        found: dict[str, str] = ast.literal_eval(answer.stdout)
        return found

    def recorded(self) -> str:
        return (self.root / "recorded").read_text()


def made_host(
    folder: Path, cloud: Cloud, user_data: str, recorders: Sequence[str] = RECORDERS
) -> Host:
    """Write the files of the user-data.

    Args:
        folder: an empty one.
        cloud: what the host reaches.
        user_data: as the plan has it.
        recorders: programs that are replaced by one that writes down how it was called.
    """
    for file in yaml.safe_load(user_data)["write_files"]:
        path = folder / file["path"].removeprefix("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(file["content"]))
        path.chmod(int(file["permissions"], 8))
    for name in recorders:
        program = folder / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(f'#!/bin/sh\necho "{program.name} $*" >> {folder}/recorded\n')
        program.chmod(0o755)
    return Host(folder, cloud)


def user_data(plans: dict[str, Plan], module: str) -> str:
    for one in plans["session"].resources():
        if one.address.startswith(module) and one.type.startswith("yandex_compute_instance"):
            holder = one.values.get("instance_template", [one.values])[0]
            text: str = holder["metadata"]["user-data"]
            return text
    raise AssertionError(module)


def files_of(plans: dict[str, Plan], module: str) -> dict[str, str]:
    """Files that the user-data of a module's hosts writes, by path without the first slash."""
    return {
        file["path"].removeprefix("/"): base64.b64decode(file["content"]).decode()
        for file in yaml.safe_load(user_data(plans, module))["write_files"]
    }
