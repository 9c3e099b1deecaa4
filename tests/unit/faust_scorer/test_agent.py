"""The agent's loop over a log without Kafka: what is acknowledged, and when."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace

import pytest

from faust_scorer.agent import Agent
from faust_scorer.settings import WorkerSettings
from fraud_core.errors import DeliveryError
from tests.fakes import FakeCluster
from tests.streams import END_S, artifact_of, open_scorer, publish, put, records, transaction

SETTINGS = WorkerSettings(Path("a"), "t-", "group", "faust-0", 5.0, 4, 0.01)
ROWS = 10


class Broker:
    """Takes outputs, or does not."""

    def __init__(self, *, takes=True):
        self.outputs, self.arrived, self._takes = [], 0, takes

    def hand_over(self, outputs):
        self.outputs += outputs

    def wait_delivered(self):
        if not self._takes:
            message = "a prediction was not delivered"
            raise DeliveryError(message)
        self.arrived = len(self.outputs)


class Batches:
    """A stream of events in batches; an acknowledgement notes what had arrived by then."""

    def __init__(self, inputs, broker):
        self.acknowledged = []
        self._inputs, self._broker = inputs, broker

    async def noack_take(self, most, within):
        assert within == SETTINGS.take_within_s
        for first in range(0, len(self._inputs), most):
            yield [event(record) for record in self._inputs[first : first + most]]

    async def ack(self, one):
        self.acknowledged.append((one.message.offset, self._broker.arrived))


def event(record):
    timestamp_s = record.timestamp_ms / 1000
    return SimpleNamespace(
        message=SimpleNamespace(
            partition=record.partition,
            offset=record.offset,
            timestamp=timestamp_s,
            key=record.key,
            value=record.value,
        )
    )


@pytest.fixture
def world(tmp_path):
    cluster = FakeCluster()
    for number in range(ROWS):
        put(cluster, transaction(tx_id=number, time_s=END_S + 60 + number))
    publish(cluster, [], END_S + 10**6)
    return records(cluster), open_scorer(cluster, artifact_of(tmp_path))


def score(world, broker, inputs=None):
    agent = Agent(world[1], broker, SETTINGS)
    stream = Batches(world[0] if inputs is None else inputs, broker)
    asyncio.run(agent.score_stream(stream))
    return agent, stream.acknowledged


def test_what_is_acknowledged_has_arrived(world):
    agent, acknowledged = score(world, Broker())
    assert acknowledged == [(offset, min(offset // 4 * 4 + 4, ROWS)) for offset in range(ROWS)]
    assert agent.progress.answered == agent.progress.delivered == {0: ROWS}


def test_what_was_not_delivered_is_not_acknowledged(world):
    broker = Broker(takes=False)
    stream = Batches(world[0], broker)
    agent = Agent(world[1], broker, SETTINGS)
    with pytest.raises(DeliveryError):
        asyncio.run(agent.score_stream(stream))
    assert stream.acknowledged == []
    assert agent.progress.answered == {0: 4}
    assert agent.progress.delivered == {}


def test_a_batch_in_the_middle_of_the_log_is_caught_up_with_and_scored_alike(world, tmp_path):
    whole, part = Broker(), Broker()
    score(world, whole)
    score(world, part, world[0][5:])
    fixed = [output.value for output in whole.outputs]
    assert [output.value for output in part.outputs] == fixed[5:]
