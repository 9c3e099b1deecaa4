"""Addresses in S3, a client for them, and its errors in words."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import boto3
from boto3.exceptions import Boto3Error
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from fraud_core.errors import ConfigError, StreamError, SurroundingsError
from fraud_core.s3_address import S3Address

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
_REFUSED: Final = frozenset(
    {"403", "AccessDenied", "Forbidden", "InvalidAccessKeyId", "SignatureDoesNotMatch"}
)
_MISSING: Final = frozenset({"404", "NoSuchKey", "NoSuchBucket", "NotFound"})


@dataclass(frozen=True, slots=True)
class S3Client:
    """boto3's client, and what its errors are told with.

    Attributes:
        boto: boto3's own, which makes its methods at run time.
        has_key: False where requests are anonymous, as a public bucket takes them.
    """

    boto: Any
    has_key: bool

    @contextmanager
    def telling(self, address: S3Address) -> Iterator[None]:
        """Tell errors in words.

        Raises:
            ConfigError: the bucket or the file is not there.
            SurroundingsError: the server refuses us, or does not answer.
        """
        try:
            yield
        except ClientError as error:
            raise self._in_words(error, address) from None
        except (BotoCoreError, Boto3Error) as error:
            raise SurroundingsError(
                f"{address}: the S3 server at {self._endpoint} cannot be used ({error}): check "
                "AWS_ENDPOINT_URL and the network; `python -m sandbox up s3` starts one here"
            ) from None

    def _in_words(self, error: ClientError, address: S3Address) -> StreamError:
        code = str(error.response.get("Error", {}).get("Code", "unknown"))
        if code in _REFUSED:
            return SurroundingsError(
                f"{address}: the S3 server at {self._endpoint} refuses us ({code}, "
                f"{'with a key' if self.has_key else 'without a key'}): set AWS_ACCESS_KEY_ID and "
                "AWS_SECRET_ACCESS_KEY of an account with a right to this bucket, or copy the "
                "files to a bucket or a folder of your own and name that"
            )
        if code in _MISSING:
            what = "file" if code == "NoSuchKey" else "bucket"
            return ConfigError(
                f"{address}: there is no such {what} at {self._endpoint}: check the name, and "
                "whether AWS_ENDPOINT_URL is the server that holds it"
            )
        return SurroundingsError(f"{address}: the S3 server at {self._endpoint} says {error}")

    @property
    def _endpoint(self) -> str:
        return str(self.boto.meta.endpoint_url)


def open_client() -> S3Client:
    """A client; AWS_ENDPOINT_URL, AWS_DEFAULT_REGION and the keys are variables."""
    return _open(frozenset(pair for pair in os.environ.items() if pair[0].startswith("AWS_")))


@lru_cache(maxsize=4)
def _open(_variables: frozenset[tuple[str, str]]) -> S3Client:
    # Kept, because the search for a key takes a second where there is none.
    session = boto3.Session()
    region = session.region_name or _DEFAULT_REGION
    has_key = session.get_credentials() is not None
    config = _CONFIG if has_key else _CONFIG.merge(Config(signature_version=UNSIGNED))
    return S3Client(session.client("s3", region_name=region, config=config), has_key)
