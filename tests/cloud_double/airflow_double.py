"""Airflow's REST API on loopback, as 2.10 and 3 answer: runs whose tasks a test moves."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.http_double import served

USER, PASSWORD, TOKEN = "admin", "a:b/c+d", "token-of-an-hour"

Answer = tuple[HTTPStatus, Any]


@dataclass
class AirflowDouble:
    """One Airflow.

    Attributes:
        version: of the API.
        url: of the web server.
        forms: defaults of the parameters of each DAG that is known.
        broken: stack traces of files that are not.
        runs: body of each trigger, by DAG and run.
        states: state of each run.
        tasks: of every run, as the API tells them.
        returned: what a task of a DAG returned, by both.
        pools: slots by name.
        looks: how often the state of a run is asked until it ends; None: a test ends it.
        ends: how the runs of a DAG end, where it is not with success.
        at_end: called with a DAG and a run that ends.
        unpaused: DAGs that were.
        lost: so many triggers are accepted without an answer.
        logins: how often a token was asked for.
        token: that is good now.
        headers: of the last request.
        asked_for_tasks: how often.
    """

    version: int
    url: str = ""
    forms: dict[str, dict[str, Any]] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    runs: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    tasks: list[dict[str, Any]] = field(default_factory=list)
    returned: dict[tuple[str, str], Any] = field(default_factory=dict)
    pools: dict[str, int] = field(default_factory=dict)
    looks: int | None = None
    ends: dict[str, str] = field(default_factory=dict)
    at_end: Callable[[str, str], None] = lambda _dag, _run: None
    unpaused: set[str] = field(default_factory=set)
    lost: int = 0
    logins: int = 0
    token: str = TOKEN
    headers: dict[str, str] = field(default_factory=dict)
    asked_for_tasks: int = 0
    _looked: Counter[str] = field(default_factory=Counter)

    def answer(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Answer:
        """Status and body for one request."""
        self.headers = headers
        parts = urlsplit(path)
        if parts.path == "/auth/token" and self.version > 1:
            return self._token(body)
        known = headers.get("Authorization") == self._expected()
        if not known or not parts.path.startswith(f"/api/v{self.version}/"):
            return HTTPStatus.UNAUTHORIZED, {"detail": "no"}
        names = [unquote(one) for one in parts.path.split("/")[3:]]
        if names[0] == "dags" and names[1] in self.forms:
            return self._of_dag(method, names[1], names[2:], parse_qs(parts.query), body)
        if names[0] == "pools":
            return self._of_pools(method, names[1:], body)
        if names == ["importErrors"]:
            found = [{"filename": k, "stack_trace": v} for k, v in self.broken.items()]
            return HTTPStatus.OK, {"import_errors": found}
        return HTTPStatus.NOT_FOUND, {"detail": "not found"}

    def _of_pools(self, method: str, names: list[str], body: Any) -> Answer:
        if method == "POST":
            self.pools[body["name"]] = body["slots"]
        elif names[0] not in self.pools:
            return HTTPStatus.NOT_FOUND, {"detail": "not found"}
        return HTTPStatus.OK, {}

    def _of_dag(
        self, method: str, dag: str, names: list[str], query: dict[str, list[str]], body: Any
    ) -> Answer:
        match (method, names):
            case ("PATCH", []):
                self.unpaused.add(dag)
            case ("GET", ["details"]):
                params = {name: {"value": value} for name, value in self.forms[dag].items()}
                return HTTPStatus.OK, {"params": params}
            case ("POST", ["dagRuns"]):
                return self._triggered(dag, body)
            case ("GET", ["dagRuns"]):
                found = [run for of, run in self.runs if of == dag]
                busy = [one for one in found if self.states[one] in query["state"]]
                return HTTPStatus.OK, {"dag_runs": [{"dag_run_id": one} for one in busy]}
            case (_, ["dagRuns", run, *rest]):
                return self._of_run(method, dag, run, rest, query, body)
        return HTTPStatus.OK, {"dag_id": dag}

    def _of_run(
        self, method: str, dag: str, run: str, rest: list[str], query: Any, body: Any
    ) -> Answer:
        if (dag, run) not in self.runs:
            return HTTPStatus.NOT_FOUND, {"detail": "not found"}
        if rest == ["taskInstances"]:
            return HTTPStatus.OK, self._page(query)
        if rest:
            return self._returned(dag, rest)
        if method == "PATCH":
            self._end(dag, run, body["state"])
        elif self.looks is not None and self.states[run] == "running":
            self._looked[run] += 1
            if self._looked[run] > self.looks:
                self._end(dag, run, self.ends.get(dag, "success"))
        return HTTPStatus.OK, {"state": self.states[run], "conf": self.runs[dag, run]["conf"]}

    def _returned(self, dag: str, rest: list[str]) -> Answer:
        found = self.returned.get((dag, rest[1]))
        if found is None:
            return HTTPStatus.NOT_FOUND, {"detail": "XCom entry not found"}
        return HTTPStatus.OK, {"value": json.dumps(found)}

    def _end(self, dag: str, run: str, state: str) -> None:
        self.states[run] = state
        self.at_end(dag, run)

    def _expected(self) -> str:
        if self.version > 1:
            return f"Bearer {self.token}"
        return f"Basic {base64.b64encode(f'{USER}:{PASSWORD}'.encode()).decode()}"

    def _token(self, body: Any) -> Answer:
        self.logins += 1
        if body == {"username": USER, "password": PASSWORD}:
            return HTTPStatus.CREATED, {"access_token": self.token}
        return HTTPStatus.UNAUTHORIZED, {"detail": "no"}

    def _triggered(self, dag: str, body: Any) -> Answer:
        run = body["dag_run_id"]
        if self.version > 1 and "logical_date" not in body:
            return HTTPStatus.UNPROCESSABLE_ENTITY, {"detail": "logical_date: field required"}
        if (dag, run) in self.runs:
            return HTTPStatus.CONFLICT, {"detail": "there is one"}
        if "refused" in body["conf"].values():
            return HTTPStatus.BAD_REQUEST, {"detail": "'refused' is not one of the values"}
        self.runs[dag, run] = body
        self.states[run] = "running"
        if self.lost > 0:
            self.lost -= 1
            return HTTPStatus.BAD_GATEWAY, {"detail": "lost"}
        return HTTPStatus.OK, body

    def _page(self, query: dict[str, list[str]]) -> dict[str, Any]:
        self.asked_for_tasks += 1
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
            status, answer = double.answer(self.command, self.path, body, dict(self.headers))
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        do_GET = do_POST = do_PATCH = handle_one  # noqa: N815

    with served(Handler) as double.url:
        yield double
