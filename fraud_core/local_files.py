"""Files in a folder, each written aside and renamed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final
from uuid import uuid4

_SCRATCH_SUFFIX: Final = ".writing"
_ABANDONED_AFTER_S: Final = 3600.0
"""A file takes seconds to write; what is so much older than a newer one, its writer has left."""


class LocalFiles:
    """Files below a folder."""

    def __init__(self, root: Path) -> None:
        """Use a folder; it is made when it is needed."""
        self._root = root

    def path(self, name: str) -> str:
        """A file as a person finds it."""
        return str(self._root / name)

    def check(self) -> None:
        """Make the folder."""
        self._root.mkdir(parents=True, exist_ok=True)

    def names(self, folder: str) -> list[str]:
        """Names of the files in a folder, without it; none where it is not there."""
        try:
            return [path.name for path in (self._root / folder).iterdir()]
        except FileNotFoundError:
            return []

    def read(self, name: str) -> bytes:
        """The content of a file."""
        return (self._root / name).read_bytes()

    def write(self, name: str, pieces: Iterable[bytes | memoryview]) -> None:
        """Write a file whole or not at all; one that is there is replaced."""
        path = self._root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch = path.with_name(f"{path.name}.{uuid4().hex}{_SCRATCH_SUFFIX}")
        try:
            with scratch.open("xb") as file:
                file.writelines(pieces)
            scratch.replace(path)
        finally:
            scratch.unlink(missing_ok=True)
        _clear_abandoned(path)

    def rename(self, name: str, new_name: str) -> None:
        """Give a file another name."""
        (self._root / name).replace(self._root / new_name)

    def delete(self, name: str) -> None:
        """Delete a file; one that is not there is no error."""
        (self._root / name).unlink(missing_ok=True)


def _clear_abandoned(newest: Path) -> None:
    """Delete what a killed writer left beside a file that was written just now."""
    for scratch in newest.parent.glob(f"*{_SCRATCH_SUFFIX}"):
        try:
            if scratch.stat().st_mtime < newest.stat().st_mtime - _ABANDONED_AFTER_S:
                scratch.unlink()
        except FileNotFoundError:
            continue  # its writer has just finished, or another one clears as well
