"""What a run in the cloud is asked for: its id, its parameters, how large it gets. Pure."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import Any

from fraud_cloud.errors import ConfigError
from fraud_cloud.form_field import Field, problem

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


def parameters(words: Iterable[str], form: Mapping[str, Field]) -> dict[str, Any]:
    """Parameters of a run.

    Args:
        words: `name=value` each; the value as JSON, or as it stands where it is none.
        form: every field of the DAG.

    Raises:
        ConfigError: a word is none, names what the DAG does not take, which Airflow would ignore,
            or gives it a value that it does not take.
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
        found[name] = text if isinstance(form[name].default, str) else _value(text)
        if wrong := problem(found[name], form[name].schema):
            raise ConfigError(f"{CAMPAIGN} does not take {word}: {wrong}")
    return found


def those_of(form: Mapping[str, Field], conf: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that another DAG takes too."""
    return {name: value for name, value in conf.items() if name in form}


def most_instances(form: Mapping[str, Field], conf: Mapping[str, Any]) -> int:
    """Instances of the largest cell, of either engine."""
    asked = conf.get("instances", form.get("instances", Field()).default)
    counts = [one for one in asked if isinstance(one, int)] if isinstance(asked, list) else []
    return max(counts, default=1)


def summary(form: Mapping[str, Field], conf: Mapping[str, Any]) -> str:
    """One line with what is measured: the parameters that are given, then the main defaults."""
    main = ("engines", "instances", "rates_eps", "profile")
    shown = dict(conf) | {
        name: form[name].default for name in main if name in form and name not in conf
    }
    return ", ".join(f"{name}={json.dumps(value)}" for name, value in shown.items())


def _value(text: str) -> Any:  # noqa: ANN401 - JSON of many forms
    try:
        return json.loads(text)
    except ValueError:
        return text
