"""Looking for a secret where it must not be: in command lines and in files."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil

_LOOK_EVERY_S = 0.05


class CommandLines:
    """Every command line that any process had while the block ran, as far as samples see it."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> CommandLines:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(10)

    def holding(self, text: str) -> list[str]:
        return [line for line in self.seen if text in line]

    def _sample(self) -> None:
        while not self._stop.wait(_LOOK_EVERY_S):
            for pid in psutil.pids():
                try:
                    path = Path(f"/proc/{pid}/cmdline")
                    self.seen.add(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
                except OSError:
                    continue  # it ended between two looks


def files_with(secret: str, folder: Path, *, but: Iterable[str] = ()) -> list[Path]:
    """Files of a folder that hold a secret, less those whose names are given."""
    allowed = set(but)
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files, f"{folder} is empty: nothing was searched"
    needle = secret.encode()
    return [path for path in files if path.name not in allowed and needle in content(path)]


def content(path: Path) -> bytes:
    """What a file holds; nothing where it has been deleted meanwhile."""
    with suppress(FileNotFoundError):
        return path.read_bytes()
    return b""
