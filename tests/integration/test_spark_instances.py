"""Spark's executors as instances: found, limited once they score, apart from the driver."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import psutil
import pytest

from fraud_core.control_groups import family, folders_of_process
from fraud_core.instance_size import choose_means
from fraud_core.instances_file import read_instances
from tests.engine_process import STARTS_WITHIN_S, EngineProcess
from tests.model_fixtures import run_program
from tests.outputs import answers, count_out, wait_until
from tests.standalone_cluster import StandaloneCluster
from tests.submitted_job import SparkInstall

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

ROWS = 1_000


@pytest.fixture
def spark(engine_environment, tmp_path):
    engine = EngineProcess("spark", tmp_path, engine_environment)
    yield engine
    engine.end()


def fill(topics, trained, dirty_files, engine_environment):
    """Send records and labels."""
    run_program(
        *("producer", "--transactions", str(dirty_files), "--artifact", str(trained)),
        *("--rate", "0", "--limit", str(ROWS), "--topic-prefix", topics.prefix),
        env=os.environ | engine_environment,
    )


@pytest.fixture
def filled(topics, trained, dirty_files, engine_environment):
    """Topics with records and labels."""
    fill(topics, trained, dirty_files, engine_environment)
    return topics


def groups(pid):
    return {path for path in folders_of_process(pid).values() if "streamgauge" in path.name}


@pytest.mark.skipif(choose_means() == "none", reason="nothing can limit a process here")
def test_a_limit_holds_the_executor_and_its_python_but_not_the_driver(
    spark, kafka, filled, trained, tmp_path
):
    file = tmp_path / "instances.json"
    size = ("--cpu", "0.5", "--memory-mb", "2000", "--instances-file", str(file))
    spark.start(trained, filled.prefix, *size)
    wait_until(
        lambda: [one.ready for one in read_instances(file) or []] == [True],
        within_s=STARTS_WITHIN_S,
        what="the executor is ready",
        alive=lambda: spark.is_alive,
    )
    (instance,) = read_instances(file)
    assert (instance.name, instance.limited_by) == ("spark-0", choose_means())
    held = family(instance.pid)
    assert len(held) >= 3, "a JVM, Python's daemon and its worker"
    assert groups(instance.pid)
    assert all(groups(pid) == groups(instance.pid) for pid in held)
    driver = psutil.Process(instance.pid).parent()
    assert not groups(driver.pid)
    assert not groups(spark.pid)
    wait_until(lambda: count_out(kafka, filled) == ROWS, within_s=60, what="all is scored")
    assert spark.stop() == 0, spark.log()
    names = {one.prediction["instance"] for (one,) in answers(kafka, filled).values() if one[0]}
    assert names == {"spark-0"}


@pytest.mark.skipif(choose_means() == "none", reason="nothing can limit a process here")
def test_an_executor_that_does_not_fit_into_its_memory_is_an_error_with_both_numbers(
    spark, filled, trained
):
    spark.start(trained, filled.prefix, "--memory-mb", "100")
    assert spark.wait(STARTS_WITHIN_S) == 2, spark.log()
    assert "--memory-mb" in spark.log()
    assert "Traceback" not in spark.log()


def test_without_a_record_an_executor_gets_ready_and_the_same_process_scores_later(
    spark, kafka, topics, trained, dirty_files, engine_environment, tmp_path
):
    file = tmp_path / "instances.json"
    spark.start(trained, topics.prefix, "--instances-file", str(file))
    wait_until(
        lambda: [one.ready for one in read_instances(file) or []] == [True],
        within_s=STARTS_WITHIN_S,
        what="the executor is ready",
        alive=lambda: spark.is_alive,
    )
    (instance,) = read_instances(file)
    ready = family(instance.pid)
    assert len(ready) >= 3, "a JVM, Python's daemon and its worker"
    fill(topics, trained, dirty_files, engine_environment)
    wait_until(lambda: count_out(kafka, topics) == ROWS, within_s=60, what="all is scored")
    assert sorted(family(instance.pid)) == sorted(ready)
    assert spark.stop() == 0, spark.log()


def test_driver_and_executors_in_one_jvm(spark, kafka, filled, trained):
    spark.start(trained, filled.prefix, "--master", "local[1,3]")
    wait_until(
        lambda: count_out(kafka, filled) == ROWS,
        within_s=STARTS_WITHIN_S,
        what="all is scored",
        alive=lambda: spark.is_alive,
    )
    assert spark.stop() == 0, spark.log()


def test_a_limit_on_a_cluster_that_is_not_ours_is_refused(spark, topics, trained):
    spark.start(trained, topics.prefix, "--master", "local[1]", "--cpu", "0.5")
    assert spark.wait(30) == 2
    assert "leave out --cpu" in spark.log()


def test_a_cluster_that_is_given_is_used_and_left_as_it_was(
    spark, kafka, filled, trained, java_environment, tmp_path
):
    install = SparkInstall(Path(sys.executable), java_environment["JAVA_HOME"], tmp_path)
    cluster = StandaloneCluster(install, workers=2)
    try:
        cluster.start()
        spark.start(trained, filled.prefix, "--master", cluster.master, workers=2)
        wait_until(
            lambda: count_out(kafka, filled) >= ROWS,
            within_s=STARTS_WITHIN_S,
            what="every record is answered",
            alive=lambda: spark.is_alive,
        )
        assert len(cluster.executors()) == 2
        assert spark.stop() == 0, spark.log()
        wait_until(lambda: not cluster.executors(), within_s=30, what="its executors are gone")
    finally:
        cluster.end()
    assert all(len(found) == 1 for found in answers(kafka, filled).values())
