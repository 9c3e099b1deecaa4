import subprocess
from dataclasses import replace

import pytest

from fraud_core.instance_size import InstanceSize
from fraud_core.instances_file import Instance, read_instances
from spark_scorer.executors import SCORED_FILE, Executor
from spark_scorer.instances import Instances

NO_LIMIT = InstanceSize()


@pytest.fixture
def start(tmp_path):
    """Starts a process that stands for an executor."""
    processes = []

    def one():
        process = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
        processes.append(process)
        folder = tmp_path / str(process.pid)
        folder.mkdir()
        return Executor("spark-0", process.pid, folder), process

    yield one
    for process in processes:
        process.kill()
        process.communicate()


def test_an_executor_is_ready_once_it_has_scored(start, tmp_path):
    executor, _ = start()
    file = tmp_path / "instances.json"
    instances = Instances(lambda: [executor], NO_LIMIT, file, 1)
    instances.look()
    assert read_instances(file) == [Instance("spark-0", executor.pid, False, "none")]
    (executor.folder / SCORED_FILE).touch()
    instances.look()
    assert read_instances(file) == [Instance("spark-0", executor.pid, True, "none")]


def test_nothing_is_looked_for_while_all_instances_are_ready_and_run(start, tmp_path):
    executor, _ = start()
    (executor.folder / SCORED_FILE).touch()
    asked = []
    instances = Instances(lambda: asked.append(1) or [executor], NO_LIMIT, None, 1)
    for _ in range(3):
        instances.look()
    assert len(asked) == 1


def test_an_executor_that_was_started_again_has_its_name_and_another_process(
    start, tmp_path, caplog
):
    first, process = start()
    (first.folder / SCORED_FILE).touch()
    file = tmp_path / "instances.json"
    found = [first]
    instances = Instances(lambda: found, NO_LIMIT, file, 1)
    instances.look()
    process.kill()
    process.communicate()
    found[0], _ = start()
    instances.look()
    assert read_instances(file) == [Instance("spark-0", found[0].pid, False, "none")]
    assert "started again instance=spark-0" in caplog.text


def test_between_two_processes_there_is_no_instance(start, tmp_path):
    executor, process = start()
    (executor.folder / SCORED_FILE).touch()
    file = tmp_path / "instances.json"
    found = [executor]
    instances = Instances(lambda: found, NO_LIMIT, file, 1)
    instances.look()
    process.kill()
    process.communicate()
    found.clear()
    instances.look()
    assert read_instances(file) == []


def test_the_one_that_is_left_does_not_hide_that_the_other_comes_back(start, tmp_path):
    file = tmp_path / "instances.json"
    stays, _ = start()
    (stays.folder / SCORED_FILE).touch()
    found = [stays]
    instances = Instances(lambda: found, NO_LIMIT, file, 2)
    instances.look()
    assert not instances.all_ready
    again, _ = start()
    found.append(replace(again, name="spark-1"))
    instances.look()
    assert [one.name for one in read_instances(file)] == ["spark-0", "spark-1"]
    (again.folder / SCORED_FILE).touch()
    instances.look()
    assert instances.all_ready
