"""What runs on clusters of others stays within Python 3.10: the check of the Makefile can fail."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
FOLDERS = ["fraud_core", "spark_scorer", "dags/fraud_cloud"]

NEWER = {
    "datetime.UTC": "from datetime import UTC\n",
    "enum.StrEnum": "from enum import StrEnum\n",
    "typing.Self": "from typing import Self\n",
    "tomllib": "import tomllib\n",
    "hashlib.file_digest": "import hashlib\n\nhashlib.file_digest\n",
    "except*": "try:\n    pass\nexcept* ValueError:\n    pass\n",
}


@pytest.fixture(scope="module")
def check() -> list[str]:
    """The options of the check, as the Makefile has them."""
    lines = (PROJECT / "Makefile").read_text().splitlines()
    (line,) = [line for line in lines if "/mypy --python-version 3.10 " in line]
    _, *options = shlex.split(line)
    assert options[-3:] == FOLDERS
    return options[:-3]


def run(check: list[str], folder: Path, source: str) -> subprocess.CompletedProcess[str]:
    module = folder / "module.py"
    module.write_text(source)
    return subprocess.run(
        [sys.executable, "-m", "mypy", *check, "--cache-dir", str(folder / "cache"), str(module)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", NEWER)
def test_what_came_with_python_3_11_is_found(check, tmp_path, name):
    done = run(check, tmp_path, NEWER[name])
    assert done.returncode == 1, done.stdout + done.stderr


def test_what_python_3_10_has_is_not_held_against_it(check, tmp_path):
    done = run(check, tmp_path, "from itertools import pairwise\n\npairwise('ab')\n")
    assert done.returncode == 0, done.stdout + done.stderr
