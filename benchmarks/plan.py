"""A plan file: what is measured, for how long, by which limits. Pure but for reading the file."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from benchmarks.verdict import Limits
from fraud_core.errors import ConfigError
from fraud_core.topics import PARTITIONS

EngineName = Literal["faust", "spark", "plain"]

ENGINE_START_S = 25
"""Usual time from starting an engine to its readiness; only for the estimate."""
STEP_OVERHEAD_S = 10
"""Usual time for topics, start of the load, drain and check; only for the estimate."""

Rate = Annotated[float, Field(gt=0, le=1_000_000)]
InstanceCount = Annotated[int, Field(ge=1, le=PARTITIONS)]


class StepTimes(BaseModel):
    """How long a step runs under load."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    warmup_s: float = Field(20, ge=0, description="load before the window, seconds")
    measure_s: float = Field(60, gt=0, description="the window that is judged, seconds")


class Plan(BaseModel):
    """What a campaign measures."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$", description="permanent name of the plan")
    title: str = Field("", description="one line for people")
    engines: tuple[EngineName, ...] = Field(min_length=1, description="engines, in turn")
    instances: tuple[InstanceCount, ...] = Field((1,), min_length=1, description="instance counts")
    rates_eps: tuple[Rate, ...] = Field(min_length=1, description="offered events per second")
    step: StepTimes = Field(default_factory=StepTimes, description="how long a step runs")
    limits: Limits = Field(default_factory=Limits, description="what counts as held, and as valid")


class Step(BaseModel):
    """One measurement: one engine, one instance count, one rate."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    engine: str
    instances: int
    rate_eps: float
    warmup_s: float
    measure_s: float
    repetition: int = 1

    @property
    def id(self) -> str:
        """Name of the step inside its campaign; part of topic and file names."""
        return step_id(self.engine, self.instances, self.rate_eps, self.repetition)

    @property
    def cell(self) -> str:
        """Name of its cell."""
        return cell_id(self.engine, self.instances)

    @property
    def load_s(self) -> float:
        """How long the load lasts."""
        return self.warmup_s + self.measure_s


def step_id(engine: str, instances: int, rate_eps: float, repetition: int = 1) -> str:
    """Name of a step: lower case, no character that a topic or a file name cannot hold."""
    name = f"{engine}-x{instances}-{rate_eps:g}eps".replace("+", "")
    return name if repetition == 1 else f"{name}-r{repetition}"


def cell_id(engine: str, instances: int) -> str:
    """Name of a cell, as `--cell` takes it: `faust-2`."""
    return f"{engine}-{instances}"


def steps_of(plan: Plan, engines: tuple[str, ...] | None = None) -> list[Step]:
    """The steps in the order in which they run: engines alternate, rates rise.

    Args:
        plan: the plan.
        engines: only these; all of the plan by default.
    """
    return [
        Step(
            engine=engine,
            instances=count,
            rate_eps=rate_eps,
            warmup_s=plan.step.warmup_s,
            measure_s=plan.step.measure_s,
        )
        for count in plan.instances
        for rate_eps in plan.rates_eps
        for engine in plan.engines
        if engines is None or engine in engines
    ]


def estimate_s(steps: list[Step]) -> float:
    """Usual wall time of the steps."""
    return sum(step.load_s + ENGINE_START_S + STEP_OVERHEAD_S for step in steps)


def load_plan(path: Path) -> Plan:
    """Read a plan file.

    Raises:
        ConfigError: it is missing, no YAML, or a key or a value is not allowed.
    """
    try:
        fields = yaml.safe_load(path.read_text())
    except OSError as error:
        reason = error.strerror or "cannot be read"
        raise ConfigError(f"plan {path}: {reason}; plans are in benchmarks/plans/") from None
    except yaml.YAMLError as error:
        line = str(error).replace("\n", " ")
        raise ConfigError(f"plan {path} is no YAML: {line}") from None
    return plan_from(fields, str(path))


def plan_from(fields: object, where: str) -> Plan:
    """Check the content of a plan.

    Args:
        fields: what the YAML says.
        where: named in the error.

    Raises:
        ConfigError: the first thing that is wrong.
    """
    try:
        return Plan.model_validate(fields)
    except ValidationError as error:
        # a mistyped key is often also a missing one; the typing mistake tells more
        problems = sorted(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
        raise ConfigError(f"plan {where}: {_explain(problems[0])}") from None


def _explain(problem: ErrorDetails) -> str:
    place = ".".join(str(part) for part in problem["loc"])
    if problem["type"] != "extra_forbidden":
        value = "" if problem["type"] == "missing" else f", found {problem['input']!r}"
        return f"{place or 'the file'}: {problem['msg']}{value}"
    known = _known_keys(problem["loc"][:-1])
    nearest = difflib.get_close_matches(str(problem["loc"][-1]), known, n=1)
    hint = f"did you mean {nearest[0]}?" if nearest else f"known are {', '.join(known)}"
    return f"{place} is no key of a plan: {hint}"


def _known_keys(loc: tuple[int | str, ...]) -> list[str]:
    models: dict[tuple[int | str, ...], type[BaseModel]] = {
        (): Plan,
        ("step",): StepTimes,
        ("limits",): Limits,
    }
    return sorted(models[loc].model_fields)
