"""Files behind a prefix of an S3 bucket, each uploaded by one request: whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

_CONFIG: Final = Config(
    connect_timeout=5,
    read_timeout=60,
    retries={"mode": "standard", "max_attempts": 3},
    # Servers that are not Amazon's know neither a bucket in the host name nor the newer checksums.
    s3={"addressing_style": "path"},
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)
_DEFAULT_REGION: Final = "us-east-1"
"""Without any region boto3 signs nothing; servers that are not Amazon's take every one."""
_MISSING: Final = frozenset({"404", "NoSuchKey", "NoSuchBucket", "NotFound"})


class S3Files:
    """Objects of one bucket."""

    def __init__(self, client: Any, bucket: str, prefix: str) -> None:  # noqa: ANN401  # boto3 makes its classes at run time
        """Use a client.

        Args:
            client: boto3's, for S3.
            bucket: where the objects lie.
            prefix: before their names.
        """
        self._client = client
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""

    @classmethod
    def open(cls, bucket: str, prefix: str) -> S3Files:
        """Make a client; AWS_ENDPOINT_URL, AWS_DEFAULT_REGION and the keys are variables."""
        session = boto3.Session()
        region = session.region_name or _DEFAULT_REGION
        return cls(session.client("s3", region_name=region, config=_CONFIG), bucket, prefix)

    def path(self, name: str) -> str:
        """A file as a person finds it."""
        return f"s3://{self._bucket}/{self._prefix}{name}"

    def check(self) -> None:
        """See that the bucket answers."""
        with _as_os_error():
            self._client.head_bucket(Bucket=self._bucket)

    def names(self, folder: str) -> list[str]:
        """Names of the files in a folder, without it."""
        start = f"{self._prefix}{folder}/"
        pages = self._client.get_paginator("list_objects_v2")
        with _as_os_error():
            return [
                entry["Key"].removeprefix(start)
                for page in pages.paginate(Bucket=self._bucket, Prefix=start)
                for entry in page.get("Contents", ())
            ]

    def read(self, name: str) -> bytes:
        """The content of a file."""
        with _as_os_error():
            answer = self._client.get_object(Bucket=self._bucket, Key=self._prefix + name)
            content: bytes = answer["Body"].read()
        return content

    def write(self, name: str, pieces: Iterable[bytes | memoryview]) -> None:
        """Upload a file; one that is there is replaced."""
        with _as_os_error():
            self._client.put_object(
                Bucket=self._bucket, Key=self._prefix + name, Body=b"".join(pieces)
            )

    def rename(self, name: str, new_name: str) -> None:
        """Copy a file and delete the first."""
        key = self._prefix + name
        with _as_os_error():
            self._client.copy_object(
                Bucket=self._bucket,
                Key=self._prefix + new_name,
                CopySource={"Bucket": self._bucket, "Key": key},
            )
        self.delete(name)

    def delete(self, name: str) -> None:
        """Delete a file; one that is not there is no error."""
        with _as_os_error():
            self._client.delete_object(Bucket=self._bucket, Key=self._prefix + name)


@contextmanager
def _as_os_error() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        missing = error.response.get("Error", {}).get("Code") in _MISSING
        raise (FileNotFoundError if missing else OSError)(str(error)) from None
    except BotoCoreError as error:
        raise OSError(str(error)) from None
