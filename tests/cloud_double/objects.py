"""Objects of the double over HTTP, and the way in for the recorder that stands for Terraform."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from tests.cloud_double.state import State
from tests.http_double import served

TOKEN = "t1.of-a-person"  # noqa: S105 - it opens nothing
AUTHORITY = b"-----BEGIN CERTIFICATE-----\nof the double\n-----END CERTIFICATE-----\n"

Control = Callable[[Mapping[str, Any]], Mapping[str, Any]]


@contextmanager
def object_server(state: State, control: Control) -> Iterator[str]:
    """Serve the state's objects until the block ends.

    Args:
        state: whose objects.
        control: answers what is posted to /terraform.

    Yields:
        The URL.
    """

    class Handler(BaseHTTPRequestHandler):
        def handle_one(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            with state.lock:
                if self.path == "/terraform":
                    answer = json.dumps(control(json.loads(body))).encode()
                    self.reply(HTTPStatus.OK, answer)
                elif self.path == "/CA.pem":
                    self.reply(HTTPStatus.OK, AUTHORITY)
                elif self.headers.get("X-YaCloud-SubjectToken") != TOKEN:
                    self.reply(HTTPStatus.FORBIDDEN)
                else:
                    self.reply(*_answer(state, self.command, self.path, body))

        def reply(self, status: HTTPStatus, body: bytes = b"") -> None:
            self.send_response(status)
            self.send_header("ETag", f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"')
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = handle_one  # noqa: N815

    with served(Handler) as url:
        yield url


def _answer(state: State, method: str, path: str, body: bytes) -> tuple[HTTPStatus, bytes]:
    parts = urlsplit(path)
    bucket, _, key = unquote(parts.path).lstrip("/").partition("/")
    if bucket not in state.of("bucket"):
        return HTTPStatus.NOT_FOUND, b""
    objects = state.objects.setdefault(bucket, {})
    if not key:
        query = parse_qs(parts.query, keep_blank_values=True)
        return HTTPStatus.OK, _listing(objects, query, state.page).encode()
    if method == "PUT":
        objects[key] = body
        return HTTPStatus.OK, b""
    if method == "DELETE":
        objects.pop(key, None)
        return HTTPStatus.NO_CONTENT, b""
    if key not in objects:
        return HTTPStatus.NOT_FOUND, b""
    return HTTPStatus.OK, objects[key]


def _listing(objects: Mapping[str, bytes], query: Mapping[str, list[str]], page: int) -> str:
    if "uploads" in query:
        return "<ListMultipartUploadsResult></ListMultipartUploadsResult>"
    prefix = query.get("prefix", [""])[0]
    keys = sorted(key for key in objects if key.startswith(prefix))
    start = int(query.get("continuation-token", ["0"])[0])
    shown = "".join(
        f"<Contents><Key>{escape(key)}</Key></Contents>" for key in keys[start : start + page]
    )
    following = start + page
    more = f"<NextContinuationToken>{following}</NextContinuationToken>"
    return f"<ListBucketResult>{shown}{more if following < len(keys) else ''}</ListBucketResult>"
