"""The form of a run: what Airflow asks for, with types, choices and bounds. Pure.

A field is what `Param` takes: a default and a JSON schema. Airflow refuses other values before a
run begins, in its page, in its command line and in its REST API.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

ENGINES: Final = ("faust", "spark", "faust-tuned", "plain", "quix", "oracle")
"""What a plan can start by itself; a test holds it to the plans'."""
PROFILES: Final = ("smoke", "quick", "standard", "full")
MOST_INSTANCES: Final = 12
"""The partitions of the topic: more instances would stay idle."""
MOST_EPS: Final = 1_000_000
SMALLEST_CORES: Final = 0.01
_RUN_NAME: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"
_CHANGE: Final = r"^[a-z_][a-z0-9_.]*=.+$"

# Airflow's page opens the fields that are in no section, and folds the sections
_WITH: Final = "Model and load"
_MORE: Final = "More"

COMPARISON: Final[Mapping[str, Mapping[str, Any]]] = {
    "engines": {
        "default": ["faust", "spark"],
        "type": "array",
        "items": {"type": "string", "enum": list(ENGINES)},
        "examples": list(ENGINES),
        "minItems": 1,
        "uniqueItems": True,
        "title": "Engines",
        "description": "Each is measured alone, under the same load.",
    },
    "instances": {
        "default": [1, 2],
        "type": "array",
        "items": {"type": "integer", "minimum": 1, "maximum": MOST_INSTANCES},
        "minItems": 1,
        "uniqueItems": True,
        "title": "Instance counts",
        "description": f"A list of counts from 1 to {MOST_INSTANCES}, for example [1, 2].",
    },
    "rates_eps": {
        "default": [50, 400],
        "type": "array",
        "items": {"type": "number", "exclusiveMinimum": 0, "maximum": MOST_EPS},
        "minItems": 1,
        "uniqueItems": True,
        "title": "Rates",
        "description": "Transactions per second, for example [50, 400].",
    },
    "profile": {
        "default": "smoke",
        "type": "string",
        "enum": list(PROFILES),
        "title": "Profile",
        "description": "How long and how often a rate is measured: smoke 80 s once, quick 2 min "
        "once, standard 4 min three times, full 7 min five times.",
    },
    "instance_cpu": {
        "default": None,
        "type": ["null", "number"],
        "minimum": SMALLEST_CORES,
        "maximum": 1024,
        "title": "CPU of an instance",
        "description": "Cores that each instance may use; empty: as many as there are.",
    },
    "model": {
        "default": ".demo/artifact",
        "type": "string",
        "minLength": 1,
        "title": "Model",
        "description": "An artifact folder, or a registered model such as "
        "`models:/fraud@champion`. It is resolved once; every cell uses that copy.",
        "section": _WITH,
    },
    "transactions": {
        "default": ".demo/transactions",
        "type": "string",
        "minLength": 1,
        "title": "Transactions",
        "description": "A file or a folder in the course's format.",
        "section": _WITH,
    },
    "publish": {
        "default": True,
        "type": "boolean",
        "title": "Publish to MLflow",
        "section": _WITH,
    },
    "changes": {
        "default": [],
        "type": "array",
        "items": {"type": "string", "pattern": _CHANGE},
        "title": "Other keys of the plan",
        "description": "One `key=value` a line, for example `step.measure_s=30`; the keys are "
        "those of a plan file.",
        "section": _MORE,
    },
    "resume_run": {
        "default": None,
        "type": ["null", "string"],
        "pattern": _RUN_NAME,
        "title": "Go on with",
        "description": "Name of an earlier run: only its unfinished cells are measured, with its "
        "plan and its model. Everything above is then taken from there.",
        "section": _MORE,
    },
}
"""The fields of every target, in the order of the page."""
