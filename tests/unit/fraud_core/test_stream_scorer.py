import orjson
import pytest

from fraud_core.errors import LogError
from fraud_core.transaction import SECONDS_PER_DAY
from tests.fakes import FakeCluster, FakeConsumer
from tests.streams import (
    END_S,
    NAMES,
    artifact_of,
    open_scorer,
    outcome,
    publish,
    put,
    records,
    transaction,
)

DAY = SECONDS_PER_DAY


@pytest.fixture
def cluster():
    return FakeCluster()


def answers(outputs):
    return [orjson.loads(output.value) for output in outputs]


def test_one_record_in_gives_one_record_out_with_its_source(cluster, tmp_path):
    put(cluster, transaction(tx_id=1))
    cluster.append(NAMES.transactions, 0, b"1", b"no json", timestamp_ms=17)
    cluster.append(NAMES.transactions, 0, b"1", None)
    cluster.append(NAMES.transactions, 0, b"1", b"")
    put(cluster, transaction(tx_id=2))
    outputs = open_scorer(cluster, artifact_of(tmp_path)).score(records(cluster))
    dead = NAMES.dead_letters
    assert [o.topic for o in outputs] == [NAMES.predictions, dead, dead, dead, NAMES.predictions]
    assert [dict(o.headers)["src_offset"] for o in outputs] == [b"0", b"1", b"2", b"3", b"4"]
    assert [o.value for o in outputs[1:4]] == [b"no json", None, b""]
    assert dict(outputs[1].headers)["reason"] == b"not JSON"
    assert dict(outputs[1].headers)["due_ms"] == b"17"


def test_a_prediction_says_where_it_comes_from_and_who_made_it(cluster, tmp_path):
    put(cluster, transaction(tx_id=7, amount=500.0), partition=3)
    artifact = artifact_of(tmp_path)
    (answer,) = answers(open_scorer(cluster, artifact).score(records(cluster, 3)))
    assert answer["source"] == {"partition": 3, "offset": 0}
    assert (answer["engine"], answer["instance"]) == ("test", "test-0")
    assert answer["model"] == artifact.model_sha256
    assert answer["decision"] == "block"
    assert "AMOUNT_VERY_HIGH" in answer["reasons"]
    assert len(answer["features"]) == 15


def test_the_history_of_a_customer_is_found_in_whatever_partition_it_appears(cluster, tmp_path):
    artifact = artifact_of(tmp_path, entries=[(1, END_S - 10, 500), (2, END_S - 5, 700)])
    put(cluster, transaction(time_s=END_S + 1, amount=1.0), partition=9)
    (answer,) = answers(open_scorer(cluster, artifact).score(records(cluster, 9)))
    assert answer["features"][3:5] == [2.0, 3.0]
    assert not answer["late"]


def test_a_record_at_the_historys_end_is_scored_marked_late_and_not_added(cluster, tmp_path):
    put(cluster, transaction(tx_id=1, time_s=END_S))
    put(cluster, transaction(tx_id=2, time_s=END_S + 1))
    first, second = answers(open_scorer(cluster, artifact_of(tmp_path)).score(records(cluster)))
    assert first["late"]
    assert not second["late"]
    assert second["features"][3] == 1.0


def test_an_outcome_counts_from_its_label_time_on(cluster, tmp_path):
    earlier = transaction(tx_id=1, time_s=END_S - 6 * DAY, terminal_id=4)
    known_s = earlier.time_s + 7 * DAY
    publish(cluster, [outcome(earlier, fraud=1)], known_s + DAY)
    put(cluster, transaction(tx_id=2, time_s=known_s - 1, terminal_id=4))
    put(cluster, transaction(tx_id=3, time_s=known_s, terminal_id=4))
    before, at = answers(open_scorer(cluster, artifact_of(tmp_path)).score(records(cluster)))
    assert before["features"][9:11] == [0.0, 0.0]
    assert at["features"][9:11] == [1.0, 1.0]
    assert before["labels_complete"]
    assert at["labels_complete"]


def test_an_outcome_that_the_history_has_is_not_counted_twice(cluster, tmp_path):
    old = transaction(tx_id=1, time_s=END_S - 8 * DAY, terminal_id=4)
    artifact = artifact_of(tmp_path, outcomes=[(4, END_S - DAY, 1)])
    publish(cluster, [outcome(old, fraud=1)], END_S + DAY)
    put(cluster, transaction(tx_id=2, terminal_id=4))
    (answer,) = answers(open_scorer(cluster, artifact).score(records(cluster)))
    assert answer["features"][13] == 1.0


