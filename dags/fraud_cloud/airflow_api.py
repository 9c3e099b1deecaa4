"""Airflow's REST API in both of its forms: v1 of Airflow 2.10, v2 of Airflow 3."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fraud_cloud.errors import ConfigError, DeniedError, GoneError, RefusedError

PAGE = 100
_CALL_S = 30.0


@dataclass(frozen=True)
class Task:
    """One task of a run.

    Attributes:
        name: with its index where it is mapped.
        state: as Airflow says it; "none" before it is planned.
        tries: how often it was started.
    """

    name: str
    state: str
    tries: int


@dataclass(frozen=True)
class AirflowApi:
    """One Airflow.

    Attributes:
        url: of its web server, without a path.
        version: 1 for Airflow 2.10, 2 for Airflow 3.
        authorization: value of the header.
    """

    url: str
    version: int
    authorization: str

    def trigger(self, dag_id: str, run_id: str, conf: Mapping[str, Any]) -> None:
        """Start a run; one of this id that is there already is left as it is.

        Args:
            dag_id: of what; it is unpaused.
            run_id: of the new run.
            conf: its parameters.
        """
        self._ask("PATCH", f"dags/{dag_id}", {"is_paused": False})
        body: dict[str, Any] = {"dag_run_id": run_id, "conf": dict(conf)}
        if self.version > 1:
            # Required and without a value: the run stands for no interval.
            body["logical_date"] = None
        try:
            self._ask("POST", f"dags/{dag_id}/dagRuns", body)
        except RefusedError:
            # The answer to an earlier try may have been lost.
            if self.state(dag_id, run_id) is None:
                raise

    def state(self, dag_id: str, run_id: str) -> str | None:
        """State of a run; None where there is none."""
        try:
            return str(self._ask("GET", f"dags/{dag_id}/dagRuns/{_quoted(run_id)}")["state"])
        except GoneError:
            return None

    def tasks(self, dag_id: str, run_id: str) -> Iterator[Task]:
        """Every task of a run, to the last page."""
        path = f"dags/{dag_id}/dagRuns/{_quoted(run_id)}/taskInstances"
        offset = 0
        while True:
            page = self._ask("GET", f"{path}?limit={PAGE}&offset={offset}")
            for one in page["task_instances"]:
                yield _task(one)
            offset += len(page["task_instances"])
            if not page["task_instances"] or offset >= page["total_entries"]:
                return

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401
        url = f"{self.url}/api/v{self.version}/{path}"
        return _request(method, url, body, {"Authorization": self.authorization})


def log_in(url: str, airflow_version: str, user: str, password: str) -> AirflowApi:
    """Open the API of an Airflow: with the password on 2.10, with a token for it on 3.

    Args:
        url: of the web server.
        airflow_version: such as 2.10 or 3.1.
        user: who logs in.
        password: of that user; it is sent and kept nowhere.

    Raises:
        DeniedError: the password is not accepted.
    """
    url = url.rstrip("/")
    if airflow_version.startswith("2."):
        both = base64.b64encode(f"{user}:{password}".encode()).decode()
        return AirflowApi(url, 1, f"Basic {both}")
    answer = _request("POST", f"{url}/auth/token", {"username": user, "password": password}, {})
    return AirflowApi(url, 2, f"Bearer {answer['access_token']}")


def _task(raw: Mapping[str, Any]) -> Task:
    index = raw.get("map_index", -1)
    name = raw["task_id"] if index < 0 else f"{raw['task_id']}[{index}]"
    return Task(name, raw["state"] or "none", int(raw.get("try_number") or 0))


def _quoted(run_id: str) -> str:
    """A run's id has colons and a plus."""
    return urllib.parse.quote(run_id, safe="")


def _request(
    method: str, url: str, body: Mapping[str, Any] | None, headers: Mapping[str, str]
) -> Any:  # noqa: ANN401 - JSON of many forms
    if not url.startswith(("http://", "https://")):
        raise ConfigError(f"{url} is no address of a web server")
    content = None if body is None else json.dumps(body).encode()
    every = {"Content-Type": "application/json", **headers}
    request = urllib.request.Request(url, content, every, method=method)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=_CALL_S) as answer:  # noqa: S310
            return json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            detail = error.read().decode(errors="replace")[:300]
        raise _as_ours(error.code, f"{method} {url}", detail) from error
    except OSError as error:
        raise RefusedError(f"{method} {url}: {error}") from error


def _as_ours(code: int, what: str, detail: str) -> Exception:
    text = f"{what} is answered with {code}: {detail}"
    if code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return DeniedError(f"{what} is answered with {code}: is the password right?")
    return GoneError(text) if code == HTTPStatus.NOT_FOUND else RefusedError(text)
