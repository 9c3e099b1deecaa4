"""A worker looks at itself, over a log without Kafka."""

from __future__ import annotations

import asyncio

import pytest

from faust_scorer.health import Health
from faust_scorer.progress import Progress
from faust_scorer.watching import Watch
from tests.fakes import FakeCluster
from tests.streams import END_S, artifact_of, open_scorer, publish, put, records, transaction


class Dealt:
    """Partitions with their committed offsets; None while they are dealt out."""

    def __init__(self, cluster, committed):
        self.cluster, self.offsets = cluster, committed

    def committed(self):
        return self.offsets

    def end(self, partition):
        return self.cluster.end("t-transactions", partition) or None


class World:
    def __init__(self, folder, committed):
        self.cluster = FakeCluster()
        for number in range(20):
            put(self.cluster, transaction(tx_id=number, time_s=END_S + 60 + number))
        publish(self.cluster, [], END_S + 10**6)
        self.scorer = open_scorer(self.cluster, artifact_of(folder))
        self.progress, self.health = Progress(), Health(lambda: 0.0)
        self.dealt, self.told = Dealt(self.cluster, committed), []
        parts = (self.dealt, self.scorer, self.progress, self.health)
        self.watch = Watch(*parts, self.told.append)

    def why(self):
        return self.health.look.why_not_ready(0.0)

    def run_until(self, condition):
        async def watching():
            task = asyncio.create_task(self.watch.run(asyncio.Lock()))
            async with asyncio.timeout(30):
                while not condition():
                    assert not task.done(), task.exception()
                    await asyncio.sleep(0.01)
            task.cancel()

        asyncio.run(watching())


@pytest.fixture
def world(tmp_path):
    return lambda committed: World(tmp_path, committed)


def test_nothing_is_ready_while_partitions_are_dealt_out(world):
    one = world(None)
    one.watch.look(0.0)
    assert one.why() == "the partitions are being dealt out anew"
    assert one.told == []


def test_a_state_is_caught_up_before_the_first_record_is_asked_for(world):
    one = world({0: 12, 1: 0})
    one.watch.look(0.0)
    assert one.why() == "catching up with the log in partitions 0"
    one.run_until(lambda: one.told == [True])
    assert one.scorer.state_position(0) == 12
    figures = one.health.look.figures()["0"]
    assert figures == {"offset": 12, "state": 12, "backlog": 8, "last_batch_ms": None}


def test_what_it_has_answered_itself_is_not_caught_up_again(world):
    one = world({0: 0})
    batch = one.scorer.read(records(one.cluster)[:5])
    one.scorer.answer(batch)
    one.progress.note_delivered(one.progress.note_answered(batch), 5)
    one.watch.look(0.0)
    assert one.health.look.figures()["0"]["offset"] == 5
    assert one.why() is None


def test_each_change_is_told_once(world):
    one = world({0: 0})
    one.watch.look(0.0)
    one.watch.look(0.0)
    one.dealt.offsets = None
    one.watch.look(0.0)
    one.watch.look(0.0)
    assert one.told == [True, False]


def test_a_partition_that_comes_back_further_on_is_caught_up_from_where_it_stood(world):
    one = world({0: 5})
    one.run_until(lambda: one.told == [True])
    one.dealt.offsets = {0: 17}
    one.run_until(lambda: one.scorer.state_position(0) == 17)
