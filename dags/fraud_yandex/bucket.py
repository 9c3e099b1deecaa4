"""The bucket, and folders of this worker that are kept equal to a part of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from fraud_cloud.errors import ConfigError, GoneError
from fraud_cloud.object_store import ObjectStore, md5_of

_OF_THIS_MACHINE: Final = (".lock", ".tmp")
"""Ends of names of files that mean nothing elsewhere."""


@dataclass(frozen=True)
class Bucket:
    """One bucket.

    Attributes:
        name: its name.
        connect: opens the service with a new token, for one is good for hours only.
    """

    name: str
    connect: Callable[[], ObjectStore]

    def get(self, key: str) -> bytes:
        """Read an object.

        Raises:
            GoneError: there is none.
        """
        return self.connect().get(self.name, key)

    def find(self, key: str) -> bytes | None:
        """Read an object; None where there is none."""
        try:
            return self.get(key)
        except GoneError:
            return None

    def put(self, key: str, content: bytes) -> None:
        """Write an object whole."""
        self.connect().put(self.name, key, content)

    def keys(self, prefix: str) -> list[str]:
        """Every key that begins so."""
        return sorted(self.connect().keys(self.name, prefix))

    def delete(self, key: str) -> None:
        """Delete an object; one that is not there is no error."""
        try:
            self.connect().delete(self.name, key)
        except GoneError:
            return

    def delete_below(self, prefix: str) -> int:
        """Delete every object whose key begins so.

        Returns:
            How many there were.
        """
        keys = self.keys(prefix)
        store = self.connect()
        for key in keys:
            store.delete(self.name, key)
        return len(keys)

    def bring(self, prefix: str, folder: Path, *, replace: bool = False) -> int:
        """Have a part of the bucket in a folder.

        Args:
            prefix: of the keys; what follows is the path in the folder.
            folder: made if need be.
            replace: files that are here and differ too; else they count as newer.

        Returns:
            How many were brought.
        """
        store, brought = self.connect(), 0
        for key in store.keys(self.name, prefix):
            if key.endswith("/"):
                continue  # what consoles make to show a folder
            path = folder / inside(key.removeprefix(prefix))
            if path.is_file() and (not replace or store.has_md5(self.name, key, md5_of(path))):
                continue
            store.get_file(self.name, key, path)
            brought += 1
        return brought

    def send(self, folder: Path, prefix: str) -> int:
        """Have a folder in the bucket; what is there with the same content is left.

        Args:
            folder: of this worker.
            prefix: of the keys.

        Returns:
            How many were sent.
        """
        store, sent = self.connect(), 0
        for path in sorted(folder.rglob("*")):
            if not path.is_file() or path.name.endswith(_OF_THIS_MACHINE):
                continue
            key, content = prefix + path.relative_to(folder).as_posix(), path.read_bytes()
            if not store.has(self.name, key, content):
                store.put(self.name, key, content)
                sent += 1
        return sent


def inside(name: str) -> PurePosixPath:
    """The rest of a key as a path that stays inside of a folder.

    Raises:
        ConfigError: it would lead out of it.
    """
    path = PurePosixPath(name)
    if not name or path.is_absolute() or ".." in path.parts:
        raise ConfigError(f"the bucket holds an object named {name!r}, which is no file: delete it")
    return path
