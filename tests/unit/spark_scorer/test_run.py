import os
import subprocess

import pytest

from fraud_core.errors import ArtifactError, ConfigError, SurroundingsError
from fraud_core.instance_size import InstanceSize
from spark_scorer.own_copy import own_copy
from spark_scorer.run import Executors
from spark_scorer.run_folder import run_folder
from tests.streams import artifact_folder


@pytest.mark.parametrize("master", ["local[2]", "spark://127.0.0.1:7077"])
def test_a_limit_goes_with_executors_of_ours_only(master):
    with pytest.raises(ConfigError, match="leave out --cpu"):
        Executors(master, InstanceSize(cpu_cores=0.5), None)


def test_an_instances_file_goes_with_executors_of_ours_only(tmp_path):
    with pytest.raises(ConfigError, match="--instances-file"):
        Executors("local[1]", InstanceSize(), tmp_path / "i.json")
    Executors("", InstanceSize(cpu_cores=0.5), tmp_path / "i.json")


def test_the_folder_of_a_run_ends_with_it(tmp_path):
    with run_folder(tmp_path) as folder:
        (folder / "checkpoint").mkdir()
        assert folder.stat().st_mode & 0o077 == 0
    assert not folder.exists()


def test_the_folder_of_a_run_that_was_killed_is_removed_by_the_next_one(tmp_path):
    ended = subprocess.Popen(["true"])
    ended.wait()
    stale = tmp_path / f"fraud-spark-{ended.pid}-x"
    alive = tmp_path / f"fraud-spark-{os.getpid()}-x"
    for folder in (stale, alive):
        folder.mkdir()
    with run_folder(tmp_path):
        assert not stale.exists()
        assert alive.exists()


def test_a_run_keeps_its_artifact_when_the_folder_is_replaced(tmp_path):
    source, folder = tmp_path / "artifact", tmp_path / "run"
    source.mkdir()
    folder.mkdir()
    first = artifact_folder(source, model=b"first")
    mine = own_copy(source, folder)
    artifact_folder(source, model=b"second")
    assert mine.model_sha256 == first.model_sha256
    assert mine.model_path.read_bytes() == b"first"


def test_a_copy_of_an_artifact_that_is_half_replaced_is_refused(tmp_path):
    source, folder = tmp_path / "artifact", tmp_path / "run"
    source.mkdir()
    folder.mkdir()
    artifact_folder(source, model=b"first").model_path.write_bytes(b"second")
    with pytest.raises(ArtifactError, match="altered"):
        own_copy(source, folder)


def test_an_artifact_that_goes_away_while_it_is_copied_is_an_error_with_its_name(tmp_path):
    with pytest.raises(SurroundingsError, match=f"{tmp_path / 'gone'} cannot be copied"):
        own_copy(tmp_path / "gone", tmp_path)


@pytest.mark.parametrize(
    ("master", "elsewhere"), [("", False), ("local[2]", False), ("spark://127.0.0.1:7077", True)]
)
def test_only_a_cluster_that_is_given_is_elsewhere(master, elsewhere):
    assert Executors(master, InstanceSize(), None).are_elsewhere is elsewhere
