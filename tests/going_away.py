"""What stands before a real server, and answers so many requests and no more."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import requests


class GoingAway(BaseHTTPRequestHandler):
    """Passes requests on to a server, so many; after that it is as if the server were dead."""

    uri: str
    answers_left: int

    def pass_on(self) -> None:
        cls = type(self)
        if cls.answers_left == 0:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        cls.answers_left -= 1
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        address = f"{self.uri}{self.path}"
        headers = {k: v for k, v in self.headers.items() if k.lower() not in {"host", "connection"}}
        answer = requests.request(self.command, address, data=body, headers=headers, timeout=60)
        self.send_response(answer.status_code)
        self.send_header("Content-Type", answer.headers.get("Content-Type", "application/json"))
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = pass_on  # noqa: N815  # as the library asks

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


@contextmanager
def going_away_after(answers: int, uri: str) -> Iterator[str]:
    handler = type("Handler", (GoingAway,), {"uri": uri, "answers_left": answers})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
