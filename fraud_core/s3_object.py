"""A file in S3 that is read by ranges, so that only a few MB of it are ever in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fraud_core.errors import SurroundingsError, TransactionFileError
from fraud_core.s3_address import S3Address

if TYPE_CHECKING:
    from fraud_core.s3_access import S3Client

FIRST_RANGE_BYTES: Final = 256 * 1024
"""A look at the beginning of each of forty files must not fetch them."""
RANGE_BYTES: Final = 8 * 1024 * 1024
_TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class S3Object:
    """A file as it was when the bucket was listed.

    Attributes:
        address: where it is.
        size_bytes: its length.
        etag: changes with its content.
    """

    address: S3Address
    size_bytes: int
    etag: str

    def __str__(self) -> str:
        """As it is written on a command line."""
        return str(self.address)

    @property
    def name(self) -> str:
        """Its last part."""
        return self.address.key.rpartition("/")[2]

    def open(self) -> S3Reader:
        """Read it from its beginning."""
        from fraud_core.s3_access import open_client  # 30 MB, which most processes do not need

        return S3Reader(self, open_client())


class S3Reader:
    """Reads an object as a file is read; each range is fetched when it is reached."""

    def __init__(self, source: S3Object, client: S3Client) -> None:
        """Begin at the beginning."""
        self._source, self._client = source, client
        self._position = 0
        self._held, self._held_from = b"", 0

    def __enter__(self) -> S3Reader:
        """Nothing is held open between two ranges."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the range that is held."""
        self._held = b""

    def tell(self) -> int:
        """Place of the next byte."""
        return self._position

    def seek(self, position: int) -> int:
        """Go on from another place."""
        self._position = position
        return position

    def read(self, size_bytes: int) -> bytes:
        """The next bytes, at most so many; none at the end.

        Raises:
            StreamError: the server refuses us or does not answer, or the object has changed.
        """
        place = self._position - self._held_from
        if not 0 <= place < len(self._held):
            if self._position >= self._source.size_bytes:
                return b""
            self._held, self._held_from, place = self._fetch(), self._position, 0
        part = self._held[place : place + size_bytes]
        self._position += len(part)
        return part

    def _fetch(self) -> bytes:
        length = RANGE_BYTES if self._position else FIRST_RANGE_BYTES
        last = min(self._position + length, self._source.size_bytes) - 1
        for left in reversed(range(_TRIES)):
            try:
                return self._range(self._position, last)
            except SurroundingsError:
                # boto3 repeats a request that fails, but not one whose answer breaks off
                if not left:
                    raise
        raise AssertionError

    def _range(self, first: int, last: int) -> bytes:
        address = self._source.address
        with self._client.telling(address):
            answer = self._client.boto.get_object(
                Bucket=address.bucket, Key=address.key, Range=f"bytes={first}-{last}"
            )
            content: bytes = answer["Body"].read()
        # not every server knows the condition If-Match
        if answer["ETag"].strip('"') != self._source.etag or len(content) != last - first + 1:
            raise TransactionFileError(
                f"{address} was changed while it was read: begin again when it is complete"
            )
        return content


def objects_at(address: S3Address, suffix: str, client: S3Client) -> list[S3Object]:
    """The object of this name, else those of a folder by name, without folders in it.

    Args:
        address: of an object or of a folder.
        suffix: of the names that count in a folder.
        client: for the bucket.

    Raises:
        StreamError: the bucket is not there, or the server refuses us.
    """
    if address.key:
        exact = [one for one in _listed(client, address, address.key) if one.address == address]
        if exact:
            return exact
    start = f"{address.key}/" if address.key else ""
    found = _listed(client, address, start)
    return sorted((one for one in found if one.name.endswith(suffix)), key=lambda one: one.name)


def _listed(client: S3Client, address: S3Address, start: str) -> Iterator[S3Object]:
    pages = client.boto.get_paginator("list_objects_v2")
    with client.telling(address):
        for page in pages.paginate(Bucket=address.bucket, Prefix=start, Delimiter="/"):
            for entry in page.get("Contents", ()):
                place = S3Address(address.bucket, entry["Key"])
                yield S3Object(place, entry["Size"], entry["ETag"].strip('"'))
