"""A plan file: what is measured, for how long, by which limits. Pure but for reading the file."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails

from benchmarks.cost import PaidSize, Prices
from benchmarks.names import Elsewhere, cell_id, place_of, step_id
from benchmarks.search import SearchSettings
from benchmarks.step_times import StepTimes
from benchmarks.verdict import Limits
from fraud_core.errors import ConfigError
from fraud_core.instance_size import SMALLEST_CORES, SMALLEST_MEMORY_MB, InstanceSize
from fraud_core.topics import PARTITIONS

EngineName = Literal["faust", "faust-tuned", "spark", "plain", "quix", "oracle", "external"]
ProfileName = Literal["smoke", "quick", "standard", "full"]
Requirement = Literal["held", "slo"]

EXTERNAL: Final = "external"
"""The engine of a plan that the campaign neither starts nor stops."""

Rate = Annotated[float, Field(gt=0, le=1_000_000)]
LabelDelay = Annotated[float, Field(ge=1, le=30 * 24)]
InstanceCount = Annotated[int, Field(ge=1)]
Cores = Annotated[float, Field(ge=SMALLEST_CORES, le=1024)]

PROFILES: Final[Mapping[ProfileName, Mapping[str, Any]]] = {
    # only for wiring: near the limit of an engine most verdicts are inconclusive
    "smoke": {
        "step": {"warmup_s": 20, "measure_s": 60},
        "repetitions": 1,
        "search": {"confirm_runs": 1},
    },
    # to be trusted below some 70 % of a limit and above some 110 %
    "quick": {
        "step": {"warmup_s": 30, "measure_s": 90},
        "repetitions": 1,
        # what is held is held 1 % higher too; how often that is right: docs/measuring.md
        "search": {"confirm_runs": 2},
    },
    "standard": {
        "step": {"warmup_s": 60, "measure_s": 180},
        "repetitions": 3,
        "search": {"confirm_runs": 3},
    },
    "full": {
        "step": {"warmup_s": 120, "measure_s": 300},
        "repetitions": 5,
        "search": {"confirm_runs": 5, "resolution": 1.05},
    },
}
"""What a profile sets; a key of the plan goes before it."""


class InstanceLimits(BaseModel):
    """What each instance may use; the kernel holds it to that once it is ready."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cpu: tuple[Cores, ...] = Field(
        (), description="CPU quota of an instance, cores; one number, or a list to try each"
    )
    memory_mb: int | None = Field(
        None, ge=SMALLEST_MEMORY_MB, description="memory of an instance, millions of bytes"
    )

    @field_validator("cpu", mode="before")
    @classmethod
    def _one_or_more(cls, value: object) -> object:
        return (value,) if isinstance(value, int | float) else value

    @field_validator("cpu")
    @classmethod
    def _once(cls, values: tuple[float, ...]) -> tuple[float, ...]:
        return _refuse_twice(values)

    @property
    def sizes(self) -> tuple[float | None, ...]:
        """The quotas to try; a single None where there is none."""
        return self.cpu or (None,)

    def name_of(self, cpu: float | None) -> str:
        """What tells cells of one count apart: `c0.25`; empty where there is one size."""
        return f"c{cpu:g}" if len(self.cpu) > 1 else ""


