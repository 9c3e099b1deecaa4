"""Where snapshots lie: a folder, or a prefix in an S3 bucket."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import pyarrow as pa
from pyarrow import fs

from fraud_core.errors import ConfigError, SurroundingsError

FILE_ERRORS: Final = (OSError, pa.ArrowException)
"""What a file system raises: pyarrow's own are not all OSErrors."""

_SUFFIX: Final = ".state"
_SCRATCH_SUFFIX: Final = ".writing"
_ASIDE_SUFFIX: Final = ".refused"
_ABANDONED_AFTER: Final = timedelta(hours=1)
_DIGITS: Final = 20


class SnapshotStore:
    """Files `<root>/<name>/<partition>/<offset>.state`, each written whole or not at all.

    Two owners of a partition may write at once, as after a rebalance: each snapshot is right for
    its offset, whoever wrote it, and the names differ by it.
    """

    def __init__(self, files: Any, root: str) -> None:  # noqa: ANN401  # pyarrow has no types
        """Use a file system of pyarrow.

        Args:
            files: the file system.
            root: path in it.
        """
        self._files = files
        self._root = root.rstrip("/")
        self._renames = isinstance(files, fs.LocalFileSystem)

    @classmethod
    def open(cls, uri: str) -> SnapshotStore:
        """Find the file system of a URI.

        Args:
            uri: a folder, or s3://bucket/prefix; AWS_ENDPOINT_URL, AWS_REGION and the AWS keys
                come from the environment.

        Raises:
            ConfigError: it is neither.
        """
        scheme, separator, place = uri.partition("://")
        if separator and scheme not in ("file", "s3"):
            raise ConfigError(f"--snapshots {uri}: name a folder or s3://bucket/prefix")
        if scheme == "s3" and separator:
            if not place.strip("/"):
                raise ConfigError(f"--snapshots {uri}: name a bucket, s3://bucket/prefix")
            return cls(fs.S3FileSystem(), place)
        return cls(fs.LocalFileSystem(), str(Path(place if separator else uri).absolute()))

    def check(self) -> None:
        """See that the place answers, before anything is started.

        Raises:
            SurroundingsError: it does not.
        """
        try:
            if self._renames:
                self._files.create_dir(self._root, recursive=True)
            bucket = self._root if self._renames else self._root.split("/")[0]
            if self._files.get_file_info(bucket).type != fs.FileType.Directory:
                raise FileNotFoundError(f"{bucket} is not there")
        except FILE_ERRORS as error:
            raise SurroundingsError(
                f"snapshots cannot be kept at {self._root} ({error}): check the place, and for S3 "
                "AWS_ENDPOINT_URL, AWS_REGION and the keys"
            ) from None

    def path(self, name: str, partition: int, offset: int) -> str:
        """The file of a snapshot."""
        return f"{self._folder(name, partition)}/{offset:0{_DIGITS}d}{_SUFFIX}"

    def offsets(self, name: str, partition: int) -> list[int]:
        """Offsets of the snapshots of a partition, ascending."""
        return sorted(
            int(info.base_name.removesuffix(_SUFFIX))
            for info in self._infos(name, partition)
            if info.base_name.endswith(_SUFFIX) and info.base_name.removesuffix(_SUFFIX).isdecimal()
        )

    def read(self, path: str) -> bytes:
        """The content of a file."""
        with self._files.open_input_file(path) as file:
            content: bytes = file.read()
        return content

    def write(self, path: str, pieces: Iterable[bytes | memoryview]) -> None:
        """Write a file whole: aside and renamed, or by an upload that ends at once."""
        if not self._renames:
            self._put(path, pieces)
            return
        self._files.create_dir(path.rpartition("/")[0], recursive=True)
        scratch = f"{path}.{uuid4().hex}{_SCRATCH_SUFFIX}"
        self._put(scratch, pieces)
        self._files.move(scratch, path)

    def set_aside(self, path: str) -> None:
        """Keep a file for whoever wants to look at it, under a name that nobody reads."""
        self._files.move(path, f"{path}{_ASIDE_SUFFIX}")

    def prune(self, name: str, partition: int, keep: int) -> None:
        """Delete all but the newest snapshots of a partition, and what a dead writer left."""
        for offset in self.offsets(name, partition)[:-keep]:
            self._delete(self.path(name, partition, offset))
        infos = self._infos(name, partition)
        for info in infos:
            if info.base_name.endswith(_SCRATCH_SUFFIX):
                newest = max(other.mtime for other in infos)
                if info.mtime < newest - _ABANDONED_AFTER:
                    self._delete(info.path)

    def _folder(self, name: str, partition: int) -> str:
        return f"{self._root}/{name}/{partition:03d}"

    def _infos(self, name: str, partition: int) -> list[fs.FileInfo]:
        selector = fs.FileSelector(self._folder(name, partition), allow_not_found=True)
        infos: list[fs.FileInfo] = self._files.get_file_info(selector)
        return infos

    def _put(self, path: str, pieces: Iterable[bytes | memoryview]) -> None:
        with self._files.open_output_stream(path, compression=None) as file:
            for piece in pieces:
                file.write(piece)

    def _delete(self, path: str) -> None:
        try:
            self._files.delete_file(path)
        except FileNotFoundError:
            return  # another owner pruned it first
