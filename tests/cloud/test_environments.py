"""The wheel and the locks as hosts install them: away from the source tree."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.cloud.conftest import PROJECT

PACKAGES = (
    "fraud_core",
    "spark_scorer",
    "faust_scorer",
    "model_export",
    "producer",
    "benchmarks",
    "sandbox",
)
UV = Path(sys.executable).with_name("uv")


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A program that sees no folder of this project."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        command, cwd=cwd, env=kept, capture_output=True, text=True, timeout=280, check=False
    )


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built as `make wheel` does, from a copy: a build writes beside its sources."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in PACKAGES:
        unwanted = shutil.ignore_patterns("__pycache__", "results")
        shutil.copytree(PROJECT / name, folder / name, ignore=unwanted)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(PROJECT / name, folder)
    (line,) = [
        one for one in (PROJECT / "Makefile").read_text().splitlines() if "/uv build " in one
    ]
    options = line.split("/uv build ")[1].replace("$(RUN)", sys.executable).split()
    done = run(_uv(), "build", *options, cwd=folder)
    assert done.returncode == 0, done.stderr
    (built,) = (folder / "dist").glob("*.whl")
    return built


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[Path]:
    """A folder that does not outlive its test: half a gigabyte."""
    folder = tmp_path / "venv"
    yield folder
    shutil.rmtree(folder)


def test_the_wheel_holds_every_package_with_its_data_and_no_tests(wheel: Path):
    names = zipfile.ZipFile(wheel).namelist()

    assert {name.split("/")[0] for name in names if name.endswith("/__init__.py")} == set(PACKAGES)
    for held in ("benchmarks/plans/smoke.yaml", "sandbox/jars.lock"):
        assert held in names
    assert any(name.startswith("benchmarks/templates/") for name in names)


@pytest.mark.slow
@pytest.mark.slow_cloud
@pytest.mark.parametrize(
    ("lock", "programs", "absent"),
    [
        ("bench", ("benchmarks", "producer"), ("pyspark", "faust", "xgboost", "mlflow.server")),
        ("faust", ("faust_scorer",), ("pyspark", "xgboost", "mlflow")),
    ],
)
def test_a_place_runs_its_programs_with_its_lock_and_the_wheel_alone(
    wheel: Path,
    environment: Path,
    tmp_path: Path,
    lock: str,
    programs: Sequence[str],
    absent: Sequence[str],
):
    python = environment / "bin/python"
    locked = PROJECT / f"requirements/{lock}.txt"
    steps = (
        (_uv(), "venv", "--quiet", "--python", sys.executable, environment),
        (_uv(), "pip", "install", "-q", "--python", python, "--require-hashes", "-r", locked),
        (_uv(), "pip", "install", "-q", "--python", python, "--no-deps", wheel),
    )
    for step in steps:
        done = run(*step, cwd=tmp_path)
        assert done.returncode == 0, done.stderr

    for program in programs:
        done = run(python, "-m", program, "--help", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    for module in absent:
        assert run(python, "-c", f"import {module}", cwd=tmp_path).returncode != 0


@pytest.mark.slow
@pytest.mark.slow_cloud
@pytest.mark.parametrize("lock", ["bench", "faust", "mlflow"])
def test_every_package_has_a_wheel_for_the_clouds_python(tmp_path: Path, lock: str):
    wanted = ("--python-version", "3.12", "--python-platform", "x86_64-manylinux_2_28")
    locked = PROJECT / f"requirements/{lock}.txt"
    only = ("--only-binary", ":all:", "--require-hashes", "-r", locked)

    done = run(
        *(_uv(), "pip", "install", "--dry-run", "--target", tmp_path / "none", *wanted, *only),
        cwd=tmp_path,
    )

    assert done.returncode == 0, done.stderr
    assert "Would install" in done.stderr


def _uv() -> str:
    found = str(UV) if UV.exists() else shutil.which("uv")
    assert found, "uv is not there: `make setup` installs it"
    return found
