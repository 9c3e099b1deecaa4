"""A broker that ends in mid-run and comes back: nothing is lost, and nothing is changed."""

from __future__ import annotations

import signal

import pytest
from confluent_kafka import KafkaException

from tests.engine_process import SLOW_SPARK, STARTS_WITHIN_S, TUNED, EngineProcess
from tests.faults.restarted_broker import RestartedBroker
from tests.faults.stream import now_ms
from tests.outputs import count_out, wait_until
from tests.sandbox_command import running_broker, sandbox_environment

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

RATE_EPS = 400
ROWS = 10_000
MANY_ROWS = 20_000
"""Of a preloaded topic: enough to be met in the middle."""
LABELS = ("--label-wait-s", "60")
UNCOMMITTED_MS = 5_000
"""What was answered longer before the broker's end is committed; how long both sides then need to
find each other again, and repeat, is the machine's."""


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    environment = sandbox_environment(tmp_path_factory.mktemp("restarted"))
    with running_broker(environment):
        yield RestartedBroker(environment)


@pytest.fixture(scope="module")
def kafka(broker):
    """In place of the broker of all tests, which must not end."""
    return broker.settings


@pytest.fixture(scope="module")
def engine_environment(kafka, java_environment):
    return java_environment | kafka.as_environment()


@pytest.fixture(autouse=True)
def _up_at_the_end(broker, topics):
    """A test that fails must not leave the next one without a broker."""
    yield
    broker.start()


@pytest.fixture(params=["faust", TUNED, SLOW_SPARK])
def engine(request, engine_environment, tmp_path):
    engine = EngineProcess(request.param, tmp_path, engine_environment)
    yield engine
    engine.end()


@pytest.mark.parametrize(
    "number",
    [signal.SIGKILL, pytest.param(signal.SIGTERM, marks=pytest.mark.slow_fault)],
    ids=lambda one: one.name,
)
def test_a_broker_that_is_restarted_in_mid_run(
    number, engine, broker, stream, account, kafka, topics, trained, offline
):
    engine.start_ready(trained, topics.prefix, *LABELS, workers=2)
    with stream.sending(ROWS, RATE_EPS):
        scores(engine, kafka, topics, ROWS // 2)
        assert count_out(kafka, topics) < ROWS, "it ends in mid-run"
        ended_ms = now_ms()
        broker.end(number)
        broker.start()
        comes_back(kafka, topics)
    found = account(engine, ROWS)
    found.check(ROWS, trained, offline)
    for repeats in found.repeated.values():
        assert repeats[0].appended_ms > ended_ms - UNCOMMITTED_MS


@pytest.mark.slow_fault
def test_a_stop_while_the_broker_is_away_ends_in_time_and_loses_nothing(
    engine, broker, stream, account, kafka, topics, trained, offline
):
    stream.send(MANY_ROWS)
    engine.start(trained, topics.prefix, *LABELS)
    scores(engine, kafka, topics, 1_000)
    broker.end(signal.SIGKILL)
    assert engine.stop() == 0, engine.log()
    broker.start()
    comes_back(kafka, topics)
    engine.start(trained, topics.prefix, *LABELS)
    account(engine, MANY_ROWS).check(MANY_ROWS, trained, offline)


def scores(engine, kafka, topics, rows):
    wait_until(
        lambda: count_out(kafka, topics) >= rows,
        within_s=STARTS_WITHIN_S,
        what=f"{rows} records are answered",
        alive=lambda: engine.is_alive,
    )


def comes_back(kafka, topics):
    wait_until(
        lambda: is_readable(kafka, topics),
        within_s=STARTS_WITHIN_S,
        what="every partition has its leader again",
    )


def is_readable(kafka, topics):
    try:
        count_out(kafka, topics)
    except KafkaException:
        return False
    return True