class Plan(BaseModel):
    """What a campaign measures."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$", description="permanent name of the plan")
    title: str = Field("", description="one line for people")
    profile: ProfileName = Field("smoke", description="step lengths, repetitions and search")
    question: Literal["demand", "capacity"] = Field(
        "demand", description="instances that each rate needs, or the rate that each count holds"
    )
    find: Literal["rates", "knee", "drain"] = Field(
        "rates",
        description="judge the rates of the plan, search where each cell loses as well, or only "
        "drain a preloaded stream at full speed and judge the predictions",
    )
    knees: tuple[Literal["backlog", "latency"], ...] = Field(
        ("backlog",), min_length=1, description="limits that are searched"
    )
    engines: tuple[EngineName, ...] = Field(min_length=1, description="engines, in turn")
    instances: tuple[InstanceCount, ...] = Field((1,), min_length=1, description="instance counts")
    instance: InstanceLimits = Field(
        default_factory=InstanceLimits, description="size of each instance; none by default"
    )
    rates_eps: tuple[Rate, ...] = Field(
        (), description="offered events per second; in a demand plan the targets"
    )
    ladder: bool = Field(
        False, description="rates rise, each from the count that the one before needed"
    )
    repetitions: int = Field(1, ge=1, le=20, description="valid steps of each cell and rate")
    invalid_again: int = Field(
        1, ge=0, le=5, description="how often an invalid step is repeated at once"
    )
    probe_records: int | None = Field(
        None, ge=100, description="records that the drain probe preloads; by default from find"
    )
    label_delays_h: tuple[LabelDelay, ...] = Field(
        (),
        description="with find: drain, repeat it with a model and a feedback of each delay, hours",
    )
    seed: int = Field(1, description="order of cells and rates")
    budget_s: float | None = Field(
        None, gt=0, description="no step begins that would end later than this, seconds"
    )
    step: StepTimes = Field(default_factory=StepTimes, description="how long a step runs")
    search: SearchSettings = Field(
        default_factory=SearchSettings, description="how a knee is searched"
    )
    limits: Limits = Field(default_factory=Limits, description="what counts as held, and as valid")
    slo_p99_ms: float = Field(1000, gt=0, description="latency objective: p99, milliseconds")
    require: tuple[Requirement, ...] = Field(
        (), description="exit code 3 unless each rate is held (held), with p99 in its limit (slo)"
    )
    options: dict[EngineName, tuple[str, ...]] = Field(
        default_factory=dict, description="more options of an engine's command line"
    )
    prices: Prices | None = Field(None, description="what a cloud asks; none: no cost is given")
    overhead: dict[str, PaidSize] = Field(
        default_factory=dict, description="by engine: what is paid for beside its instances"
    )

    @field_validator("instances")
    @classmethod
    def _no_idle_instances(cls, instances: tuple[int, ...]) -> tuple[int, ...]:
        for count in instances:
            if count > PARTITIONS:
                message = (
                    f"{count} instances, but the topic has {PARTITIONS} partitions and more "
                    "instances than partitions stay idle"
                )
                raise ValueError(message)
        return instances

    @field_validator("engines", "instances", "rates_eps", "label_delays_h")
    @classmethod
    def _once(cls, values: tuple[Any, ...]) -> tuple[Any, ...]:
        return _refuse_twice(values)

    @model_validator(mode="after")
    def _something_to_do(self) -> Plan:
        if not self.rates_eps and self.find == "rates":
            message = "rates_eps is missing: give rates, or find: knee"
            raise ValueError(message)
        if self.ladder and (self.question == "capacity" or self.find != "rates"):
            message = "ladder is for question: demand with find: rates"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _drains_alone(self) -> Plan:
        if self.label_delays_h and self.find != "drain":
            message = "label_delays_h needs find: drain"
            raise ValueError(message)
        if self.rates_eps and self.find == "drain":
            message = "rates_eps has no meaning with find: drain, which sends all at once"
            raise ValueError(message)
        if EXTERNAL in self.engines and self.find == "drain":
            message = "find: drain starts its engines on a full topic, and external runs already"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _overhead_is_used(self) -> Plan:
        strangers = sorted(set(self.overhead) - {str(name) for name in get_args(EngineName)})
        # an engine that runs already may have any name
        if strangers and "external" not in map(str, self.engines):
            message = f"overhead names {', '.join(strangers)}, which is no engine"
            raise ValueError(message)
        if self.overhead and self.prices is None:
            message = "overhead is paid for by prices, and the plan has none"
            raise ValueError(message)
        return self

    @property
    def probes(self) -> bool:
        """True where each cell begins with a drain."""
        return self.find != "rates" or self.probe_records is not None


class Step(BaseModel):
    """One measurement: one engine, one instance count, one rate."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    engine: str
    instances: int
    rate_eps: float
    warmup_s: float
    measure_s: float
    repetition: int = 1
    cpu: float | None = None
    memory_mb: int | None = None
    size_name: str = ""

    @property
    def id(self) -> str:
        """Name of the step inside its campaign; part of topic and file names."""
        place = place_of(self.engine, self.instances, self.size_name)
        return step_id(place, self.rate_eps, self.repetition)

    @property
    def cell(self) -> str:
        """Name of its cell."""
        return cell_id(self.engine, self.instances, self.size_name)

    @property
    def size(self) -> InstanceSize:
        """What each instance may use."""
        return InstanceSize.from_options(self.cpu, self.memory_mb)

    @property
    def load_s(self) -> float:
        """How long the load lasts."""
        return self.warmup_s + self.measure_s


