"""`s3://bucket/prefix` as it is written on a command line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fraud_core.errors import ConfigError

SCHEME: Final = "s3://"


@dataclass(frozen=True, slots=True)
class S3Address:
    """A place in a bucket.

    Attributes:
        bucket: its name.
        key: of an object, or what the names of some begin with, without slashes at its ends.
    """

    bucket: str
    key: str

    def __str__(self) -> str:
        """As it is written on a command line."""
        return f"{SCHEME}{self.bucket}/{self.key}"

    def below(self, name: str) -> S3Address:
        """A place below this one."""
        return S3Address(self.bucket, f"{self.key}/{name}".strip("/"))


def s3_address(text: str | Path) -> S3Address | None:
    """Read an address; None for what is none.

    Raises:
        ConfigError: it names no bucket.
    """
    if not str(text).startswith(SCHEME):
        return None
    bucket, _, key = str(text).removeprefix(SCHEME).partition("/")
    if not bucket:
        raise ConfigError(f"{text} names no bucket: write s3://bucket/prefix")
    return S3Address(bucket, key.strip("/"))
