import os
import subprocess

import pytest

from fraud_core.errors import ConfigError
from fraud_core.instance_size import InstanceSize
from spark_scorer.run import Executors
from spark_scorer.run_folder import run_folder


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
