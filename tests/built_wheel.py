"""The wheel, built as `make wheel` does, from a copy: a build writes beside its sources."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from sandbox.settings import PROJECT

PACKAGES = (
    "fraud_core",
    "spark_scorer",
    "faust_scorer",
    "model_export",
    "producer",
    "benchmarks",
    "sandbox",
)
_UV = Path(sys.executable).with_name("uv")


def build_wheel(folder: Path) -> Path:
    """Build it in an empty folder; the wheel's file."""
    for name in PACKAGES:
        unwanted = shutil.ignore_patterns("__pycache__", "results")
        shutil.copytree(PROJECT / name, folder / name, ignore=unwanted)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(PROJECT / name, folder)
    (line,) = [
        one for one in (PROJECT / "Makefile").read_text().splitlines() if "/uv build " in one
    ]
    options = line.split("/uv build ")[1].replace("$(RUN)", sys.executable).split()
    # The same sources give the same wheel, so that an environment made of it can be kept.
    done = run_away(uv(), "build", *options, cwd=folder, SOURCE_DATE_EPOCH="1700000000")
    assert done.returncode == 0, done.stderr
    (built,) = (folder / "dist").glob("*.whl")
    return built


def run_away(*command: str | Path, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """A program that sees no folder of this project."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        command,
        cwd=cwd,
        env=kept | variables,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )


def uv() -> str:
    """The program; `make setup` installs it."""
    found = str(_UV) if _UV.exists() else shutil.which("uv")
    assert found, "uv is not there: `make setup` installs it"
    return found
