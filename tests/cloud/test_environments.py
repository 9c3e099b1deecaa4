"""The wheel and the locks as hosts install them: away from the source tree."""

from __future__ import annotations

import shutil
import sys
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.built_wheel import PACKAGES, build_wheel, run_away, uv
from tests.cloud.conftest import PROJECT


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("wheel"))


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
        (uv(), "venv", "--quiet", "--python", sys.executable, environment),
        (uv(), "pip", "install", "-q", "--python", python, "--require-hashes", "-r", locked),
        (uv(), "pip", "install", "-q", "--python", python, "--no-deps", wheel),
    )
    for step in steps:
        done = run_away(*step, cwd=tmp_path)
        assert done.returncode == 0, done.stderr

    for program in programs:
        done = run_away(python, "-m", program, "--help", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    for module in absent:
        assert run_away(python, "-c", f"import {module}", cwd=tmp_path).returncode != 0


@pytest.mark.slow
@pytest.mark.slow_cloud
@pytest.mark.parametrize("lock", ["bench", "faust", "mlflow", "airflow"])
def test_every_package_has_a_wheel_for_the_clouds_python(tmp_path: Path, lock: str):
    wanted = ("--python-version", "3.12", "--python-platform", "x86_64-manylinux_2_28")
    locked = PROJECT / f"requirements/{lock}.txt"
    only = ("--only-binary", ":all:", "--require-hashes", "-r", locked)

    done = run_away(
        *(uv(), "pip", "install", "--dry-run", "--target", tmp_path / "none", *wanted, *only),
        cwd=tmp_path,
    )

    assert done.returncode == 0, done.stderr
    assert "Would install" in done.stderr
