"""A poison record every hundred, of all kinds: each is a dead letter, and nothing else changes."""

from __future__ import annotations

from itertools import cycle, islice

import pytest
from confluent_kafka import Producer

from fraud_core.artifact import load_artifact
from fraud_core.topics import PARTITIONS
from tests.bad_records import bad_records
from tests.engine_process import SLOW_SPARK, STARTS_WITHIN_S, TUNED, EngineProcess
from tests.faults.account import DeadLetter
from tests.outputs import count_in, wait_until

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

RATE_EPS = 400
ROWS = 6_000
EVERY = 100
POISONS = ROWS // EVERY


@pytest.fixture(params=["faust", TUNED, SLOW_SPARK])
def engine(request, engine_environment, tmp_path):
    engine = EngineProcess(request.param, tmp_path, engine_environment)
    yield engine
    engine.end()


class Poisoner:
    """Writes bad records among the others; every kind again and again, into each partition."""

    def __init__(self, kafka, topics, time_s):
        self._producer, self._topic = Producer(kafka.as_producer()), topics.transactions
        bad = [record for record in bad_records(time_s) if record[2] is not None]
        self._bad = enumerate(islice(cycle(bad), POISONS))
        self.sent: dict[tuple[int, int], DeadLetter] = {}

    def send(self) -> None:
        number, (key, value, reason) = next(self._bad)

        def note(error, message):
            assert error is None
            place = message.partition(), message.offset()
            self.sent[place] = DeadLetter(reason, key, value)

        self._producer.produce(
            self._topic, value, key, partition=number % PARTITIONS, on_delivery=note
        )
        assert self._producer.flush(30) == 0


def test_each_poison_record_is_one_dead_letter_and_all_others_are_scored_as_ever(
    engine, stream, account, kafka, topics, trained, offline
):
    poisoner = Poisoner(kafka, topics, load_artifact(trained).manifest.history_end_s)
    engine.start_ready(trained, topics.prefix, "--label-wait-s", "60", workers=2)
    with stream.sending(ROWS, RATE_EPS):
        for number in range(POISONS):
            wait_until(
                lambda before=number * (EVERY + 1): count_in(kafka, topics) >= before + EVERY,
                within_s=STARTS_WITHIN_S,
                what="a hundred more are sent",
                alive=lambda: engine.is_alive,
            )
            poisoner.send()
    found = account(engine, ROWS + POISONS)
    found.check(ROWS + POISONS, trained, offline)
    assert found.duplicates == 0
    assert len(poisoner.sent) == POISONS
    assert {place: found.outputs[place][0].content for place in poisoner.sent} == poisoner.sent
    assert found.predictions + found.dead_letters == ROWS + POISONS
