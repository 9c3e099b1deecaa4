"""Labels late, missing, or replayed: what was scored without them says so, nothing else does."""

from __future__ import annotations

import pytest
from confluent_kafka import Producer

from fraud_core.artifact import load_artifact
from fraud_core.label_record import LabelRecord, encode_label_record
from fraud_core.transaction import encode, encode_key
from tests.engine_process import ENGINES, STARTS_WITHIN_S, EngineProcess
from tests.outputs import answers, count_out, wait_until
from tests.reference import reference_predictions
from tests.streams import outcome, transaction

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

HOUR_S = 3600
ROWS = 40
"""Of each stretch; a stretch is an hour of event time."""
TERMINALS = 5
LABEL_RECORDS = 600
"""More than one poll takes in."""


@pytest.fixture(params=ENGINES)
def engine(request, engine_environment, tmp_path):
    engine = EngineProcess(request.param, tmp_path, engine_environment)
    yield engine
    engine.end()


class Stream:
    """Transactions and labels by hand: what is published, and when, is the test."""

    def __init__(self, kafka, topics, artifact):
        self._producer = Producer(kafka.as_producer())
        self._kafka, self._topics = kafka, topics
        self.start_s = artifact.manifest.history_end_s + 1
        self.sent = 0

    def until_s(self, stretch):
        """End of a stretch."""
        return self.start_s + stretch * HOUR_S

    def send(self, stretch):
        """The transactions of a stretch; returns their ids."""
        first_s = self.until_s(stretch - 1)
        ids = range(self.sent, self.sent + ROWS)
        for number in ids:
            time_s = first_s + 1 + (number - ids[0]) * (HOUR_S // ROWS)
            tx = transaction(number, time_s, number % 7, number % TERMINALS, 10.0 + number)
            key, value = encode_key(tx.customer_id), encode(tx)
            self._producer.produce(self._topics.transactions, value, key)
        self._producer.flush()
        self.sent += ROWS
        return set(ids)

    def label(self, first_stretch, last_stretch):
        """Outcomes of transactions a week before the stretches, and that there are no others."""
        outcomes = []
        for stretch in range(first_stretch, last_stretch + 1):
            time_s = self.until_s(stretch - 1) - 7 * 24 * HOUR_S + 60
            for terminal in range(TERMINALS):
                tx = transaction(stretch, time_s, terminal_id=terminal)
                outcomes.append(outcome(tx, fraud=terminal % 2))
        record = LabelRecord(self.until_s(last_stretch), outcomes)
        self._producer.produce(self._topics.labels, encode_label_record(record))
        self._producer.flush()

    def wait_answered(self, engine):
        wait_until(
            lambda: count_out(self._kafka, self._topics) >= self.sent,
            within_s=STARTS_WITHIN_S,
            what="every record has an answer",
            alive=lambda: engine.is_alive,
        )

    def predictions(self):
        """By transaction; each must have one answer."""
        found = answers(self._kafka, self._topics)
        assert all(len(one) == 1 for one in found.values())
        return {one[0].prediction["tx_id"]: one[0].prediction for one in found.values()}

    def send_until_labelled(self, engine, stretch):
        """Transactions of a stretch, one by one, until one is scored with its labels."""

        def is_labelled():
            number, self.sent = self.sent, self.sent + 1
            tx = transaction(number, self.until_s(stretch), number % 7, number % TERMINALS)
            key, value = encode_key(tx.customer_id), encode(tx)
            self._producer.produce(self._topics.transactions, value, key)
            self._producer.flush()
            self.wait_answered(engine)
            return self.predictions()[number]["labels_complete"]

        wait_until(is_labelled, within_s=STARTS_WITHIN_S, what="the labels have arrived")


@pytest.fixture
def world(kafka, topics, trained):
    return Stream(kafka, topics, load_artifact(trained))


def test_late_labels_mark_exactly_what_was_scored_before_they_came(
    engine, world, kafka, topics, trained
):
    world.label(1, 1)
    engine.start(trained, topics.prefix, "--label-wait-s", "1")
    with_labels = world.send(1)
    world.wait_answered(engine)
    too_early = world.send(2)
    world.wait_answered(engine)
    world.label(2, 3)
    world.send_until_labelled(engine, 2)
    with_labels |= world.send(3)
    world.wait_answered(engine)
    assert engine.stop() == 0, engine.log()
    found = world.predictions()
    assert {number for number in too_early if found[number]["labels_complete"]} == set()
    assert {number for number in with_labels if not found[number]["labels_complete"]} == set()
    reference = reference_predictions(kafka, topics, load_artifact(trained)).values()
    expected = {one["tx_id"]: scored(one) for one in reference}
    assert set(found) == set(expected)
    assert all(
        scored(found[number]) == expected[number]
        for number in found
        if found[number]["labels_complete"]
    )
    assert any(scored(found[number]) != expected[number] for number in too_early)


def test_labels_that_were_published_before_the_start_are_no_late_ones(
    engine, world, kafka, topics, trained
):
    for stretch in range(1, LABEL_RECORDS + 1):
        world.label(stretch, stretch)
    world.send(1)
    world.send(2)
    engine.start(trained, topics.prefix, "--label-wait-s", "0")
    world.wait_answered(engine)
    assert engine.stop() == 0, engine.log()
    found = world.predictions()
    assert len(found) == world.sent
    assert all(one["labels_complete"] for one in found.values())
    reference = reference_predictions(kafka, topics, load_artifact(trained)).values()
    assert {one["tx_id"]: scored(one) for one in reference} == {
        number: scored(one) for number, one in found.items()
    }


def scored(prediction):
    return prediction["features"], prediction["fraud_probability"]


def test_without_any_label_each_record_is_answered_and_marked(engine, world, topics, trained):
    engine.start(trained, topics.prefix, "--label-wait-s", "1")
    world.send(1)
    world.send(2)
    world.wait_answered(engine)
    assert engine.stop() == 0, engine.log()
    found = world.predictions()
    assert len(found) == world.sent
    assert not any(one["labels_complete"] for one in found.values())


def test_labels_published_again_from_the_start_end_the_engine_with_the_reason(
    engine, world, topics, trained
):
    world.label(1, 2)
    engine.start(trained, topics.prefix, "--label-wait-s", "5")
    answered = world.send(1)
    world.wait_answered(engine)
    world.label(1, 1)
    world.send(3)
    wait_until(lambda: not engine.is_alive, within_s=STARTS_WITHIN_S, what="the engine has ended")
    assert engine.stop() != 0
    assert "two producers publish labels" in engine.log()
    assert set(world.predictions()) == answered
