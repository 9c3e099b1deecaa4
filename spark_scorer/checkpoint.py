"""Where the query goes on: a checkpoint for each number of shares, the newest one counts.

Spark ties a checkpoint to the number of sources of the query, and we have one for each executor.
So a checkpoint of ours is a folder of Spark's: when the number of executors changes, the query
starts a new one at the offsets up to which the newest one is done.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pyspark.sql import SparkSession

from fraud_core.errors import ConfigError

EARLIEST: Final = -2
_PREFIX: Final = "shares"
_VERSION: Final = "v1"
_HEAD_LINES: Final = 2
"""The version and the metadata; after them a line for each source."""

Offsets = Mapping[int, int]
"""Partition to the offset up to which it is done."""


@dataclass(frozen=True)
class Place:
    """Where a query keeps its progress and where it starts when there is none.

    Attributes:
        checkpoint: folder or URI for Spark's option.
        offsets: done before; a partition that is not in it starts at its earliest record.
    """

    checkpoint: str
    offsets: Offsets


def parse_offsets(text: str, where: str) -> dict[int, int]:
    """Offsets in one file of Spark's offset log.

    Args:
        text: its content.
        where: named in the error.

    Raises:
        ConfigError: it is of a version that we do not know.
    """
    lines = text.splitlines()
    if not lines or lines[0] != _VERSION:
        found = lines[0] if lines else "nothing"
        raise ConfigError(
            f"{where} begins with {found!r}, not {_VERSION!r}: use a fresh checkpoint"
        )
    offsets: dict[int, int] = {}
    for line in lines[_HEAD_LINES:]:
        if line != "-":  # a source that has not read yet
            for partitions in json.loads(line).values():
                offsets |= {int(number): int(offset) for number, offset in partitions.items()}
    return offsets


def place_for(shares: int, root: str, found: Mapping[str, Offsets]) -> Place:
    """Where a query of some shares goes on.

    Args:
        shares: number of sources.
        root: the checkpoint that the user named.
        found: what each checkpoint in it has done, by its name.
    """
    newest = max(found, key=lambda name: sum(found[name].values()), default=None)
    if newest is not None and newest.startswith(f"{_PREFIX}-{shares}-"):
        return Place(f"{root}/{newest}", found[newest])
    done: Offsets = found[newest] if newest is not None else {}
    return Place(f"{root}/{_PREFIX}-{shares}-{sum(done.values())}", done)


def find_place(session: SparkSession, root: str, shares: int) -> Place:
    """Where a query of some shares goes on in a checkpoint of this or another number of shares.

    Args:
        session: knows how to reach the file system.
        root: the checkpoint that the user named, a folder or a URI.
        shares: number of sources.

    Raises:
        ConfigError: the checkpoint is of a version that we do not know.
    """
    files = _Files(session, root)
    names = files.names(root)
    found = {
        name: _done(files, f"{root}/{name}") for name in names if name.startswith(f"{_PREFIX}-")
    }
    if "offsets" in names:  # a query with one source for all executors wrote here
        found[""] = _done(files, root)
    return place_for(shares, root, found)


def _done(files: _Files, checkpoint: str) -> dict[int, int]:
    """Offsets of the newest batch that is committed: what is behind it may not be written."""
    batches = _numbers(files.names(f"{checkpoint}/commits"))
    if not batches:
        return {}
    path = f"{checkpoint}/offsets/{max(batches)}"
    return parse_offsets(files.text(path), path)


def _numbers(names: Iterable[str]) -> list[int]:
    return [int(name) for name in names if name.isdigit()]


class _Files:
    """Reads a checkpoint through Hadoop's file systems, as Spark itself does."""

    def __init__(self, session: SparkSession, root: str) -> None:
        context: Any = session.sparkContext
        self._hadoop: Any = context._jvm.org.apache.hadoop
        self._io: Any = context._jvm.org.apache.commons.io.IOUtils
        self._system = self._path(root).getFileSystem(context._jsc.hadoopConfiguration())

    def names(self, folder: str) -> list[str]:
        """Names in a folder; none where it does not exist."""
        path = self._path(folder)
        if not self._system.exists(path):
            return []
        return [str(status.getPath().getName()) for status in self._system.listStatus(path)]

    def text(self, file: str) -> str:
        """The content of a file."""
        stream = self._system.open(self._path(file))
        try:
            return str(self._io.toString(stream, "UTF-8"))
        finally:
            stream.close()

    def _path(self, name: str) -> Any:  # noqa: ANN401  # an object of the JVM
        return self._hadoop.fs.Path(name)
