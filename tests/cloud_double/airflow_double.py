"""Airflow's REST API on loopback, as 2.10 and 3 answer: runs whose tasks a test moves."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

USER, PASSWORD, TOKEN = "admin", "a:b/c+d", "token-of-an-hour"

Answer = tuple[HTTPStatus, Any]


@dataclass
class AirflowDouble:
    """One Airflow.

    Attributes:
        version: of the API.
        url: of the web server.
        runs: body of each trigger, by DAG and run.
        states: state of each run.
        tasks: of every run, as the API tells them.
        unpaused: DAGs that were.
        lost: so many triggers are accepted without an answer.
    """

    version: int
    url: str = ""
    runs: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    tasks: list[dict[str, Any]] = field(default_factory=list)
    unpaused: set[str] = field(default_factory=set)
    lost: int = 0

    def answer(self, method: str, path: str, body: Any, authorization: str) -> Answer:
        """Status and body for one request."""
        parts = urlsplit(path)
        if parts.path == "/auth/token" and self.version > 1:
            return self._token(body)
        if authorization != self._expected() or not parts.path.startswith(f"/api/v{self.version}/"):
            return HTTPStatus.UNAUTHORIZED, {"detail": "no"}
        names = [unquote(one) for one in parts.path.split("/")[3:]]
        match (method, names):
            case ("PATCH", ["dags", dag]):
                self.unpaused.add(dag)
                return HTTPStatus.OK, {}
            case ("POST", ["dags", dag, "dagRuns"]):
                return self._triggered(dag, body)
            case ("GET", ["dags", dag, "dagRuns", run]) if (dag, run) in self.runs:
                return HTTPStatus.OK, {"state": self.states[run]}
            case ("GET", ["dags", dag, "dagRuns", run, "taskInstances"]):
                return HTTPStatus.OK, self._page(parse_qs(parts.query))
        return HTTPStatus.NOT_FOUND, {"detail": "not found"}

    def _expected(self) -> str:
        if self.version > 1:
            return f"Bearer {TOKEN}"
        return f"Basic {base64.b64encode(f'{USER}:{PASSWORD}'.encode()).decode()}"

    def _token(self, body: Any) -> Answer:
        if body == {"username": USER, "password": PASSWORD}:
            return HTTPStatus.CREATED, {"access_token": TOKEN}
        return HTTPStatus.UNAUTHORIZED, {"detail": "no"}

    def _triggered(self, dag: str, body: Any) -> Answer:
        run = body["dag_run_id"]
        if self.version > 1 and "logical_date" not in body:
            return HTTPStatus.UNPROCESSABLE_ENTITY, {"detail": "logical_date: field required"}
        if (dag, run) in self.runs:
            return HTTPStatus.CONFLICT, {"detail": "there is one"}
        self.runs[dag, run] = body
        self.states[run] = "running"
        if self.lost > 0:
            self.lost -= 1
            return HTTPStatus.BAD_GATEWAY, {"detail": "lost"}
        return HTTPStatus.OK, body

    def _page(self, query: dict[str, list[str]]) -> dict[str, Any]:
        start, count = int(query["offset"][0]), int(query["limit"][0])
        shown = self.tasks[start : start + min(count, 2)]
        return {"task_instances": shown, "total_entries": len(self.tasks)}


@contextmanager
def airflow_double(version: int) -> Iterator[AirflowDouble]:
    """Serve an Airflow without runs until the block ends."""
    double = AirflowDouble(version)

    class Handler(BaseHTTPRequestHandler):
        def handle_one(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or "null")
            given = self.headers.get("Authorization", "")
            status, answer = double.answer(self.command, self.path, body, given)
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        do_GET = do_POST = do_PATCH = handle_one  # noqa: N815

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        double.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield double
        finally:
            server.shutdown()
            thread.join()
