"""The files of a Faust host as Terraform's module renders them, without Terraform.

`tests/terraform/test_bootstrap.py` compares them with a plan's.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path

from fraud_cloud.contract import load_contract
from sandbox.settings import PROJECT

BOOTSTRAP = PROJECT / "terraform" / "bootstrap"
SETTINGS_FILE = "etc/streamgauge/settings.env"
UNIT_FILE = "etc/systemd/system/streamgauge-faust.service"
SCRIPTS = ("cloud_fetch.py", "install.sh", "faust.sh", "faust-run.sh")
_PYTHON = """#!/bin/sh
# Packages are not installed here: they are this environment's and the project's.
case "$2" in pip) echo "pip $*" >> "{root}/recorded"; exit 0;; esac
PYTHONPATH={project} exec {python} "$@"
"""
SIZE = {"cpu_percent": "100", "memory_mb": "3072", "health_port": "6066"}


def faust_host_files(settings: Mapping[str, str]) -> dict[str, str]:
    """Content by path, without the first slash.

    Args:
        settings: lines of its settings, as `host_settings` gives them.
    """
    files = {f"opt/streamgauge/{name}": (BOOTSTRAP / name).read_text() for name in SCRIPTS}
    unit = (BOOTSTRAP / "streamgauge-faust.service.tftpl").read_text()
    files[UNIT_FILE] = rendered(unit, SIZE)
    files[SETTINGS_FILE] = "".join(f"{name}={settings[name]}\n" for name in sorted(settings))
    return files


def rendered(template: str, values: Mapping[str, str]) -> str:
    """What Terraform's templatefile makes of names in braces; two dollars are one."""
    found = re.sub(r"(?<!\$)\$\{(\w+)\}", lambda name: values[name[1]], template)
    return found.replace("$${", "${")


def host_settings(bucket: str, servers: str, user: str, password: str) -> dict[str, str]:
    """Settings of a Faust host.

    Args:
        bucket: of the session.
        servers: Kafka's.
        user: of Kafka.
        password: where it is, as `secret id:entry`.
    """
    keys = load_contract().keys
    return {
        "BUCKET": bucket,
        "CHECKSUMS_KEY": keys["checksums"],
        "LOCK_KEY": keys["faust_lock"],
        "CA_KEY": keys["kafka_ca"],
        "POINTER_KEY": keys["faust_pointer"],
        "KAFKA_BOOTSTRAP_SERVERS": servers,
        "KAFKA_SASL_USERNAME": user,
        "KAFKA_PASSWORD_SECRET": password,
    }


def python_of_a_host(root: Path, python: Path | None = None) -> str:
    """The program in place of the Python of a host's virtual environment.

    Args:
        root: folder in place of the host's root.
        python: interpreter with what the host's lock names; by default this one.
    """
    return _PYTHON.format(root=root, project=PROJECT, python=python or sys.executable)
