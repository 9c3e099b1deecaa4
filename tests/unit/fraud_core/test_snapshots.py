import logging
from pathlib import Path

import orjson
import pytest

from fraud_core.errors import LogError
from fraud_core.snapshots import Snapshots, SnapshotSettings, snapshot_settings
from fraud_core.transaction import SECONDS_PER_DAY
from tests.fakes import FakeCluster, TickingClock
from tests.streams import (
    END_S,
    NAMES,
    artifact_of,
    identity_of,
    open_scorer,
    publish,
    put,
    records,
    snapshots_in,
    transaction,
)

ROWS = 30


@pytest.fixture
def cluster():
    cluster = FakeCluster()
    for number in range(ROWS):
        put(cluster, transaction(tx_id=number, time_s=END_S + 60 * number, customer_id=number % 3))
    publish(cluster, [], END_S + 30 * SECONDS_PER_DAY)
    return cluster


@pytest.fixture
def artifact(tmp_path):
    return artifact_of(tmp_path, entries=[(1, END_S - 10, 500), (2, END_S - 5, 700)])


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "kept"


def features(outputs):
    return [orjson.loads(output.value)["features"] for output in outputs]


def files(folder):
    return sorted(Path(folder).glob("*/000/*.state"))


def keep_at(cluster, artifact, folder, *offsets):
    """Score up to each offset, and wait until its snapshot is written."""
    snapshots = snapshots_in(folder, artifact)
    scorer = open_scorer(cluster, artifact, snapshots=snapshots)
    done = 0
    for offset in offsets:
        scorer.score(records(cluster)[done:offset])
        snapshots.wait_written()
        done = offset
    return files(folder)


def score_from(cluster, artifact, folder, offset):
    snapshots = snapshots_in(folder, artifact, every_records=10**9)
    scorer = open_scorer(cluster, artifact, snapshots=snapshots)
    return features(scorer.score(records(cluster)[offset:]))


def expected_from(cluster, artifact, offset):
    return features(open_scorer(cluster, artifact).score(records(cluster)))[offset:]


def test_two_snapshots_of_a_partition_are_kept(cluster, artifact, folder):
    kept = keep_at(cluster, artifact, folder, 5, 10, 15)
    assert [int(path.stem) for path in kept] == [10, 15]


def test_a_fresh_scorer_starts_from_the_nearest_snapshot(cluster, artifact, folder, caplog):
    keep_at(cluster, artifact, folder, 10, 20)
    with caplog.at_level(logging.INFO):
        found = score_from(cluster, artifact, folder, 15)
    assert found == expected_from(cluster, artifact, 15)
    assert "snapshot read partition=0 at=10" in caplog.text
    assert "caught up partition=0 from=10 to=15" in caplog.text


def test_with_a_snapshot_the_log_may_have_lost_its_beginning(cluster, artifact, folder):
    keep_at(cluster, artifact, folder, 10)
    expected = expected_from(cluster, artifact, 15)
    from_there = records(cluster)[15:]
    cluster.low[NAMES.transactions, 0] = 10
    scorer = open_scorer(cluster, artifact, snapshots=snapshots_in(folder, artifact))
    assert features(scorer.score(from_there)) == expected


@pytest.mark.parametrize("damage", ["altered", "cut short", "empty"])
def test_a_damaged_snapshot_is_named_and_the_one_before_is_used(
    damage, cluster, artifact, folder, caplog
):
    newest = keep_at(cluster, artifact, folder, 10, 20)[-1]
    content = newest.read_bytes()
    middle = len(content) // 2
    newest.write_bytes(
        {
            "altered": content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :],
            "cut short": content[:middle],
            "empty": b"",
        }[damage]
    )
    with caplog.at_level(logging.INFO):
        found = score_from(cluster, artifact, folder, 25)
    assert found == expected_from(cluster, artifact, 25)
    (line,) = [entry.getMessage() for entry in caplog.records if entry.levelname == "WARNING"]
    assert line.startswith(f"snapshot refused file={newest} reason=it is")
    assert "caught up partition=0 from=10 to=25" in caplog.text
    assert [int(path.stem) for path in files(folder)] == [10]


def test_when_every_snapshot_is_damaged_the_log_is_read_from_the_start(
    cluster, artifact, folder, caplog
):
    for path in keep_at(cluster, artifact, folder, 10, 20):
        path.write_bytes(b"sg-state" + bytes(200))
    with caplog.at_level(logging.INFO):
        found = score_from(cluster, artifact, folder, 25)
    assert found == expected_from(cluster, artifact, 25)
    assert "caught up partition=0 from=0 to=25" in caplog.text


