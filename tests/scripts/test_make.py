"""What `make` would run, by its own dry run."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from sandbox.settings import PROJECT

SIMULATES, TRAINS = "model_export simulate", "model_export train"


def dry_run(*words: str) -> str:
    """The commands of a target and of all that it needs."""
    return subprocess.run(
        ["make", "--dry-run", *words],
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


@pytest.mark.parametrize("target", ["cloud-up", "cloud-upload"])
def test_transactions_and_a_model_of_ones_own_are_uploaded_without_the_demo(
    target: str, tmp_path: Path
):
    said = dry_run(target, f"DEMO={tmp_path}/demo", "TRANSACTIONS=mine", "ARTIFACT=trained")

    assert "--transactions mine --artifact trained" in said
    assert SIMULATES not in said
    assert TRAINS not in said


@pytest.mark.parametrize("target", ["cloud-up", "cloud-upload"])
def test_what_is_not_given_is_the_demos_and_made_first(target: str, tmp_path: Path):
    demo = f"{tmp_path}/demo"

    neither = dry_run(target, f"DEMO={demo}")
    one = dry_run(target, f"DEMO={demo}", "TRANSACTIONS=mine")

    assert f"--transactions {demo}/transactions --artifact {demo}/artifact" in neither
    assert f"--transactions mine --artifact {demo}/artifact" in one
    assert SIMULATES in neither
    assert TRAINS in neither
    assert TRAINS in one
