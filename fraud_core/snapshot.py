"""A partition's state as one file: what it belongs to, its arrays, a checksum over all of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import orjson

from fraud_core.errors import LogError
from fraud_core.packed_series import PackedSeries
from fraud_core.partition_state import StatePoint

MAGIC: Final = b"sg-state"
"""Eight bytes, as all parts but the times are multiples of eight: arrays lie aligned."""
VERSION: Final = 1

_ALIGN: Final = 8
_PREFIX_BYTES: Final = len(MAGIC) + 8
_CHECKSUM_BYTES: Final = hashlib.sha256().digest_size


class SnapshotRefusedError(Exception):
    """A file is not the snapshot that is needed; it says why, the caller knows which file."""


@dataclass(frozen=True, slots=True)
class StateIdentity:
    """What a state belongs to; with any other it is wrong.

    Attributes:
        cluster_id: of the broker.
        topic: name of the transactions topic.
        topic_id: of the topic, another one when it is created anew.
        history_sha256: of the artifact's history.
        features_version: what the entries mean.
        partition_count: customers move between partitions when it changes.
    """

    cluster_id: str
    topic: str
    topic_id: str
    history_sha256: str
    features_version: str
    partition_count: int

    @property
    def short(self) -> str:
        """Name of the folder of its snapshots. A topic that has grown keeps it, to be noticed."""
        parts = {**asdict(self), "partition_count": 0}
        return hashlib.sha256(orjson.dumps(parts)).hexdigest()[:12]


def encode_snapshot(
    point: StatePoint, identity: StateIdentity, partition: int
) -> list[bytes | memoryview]:
    """The file's content, in pieces so that the arrays are not copied."""
    packed = point.customers
    header = orjson.dumps(
        asdict(identity)
        | {"version": VERSION, "partition": partition, "next_offset": point.next_offset}
        | {"customers": len(packed.keys), "entries": len(packed)}
    )
    header += b" " * (-len(header) % _ALIGN)
    columns = (
        packed.keys.astype("<i8", copy=False),
        packed.bounds.astype("<i8", copy=False),
        packed.values.astype("<i8", copy=False),
        packed.times.astype("<u4", copy=False),
    )
    pieces: list[bytes | memoryview] = [MAGIC, len(header).to_bytes(8, "little"), header]
    pieces += [np.ascontiguousarray(column).data.cast("B") for column in columns]
    return [*pieces, _checksum(pieces)]


def decode_snapshot(content: bytes, identity: StateIdentity, partition: int) -> StatePoint:
    """Check a file and read it; its arrays are views of the content.

    Raises:
        SnapshotRefusedError: it is altered, cut short, of another version, or of something else.
        LogError: the topic had another number of partitions when it was written.
    """
    if content[: len(MAGIC)] != MAGIC:
        raise SnapshotRefusedError("it is no snapshot")
    body = memoryview(content)[:-_CHECKSUM_BYTES]
    if _checksum([body]) != content[-_CHECKSUM_BYTES:]:
        raise SnapshotRefusedError("it is cut short or altered: its checksum differs")
    size = int.from_bytes(body[len(MAGIC) : _PREFIX_BYTES], "little")
    header = orjson.loads(body[_PREFIX_BYTES : _PREFIX_BYTES + size])
    _check_header(header, identity, partition)
    return StatePoint(header["next_offset"], _columns(content, _PREFIX_BYTES + size, header))


def _checksum(pieces: Iterable[bytes | memoryview]) -> bytes:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.digest()


def _columns(content: bytes, place: int, header: dict[str, Any]) -> PackedSeries:
    customers, entries = header["customers"], header["entries"]
    columns = []
    for dtype, length in (
        ("<i8", customers),
        ("<i8", customers + 1),
        ("<i8", entries),
        ("<u4", entries),
    ):
        columns.append(np.frombuffer(content, dtype, length, place))
        place += columns[-1].nbytes
    keys, bounds, values, times = columns
    return PackedSeries(keys, bounds, times, values)


def _check_header(header: dict[str, Any], identity: StateIdentity, partition: int) -> None:
    if header["version"] != VERSION:
        found = header["version"]
        raise SnapshotRefusedError(f"its layout has version {found}, this program reads {VERSION}")
    expected = asdict(identity) | {"partition": partition}
    count = expected.pop("partition_count")
    for name, value in expected.items():
        if header[name] != value:
            raise SnapshotRefusedError(f"its {name} is {header[name]}, not {value}")
    if header["partition_count"] != count:
        raise LogError(
            f"{identity.topic} had {header['partition_count']} partitions when its state was kept "
            f"and has {count} now: customers change partitions with that, so their windows would "
            "be wrong; use a fresh topic with the number of partitions that is needed"
        )
