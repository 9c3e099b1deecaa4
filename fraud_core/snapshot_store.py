"""Where snapshots lie: a folder, or a prefix in an S3 bucket."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final, Protocol

from fraud_core.errors import ConfigError, SurroundingsError
from fraud_core.local_files import LocalFiles

_SUFFIX: Final = ".state"
_ASIDE_SUFFIX: Final = ".refused"
_DIGITS: Final = 20


class Files(Protocol):
    """What a place for snapshots can do. Every failure is an OSError."""

    def path(self, name: str) -> str:
        """A file as a person finds it."""

    def check(self) -> None:
        """See that the place is there; a folder is made."""

    def names(self, folder: str) -> list[str]:
        """Names of the files in a folder, without it; none where it is not there."""

    def read(self, name: str) -> bytes:
        """The content of a file."""

    def write(self, name: str, pieces: Iterable[bytes | memoryview]) -> None:
        """Write a file whole or not at all; one that is there is replaced."""

    def rename(self, name: str, new_name: str) -> None:
        """Give a file another name."""

    def delete(self, name: str) -> None:
        """Delete a file; one that is not there is no error."""


class SnapshotStore:
    """Files `<name>/<partition>/<offset>.state`.

    Two owners of a partition may write at once, as after a rebalance: each snapshot is right for
    its offset, whoever wrote it, and the names differ by it.
    """

    def __init__(self, files: Files) -> None:
        """Use a place."""
        self._files = files

    @classmethod
    def open(cls, uri: str) -> SnapshotStore:
        """Find the place that a URI names.

        Args:
            uri: a folder, or s3://bucket/prefix; AWS_ENDPOINT_URL, AWS_DEFAULT_REGION and the
                keys come from the environment.

        Raises:
            ConfigError: it is neither, or boto3 is needed and not installed.
        """
        scheme, separator, place = uri.partition("://")
        if not separator or scheme == "file":
            return cls(LocalFiles(Path(place if separator else uri).absolute()))
        bucket, _, prefix = place.partition("/")
        if scheme != "s3" or not bucket:
            raise ConfigError(f"--snapshots {uri}: name a folder or s3://bucket/prefix")
        try:
            from fraud_core.s3_files import S3Files  # it costs 30 MB in every process
        except ImportError:
            raise ConfigError(f"--snapshots {uri}: S3 needs the package boto3") from None
        return cls(S3Files.open(bucket, prefix))

    def check(self) -> None:
        """See that the place answers, before anything is started.

        Raises:
            SurroundingsError: it does not.
        """
        try:
            self._files.check()
        except OSError as error:
            raise SurroundingsError(
                f"snapshots cannot be kept at {self._files.path('')} ({error}): check the place, "
                "and for S3 AWS_ENDPOINT_URL, AWS_DEFAULT_REGION and the keys"
            ) from None

    def path(self, name: str, partition: int, offset: int) -> str:
        """The file of a snapshot, as a person finds it."""
        return self._files.path(_file(name, partition, offset))

    def offsets(self, name: str, partition: int) -> list[int]:
        """Offsets of the snapshots of a partition, ascending."""
        stems = (
            file.removesuffix(_SUFFIX)
            for file in self._files.names(_folder(name, partition))
            if file.endswith(_SUFFIX)
        )
        return sorted(int(stem) for stem in stems if stem.isdecimal())

    def read(self, name: str, partition: int, offset: int) -> bytes:
        """The content of a snapshot."""
        return self._files.read(_file(name, partition, offset))

    def write(
        self, name: str, partition: int, offset: int, pieces: Iterable[bytes | memoryview]
    ) -> None:
        """Write a snapshot, whole or not at all."""
        self._files.write(_file(name, partition, offset), pieces)

    def set_aside(self, name: str, partition: int, offset: int) -> None:
        """Keep a file for whoever wants to look at it, under a name that nobody reads."""
        file = _file(name, partition, offset)
        self._files.rename(file, f"{file}{_ASIDE_SUFFIX}")

    def prune(self, name: str, partition: int, keep: int) -> None:
        """Delete all but the newest snapshots of a partition."""
        for offset in self.offsets(name, partition)[:-keep]:
            self._files.delete(_file(name, partition, offset))


def _folder(name: str, partition: int) -> str:
    return f"{name}/{partition:03d}"


def _file(name: str, partition: int, offset: int) -> str:
    return f"{_folder(name, partition)}/{offset:0{_DIGITS}d}{_SUFFIX}"
