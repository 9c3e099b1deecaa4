from dataclasses import replace

import numpy as np
import pytest

from fraud_core.errors import LogError
from fraud_core.features import WindowSeries
from fraud_core.packed_series import PackedSeries, pack
from fraud_core.partition_state import StatePoint
from fraud_core.snapshot import (
    SnapshotRefusedError,
    StateIdentity,
    decode_snapshot,
    encode_snapshot,
)

IDENTITY = StateIdentity("cluster-1", "t-transactions", "topic-1", "a" * 64, "handbook-15/1", 12)
POINT = StatePoint(42, pack({3: WindowSeries([10, 11], [5, 7]), 9: WindowSeries([], [])}))


@pytest.fixture
def content():
    return b"".join(encode_snapshot(POINT, IDENTITY, 4))


def test_what_is_written_is_read(content):
    found = decode_snapshot(content, IDENTITY, 4)
    assert found.next_offset == 42
    for name in ("keys", "bounds", "times", "values"):
        assert np.array_equal(getattr(found.customers, name), getattr(POINT.customers, name))


def test_a_state_without_customers_is_written_and_read():
    content = b"".join(encode_snapshot(StatePoint(7, PackedSeries.empty()), IDENTITY, 0))
    found = decode_snapshot(content, IDENTITY, 0)
    assert (found.next_offset, len(found.customers)) == (7, 0)


def test_each_changed_byte_and_each_length_is_refused(content):
    for place in range(len(content)):
        altered = bytearray(content)
        altered[place] ^= 1
        with pytest.raises(SnapshotRefusedError):
            decode_snapshot(bytes(altered), IDENTITY, 4)
        with pytest.raises(SnapshotRefusedError):
            decode_snapshot(content[:place], IDENTITY, 4)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cluster_id", "cluster-2"),
        ("topic", "other"),
        ("topic_id", "topic-2"),
        ("history_sha256", "b" * 64),
        ("features_version", "handbook-15/2"),
    ],
)
def test_a_snapshot_of_something_else_is_refused_by_name(content, name, value):
    with pytest.raises(SnapshotRefusedError, match=f"its {name} is .*, not {value}"):
        decode_snapshot(content, replace(IDENTITY, **{name: value}), 4)


def test_a_snapshot_of_another_partition_is_refused(content):
    with pytest.raises(SnapshotRefusedError, match="its partition is 4, not 5"):
        decode_snapshot(content, IDENTITY, 5)


def test_another_number_of_partitions_is_an_error_that_names_both(content):
    with pytest.raises(LogError, match=r"had 12 partitions .* has 24 now"):
        decode_snapshot(content, replace(IDENTITY, partition_count=24), 4)


def test_snapshots_of_another_history_lie_elsewhere_and_those_of_a_grown_topic_do_not():
    assert replace(IDENTITY, history_sha256="b" * 64).short != IDENTITY.short
    assert replace(IDENTITY, topic_id="topic-2").short != IDENTITY.short
    assert replace(IDENTITY, partition_count=24).short == IDENTITY.short
