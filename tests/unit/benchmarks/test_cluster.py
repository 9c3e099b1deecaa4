import pytest

from benchmarks.cluster import Answers, source_of
from benchmarks.samples import INPUTS
from fraud_core.errors import SurroundingsError
from fraud_core.topics import TopicNames
from tests.fakes import FakeMessage

NAMES = TopicNames("t-")
BEFORE = {(INPUTS, partition): 100 for partition in range(12)}


def answer(partition, offset, topic=NAMES.predictions, at_ms=0):
    headers = [("src_partition", b"%d" % partition), ("src_offset", b"%d" % offset)]
    return FakeMessage(topic, 0, 0, b"", b"", at_ms, headers=headers)


def silent():
    return FakeMessage(NAMES.predictions, 0, 0, b"", b"")


def test_an_engine_is_ready_when_the_probe_of_every_partition_is_answered():
    answers = Answers(NAMES, BEFORE)
    for partition in range(11):
        answers.note(answer(partition, 100))
    answers.note(answer(11, 99))
    assert not answers.is_complete(silent_s=60)
    answers.note(answer(11, 100, at_ms=7))
    assert answers.is_complete(silent_s=0)
    assert answers.last_ms == 7


def test_fresh_topics_begin_at_offset_0():
    answers = Answers(NAMES, {})
    for partition in range(12):
        answers.note(answer(partition, 0))
    assert answers.is_complete(silent_s=0)


def test_a_probe_in_dead_letters_is_refused_and_an_older_dead_letter_is_not():
    answers = Answers(NAMES, BEFORE)
    answers.note(answer(3, 99, NAMES.dead_letters))
    with pytest.raises(SurroundingsError, match="same artifact"):
        answers.note(answer(3, 100, NAMES.dead_letters))


def test_an_engine_that_does_not_say_what_it_answers_is_ready_when_it_is_silent():
    answers = Answers(NAMES, BEFORE)
    for _ in range(11):
        answers.note(silent())
    assert not answers.is_complete(silent_s=60)
    answers.note(silent())
    assert not answers.is_complete(silent_s=1)
    assert answers.is_complete(silent_s=60)


@pytest.mark.parametrize(
    "headers", [{}, {"src_partition": b"1"}, {"src_partition": b"x", "src_offset": b"1"}]
)
def test_headers_that_name_no_source_name_none(headers):
    assert source_of(headers) is None
    assert source_of(headers | {"src_partition": b"1", "src_offset": b"2"}) == (1, 2)
