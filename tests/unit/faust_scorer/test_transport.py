"""How a record is handed from consumer to stream, with Faust's own objects and no broker."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from faust.transport.drivers import aiokafka

from faust_scorer.app import make_app
from faust_scorer.progress import Progress
from faust_scorer.settings import WorkerSettings
from faust_scorer.transport import TunedConsumer
from fraud_core.kafka import KafkaSettings

SETTINGS = WorkerSettings(Path("a"), "p-", "group", "faust-0", 5.0, 500, 0.01)
TUNED = WorkerSettings(Path("a"), "p-", "group", "faust-0", 5.0, 500, 0.01, tuned=True)


class Channel:
    def __init__(self, queue):
        self.queue = queue


@contextmanager
def app_of(settings):
    agent = SimpleNamespace(progress=Progress())
    app = make_app(settings, KafkaSettings(bootstrap_servers="h:1"), agent)
    try:
        yield app
    finally:
        app.consumer._thread.thread_loop.close()  # of a thread that was never started


def hand_over_record(*, suspend=False, full=False, then=None):
    """Hand one record over; whether it arrived. `then` is called a little later."""

    async def run():
        buffer = asyncio.Queue(maxsize=1)
        if full:
            buffer.put_nowait("earlier")
        with app_of(TUNED) as app:
            return await hand_over(app, buffer)

    async def hand_over(app, buffer):
        app.topics._topics.add(Channel(buffer))
        consumer = app.consumer
        consumer.resume_flow()
        app.flow_control.resume()
        if suspend:
            consumer.stop_flow()
            app.flow_control.suspend()
        arrived = []

        async def callback():
            await app.flow_control.acquire()
            arrived.append(True)

        if then:
            asyncio.get_running_loop().call_later(0.02, then, app, consumer, buffer)
        async with asyncio.timeout(10):
            await consumer.wait_first(callback(), consumer.suspend_flow.wait())
        return bool(arrived)

    return asyncio.run(run())


def test_the_tuned_variant_has_our_consumer_and_the_shipped_one_faust_s():
    async def kinds():
        with app_of(TUNED) as tuned, app_of(SETTINGS) as shipped:
            return type(tuned.consumer), type(shipped.consumer)

    assert asyncio.run(kinds()) == (TunedConsumer, aiokafka.Consumer)


def test_a_record_is_handed_over_at_once():
    assert hand_over_record()


def test_in_a_rebalance_a_record_is_dropped_and_the_drain_goes_on():
    assert not hand_over_record(suspend=True)


def test_a_full_buffer_is_waited_for():
    assert hand_over_record(full=True, then=lambda _app, _consumer, buffer: buffer.get_nowait())


def test_a_rebalance_ends_the_wait_for_a_full_buffer():
    def rebalance(app, consumer, _buffer):
        consumer.stop_flow()
        app.flow_control.suspend()

    assert not hand_over_record(full=True, then=rebalance)


def test_an_error_of_the_stream_goes_on_to_the_drain():
    async def callback():
        message = "no room"
        raise RuntimeError(message)

    async def run():
        with app_of(TUNED) as app:
            app.consumer.resume_flow()
            app.flow_control.resume()
            await app.consumer.wait_first(callback(), app.consumer.suspend_flow.wait())

    with pytest.raises(RuntimeError, match="no room"):
        asyncio.run(run())
