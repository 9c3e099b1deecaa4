"""The form of a run in the cloud: the fields of every target that the cloud has. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fraud_dag.asked import Asked, cells_of, plan_of
from fraud_dag.form import COMPARISON

ENGINES: Final = ("faust", "spark")
_RUN: Final = r"^[a-z0-9][a-z0-9-]{0,39}$"
_NOT_HERE: Final = frozenset({"instance_cpu"})

_CHANGED: Final[Mapping[str, Mapping[str, Any]]] = {
    "engines": {
        "default": list(ENGINES),
        "items": {"type": "string", "enum": list(ENGINES)},
        "examples": list(ENGINES),
    },
    "model": {
        "default": "models:/fraud@champion",
        "pattern": "^models:/.+",
        "description": "A registered model. It is resolved once, and every cell uses that copy.",
    },
    "transactions": {
        "default": "data/",
        "pattern": "^data/",
        "description": "Prefix of the bucket with files in the course's format; data/ stands for "
        "the set that was uploaded last.",
    },
    "resume_run": {"pattern": _RUN},
}

COMPARISON_IN_CLOUD: Final[Mapping[str, Mapping[str, Any]]] = {
    name: {**field, **_CHANGED.get(name, {})}
    for name, field in COMPARISON.items()
    if name not in _NOT_HERE
}
"""The fields of `fraud_stream_yandex`. How large an instance is says Terraform."""

_OF_PREFLIGHT: Final = ("engines", "model", "transactions")

PREFLIGHT: Final[Mapping[str, Mapping[str, Any]]] = {
    name: field for name, field in COMPARISON_IN_CLOUD.items() if name in _OF_PREFLIGHT
}
"""The fields of `fraud_preflight`."""


def asked_in_cloud(params: Mapping[str, Any]) -> Asked:
    """The form, filled in; what a preflight is not asked for has no meaning there.

    Args:
        params: of a DAG run.
    """
    usual = {name: field["default"] for name, field in COMPARISON_IN_CLOUD.items()}
    one_of_each = {"instances": [1]} if "instances" not in params else {}
    given = {name: params[name] for name in usual if name in params}
    return Asked.from_params({**usual, **one_of_each, **given, "instance_cpu": None})


def plan_in_cloud(asked: Asked) -> dict[str, Any]:
    """The plan file of all cells: engines run elsewhere, so a command names each of them.

    Args:
        asked: the form.
    """
    plan = plan_of(asked)
    return plan | {
        "title": f"{plan['title']}, in the cloud",
        "engines": ["external"],
        "instances": sorted(asked.instances),
    }


def cells_in_cloud(asked: Asked) -> list[str]:
    """The cells, `faust-2`."""
    return cells_of({"engines": asked.engines, "instances": sorted(asked.instances)})
