"""Whoever scores a record, in whatever batches and however often, gives the same bits."""

import tempfile
from itertools import pairwise
from pathlib import Path

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from fraud_core.transaction import SECONDS_PER_DAY
from tests.fakes import FakeCluster
from tests.streams import (
    END_S,
    NAMES,
    artifact_of,
    open_scorer,
    outcome,
    publish,
    put,
    records,
    snapshots_in,
    transaction,
)

DAY = SECONDS_PER_DAY
PARTITIONS = (0, 1, 2)

# Small numbers of customers, terminals and seconds, so that ties, windows and lateness all happen.
step_s = st.sampled_from(
    [0, 0, 1, 59, 3600, DAY - 1, DAY, DAY + 1, 7 * DAY, 30 * DAY, -3600, -2 * DAY, -40 * DAY]
)
row = st.tuples(
    st.integers(1, 3),
    st.integers(1, 2),
    st.sampled_from(PARTITIONS),
    step_s,
    st.sampled_from([0.01, 12.34, 220.0, 999.99]),
    st.integers(0, 1),
    st.booleans(),
)
stream = st.lists(row, min_size=1, max_size=25)


def fill(rows):
    """A cluster with the rows in its log, every outcome known; the transactions in send order."""
    cluster = FakeCluster()
    time_s = END_S + 60
    outcomes = []
    for number, (customer, terminal, partition, step, amount, fraud, dirty) in enumerate(rows):
        time_s = max(time_s + step, END_S - 3 * DAY)
        time_s = min(time_s, END_S + 390 * DAY)
        tx = transaction(number, time_s, customer, terminal, amount)
        if dirty:
            cluster.append(NAMES.transactions, partition, b"1", b"{")
            continue
        put(cluster, tx, partition)
        outcomes.append(outcome(tx, fraud))
    publish(cluster, sorted(outcomes, key=lambda o: o.label_time_s), END_S + 400 * DAY)
    return cluster


def all_records(cluster):
    return [record for partition in PARTITIONS for record in records(cluster, partition)]


def answers_by_source(outputs):
    found = {}
    for output in outputs:
        headers = dict(output.headers)
        source = (headers["src_partition"], headers["src_offset"])
        value = output.value
        if output.topic == NAMES.predictions:
            value = orjson.loads(output.value)
            del value["scored_ms"]
        assert found.setdefault(source, (output.topic, value)) == (output.topic, value)
    return found


def small_artifact(folder):
    return artifact_of(folder, entries=[(1, END_S - DAY, 777)], outcomes=[(1, END_S - DAY, 1)])


def score(cluster, folder, batches):
    scorer = open_scorer(cluster, small_artifact(folder))
    return answers_by_source([output for batch in batches for output in scorer.score(batch)])


def with_folder(check):
    with tempfile.TemporaryDirectory() as folder:
        check(Path(folder))


@given(stream, st.data())
@settings(deadline=None, max_examples=150)
def test_any_split_into_batches_gives_equal_bits(rows, data):
    cluster = fill(rows)
    everything = all_records(cluster)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(everything)))) | {0, len(everything)})
    batches = [everything[a:b] for a, b in pairwise(cuts)]

    def check(folder):
        whole = score(cluster, folder, [everything])
        assert len(whole) == len(everything)
        assert score(cluster, folder, batches) == whole

    with_folder(check)


@given(stream, st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=150)
def test_partition_order_time_order_and_any_interleaving_give_equal_bits(rows, random):
    cluster = fill(rows)
    everything = all_records(cluster)
    queues = {p: records(cluster, p) for p in PARTITIONS}
    interleaved = []
    while any(queues.values()):
        partition = random.choice([p for p, queue in queues.items() if queue])
        interleaved.append([queues[partition].pop(0)])

    def check(folder):
        by_partition = score(cluster, folder, [records(cluster, p) for p in PARTITIONS])
        assert score(cluster, folder, interleaved) == by_partition
        # a process that has one partition only, as after a rebalance
        alone = {}
        for partition in PARTITIONS:
            alone |= score(cluster, folder, [records(cluster, partition)])
        assert alone == by_partition
        assert len(by_partition) == len(everything)

    with_folder(check)


@given(stream, st.data())
@settings(deadline=None, max_examples=150)
def test_a_replay_from_any_offset_and_a_duplicate_delivery_repeat_the_answer(rows, data):
    cluster = fill(rows)
    per_partition = [records(cluster, p) for p in PARTITIONS]

    def check(folder):
        whole = score(cluster, folder, per_partition)
        starts = [data.draw(st.integers(0, len(log))) for log in per_partition]
        fresh = [log[start:] for log, start in zip(per_partition, starts, strict=True)]
        from_there = score(cluster, folder, fresh)
        assert from_there == {source: whole[source] for source in from_there}
        again = [*per_partition, *fresh]
        assert score(cluster, folder, again) == whole

    with_folder(check)


@given(stream, st.data())
@settings(deadline=None, max_examples=100)
def test_from_a_snapshot_and_the_log_behind_it_the_answers_are_equal(rows, data):
    cluster = fill(rows)
    log = records(cluster)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(log)))) | {0, len(log)})
    start = data.draw(st.integers(0, len(log)))
    damaged = data.draw(st.booleans())

    def check(folder):
        artifact = small_artifact(folder)
        kept = snapshots_in(folder, artifact)
        scorer = open_scorer(cluster, artifact, snapshots=kept)
        whole = {}
        for first, end in pairwise(cuts):  # what is touched after a snapshot is in the next one
            whole |= answers_by_source(scorer.score(log[first:end]))
            kept.wait_written()
        assert whole == score(cluster, folder, [log])
        files = sorted(folder.glob("*/000/*.state"))
        if files and damaged:
            files[-1].write_bytes(files[-1].read_bytes()[:-1])
        later = snapshots_in(folder, artifact)
        again = open_scorer(cluster, artifact, snapshots=later)
        from_there = answers_by_source(again.score(log[start:]))
        later.wait_written()  # the folder is removed next
        assert from_there == {source: whole[source] for source in from_there}
        assert len(from_there) == len(log) - start

    with_folder(check)


@given(stream, st.integers(0, 400 * DAY))
@settings(deadline=None, max_examples=100)
def test_a_label_that_arrives_early_changes_nothing(rows, lead_s):
    early = fill(rows)
    just_in_time = FakeCluster()
    everything = all_records(early)
    just_in_time.logs.update({k: v for k, v in early.logs.items() if k[0] == NAMES.transactions})
    (labels,) = early.logs[NAMES.labels, 0]
    outcomes = orjson.loads(labels.value())["outcomes"]

    def check(folder):
        expected = score(early, folder, [everything])
        scorer = open_scorer(just_in_time, small_artifact(folder))
        published, complete_s, outputs = 0, END_S, []
        for record in everything:
            (read,) = scorer.read([record])
            complete_s = max(complete_s, getattr(read.content, "time_s", 0) + lead_s)
            due = [known for known in outcomes[published:] if known[3] <= complete_s]
            publish(just_in_time, due, complete_s)
            published += len(due)
            outputs += scorer.score([record])
        assert answers_by_source(outputs) == expected

    with_folder(check)