def with_names(plan: Plan, names: Iterable[str]) -> Plan:
    """A plan with what was measured as `external` in place of that word; as it is without names.

    Args:
        plan: as it is saved: all cells of a campaign share it, whoever measures them.
        names: of engines, those of the plan among them or not.
    """
    others = tuple(Elsewhere(one) for one in dict.fromkeys(names) if one not in plan.engines)
    if EXTERNAL not in plan.engines or not others:
        return plan
    engines = [(others if name == EXTERNAL else (name,)) for name in plan.engines]
    return plan.model_copy(update={"engines": tuple(chain.from_iterable(engines))})


def _refuse_twice(values: tuple[Any, ...]) -> tuple[Any, ...]:
    twice = sorted({str(value) for value in values if values.count(value) > 1})
    if twice:
        message = f"{', '.join(twice)} is there twice: use repetitions"
        raise ValueError(message)
    return values


def load_plan(path: Path, changes: Iterable[str] = ()) -> Plan:
    """Read a plan file.

    Args:
        path: a YAML file.
        changes: `key=value`, in place of what the file says; dots lead into a section.

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
    return plan_from(_changed(fields, changes), str(path))


def plan_from(fields: object, where: str) -> Plan:
    """Check the content of a plan.

    Args:
        fields: what the YAML says.
        where: named in the error.

    Raises:
        ConfigError: the first thing that is wrong.
    """
    try:
        return Plan.model_validate(_with_profile(fields))
    except ValidationError as error:
        # a mistyped key is often also a missing one; the typing mistake tells more
        problems = sorted(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
        raise ConfigError(f"plan {where}: {_explain(problems[0])}") from None


def _with_profile(fields: object) -> object:
    """Put what the profile sets under what the plan says."""
    if not isinstance(fields, dict):
        return fields
    chosen = fields.get("profile", "smoke")
    profile = next((under for name, under in PROFILES.items() if name == chosen), {})
    merged = dict(profile) | fields
    for key, under in profile.items():
        over = fields.get(key)
        if isinstance(under, dict) and isinstance(over, dict):
            merged[key] = under | over
    return merged


def _changed(fields: object, changes: Iterable[str]) -> object:
    for change in changes:
        key, equals, text = change.partition("=")
        if not equals or not isinstance(fields, dict):
            raise ConfigError(f"--set {change!r}: write key=value, as in --set rates_eps=50,100")
        fields = _with_value(fields, key.strip().split("."), _value_of(key.strip(), text))
    return fields


def _with_value(fields: dict[str, Any], path: list[str], value: object) -> dict[str, Any]:
    if len(path) == 1:
        return fields | {path[0]: value}
    section = fields.get(path[0]) or {}
    if not isinstance(section, dict):
        raise ConfigError(f"--set {'.'.join(path)}: {path[0]} holds no keys")
    return fields | {path[0]: _with_value(section, path[1:], value)}


def _value_of(key: str, text: str) -> object:
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        raise ConfigError(f"--set {key}={text}: the value is no YAML") from None
    section, _, name = key.rpartition(".")
    fields = InstanceLimits.model_fields if section == "instance" else Plan.model_fields
    field = fields.get(name if section == "instance" else key)
    is_list = field is not None and "tuple" in str(field.annotation) and key != "options"
    if is_list and not isinstance(value, list):
        return [yaml.safe_load(part) for part in text.split(",")]
    return value


def _explain(problem: ErrorDetails) -> str:
    place = ".".join(str(part) for part in problem["loc"])
    message = problem["msg"].removeprefix("Value error, ")
    if problem["type"] != "extra_forbidden":
        says_value = problem["type"] not in {"missing", "value_error"}
        value = f", found {problem['input']!r}" if says_value else ""
        return f"{place or 'the file'}: {message}{value}"
    known = _known_keys(problem["loc"][:-1])
    nearest = difflib.get_close_matches(str(problem["loc"][-1]), known, n=1)
    hint = f"did you mean {nearest[0]}?" if nearest else f"known are {', '.join(known)}"
    return f"{place} is no key of a plan: {hint}"


def _known_keys(loc: tuple[int | str, ...]) -> list[str]:
    models: dict[tuple[int | str, ...], type[BaseModel]] = {
        (): Plan,
        ("step",): StepTimes,
        ("limits",): Limits,
        ("search",): SearchSettings,
        ("instance",): InstanceLimits,
        ("prices",): Prices,
    }
    model = PaidSize if loc[:1] == ("overhead",) else models[loc]
    return sorted(model.model_fields)
