"""Buckets whose objects are files: what is written here an S3 server over the folder has too."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from pathlib import Path


class FolderObjects(MutableMapping[str, bytes]):
    """Objects of one bucket by key, or of the folder of all buckets by bucket and key."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __getitem__(self, key: str) -> bytes:
        try:
            return self._path(key).read_bytes()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            raise KeyError(key) from None

    def __setitem__(self, key: str, content: bytes) -> None:
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        # Whole or not at all: somebody else may read it at any time.
        unfinished = self._folder.with_name(f".{self._folder.name}.part")
        unfinished.write_bytes(content)
        unfinished.replace(path)

    def __delitem__(self, key: str) -> None:
        if key not in self:
            raise KeyError(key)
        self._path(key).unlink()

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and bool(key) and self._path(key).is_file()

    def __iter__(self) -> Iterator[str]:
        for path in self._folder.rglob("*"):
            if path.is_file():
                yield path.relative_to(self._folder).as_posix()

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _path(self, key: str) -> Path:
        if ".." in key.split("/"):
            raise KeyError(key)
        return self._folder / key


class FolderBuckets(MutableMapping[str, MutableMapping[str, bytes]]):
    """Buckets by name, each a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __getitem__(self, name: str) -> MutableMapping[str, bytes]:
        if not name or not (self._folder / name).is_dir():
            raise KeyError(name)
        return FolderObjects(self._folder / name)

    def __setitem__(self, name: str, objects: MutableMapping[str, bytes]) -> None:
        (self._folder / name).mkdir(exist_ok=True)
        FolderObjects(self._folder / name).update(objects)

    def __delitem__(self, name: str) -> None:
        (self._folder / name).rmdir()

    def __iter__(self) -> Iterator[str]:
        return (path.name for path in self._folder.iterdir() if path.is_dir())

    def __len__(self) -> int:
        return sum(1 for _ in self)
