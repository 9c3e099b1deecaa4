"""What a run in the cloud is asked for: its id, its parameters, how large it gets. Pure."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import Any

from fraud_cloud.errors import ConfigError

CAMPAIGN = "fraud_stream_yandex"
PREFLIGHT = "fraud_preflight"
NAMES_THE_RUN = "reserve"
"""The task of either that returns the name of its run."""
POOL = "fraud_load"
"""One slot: whatever measures has the worker to itself."""


def new_run_id(now_s: float) -> str:
    """Id of a DAG run that is its own name: a label, part of names of topics, a folder of results.

    Args:
        now_s: Unix seconds.
    """
    return f"r{datetime.fromtimestamp(now_s, tz=timezone.utc):%Y%m%d-%H%M%S}"


def parameters(words: Iterable[str], form: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters of a run.

    Args:
        words: `name=value` each; the value as JSON, or as it stands where it is none.
        form: default of each parameter that the DAG takes.

    Raises:
        ConfigError: a word is none, or names what the DAG does not take: Airflow would ignore it.
    """
    found: dict[str, Any] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals:
            raise ConfigError(f"{word!r} is no parameter: write name=value, as in instances=[1,2]")
        if name not in form:
            near = difflib.get_close_matches(name, form, n=1)
            meant = f"did you mean {near[0]}?" if near else f"it takes {', '.join(sorted(form))}"
            raise ConfigError(f"{CAMPAIGN} takes no parameter {name!r}: {meant}")
        found[name] = text if isinstance(form[name], str) else _value(text)
    return found


def those_of(form: Mapping[str, Any], conf: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that another DAG takes too."""
    return {name: value for name, value in conf.items() if name in form}


def most_instances(form: Mapping[str, Any], conf: Mapping[str, Any]) -> int:
    """Instances of the largest cell, of either engine."""
    asked = conf.get("instances", form.get("instances")) or [1]
    counts = [one for one in asked if isinstance(one, int)] if isinstance(asked, list) else []
    return max(counts, default=1)


def summary(form: Mapping[str, Any], conf: Mapping[str, Any]) -> str:
    """One line with what is measured: the parameters that are given, then the main defaults."""
    main = ("engines", "instances", "rates_eps", "profile")
    shown = dict(conf) | {name: form[name] for name in main if name in form and name not in conf}
    return ", ".join(f"{name}={json.dumps(value)}" for name, value in shown.items())


def _value(text: str) -> Any:  # noqa: ANN401 - JSON of many forms
    try:
        return json.loads(text)
    except ValueError:
        return text
