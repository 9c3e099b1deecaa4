"""Snapshots in a bucket of a real S3 server."""

import logging

import orjson
import pytest

from fraud_core.errors import SurroundingsError
from fraud_core.snapshot_store import SnapshotStore
from fraud_core.snapshots import Snapshots, SnapshotSettings
from fraud_core.transaction import SECONDS_PER_DAY
from tests.fakes import FakeCluster, TickingClock
from tests.s3_server import s3_server
from tests.streams import (
    END_S,
    artifact_of,
    identity_of,
    open_scorer,
    publish,
    put,
    records,
    transaction,
)

URI = "s3://bucket/some/prefix"
NAME, PARTITION = "name", 3


@pytest.fixture
def bucket(tmp_path, monkeypatch):
    """The folder behind s3://bucket."""
    folder = tmp_path / "s3" / "bucket"
    folder.mkdir(parents=True)
    with s3_server(folder.parent) as variables:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        yield folder


def test_what_is_written_is_listed_read_pruned_and_set_aside(bucket):
    store = SnapshotStore.open(URI)
    store.check()
    large = bytes(range(256)) * 50_000  # 12.8 MB: one request all the same
    for offset in (5, 200, 1_000):
        store.write(NAME, PARTITION, offset, [large, b"%d" % offset])
    assert store.offsets(NAME, PARTITION) == [5, 200, 1_000]
    assert store.read(NAME, PARTITION, 200) == large + b"200"
    store.prune(NAME, PARTITION, keep=2)
    assert store.offsets(NAME, PARTITION) == [200, 1_000]
    store.set_aside(NAME, PARTITION, 1_000)
    assert store.offsets(NAME, PARTITION) == [200]
    with pytest.raises(FileNotFoundError):
        store.read(NAME, PARTITION, 5)
    assert store.offsets(NAME, 9) == []


def test_a_scorer_starts_from_the_bucket_and_a_damaged_object_is_refused(bucket, tmp_path, caplog):
    cluster = FakeCluster()
    for number in range(30):
        put(cluster, transaction(tx_id=number, time_s=END_S + 60 * (number + 1)))
    publish(cluster, [], END_S + SECONDS_PER_DAY)
    artifact = artifact_of(tmp_path)
    log = records(cluster)

    def scorer_and_snapshots():
        settings = SnapshotSettings(URI, 10, 1e9)
        store = SnapshotStore.open(URI)
        snapshots = Snapshots(store, identity_of(artifact), settings, TickingClock())
        return open_scorer(cluster, artifact, snapshots=snapshots), snapshots

    expected = open_scorer(cluster, artifact).score(log)
    first, kept = scorer_and_snapshots()
    for start in (0, 10):
        first.score(log[start : start + 10])
        kept.wait_written()
    newest = max(bucket.rglob("*.state"))
    newest.write_bytes(newest.read_bytes()[:-1])
    second, _ = scorer_and_snapshots()
    with caplog.at_level(logging.INFO):
        found = second.score(log[25:])
    assert [answer(one) for one in found] == [answer(one) for one in expected[25:]]
    assert "snapshot refused file=s3://bucket/some/prefix/" in caplog.text
    assert "caught up partition=0 from=10 to=25" in caplog.text


def answer(output):
    return orjson.loads(output.value)


@pytest.mark.parametrize(
    ("uri", "secret"), [("s3://nowhere/prefix", "test-secret"), (URI, "another-secret")]
)
def test_a_bucket_that_is_not_there_or_closed_is_refused_before_anything_starts(
    uri, secret, bucket, monkeypatch
):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)
    with pytest.raises(SurroundingsError, match="snapshots cannot be kept at s3://") as refusal:
        SnapshotStore.open(uri).check()
    assert secret not in str(refusal.value)
