"""Metadata, Lockbox and bucket of a host on one loopback port; without a token they refuse."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler

from tests.http_double import served

TOKEN = "token-of-the-host"  # noqa: S105 - it opens nothing
ADDRESS = "10.20.0.7"


@dataclass
class Cloud:
    """What the servers hold, and how they are reached.

    Attributes:
        objects: content by bucket and key, as in "bucket/code/ca.pem".
        secrets: entries by id.
        url: of all three.
        busy: how many more requests are answered with 503.
        token: of IAM, which the metadata service gives and the others ask for.
    """

    objects: dict[str, bytes] = field(default_factory=dict)
    secrets: dict[str, dict[str, str]] = field(default_factory=dict)
    url: str = ""
    busy: int = 0
    token: str = TOKEN

    def answer(self, path: str, headers: dict[str, str]) -> tuple[HTTPStatus, bytes]:
        """Status and body for one request; names of headers are lower-case."""
        if self.busy > 0:
            self.busy -= 1
            return HTTPStatus.SERVICE_UNAVAILABLE, b""
        if path.startswith("/computeMetadata/"):
            return self._metadata(path, headers)
        if path.startswith("/lockbox/"):
            return self._payload(path.split("/")[4], headers)
        return self._object(path.removeprefix("/"), headers)

    def _metadata(self, path: str, headers: dict[str, str]) -> tuple[HTTPStatus, bytes]:
        if headers.get("metadata-flavor") != "Google":
            return HTTPStatus.FORBIDDEN, b""
        if path.endswith("/token"):
            return HTTPStatus.OK, json.dumps({"access_token": self.token}).encode()
        if path.endswith("/network-interfaces/0/ip"):
            return HTTPStatus.OK, ADDRESS.encode()
        return HTTPStatus.NOT_FOUND, b""

    def _payload(self, secret_id: str, headers: dict[str, str]) -> tuple[HTTPStatus, bytes]:
        if headers.get("authorization") != f"Bearer {self.token}" or secret_id not in self.secrets:
            return HTTPStatus.FORBIDDEN, b""
        entries = [{"key": k, "textValue": v} for k, v in self.secrets[secret_id].items()]
        return HTTPStatus.OK, json.dumps({"entries": entries}).encode()

    def _object(self, name: str, headers: dict[str, str]) -> tuple[HTTPStatus, bytes]:
        if headers.get("x-yacloud-subjecttoken") != self.token:
            return HTTPStatus.FORBIDDEN, b""
        if name not in self.objects:
            return HTTPStatus.NOT_FOUND, b""
        return HTTPStatus.OK, self.objects[name]


@contextmanager
def cloud_servers() -> Iterator[Cloud]:
    """Serve an empty cloud until the block ends."""
    cloud = Cloud()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, body = cloud.answer(self.path, headers)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with served(Handler) as cloud.url:
        yield cloud
