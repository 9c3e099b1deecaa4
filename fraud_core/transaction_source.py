"""A file of transactions, on a disk or in S3: what readers ask of either."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

from fraud_core.s3_object import S3Object

TransactionFile: TypeAlias = "Path | S3Object"


def size_bytes(file: TransactionFile) -> int:
    """Its length."""
    return file.size_bytes if isinstance(file, S3Object) else file.stat().st_size


def state_of(file: TransactionFile) -> tuple[str, int, str]:
    """Where it is, and what changes with its content: for a cache of what was made of it."""
    if isinstance(file, S3Object):
        return str(file), file.size_bytes, file.etag
    state = file.stat()
    return place_of(file), state.st_size, str(state.st_mtime_ns)


def place_of(file: TransactionFile) -> str:
    """The same for every way to write it."""
    return str(file) if isinstance(file, S3Object) else str(file.resolve())
