"""`python -m scripts.configuration`: docs/configuration.md, every setting from the code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel

from benchmarks.cost import PaidSize, Prices
from benchmarks.plan import PROFILES, InstanceLimits, Plan
from benchmarks.search import SearchSettings
from benchmarks.step_times import StepTimes
from benchmarks.verdict import Limits
from fraud_core.command import run_command, say
from fraud_core.kafka import KafkaSettings
from sandbox.settings import SandboxSettings
from scripts import variables
from scripts.tasks import PROJECT
from scripts.variables import Variable

PAGE: Final = PROJECT / "docs" / "configuration.md"
Property = Mapping[str, Any]
"""One property of a JSON schema."""

_HEAD: Final = """\
# Settings

Variables of the environment for [Kafka](#kafka),
[services of this machine](#services-of-this-machine),
[Java and environments](#java-and-environments), [MLflow and S3](#mlflow-and-s3),
[Airflow](#airflow) and [the cloud](#the-cloud), those of [make](#make), and the
[keys of a plan](#keys-of-a-plan).

`python -m scripts.configuration` writes this page from the code; `make test` compares it. A value
on the command line goes before a variable, a variable before a default. `streamgauge doctor` prints
what holds for a run and where it comes from, without secrets. A mistyped `KAFKA_*` or `SANDBOX_*`
name and an unknown key of a plan are errors (exit code 2) that name the nearest known one. The
options of a command are in its `--help`.
"""
_PLAN: Final = """\
## Keys of a plan
What they are for is told in [campaigns.md](campaigns.md), what the limits mean in
[measuring.md](measuring.md). `streamgauge plan` and `run` change one by `--set`, as in
`--set rates_eps=50,100 --set step.measure_s=90`.
"""
_SECTIONS: Final[Sequence[tuple[str, type[BaseModel]]]] = (
    ("step", StepTimes),
    ("instance", InstanceLimits),
    ("search", SearchSettings),
    ("limits", Limits),
    ("prices", Prices),
    ("overhead.ENGINE", PaidSize),
)
_BOUNDS: Final = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
_KINDS: Final = {
    "boolean": "`true`, `false`",
    "integer": "whole number",
    "number": "number",
    "string": "text",
}
_FORMATS: Final = {"path": "folder", "date": "date", "password": "text, never shown"}


def page() -> str:
    """The whole page."""
    parts = [
        _HEAD,
        *("## Kafka", *_fields(KafkaSettings, "KAFKA_"), ""),
        *("## Services of this machine", *_fields(SandboxSettings, "SANDBOX_"), ""),
        *("## Java and environments", *_listed(variables.HERE), ""),
        *("## MLflow and S3", *_listed(variables.MLFLOW_AND_S3), ""),
        *("## Airflow", *_listed(variables.AIRFLOW), ""),
        *("## The cloud", *_listed(variables.CLOUD), ""),
        *("## Make", *_listed(variables.MAKE), ""),
        *(_PLAN, *_fields(Plan, ""), ""),
    ]
    for section, model in _SECTIONS:
        parts += [f"### {section}", *_fields(model, f"{section}."), ""]
    return "\n".join([*parts, "### What a profile sets", *_profiles()]) + "\n"


def _fields(model: type[BaseModel], before: str) -> Iterator[str]:
    """A table of a model's fields.

    Args:
        model: of settings, each field with its description.
        before: put before each name; where it is of a variable, names are in capitals.
    """
    schema = model.model_json_schema()
    yield "| name | meaning | allowed | default |"
    yield "|---|---|---|---|"
    for field, described in schema["properties"].items():
        name = before + (field.upper() if before.endswith("_") else field)
        default = "required" if field in schema.get("required", ()) else _default(described)
        yield f"| `{name}` | {described['description']} | {allowed(described)} | {default} |"


def allowed(described: Property) -> str:
    """What a property takes, in words.

    Args:
        described: the property in the JSON schema of its model.
    """
    if "anyOf" in described:
        return allowed(next(one for one in described["anyOf"] if one.get("type") != "null"))
    if "$ref" in described:
        return "below"
    if "enum" in described:
        return ", ".join(f"`{value}`" for value in described["enum"])
    if described["type"] == "array":
        return f"list, each {allowed(described['items'])}"
    if described["type"] == "object":
        return f"by engine: {allowed(described['additionalProperties'])}"
    return _of_one_kind(described)


def _of_one_kind(described: Property) -> str:
    kind = _FORMATS.get(described.get("format", ""), _KINDS[described["type"]])
    bounds = [f"{sign} {described[key]}" for key, sign in _BOUNDS.items() if key in described]
    pattern = [f"like `{described['pattern']}`"] if "pattern" in described else []
    return ", ".join([kind, *bounds, *pattern])


def _default(described: Property) -> str:
    value = described.get("default")
    if value in (None, "", []):
        return "none" if "$ref" not in described else "below"
    if isinstance(value, list):
        return ", ".join(f"`{one}`" for one in value)
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, float):
        return f"`{value:.10g}`"
    return f"`{str(value).removeprefix(f'{PROJECT}/')}`"


def _listed(known: Sequence[Variable]) -> Iterator[str]:
    yield "| name | meaning | default |"
    yield "|---|---|---|"
    for one in known:
        yield f"| `{one.name}` | {one.meaning} | {one.default} |"


def _profiles() -> Iterator[str]:
    yield (
        "| profile | `step.warmup_s` | `step.measure_s` | `repetitions` | `search.confirm_runs` "
        "| `search.resolution` |"
    )
    yield "|---|---|---|---|---|---|"
    for name, sets in PROFILES.items():
        step = StepTimes(**sets["step"])
        search = SearchSettings(**sets["search"])
        searched = f"{search.confirm_runs} | {search.resolution:g}"
        yield (
            f"| `{name}` | {step.warmup_s:g} | {step.measure_s:g} | {sets['repetitions']} "
            f"| {searched} |"
        )


def main() -> None:
    """Write the page anew after a change of a setting."""
    PAGE.write_text(page(), encoding="utf-8")
    say(f"wrote {PAGE}")


if __name__ == "__main__":
    run_command(main)
