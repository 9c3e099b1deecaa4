import hashlib
import subprocess
import sys
import tarfile
import zipfile

import pytest

from fraud_core.artifact import sha256_of, write_manifest
from spark_scorer.bundle import MAIN, checksums, write_artifact, write_packages
from tests.streams import artifact_of


@pytest.fixture
def artifact(tmp_path):
    """A folder whose model is none; nobody loads it here."""
    folder = tmp_path / "artifact"
    folder.mkdir()
    made = artifact_of(folder, entries=[(1, 5, 100)])
    made.model_path.write_bytes(b"model")
    write_manifest(folder, made.manifest)
    (folder / "notes.txt").write_text("not for scorers")
    return folder


def test_the_packages_can_be_imported_from_the_zip_alone(tmp_path):
    path = tmp_path / "packages.zip"
    write_packages(path)
    program = "import sys, fraud_core.stream_scorer as s, spark_scorer.submitted; print(s.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(path)!r}); {program}"],
        cwd=tmp_path,
        env={"PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith(str(path)), done.stderr


def test_the_zip_holds_the_source_of_two_packages_and_nothing_else(tmp_path):
    path = tmp_path / "packages.zip"
    write_packages(path)
    names = zipfile.ZipFile(path).namelist()
    assert {name.partition("/")[0] for name in names} == {"fraud_core", "spark_scorer"}
    assert all(name.endswith(".py") for name in names)


def test_the_archive_holds_what_a_scorer_reads_without_a_folder(tmp_path, artifact):
    path = tmp_path / "artifact.tar.gz"
    write_artifact(path, artifact)
    with tarfile.open(path) as archive:
        assert archive.getnames() == ["manifest.json", "model.onnx", "history.parquet"]
        assert archive.extractfile("model.onnx").read() == b"model"


def test_equal_content_gives_equal_files(tmp_path, artifact):
    sums = []
    for name in ("first", "second"):
        folder = tmp_path / name
        folder.mkdir()
        write_packages(folder / "packages.zip")
        write_artifact(folder / "artifact.tar.gz", artifact)
        (artifact / "model.onnx").touch()
        sums.append(checksums(folder, ["packages.zip", "artifact.tar.gz"]))
    assert sums[0] == sums[1]


def test_checksums_are_lines_of_sha256sum(tmp_path):
    (tmp_path / "a").write_bytes(b"x")
    digest = hashlib.sha256(b"x").hexdigest()
    assert checksums(tmp_path, ["a"]) == f"{digest}  a\n"
    assert sha256_of(tmp_path / "a") == digest


def test_the_main_file_names_no_master():
    assert "master" not in MAIN
    assert "spark_scorer.submitted" in MAIN


def test_without_an_artifact_only_the_code_is_written(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "spark_scorer.bundle", "--out", str(tmp_path / "dist")],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    written = {path.name for path in (tmp_path / "dist").iterdir()}
    assert written == {"main.py", "packages.zip", "SHA256SUMS"}