def test_a_snapshot_of_another_topic_put_into_the_folder_is_refused_by_name(
    cluster, artifact, folder, tmp_path, caplog
):
    own = keep_at(cluster, artifact, folder, 10)[0]
    foreign = Snapshots(
        snapshots_in(tmp_path / "other", artifact)._store,
        identity_of(artifact, topic_id="topic-2"),
        SnapshotSettings("", 1, 1e9),
        TickingClock(),
    )
    scorer = open_scorer(cluster, artifact, snapshots=foreign)
    scorer.score(records(cluster)[:20])
    foreign.wait_written()
    (written,) = files(tmp_path / "other")
    copied = own.with_name(written.name)
    copied.write_bytes(written.read_bytes())
    assert score_from(cluster, artifact, folder, 25) == expected_from(cluster, artifact, 25)
    assert f"snapshot refused file={copied} reason=its topic_id is topic-2" in caplog.text


def test_a_topic_that_has_grown_since_the_snapshot_is_an_error(cluster, artifact, folder):
    keep_at(cluster, artifact, folder, 10)
    grown = snapshots_in(folder, artifact, identity=identity_of(artifact, partition_count=24))
    cluster.partitions = 24
    scorer = open_scorer(cluster, artifact, snapshots=grown)
    with pytest.raises(LogError, match=r"had 12 partitions .* has 24 now"):
        scorer.score(records(cluster)[15:])


def test_two_owners_that_write_at_once_leave_right_snapshots(cluster, artifact, folder):
    owners = [snapshots_in(folder, artifact) for _ in range(2)]
    scorers = [open_scorer(cluster, artifact, snapshots=owner) for owner in owners]
    for first in range(0, 20, 2):  # one of them is behind, as after a pause
        for scorer, lag in zip(scorers, (0, 6), strict=True):
            if first >= lag:
                scorer.score(records(cluster)[first - lag : first - lag + 2])
    for owner in owners:
        owner.wait_written()
    assert files(folder)
    assert score_from(cluster, artifact, folder, 20) == expected_from(cluster, artifact, 20)


def test_scoring_goes_on_while_a_snapshot_is_packed_and_does_not_change_it(
    cluster, artifact, folder
):
    scorer = open_scorer(cluster, artifact)
    expected = expected_from(cluster, artifact, 0)
    assert features(scorer.score(records(cluster)[:10])) == expected[:10]
    state = scorer._states.at(0, 10)
    frozen = state.freeze()
    assert features(scorer.score(records(cluster)[10:20])) == expected[10:20]
    point = frozen.packed()
    assert (point.next_offset, len(point.customers)) == (10, 2 + 9)  # the first row is not after
    state.rest_on(point)
    assert features(scorer.score(records(cluster)[20:])) == expected[20:]


def test_what_was_frozen_and_never_packed_is_in_the_next_snapshot(cluster, artifact):
    scorer = open_scorer(cluster, artifact)
    scorer.score(records(cluster)[:10])
    state = scorer._states.at(0, 10)
    state.freeze()
    scorer.score(records(cluster)[10:11])
    assert state.freeze().packed().customers.keys.tolist() == [0, 1, 2]


def test_a_snapshot_that_cannot_be_written_is_named_and_scoring_goes_on(
    cluster, artifact, folder, caplog
):
    folder.write_bytes(b"a file where a folder is needed")
    keep_at(cluster, artifact, folder, 10)
    assert "snapshot not written file=" in caplog.text
    assert score_from(cluster, artifact, folder, 10) == expected_from(cluster, artifact, 10)


def test_nothing_is_written_before_its_time(cluster, artifact, folder):
    snapshots = snapshots_in(folder, artifact, every_records=11)
    scorer = open_scorer(cluster, artifact, snapshots=snapshots)
    scorer.score(records(cluster)[:10])
    snapshots.wait_written()
    assert not files(folder)
    scorer.score(records(cluster)[10:11])
    snapshots.wait_written()
    assert [int(path.stem) for path in files(folder)] == [11]


def test_after_a_time_a_partition_is_kept_if_it_has_moved(cluster, artifact, folder):
    settings = SnapshotSettings(str(folder), 10**9, every_s=0.001)
    store = snapshots_in(folder, artifact)._store
    snapshots = Snapshots(store, identity_of(artifact), settings, TickingClock())
    scorer = open_scorer(cluster, artifact, snapshots=snapshots)
    scorer.score(records(cluster)[:4])
    scorer.score(records(cluster)[4:6])
    snapshots.wait_written()
    assert [int(path.stem) for path in files(folder)] == [6]


def test_a_folder_is_named_from_the_root_because_workers_stand_elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert snapshot_settings("kept", 7, 8.0) == SnapshotSettings(str(tmp_path / "kept"), 7, 8.0)
    assert (tmp_path / "kept").is_dir()
    assert snapshot_settings("", 7, 8.0) == SnapshotSettings()
