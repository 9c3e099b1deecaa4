import hashlib
import json
import shutil

import pytest

from fraud_local.run_folder import ModelFilesError, RunFolder


@pytest.fixture
def artifact(tmp_path):
    folder = tmp_path / "artifact"
    folder.mkdir()
    files = {"model.onnx": b"onnx", "history.parquet": b"parquet"}
    for name, content in files.items():
        (folder / name).write_bytes(content)
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    (folder / "manifest.json").write_text(json.dumps({"files": hashes}))
    return folder


@pytest.fixture
def run(tmp_path):
    return RunFolder(tmp_path / "runs" / "run-1")


def copy_of(artifact):
    return lambda folder: shutil.copytree(artifact, folder)


def test_a_run_keeps_a_copy_of_its_model_whatever_becomes_of_the_folder(run, artifact):
    assert not run.has_model()
    run.put_model(copy_of(artifact))
    sha256 = hashlib.sha256(b"onnx").hexdigest()
    (artifact / "model.onnx").write_bytes(b"trained again")
    assert run.has_model()
    assert run.model_sha256() == sha256


def test_one_altered_byte_is_refused_and_nothing_is_put_in_place(run, artifact):
    (artifact / "history.parquet").write_bytes(b"parquey")
    with pytest.raises(ModelFilesError, match=r"history\.parquet has SHA-256 .* altered"):
        run.put_model(copy_of(artifact))
    assert not run.has_model()


@pytest.mark.parametrize("manifest", [None, "", "{}", '{"files": {"model.onnx": "x", "no": "y"}}'])
def test_a_folder_that_is_no_artifact_says_what_to_give(run, artifact, manifest):
    (artifact / "manifest.json").unlink()
    if manifest is not None:
        (artifact / "manifest.json").write_text(manifest)
    with pytest.raises(ModelFilesError, match="python -m model_export train"):
        run.put_model(copy_of(artifact))


def test_a_copy_that_was_cut_off_is_made_again(run, artifact):
    def cut_off(folder):
        folder.mkdir()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run.put_model(cut_off)
    assert not run.has_model()
    run.put_model(copy_of(artifact))
    assert run.has_model()


def test_a_model_that_was_changed_in_the_runs_folder_is_noticed(run, artifact):
    run.put_model(copy_of(artifact))
    (run.artifact / "model.onnx").write_bytes(b"other")
    with pytest.raises(ModelFilesError, match="altered"):
        run.model_sha256()
