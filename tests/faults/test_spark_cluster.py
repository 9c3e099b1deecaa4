"""What happens to executors and to their driver: nothing is lost, and nothing is left behind."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

import psutil
import pytest

from benchmarks.programs import session_members
from tests.engine_process import STARTS_WITHIN_S, EngineProcess
from tests.outputs import count_out, wait_until

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

RATE_EPS = 400
ROWS = 8_000
MANY_ROWS = 20_000
"""Of a preloaded topic: one batch, long enough to be met in its middle."""
LARGEST_BATCH_ROWS = 3_000
"""At 400/s, with the time of a recovery: what one batch may repeat."""
HEARTBEATS_MISSED_S = 120
"""Spark's own `spark.network.timeout`: who is silent for so long is taken for dead."""
GONE_WITHIN_S = 20
GOES_ON_WITHIN_S = 15
"""After the end of an executor: the others go on, and it is started again."""
GONE_BACKLOG_WITHIN_S = 60
LABELS = ("--label-wait-s", "60")
JVM, EXECUTOR = "pyspark-shell", "CoarseGrainedExecutorBackend"


@pytest.fixture
def spark(engine_environment, tmp_path):
    engine = EngineProcess("spark", tmp_path, engine_environment)
    yield engine
    engine.end()


@pytest.fixture
def settled(account, trained, offline):
    """The account of a stream of which every record has its exact answer, and nothing runs on."""

    def settle(spark, rows=ROWS):
        found = account(spark, rows)
        assert_gone(spark.pid)
        found.check(rows, trained, offline)
        return found

    return settle


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


def another_is_ready(spark, before, within_s=STARTS_WITHIN_S):
    wait_until(
        lambda: spark.ready().get("spark-1", before["spark-1"]) != before["spark-1"],
        within_s=within_s,
        what="another executor is in its place",
        alive=lambda: spark.is_alive,
    )


@pytest.mark.slow_fault
def test_one_of_three_executors_is_killed_and_another_takes_its_place(
    spark, stream, settled, kafka, topics, trained
):
    spark.start_ready(trained, topics.prefix, *LABELS, workers=3)
    before = spark.ready()
    with stream.sending(ROWS, RATE_EPS):
        scores(kafka, topics, spark, more_than=ROWS // 10)
        addresses = listening(spark.pid)
        os.kill(before["spark-1"], signal.SIGKILL)
        out = count_out(kafka, topics)
        assert out < ROWS, "it was killed in mid-stream"
        wait_until(lambda: count_out(kafka, topics) > out, within_s=60, what="scoring goes on")
    another_is_ready(spark, before)
    assert spark.ready()["spark-0"] == before["spark-0"]
    assert addresses
    assert all(address.startswith("127.") for address in addresses)
    found = settled(spark)
    assert found.duplicates <= LARGEST_BATCH_ROWS
    assert found.longest_gap_s() < GOES_ON_WITHIN_S
    assert found.longest_wait_s() < GONE_BACKLOG_WITHIN_S


@pytest.mark.slow_fault
@pytest.mark.timeout(600)
def test_an_executor_paused_past_its_heartbeats_is_replaced_and_writes_nothing_that_differs(
    spark, stream, settled, kafka, topics, trained
):
    rows = 16_000
    spark.start_ready(trained, topics.prefix, *LABELS, workers=2)
    before = spark.ready()
    with stream.sending(rows, 100):
        scores(kafka, topics, spark, more_than=500)
        paused = psutil.Process(before["spark-1"])
        paused.suspend()
        try:
            another_is_ready(spark, before, HEARTBEATS_MISSED_S + STARTS_WITHIN_S)
        finally:
            with suppress(psutil.NoSuchProcess):
                paused.resume()
    settled(spark, rows)


@pytest.mark.slow_fault
def test_a_driver_that_is_killed_leaves_nothing_and_goes_on_with_more_executors(
    spark, stream, settled, kafka, topics, trained
):
    spark.start_ready(trained, topics.prefix, *LABELS, workers=1)
    with stream.sending(ROWS, RATE_EPS):
        scores(kafka, topics, spark, more_than=ROWS // 10)
        assert len(programs(spark.pid, EXECUTOR)) == 1
        assert count_out(kafka, topics) < ROWS, "it is killed in mid-stream"
        os.kill(spark.pid, signal.SIGKILL)
        spark.wait(10)
        assert_gone(spark.pid)
        spark.start(trained, topics.prefix, *LABELS, workers=2)
    assert settled(spark).duplicates <= LARGEST_BATCH_ROWS


@pytest.mark.slow_fault
def test_a_stop_in_mid_batch_repeats_that_batch_at_most(
    spark, stream, settled, kafka, topics, trained
):
    stream.send(MANY_ROWS)
    spark.start(trained, topics.prefix, *LABELS)
    scores(kafka, topics, spark, more_than=0)
    assert spark.stop() == 0, spark.log()
    assert_gone(spark.pid)
    assert count_out(kafka, topics) > 0
    spark.start(trained, topics.prefix, *LABELS)
    assert settled(spark, MANY_ROWS).duplicates <= MANY_ROWS


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
