"""Results behind a prefix of a bucket of a real S3 server."""

import os
import shutil
import subprocess
import sys

import pytest

from benchmarks import results_mirror
from benchmarks.begin import newest_run
from benchmarks.results_mirror import (
    bring_run,
    keep_all,
    keep_run,
    mirror_of,
    results_folder,
)
from benchmarks.store import RUN_FILE, load_run, run_folder_of
from fraud_core.errors import ConfigError, SurroundingsError
from tests.s3_server import s3_server
from tests.unit.benchmarks.results import run_of, step_of
from tests.unit.benchmarks.saved_run import save_run

RESULTS = "s3://bucket/some/results"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("s3")
    (folder / "bucket").mkdir()
    with s3_server(folder) as variables:
        yield folder / "bucket", variables


@pytest.fixture
def bucket(server, monkeypatch):
    """The folder behind the prefix, empty."""
    top, variables = server
    monkeypatch.setattr(results_mirror, "_opened", [])  # each test is a command of its own
    shutil.rmtree(top / "some", ignore_errors=True)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return top / "some" / "results"


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Go to a machine of this name, which has seen nothing at the first time."""

    def go_to(name):
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / name))
        return results_folder(RESULTS)

    return go_to


def files_below(folder):
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def test_what_one_machine_measured_another_one_reads(bucket, machine):
    here = machine("first")
    folder = save_run(here / "try-1", run_of(step_of("faust")))
    (folder / ".run.lock").touch()
    keep_run(folder)
    expected = files_below(folder)
    del expected[".run.lock"]
    assert files_below(bucket / "try-1") == expected
    there = machine("second")
    assert files_below(run_folder_of("try-1", there)) == expected
    assert load_run(there / "try-1").run["id"] == load_run(folder).run["id"]


def test_only_what_has_changed_goes_up_and_what_is_gone_goes_there_too(bucket, machine):
    folder = save_run(machine("first") / "try-1", run_of(step_of("faust")))
    keep_all(strict=True)
    (bucket / "try-1" / RUN_FILE).write_text("as it was changed there")
    (folder / "report.html").write_text("new")
    next(folder.glob("steps/*/load.json")).unlink()
    keep_all(strict=True)
    assert (bucket / "try-1" / "report.html").read_text() == "new"
    assert not list(bucket.rglob("load.json"))
    assert (bucket / "try-1" / RUN_FILE).read_text() == "as it was changed there"


def test_a_change_there_comes_down_and_a_change_here_stays(bucket, machine):
    here = machine("first")
    folder = save_run(here / "try-1", run_of(step_of("faust")))
    keep_run(folder)
    (bucket / "try-1" / RUN_FILE).write_text("{}")
    (folder / "report.html").write_text("here")
    (bucket / "try-1" / "report.html").write_text("there")
    bring_run(here, "try-1")
    assert (folder / RUN_FILE).read_text() == "{}"
    assert (folder / "report.html").read_text() == "here"


def test_the_newest_run_of_a_plan_is_found_on_a_new_machine(bucket, machine):
    result = run_of(step_of("faust"))
    plan = result.plan.id
    folder = save_run(machine("first") / f"{plan}-1", result)
    keep_run(folder)
    there = machine("second")
    assert newest_run(plan, there) == result.run["id"]
    assert [path.name for path in (there / f"{plan}-1").iterdir()] == [RUN_FILE]


def test_a_server_that_goes_away_costs_no_result(bucket, machine, monkeypatch, capsys):
    folder = save_run(machine("first") / "try-1", run_of(step_of("faust")))
    address = os.environ["AWS_ENDPOINT_URL"]
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    keep_run(folder)
    assert f"not uploaded yet, it stays in {folder}" in capsys.readouterr().err
    with pytest.raises(SurroundingsError, match=r"http://127.0.0.1:9 cannot be used"):
        keep_all(strict=True)
    monkeypatch.setenv("AWS_ENDPOINT_URL", address)
    keep_all(strict=True)
    assert files_below(bucket / "try-1") == files_below(folder)


def test_a_bucket_that_is_not_there_or_closed_is_refused_before_anything_is_measured(
    bucket, machine, monkeypatch
):
    with pytest.raises(ConfigError, match="no such bucket"):
        results_folder("s3://nowhere/results")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another-secret")
    with pytest.raises(SurroundingsError, match=r"refuses us .*AWS_SECRET_ACCESS_KEY"):
        machine("first")


def test_an_object_that_would_lie_outside_of_the_run_is_refused(bucket, machine):
    mirror = mirror_of(machine("first"))
    with pytest.raises(ConfigError, match="no file of a run"):
        mirror._path("try-1", "../../other")


def test_a_folder_stays_a_folder(tmp_path):
    assert results_folder(str(tmp_path)) == tmp_path
    assert mirror_of(tmp_path) is None
    bring_run(tmp_path, "try-1")
    keep_run(tmp_path / "try-1")


def test_a_report_is_written_from_the_bucket_into_the_bucket(bucket, machine, tmp_path):
    folder = save_run(machine("first") / "try-1", run_of(step_of("faust")))
    keep_run(folder)
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "report", "try-1", "--results", RESULTS],
        env=os.environ | {"XDG_CACHE_HOME": str(tmp_path / "second")},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "<html" in (bucket / "try-1" / "report.html").read_text()
    assert list((bucket / "try-1" / "charts").glob("*.png"))
