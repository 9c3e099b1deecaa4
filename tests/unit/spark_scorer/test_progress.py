from confluent_kafka import KafkaError, KafkaException

from spark_scorer.progress import GroupMirror, end_offsets

PROGRESS = {"batchId": 4, "sources": [{"endOffset": {"in": {"0": 12, "3": 7}}}]}


def places(progress):
    return [(p.topic, p.partition, p.offset) for p in end_offsets(progress)]


def test_end_offsets_are_read_as_content_or_as_text():
    expected = [("in", 0, 12), ("in", 3, 7)]
    assert places(PROGRESS) == expected
    assert places({"sources": [{"endOffset": '{"in": {"0": 12, "3": 7}}'}]}) == expected
    assert places({"sources": [{"endOffset": None}]}) == []


class FakeConsumer:
    def __init__(self, *, fails=False):
        self.commits = []
        self._fails = fails

    def commit(self, offsets, asynchronous):
        if self._fails:
            raise KafkaException(KafkaError(KafkaError.COORDINATOR_NOT_AVAILABLE))
        self.commits.append(len(offsets))


def test_a_batch_is_shown_once():
    consumer = FakeConsumer()
    mirror = GroupMirror(consumer)
    for progress in (None, PROGRESS, PROGRESS, PROGRESS | {"batchId": 5}):
        mirror.show(progress)
    assert consumer.commits == [2, 2]


def test_a_failed_commit_is_a_warning_only(caplog):
    GroupMirror(FakeConsumer(fails=True)).show(PROGRESS)
    assert "not visible" in caplog.text
