"""What a run was asked for, the plan that follows from it, and its cells. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

PLAN_ID: Final = "comparison"
REGISTERED: Final = "models:/"
ONE_PROCESS = ("plain", "quix")
"""Baselines, which a plan measures with one process beside every count of the others."""
_LONGEST_NAME: Final = 100
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9]+")


@dataclass(frozen=True, slots=True)
class Asked:
    """The form, filled in.

    Attributes:
        engines: names of engines.
        instances: counts of each.
        rates_eps: offered events per second.
        profile: how long and how often a rate is measured.
        instance_cpu: cores of an instance; None for no limit.
        model: an artifact folder, or a registered model.
        transactions: a file or a folder.
        publish: to MLflow.
        changes: other keys of the plan, `key=value`.
        resume_run: the earlier run that is gone on with; None for a new one.
    """

    engines: tuple[str, ...]
    instances: tuple[int, ...]
    rates_eps: tuple[float, ...]
    profile: str
    instance_cpu: float | None
    model: str
    transactions: str
    publish: bool
    changes: tuple[str, ...] = ()
    resume_run: str | None = None

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> Asked:
        """Read the params of a DAG run, which Airflow has checked against the form."""
        lists = ("engines", "instances", "rates_eps", "changes")
        fields = {name: params[name] for name in cls.__dataclass_fields__}
        return cls(**{**fields, **{name: tuple(params[name] or ()) for name in lists}})

    @property
    def is_registered(self) -> bool:
        """True where the model is to be fetched from a registry."""
        return self.model.startswith(REGISTERED)

    @property
    def set_options(self) -> list[str]:
        """`--set key=value` of a command line for each change."""
        return [word for change in self.changes for word in ("--set", change)]

    def as_json(self) -> str:
        """For a file beside the results."""
        return json.dumps(asdict(self), indent=2)


def plan_of(asked: Asked) -> dict[str, Any]:
    """The plan file of a run: the same for all of its cells.

    Args:
        asked: the form.
    """
    plan: dict[str, Any] = {
        "id": PLAN_ID,
        "title": f"{' and '.join(asked.engines)} under the same load",
        "profile": asked.profile,
        "question": "demand",
        "engines": list(asked.engines),
        "instances": list(asked.instances),
        "rates_eps": list(asked.rates_eps),
    }
    if asked.instance_cpu is not None:
        plan["instance"] = {"cpu": asked.instance_cpu}
    return plan


def cells_of(plan: Mapping[str, Any]) -> list[str]:
    """The cells of a plan, `faust-2`: engines take turns, so that a slow drift favours none."""
    return [
        f"{engine}-{count}"
        for count in plan["instances"]
        for engine in plan["engines"]
        if count == 1 or engine not in ONE_PROCESS or 1 not in plan["instances"]
    ]


def run_name(dag_run_id: str, asked: Asked) -> str:
    """Name of the run's folder and part of its topics; the same at every try of every task.

    Args:
        dag_run_id: as Airflow names it, `manual__2026-11-23T14:15:00.123456+00:00`.
        asked: the form.
    """
    if asked.resume_run:
        return asked.resume_run
    return _NOT_IN_NAMES.sub("-", dag_run_id).strip("-")[:_LONGEST_NAME] or "run"


def sentences_of(run: Mapping[str, Any]) -> list[str]:
    """The answer of a campaign's `run.json`; what is missing of it is said too."""
    said = [str(run["sentence"])] if run.get("sentence") else []
    missing = run.get("cells_missing", ())
    if missing:
        said.append(f"cells that are not measured: {', '.join(missing)}")
    return said or ["no step was measured, so there is no answer"]
