import pytest

from fraud_core.errors import SurroundingsError
from fraud_core.history import read_history
from fraud_core.label_feed import LabelFeed
from tests.fakes import FakeCluster, FakeConsumer, TickingClock
from tests.streams import END_S, NAMES, artifact_of, publish

RECORDS = 1_200
"""More than one poll takes in."""


@pytest.fixture
def history(tmp_path):
    return read_history(artifact_of(tmp_path).history_path, end_s=END_S)


@pytest.fixture
def cluster():
    cluster = FakeCluster()
    for number in range(1, RECORDS + 1):
        publish(cluster, [], complete_until_s=END_S + number)
    return cluster


def feed_of(consumer, history):
    return LabelFeed(consumer, NAMES.labels, history, wait_s=0.0)


def test_catching_up_takes_in_all_that_stands_there_however_short_the_wait_is(cluster, history):
    feed = feed_of(FakeConsumer(cluster), history)
    feed.catch_up(TickingClock())
    assert feed.complete_until_s == END_S + RECORDS


def test_catching_up_with_an_empty_topic_is_done_at_once(history):
    consumer = FakeConsumer(FakeCluster())
    feed_of(consumer, history).catch_up(TickingClock())
    assert consumer.polls == 0


def test_a_broker_that_stops_giving_labels_is_an_error(cluster, history):
    class Stuck(FakeConsumer):
        def consume(self, count, timeout):
            return super().consume(count, timeout) if self.polls < 1 else []

    feed = feed_of(Stuck(cluster), history)
    with pytest.raises(SurroundingsError, match="no record of t-labels for 30 s"):
        feed.catch_up(TickingClock(step_s=1.0))
