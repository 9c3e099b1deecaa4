"""What happens to executors and to their driver: nothing is lost, and nothing is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress

import psutil
import pytest

from benchmarks.programs import session_members
from fraud_core.instances_file import read_instances
from tests.engine_process import STARTS_WITHIN_S, EngineProcess
from tests.outputs import answers, count_in, count_out, wait_until
from tests.tally import assert_features_are_exact, assert_repeats_are_identical, tally

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

RATE_EPS = 400
ROWS = 8_000
MANY_ROWS = 20_000
"""Of a preloaded topic: one batch, long enough to be met in its middle."""
LARGEST_BATCH_ROWS = 3_000
"""At 400/s, with the time of a recovery: what one batch may repeat."""
GONE_WITHIN_S = 20
LABELS = ("--label-wait-s", "60")
JVM, EXECUTOR = "pyspark-shell", "CoarseGrainedExecutorBackend"


@pytest.fixture
def spark(engine_environment, tmp_path):
    engine = EngineProcess("spark", tmp_path, engine_environment)
    yield engine
    engine.end()


@contextmanager
def load(trained, files, prefix, environment, ledger, *, rate=RATE_EPS, rows=ROWS):
    """The producer, in the background; it has sent everything at the end."""
    producer = subprocess.Popen(
        [
            *(sys.executable, "-m", "producer", "--transactions", str(files)),
            *("--artifact", str(trained), "--rate", str(rate), "--limit", str(rows)),
            *("--topic-prefix", prefix, "--ledger", str(ledger)),
        ],
        env=os.environ | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
        assert producer.wait(120) == 0
    finally:
        producer.kill()
        producer.wait()


@pytest.fixture
def checked(kafka, topics, tmp_path, offline):
    """Waits for the last answer; the tally of an exact stream."""

    def check(spark, rows=ROWS):
        wait_until(
            lambda: len(answers(kafka, topics)) == rows,
            within_s=STARTS_WITHIN_S,
            what="every record has an answer",
            alive=lambda: spark.is_alive,
        )
        assert spark.stop() == 0, spark.log()
        assert_gone(spark.pid)
        found = answers(kafka, topics)
        assert_repeats_are_identical(found)
        assert_features_are_exact(found, tmp_path / "ledger.parquet", offline)
        return tally(kafka, topics, found)

    return check


def living(session):
    """Processes of a session, but not those that wait for a parent to take notice of their end."""
    found = []
    for pid in session_members(session):
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            if process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def assert_gone(session):
    wait_until(
        lambda: not living(session),
        within_s=GONE_WITHIN_S,
        what="no process is left",
    )


def programs(session, name):
    """Processes of a session whose command line has a name in it."""
    return [one for one in living(session) if any(name in word for word in words(one))]


def words(process):
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


def listening(session):
    """Addresses on which the processes of a session listen."""
    return {
        connection.laddr.ip.removeprefix("::ffff:")
        for process in living(session)
        for connection in connections(process)
        if connection.status == psutil.CONN_LISTEN
    }


def connections(process):
    try:
        return process.net_connections()
    except psutil.NoSuchProcess:
        return []


def scores(kafka, topics, spark, *, more_than):
    wait_until(
        lambda: count_out(kafka, topics) > more_than,
        within_s=STARTS_WITHIN_S,
        what="it scores",
        alive=lambda: spark.is_alive,
    )


def keeps_up(kafka, topics, spark):
    wait_until(
        lambda: count_in(kafka, topics) - count_out(kafka, topics) < 2 * RATE_EPS,
        within_s=STARTS_WITHIN_S,
        what="it keeps up",
        alive=lambda: spark.is_alive,
    )


def all_ready(file, count):
    found = read_instances(file) or []
    return len(found) == count and all(one.ready for one in found)


def pids(file):
    return {one.name: one.pid for one in read_instances(file) or []}


def test_an_executor_that_is_killed_comes_back_and_nothing_is_missing(
    spark, checked, kafka, topics, trained, dirty_files, engine_environment, tmp_path
):
    file = tmp_path / "instances.json"
    spark.start(trained, topics.prefix, *LABELS, "--instances-file", str(file), workers=2)
    with load(trained, dirty_files, topics.prefix, engine_environment, tmp_path / "ledger.parquet"):
        scores(kafka, topics, spark, more_than=ROWS // 10)
        wait_until(lambda: all_ready(file, 2), within_s=30, what="both instances are ready")
        before = pids(file)
        addresses = listening(spark.pid)
        os.kill(before["spark-1"], signal.SIGKILL)
        out = count_out(kafka, topics)
        wait_until(lambda: count_out(kafka, topics) > out, within_s=60, what="scoring goes on")
    wait_until(
        lambda: all_ready(file, 2) and pids(file)["spark-1"] != before["spark-1"],
        within_s=STARTS_WITHIN_S,
        what="another executor is in its place",
    )
    after = pids(file)
    assert after["spark-0"] == before["spark-0"]
    assert addresses
    assert all(address.startswith("127.") for address in addresses)
    counted = checked(spark)
    assert counted.sent == counted.predicted + counted.dead == ROWS
    assert counted.missing == 0
    assert counted.dead > 0
    assert counted.duplicate <= LARGEST_BATCH_ROWS


def test_a_driver_that_is_killed_leaves_nothing_and_goes_on_with_more_executors(
    spark, checked, kafka, topics, trained, dirty_files, engine_environment, tmp_path
):
    spark.start(trained, topics.prefix, *LABELS, workers=1)
    with load(trained, dirty_files, topics.prefix, engine_environment, tmp_path / "ledger.parquet"):
        scores(kafka, topics, spark, more_than=ROWS // 10)
        keeps_up(kafka, topics, spark)  # else its batch holds all that came during its start
        assert len(programs(spark.pid, EXECUTOR)) == 1
        os.kill(spark.pid, signal.SIGKILL)
        spark.wait(10)
        assert_gone(spark.pid)
        spark.start(trained, topics.prefix, *LABELS, workers=2)
    counted = checked(spark)
    assert counted.sent == counted.predicted + counted.dead == ROWS
    assert counted.missing == 0
    assert counted.duplicate <= LARGEST_BATCH_ROWS


def test_a_stop_in_mid_batch_repeats_that_batch_at_most(
    spark, checked, kafka, topics, trained, dirty_files, engine_environment, tmp_path
):
    ledger = tmp_path / "ledger.parquet"
    environment = engine_environment
    with load(trained, dirty_files, topics.prefix, environment, ledger, rate=0, rows=MANY_ROWS):
        pass
    spark.start(trained, topics.prefix, *LABELS)
    scores(kafka, topics, spark, more_than=0)
    assert spark.stop() == 0, spark.log()
    assert_gone(spark.pid)
    assert count_out(kafka, topics) > 0
    spark.start(trained, topics.prefix, *LABELS)
    counted = checked(spark, MANY_ROWS)
    assert counted.sent == counted.predicted + counted.dead == MANY_ROWS
    assert counted.missing == 0
    assert counted.duplicate <= MANY_ROWS


def test_a_jvm_that_is_killed_ends_the_command_with_an_error(spark, topics, trained):
    spark.start(trained, topics.prefix, workers=1)
    wait_until(
        lambda: programs(spark.pid, EXECUTOR),
        within_s=STARTS_WITHIN_S,
        what="it has an executor",
        alive=lambda: spark.is_alive,
    )
    (jvm,) = programs(spark.pid, JVM)
    jvm.kill()
    assert spark.wait(GONE_WITHIN_S) == 5, spark.log()
    assert "Spark's JVM is gone" in spark.log()
    assert "Traceback" not in spark.log()
    assert_gone(spark.pid)


@pytest.mark.parametrize("when", ["its JVM starts", "its executor starts"])
def test_a_ctrl_c_during_the_start_leaves_nothing(spark, topics, trained, when):
    spark.start(trained, topics.prefix, workers=1)
    name = JVM if when == "its JVM starts" else EXECUTOR
    wait_until(
        lambda: programs(spark.pid, name),
        within_s=STARTS_WITHIN_S,
        what=when,
        alive=lambda: spark.is_alive,
    )
    os.killpg(spark.pid, signal.SIGINT)
    assert spark.wait(60) == 0, spark.log()
    assert_gone(spark.pid)
