"""Health of one worker over HTTP: `/live`, `/ready` and `/partitions`.

It is served by a thread of its own, so that it answers while the event loop is busy, and from the
first moment on, while model and history are still being read.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import Any

import orjson

from faust_scorer.progress import Look
from fraud_core.errors import ConfigError

Answer = tuple[HTTPStatus, dict[str, Any]]


class Health:
    """What a worker says of itself; replaced whole, so that any thread may read it."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Nothing is ready yet.

        Args:
            clock: monotonic seconds.
        """
        self._clock = clock
        self.look = Look(clock(), {}, "starting: it has not joined the group yet")

    def why_not_ready(self) -> str | None:
        """The reason why it does not score now; None when it does."""
        return self.look.why_not_ready(self._clock())

    def answer(self, path: str) -> Answer:
        """Status and content of a path."""
        if path == "/live":
            return HTTPStatus.OK, {"live": True}
        if path == "/ready":
            why = self.why_not_ready()
            status = HTTPStatus.OK if why is None else HTTPStatus.SERVICE_UNAVAILABLE
            return status, {"ready": why is None, "why": why}
        if path == "/partitions":
            return HTTPStatus.OK, {"partitions": self.look.figures()}
        return HTTPStatus.NOT_FOUND, {"paths": ["/live", "/ready", "/partitions"]}


class HealthServer:
    """Serves the health of a worker.

    Attributes:
        url: where.
    """

    def __init__(self, health: Health, address: str, port: int) -> None:
        """Serve from now on.

        Args:
            health: what is served.
            address: the address to listen on.
            port: 0 for a free one.

        Raises:
            ConfigError: the port is taken, or the address is not ours.
        """
        try:
            self._server = _Server((address, port), _handler(health))
        except OSError as error:
            text = f"health cannot be served at {address}:{port} ({error.strerror})"
            raise ConfigError(f"{text}: choose other --health-address or --health-port") from None
        self.url = f"http://{address}:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, name="health", daemon=True).start()

    def close(self) -> None:
        """Serve no longer."""
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingTCPServer):
    """Not `HTTPServer`: that asks the name service for the name of its own address."""

    allow_reuse_address = True
    daemon_threads = True


def _handler(health: Health) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 5.0  # of a client that connects and says nothing

        def do_GET(self) -> None:
            status, content = health.answer(self.path)
            body = orjson.dumps(content, option=orjson.OPT_APPEND_NEWLINE)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """A probe each second is no event."""

    return Handler
