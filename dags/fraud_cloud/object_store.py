"""Objects of the bucket by plain HTTP with a token of IAM, as hosts read them: no keys."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from http import HTTPStatus
from http.client import HTTPResponse
from pathlib import Path
from typing import BinaryIO

from fraud_cloud.errors import (
    ConfigError,
    DeniedError,
    GoneError,
    RefusedError,
    SurroundingsError,
)

ENDPOINT = "https://storage.yandexcloud.net"
_CALL_S = 300.0
_BLOCK_BYTES = 1 << 20
_REMEDY = "`export YC_TOKEN=$(yc iam create-token)`"
_KEY = re.compile(r"<Contents>.*?<Key>(.*?)</Key>.*?</Contents>", re.DOTALL)
_UPLOAD = re.compile(
    r"<Upload>.*?<Key>(.*?)</Key>.*?<UploadId>(.*?)</UploadId>.*?</Upload>", re.DOTALL
)
_NEXT = re.compile(r"<NextContinuationToken>(.*?)</NextContinuationToken>")


@dataclass(frozen=True)
class ObjectStore:
    """The bucket service.

    Attributes:
        token: of IAM.
        endpoint: where it answers.
    """

    token: str
    endpoint: str = ENDPOINT

    def keys(self, bucket: str, prefix: str = "") -> Iterator[str]:
        """Every key that begins so, to the last page."""
        first = {"list-type": "2", "prefix": prefix} if prefix else {"list-type": "2"}
        query = first
        while True:
            text = self._request("GET", bucket, query=query).decode()
            for key in map(unescape, _KEY.findall(text)):
                if key.startswith(prefix):
                    yield key
            following = _NEXT.search(text)
            if following is None:
                return
            query = first | {"continuation-token": unescape(following[1])}

    def delete(self, bucket: str, key: str) -> None:
        """Delete one object."""
        self._request("DELETE", bucket, key)

    def empty(self, bucket: str) -> int:
        """Delete every object and every unfinished upload, which holds storage too.

        Returns:
            How many objects there were.
        """
        keys = list(self.keys(bucket))
        for key in keys:
            self.delete(bucket, key)
        unfinished = self._request("GET", bucket, query={"uploads": ""}).decode()
        for key, upload in _UPLOAD.findall(unfinished):
            self._request("DELETE", bucket, unescape(key), query={"uploadId": unescape(upload)})
        return len(keys)

    def has(self, bucket: str, key: str, content: bytes) -> bool:
        """Whether an object is there with this content."""
        return self.has_md5(bucket, key, hashlib.md5(content, usedforsecurity=False).hexdigest())

    def has_md5(self, bucket: str, key: str, md5: str) -> bool:
        """Whether an object is there whose content has this MD5."""
        try:
            return self.etag(bucket, key) == md5
        except GoneError:
            return False

    def etag(self, bucket: str, key: str) -> str:
        """What the service says of an object's content: its MD5, for one that was put whole."""
        with self._open("HEAD", bucket, key) as answer:
            return str(answer.headers.get("ETag", "")).strip('"')

    def put(self, bucket: str, key: str, content: bytes) -> None:
        """Write one object whole."""
        self._request("PUT", bucket, key, content=content)

    def put_file(self, bucket: str, key: str, path: Path) -> None:
        """Write one object from a file, block by block: at most 5 GB, the service's limit."""
        with _opened(path) as file, self._open("PUT", bucket, key, content=file):
            pass

    def get(self, bucket: str, key: str) -> bytes:
        """Read one object."""
        return self._request("GET", bucket, key)

    def get_file(self, bucket: str, key: str, path: Path) -> None:
        """Have one object as a file, block by block; whole or not at all.

        Raises:
            RefusedError: the connection ended before the object did.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch = path.with_name(f"{path.name}.tmp")
        with self._open("GET", bucket, key) as answer, scratch.open("wb") as file:
            shutil.copyfileobj(answer, file, _BLOCK_BYTES)
            size_bytes, told = file.tell(), answer.headers.get("Content-Length")
        if told is not None and size_bytes != int(told):
            raise RefusedError(f"GET s3://{bucket}/{key}: {size_bytes} of {told} bytes came")
        scratch.replace(path)

    def _request(
        self,
        method: str,
        bucket: str,
        key: str = "",
        *,
        query: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> bytes:
        with self._open(method, bucket, key, query, content) as answer:
            return bytes(answer.read())

    def _open(
        self,
        method: str,
        bucket: str,
        key: str,
        query: Mapping[str, str] | None = None,
        content: bytes | BinaryIO | None = None,
    ) -> HTTPResponse:
        tail = f"?{urllib.parse.urlencode(query)}" if query else ""
        url = f"{self.endpoint}/{bucket}/{urllib.parse.quote(key)}{tail}"
        headers = {"X-YaCloud-SubjectToken": self.token, **_length_of(content)}
        # The scheme is ours, not a person's.
        request = urllib.request.Request(url, content, headers, method=method)  # noqa: S310
        try:
            answer: HTTPResponse = urllib.request.urlopen(request, timeout=_CALL_S)  # noqa: S310
        except urllib.error.HTTPError as error:
            with error:
                raise _as_ours(error, f"{method} s3://{bucket}/{key}") from error
        except OSError as error:
            raise RefusedError(f"{method} s3://{bucket}/{key}: {error}") from error
        return answer


def open_store(environment: Mapping[str, str]) -> ObjectStore:
    """The bucket service that the environment names.

    Args:
        environment: YC_TOKEN, and CLOUD_STORAGE where it is not the usual one.

    Raises:
        ConfigError: there is no token.
    """
    return ObjectStore(iam_token(environment), environment.get("CLOUD_STORAGE", ENDPOINT))


def iam_token(environment: Mapping[str, str]) -> str:
    """The person's token of IAM.

    Raises:
        ConfigError: there is none, or one of another kind.
    """
    token = environment.get("YC_TOKEN", "")
    if not token:
        raise ConfigError(f"YC_TOKEN is not set: {_REMEDY}")
    if not token.startswith("t1."):
        raise ConfigError(
            f"YC_TOKEN is no token of IAM, which bucket, Lockbox and Airflow ask for: {_REMEDY}"
        )
    return token


def read_url(url: str) -> bytes:
    """A public file of the provider, such as its authority's certificate."""
    try:
        with urllib.request.urlopen(url, timeout=_CALL_S) as answer:  # noqa: S310
            return bytes(answer.read())
    except OSError as error:
        raise SurroundingsError(f"{url} cannot be read: {error}") from error


def read_file(path: Path) -> bytes:
    """A file of this machine that is about to be uploaded."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error


def md5_of(path: Path) -> str:
    """MD5 of a file, read block by block: what the service says of an object that is put whole."""
    found = hashlib.md5(usedforsecurity=False)
    with _opened(path) as file:
        while block := file.read(_BLOCK_BYTES):
            found.update(block)
    return found.hexdigest()


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error


def _length_of(content: bytes | BinaryIO | None) -> Mapping[str, str]:
    """A file's length, which urllib does not find out; without it the service takes nothing."""
    if content is None or isinstance(content, bytes):
        return {}
    return {"Content-Length": str(os.fstat(content.fileno()).st_size)}


def _as_ours(error: urllib.error.HTTPError, what: str) -> SurroundingsError:
    status = HTTPStatus(error.code)
    text = f"{what} is answered with {status.value} {status.phrase}"
    if status in (HTTPStatus.FORBIDDEN, HTTPStatus.UNAUTHORIZED):
        return DeniedError(f"{text}: is your account among owner_ids of the persistent root?")
    if status is HTTPStatus.NOT_FOUND:
        return GoneError(text)
    return RefusedError(text)
