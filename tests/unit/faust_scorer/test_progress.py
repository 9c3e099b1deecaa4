from faust_scorer.progress import Look, PartitionProgress, Progress
from fraud_core.stream_scorer import ReadRecord
from fraud_core.transaction import Rejected
from fraud_core.transaction_log import InputRecord


def at(offset, state):
    return PartitionProgress(offset, state, None, None)


def read(partition, offset):
    return ReadRecord(InputRecord(partition, offset, 0, None, None), Rejected("not JSON", ""))


def test_a_worker_whose_states_stand_where_it_reads_is_ready():
    look = Look(10.0, {0: at(5, 5), 1: at(0, None)})
    assert look.why_not_ready(10.1) is None


def test_a_state_may_be_ahead_of_what_was_delivered():
    assert Look(10.0, {0: at(5, 9)}).why_not_ready(10.1) is None


def test_a_state_behind_its_offset_is_named():
    look = Look(10.0, {0: at(5, 5), 7: at(900, 400), 3: at(1, None)})
    assert look.why_not_ready(10.1) == "catching up with the log in partitions 3, 7"


def test_a_worker_without_partitions_is_not_ready():
    assert Look(10.0, {}).why_not_ready(10.1) == "it owns no partition"


def test_an_obstacle_goes_before_everything():
    assert Look(0.0, {0: at(5, 5)}, "dealt out").why_not_ready(99.0) == "dealt out"


def test_a_look_that_is_old_is_a_stuck_event_loop():
    assert Look(10.0, {0: at(5, 5)}).why_not_ready(17.0) == "its event loop has been stuck for 7 s"


def test_figures_are_by_partition_in_its_order():
    look = Look(0.0, {10: PartitionProgress(5, 6, 7, 8), 2: at(0, None)})
    assert list(look.figures()) == ["2", "10"]
    assert look.figures()["10"] == {"offset": 5, "state": 6, "backlog": 7, "last_batch_ms": 8}


def test_what_is_answered_is_delivered_later():
    progress = Progress()
    ends = progress.note_answered([read(1, 4), read(2, 0), read(1, 5)])
    assert progress.answered == ends == {1: 6, 2: 1}
    assert progress.delivered == {}
    progress.note_delivered(ends, 77)
    assert progress.delivered == ends
    assert progress.last_batch_ms == {1: 77, 2: 77}


def test_when_partitions_are_dealt_anew_only_the_times_stay():
    progress = Progress()
    progress.note_delivered(progress.note_answered([read(1, 4)]), 77)
    progress.deal_anew()
    assert (progress.answered, progress.delivered) == ({}, {})
    assert progress.last_batch_ms == {1: 77}
