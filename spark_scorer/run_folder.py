"""A folder for the files of one run, removed with it, or at the next start after a kill -9."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psutil

_PREFIX: Final = "fraud-spark"


@contextmanager
def run_folder(parent: Path | None = None) -> Iterator[Path]:
    """A fresh folder that only we may read.

    Args:
        parent: where it lies; the system's folder of temporary files by default.
    """
    parent = parent or Path(tempfile.gettempdir())
    remove_stale(parent)
    name = f"{_PREFIX}-{os.getpid()}-"
    with tempfile.TemporaryDirectory(prefix=name, dir=parent, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def remove_stale(parent: Path) -> None:
    """Remove the folders of runs that were killed before they could."""
    for folder in parent.glob(f"{_PREFIX}-*-*"):
        pid = folder.name.split("-")[2]
        if pid.isdigit() and not psutil.pid_exists(int(pid)):
            shutil.rmtree(folder, ignore_errors=True)