def test_without_labels_it_scores_after_the_wait_and_says_so(cluster, tmp_path):
    put(cluster, transaction())
    (answer,) = answers(open_scorer(cluster, artifact_of(tmp_path)).score(records(cluster)))
    assert not answer["labels_complete"]


def test_after_one_time_out_it_does_not_wait_again_until_labels_move(cluster, tmp_path):
    put(cluster, transaction(tx_id=1))
    put(cluster, transaction(tx_id=2))
    scorer = open_scorer(cluster, artifact_of(tmp_path))
    first, second = records(cluster)
    scorer.score([first])
    assert scorer.is_ready_for(scorer.read([second]))
    publish(cluster, [], END_S + 30)
    assert not scorer.is_ready_for(scorer.read([second]))


def test_a_second_publisher_is_an_error(cluster, tmp_path):
    publish(cluster, [], END_S + 50)
    publish(cluster, [], END_S + 40)
    put(cluster, transaction())
    with pytest.raises(LogError, match="two producers"):
        open_scorer(cluster, artifact_of(tmp_path)).score(records(cluster))


def test_gaps_in_the_offsets_are_passed_over(cluster, tmp_path):
    put(cluster, transaction(tx_id=1), offset=3)
    put(cluster, transaction(tx_id=2), offset=8)
    outputs = open_scorer(cluster, artifact_of(tmp_path)).score(records(cluster))
    assert [a["features"][3] for a in answers(outputs)] == [1.0, 2.0]


def test_a_log_that_starts_above_the_needed_offset_is_an_error(cluster, tmp_path):
    put(cluster, transaction(tx_id=1))
    put(cluster, transaction(tx_id=2))
    second = records(cluster)[1]
    cluster.low[NAMES.transactions, 0] = 1
    with pytest.raises(LogError, match="starts at offset 1"):
        open_scorer(cluster, artifact_of(tmp_path)).score([second])


def test_a_topic_that_has_grown_is_an_error_that_names_both_counts(cluster, tmp_path):
    put(cluster, transaction())
    scorer = open_scorer(cluster, artifact_of(tmp_path))
    cluster.partitions = 24
    with pytest.raises(LogError, match="had 12 partitions at start and has 24"):
        scorer.score(records(cluster))


def test_a_question_below_the_evicted_part_is_answered_from_a_new_table(cluster, tmp_path):
    early = transaction(tx_id=1, time_s=END_S + DAY, terminal_id=4)
    publish(cluster, [outcome(early, fraud=1)], END_S + 100 * DAY)
    put(cluster, transaction(tx_id=2, time_s=END_S + 90 * DAY, customer_id=2), partition=0)
    put(cluster, transaction(tx_id=3, time_s=END_S + 8 * DAY, terminal_id=4), partition=1)
    scorer = open_scorer(cluster, artifact_of(tmp_path))
    scorer.score(records(cluster, 0))
    (answer,) = answers(scorer.score(records(cluster, 1)))
    assert answer["features"][9:11] == [1.0, 1.0]


class LateLabels(FakeConsumer):
    """Gives the last record of the labels only to who reads them again from the start."""

    starts = 0

    def assign(self, places):
        self.starts += 1
        super().assign(places)

    def consume(self, count, timeout):
        messages = super().consume(count, timeout)
        if self.starts > 1:
            return messages
        return [one for one in messages if one.topic() != NAMES.labels or one.offset() == 0]


def test_labels_that_come_between_two_records_of_a_batch_are_complete_for_the_later_one_only(
    cluster, tmp_path, monkeypatch
):
    monkeypatch.setattr("tests.streams.FakeConsumer", LateLabels)
    early = transaction(tx_id=1, time_s=END_S + DAY, terminal_id=4)
    publish(cluster, [outcome(early, fraud=1)], END_S + 100 * DAY)
    put(cluster, transaction(tx_id=2, time_s=END_S + 90 * DAY, customer_id=2))
    put(cluster, transaction(tx_id=3, time_s=END_S + 101 * DAY, customer_id=2))
    put(cluster, transaction(tx_id=4, time_s=END_S + 8 * DAY, terminal_id=4), partition=1)
    scorer = open_scorer(cluster, artifact_of(tmp_path))
    first, second = records(cluster, 0)
    scorer.score([first])
    publish(cluster, [], END_S + 102 * DAY)
    batch = [second, *records(cluster, 1)]
    without, with_all = answers(scorer.score(batch))
    assert not without["labels_complete"]
    assert with_all["labels_complete"]
