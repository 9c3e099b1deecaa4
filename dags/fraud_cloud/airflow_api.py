"""Airflow's REST API in both of its forms: v1 of Airflow 2.10, v2 of Airflow 3."""

from __future__ import annotations

import urllib.parse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fraud_cloud.airflow_login import Login
from fraud_cloud.errors import ConfigError, GoneError, RefusedError
from fraud_cloud.form_field import Field

PAGE = 100


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
        login: who asks, and where.
    """

    login: Login

    @property
    def version(self) -> int:
        """1 for Airflow 2.10, 2 for Airflow 3."""
        return self.login.api_version

    def knows(self, dag_id: str) -> bool:
        """Whether Airflow has read the file of a DAG."""
        try:
            self._ask("GET", f"dags/{dag_id}")
        except GoneError:
            return False
        return True

    def import_errors(self) -> tuple[str, ...]:
        """A line for each DAG file that Airflow could not read."""
        found = self._ask("GET", f"importErrors?limit={PAGE}")["import_errors"]
        return tuple(f"{one['filename']}: {_last_line(one['stack_trace'])}" for one in found)

    def form(self, dag_id: str) -> dict[str, Field]:
        """The fields of a DAG's form."""
        raw = self._ask("GET", f"dags/{dag_id}/details")["params"] or {}
        return {name: Field(one.get("value"), one.get("schema") or {}) for name, one in raw.items()}

    def under_way(self, dag_id: str) -> tuple[str, ...]:
        """Ids of the runs that have begun or wait."""
        asked = f"dags/{dag_id}/dagRuns?state=running&state=queued&limit={PAGE}"
        return tuple(one["dag_run_id"] for one in self._ask("GET", asked)["dag_runs"])

    def have_pool(self, name: str, slots: int, description: str) -> None:
        """Have a pool; one that is there is left as it is. A task of a missing pool never runs."""
        try:
            self._ask("GET", f"pools/{name}")
        except GoneError:
            wanted = {"name": name, "slots": slots, "description": description}
            self._ask("POST", "pools", wanted)

    def trigger(self, dag_id: str, run_id: str, conf: Mapping[str, Any]) -> None:
        """Start a run; one of this id that is there already is left as it is.

        Args:
            dag_id: of what; it is unpaused.
            run_id: of the new run.
            conf: its parameters.

        Raises:
            ConfigError: a parameter is not acceptable; nothing was started.
        """
        self._ask("PATCH", f"dags/{dag_id}", {"is_paused": False})
        body: dict[str, Any] = {"dag_run_id": run_id, "conf": dict(conf)}
        if self.version > 1:
            # Required and without a value: the run stands for no interval.
            body["logical_date"] = None
        try:
            self._ask("POST", f"dags/{dag_id}/dagRuns", body)
        except RefusedError as error:
            # The answer to an earlier try may have been lost.
            if self.state(dag_id, run_id) is not None:
                return
            if error.final:
                raise ConfigError(f"Airflow does not take these parameters: {error}") from None
            raise

    def stop(self, dag_id: str, run_id: str) -> None:
        """Have a run end: what runs is failed, what waits is skipped, its teardown still runs."""
        self._ask("PATCH", _run(dag_id, run_id), {"state": "failed"})

    def state(self, dag_id: str, run_id: str) -> str | None:
        """State of a run; None where there is none."""
        try:
            return str(self._ask("GET", _run(dag_id, run_id))["state"])
        except GoneError:
            return None

    def result(self, dag_id: str, run_id: str, task: str) -> str | None:
        """The text that a task returned; None where it has not."""
        path = f"{_run(dag_id, run_id)}/taskInstances/{task}/xcomEntries/return_value"
        try:
            return str(self._ask("GET", path)["value"]).strip('"')
        except GoneError:
            return None

    def tasks(self, dag_id: str, run_id: str) -> Iterator[Task]:
        """Every task of a run, to the last page."""
        path = f"{_run(dag_id, run_id)}/taskInstances"
        offset = 0
        while True:
            page = self._ask("GET", f"{path}?limit={PAGE}&offset={offset}")
            for one in page["task_instances"]:
                yield _task(one)
            offset += len(page["task_instances"])
            if not page["task_instances"] or offset >= page["total_entries"]:
                return

    def page(self, dag_id: str, run_id: str) -> str:
        """Address of a run for people."""
        run = _quoted(run_id)
        place = f"runs/{run}" if self.version > 1 else f"grid?dag_run_id={run}"
        return f"{self.login.url}/dags/{dag_id}/{place}"

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 - JSON of many forms
        return self.login.ask(method, f"/api/v{self.version}/{path}", body)


def _task(raw: Mapping[str, Any]) -> Task:
    index = raw.get("map_index", -1)
    name = raw["task_id"] if index < 0 else f"{raw['task_id']}[{index}]"
    return Task(name, raw["state"] or "none", int(raw.get("try_number") or 0))


def _run(dag_id: str, run_id: str) -> str:
    return f"dags/{dag_id}/dagRuns/{_quoted(run_id)}"


def _quoted(run_id: str) -> str:
    """A run's id has colons and a plus."""
    return urllib.parse.quote(run_id, safe="")


def _last_line(trace: str | None) -> str:
    lines = (trace or "").strip().splitlines()
    return lines[-1] if lines else "no reason given"
