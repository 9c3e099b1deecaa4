"""A small simulated world, made by the commands that a user runs: files, artifact, features."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from fraud_core.artifact import load_artifact

WORLD = ("--days", "60", "--customers", "640", "--terminals", "1280", "--seed", "11")
"""Its last 18 days are the stream: a little more than 20,000 rows."""


def run_program(*arguments: str, **options) -> subprocess.CompletedProcess[str]:
    """Run `python -m ...` and show what it said when it fails."""
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
        **options,
    )
    assert done.returncode == 0, f"{arguments}\n{done.stdout}\n{done.stderr}"
    return done


@pytest.fixture(scope="session")
def dirty_files(tmp_path_factory) -> Path:
    """A folder of course files with every kind of dirt."""
    folder = tmp_path_factory.mktemp("transactions")
    run_program("model_export", "simulate", "--out", str(folder), "--dirt", *WORLD)
    return folder


@pytest.fixture(scope="session")
def trained(tmp_path_factory, dirty_files) -> Path:
    """An artifact trained on them."""
    folder = tmp_path_factory.mktemp("artifact")
    run_program("model_export", "train", "--transactions", str(dirty_files), "--out", str(folder))
    return folder


@pytest.fixture(scope="session")
def retrained(tmp_path_factory, dirty_files, trained) -> Path:
    """An artifact with another model on the same history."""
    folder = tmp_path_factory.mktemp("retrained")
    source = ("--transactions", str(dirty_files), "--out", str(folder))
    run_program("model_export", "train", *source, "--train-days", "14")
    first, second = load_artifact(trained), load_artifact(folder)
    assert first.history_sha256 == second.history_sha256
    assert first.model_sha256 != second.model_sha256
    return folder


@pytest.fixture(scope="session")
def offline(tmp_path_factory, dirty_files) -> Path:
    """The offline features of the same files, as a Parquet file."""
    path = tmp_path_factory.mktemp("offline") / "features.parquet"
    run_program("model_export", "features", "--transactions", str(dirty_files), "--out", str(path))
    return path
