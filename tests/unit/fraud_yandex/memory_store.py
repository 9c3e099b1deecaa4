"""A bucket in memory, which answers as the service does."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from fraud_cloud.errors import GoneError
from fraud_yandex.bucket import Bucket


@dataclass
class MemoryStore:
    """Objects by key; puts and gets are counted."""

    objects: dict[str, bytes] = field(default_factory=dict)
    puts: list[str] = field(default_factory=list)
    gets: list[str] = field(default_factory=list)

    def get(self, bucket: str, key: str) -> bytes:
        self.gets.append(key)
        if key not in self.objects:
            raise GoneError(f"GET s3://{bucket}/{key} is answered with 404")
        return self.objects[key]

    def put(self, bucket: str, key: str, content: bytes) -> None:
        self.puts.append(key)
        self.objects[key] = content

    def has(self, bucket: str, key: str, content: bytes) -> bool:
        return self.objects.get(key) == content

    def has_md5(self, bucket: str, key: str, md5: str) -> bool:
        return hashlib.md5(self.objects.get(key, b""), usedforsecurity=False).hexdigest() == md5

    def get_file(self, bucket: str, key: str, path: Path) -> None:
        content = self.get(bucket, key)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def delete(self, bucket: str, key: str) -> None:
        self.objects.pop(key, None)

    def keys(self, bucket: str, prefix: str = "") -> Iterator[str]:
        return iter([key for key in sorted(self.objects) if key.startswith(prefix)])


def bucket_of(store: MemoryStore) -> Bucket:
    """The same as tasks see it."""
    return Bucket("bucket", lambda: store)  # type: ignore[arg-type,return-value]
