"""The result of a campaign as it is written and read: `run.json`, one file for each step. Pure.

Units are in the names. `null` means not measured, or, in a latency, never reached.
"""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from benchmarks.clock_offset import ClockOffsetMs
from benchmarks.names import cell_id, place_of, step_id
from benchmarks.plan import Plan
from benchmarks.sizing_result import CostResult, ScalingResult, SizeAnswer
from benchmarks.verdict import Verdict

SCHEMA_VERSION: Final = 2


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


class LatencyMs(_Part):
    """Append time of the output minus due time of the input, milliseconds, nearest rank.

    Over the records due in the window. One that never came out counts as infinite, which JSON has
    no number for: a percentile that lies on such a record is null, and `never_out` is above zero.
    """

    p50: float | None
    p95: float | None
    p99: float | None
    p90: float | None = None
    p99_9: float | None = None
    max: float | None = None
    count: int = Field(description="records due in the window")
    negative: int = Field(description="of these, out before they were due")
    never_out: int = Field(description="of these, not out after the drain")


class RoleUse(_Part):
    """What one role used in the window; its whole process tree, ended children included."""

    cpu_s: float = Field(description="CPU-seconds")
    cores: float = Field(description="CPU-seconds per second of the window")
    memory_peak_mib: float = Field(description="largest sum of resident sets; shared pages repeat")
    processes_max: int = Field(description="most processes at one time")


class InstanceUse(_Part):
    """How one instance was held to its size in the window."""

    name: str
    limited_by: str = Field(description="cgroup2, cgroup1, systemd, none")
    throttled_share: float | None = Field(
        description="share of its CPU periods in which its quota was used up; null: no quota"
    )
    throttled_s: float | None = Field(description="how long it was stopped for that")


class HostUse(_Part):
    """The machine in the window."""

    busy_share: float = Field(description="share of all cores that was not idle")
    steal_share: float = Field(description="share that the hypervisor kept")


class WaitUse(_Part):
    """The thread of a role that waited most for a CPU while it was ready to run."""

    role: str
    thread: str
    share: float = Field(description="share of the window")


class LoadUse(_Part):
    """What the generator reports; delays over the whole load, warm-up included."""

    asked: int
    sent_eps: float
    late: int = Field(description="records sent more than 10 ms after they were due")
    delay_p50_ms: float
    delay_p99_ms: float
    delay_max_ms: float
    delivery_errors: int
    dirty: dict[str, int] = Field(description="rows that the scorers must refuse, by reason")
    labels_sent: int


class Baseline(_Part):
    """End offsets before the load: what readiness probes and earlier loads left."""

    inputs: int
    predictions: int
    dead_letters: int


class StepResult(_Part):
    """One engine at one instance count and one rate."""

    engine: str
    instances: int
    rate_eps: float
    repetition: int = Field(1, description="counts from 1 over the steps of one cell and rate")
    verdict: Verdict
    why: str
    sent: int = Field(description="records acknowledged in the whole step, probes left out")
    scored: int = Field(description="of these, with a prediction")
    dead_letters: int = Field(description="of these, with a dead letter")
    duplicates: int | None = Field(
        description="outputs beyond the first of a record; null: outputs do not name their source"
    )
    missing: int | None = Field(description="records without an output after the drain")
    feature_mismatches: int | None = Field(
        description="predictions whose 15 features differ in any bit; null: nothing to compare with"
    )
    score_mismatches: int | None = Field(
        description="predictions whose score differs in any bit; null: nothing to compare with"
    )
    wrongly_answered: int | None = Field(
        description="clean records in dead-letters, dirty ones in predictions, unknown sources"
    )
    labels_incomplete: int | None = Field(
        description="predictions made without all labels; not compared"
    )
    latency_ms: LatencyMs | None
    cpu_s_per_million: float | None = Field(
        description="CPU-seconds per million events of the whole engine: instances and overhead"
    )
    cpu_s_per_million_instances: float | None = Field(
        None, description="the same of the instances alone; of the whole engine where it tells none"
    )
    backlog_slope_eps: float | None = Field(description="Theil-Sen slope of block minima")
    backlog_slope_low_eps: float | None = Field(description="lower end of its 90 % interval")
    backlog_slope_high_eps: float | None = Field(description="upper end of its 90 % interval")
    lag_time_p95_s: float | None = Field(description="backlog / rate, 95th percentile of samples")
    lag_time_p95_low_s: float | None = Field(None, description="lower end of its 90 % interval")
    lag_time_p95_high_s: float | None = Field(None, description="upper end of its 90 % interval")
    lag_standing_s: float | None = Field(
        None, description="lag that never went away, beyond that of a batch"
    )
    block_s: float = Field(10.0, description="length of the blocks of the trend")
    backlog_max_events: int | None
    samples_asked: int = Field(description="samples that the window holds at 1 Hz")
    samples_missed: int
    baseline: Baseline
    window_start_ms: int = Field(description="Unix milliseconds on the generator's clock")
    window_end_ms: int
    start_up_s: float | None = Field(
        description="from starting the engine to its last probe answered; null: it ran already"
    )
    drain_s: float | None = Field(description="from the last due time to no backlog; null: never")
    stop_s: float | None = Field(description="from SIGTERM to the engine's end; null: it runs on")
    engine_exit_code: int | None = Field(description="null: it runs on")
    engine_ended: str | None = Field(
        None, description="how the engine ended by itself in the step; null: it did not"
    )
    load: LoadUse
    use: dict[str, RoleUse] = Field(
        description="engine and of it instances and overhead; broker, producer, benchmark"
    )
    host: HostUse | None
    command: list[str] = Field(description="how the engine was started; empty: it ran already")
    said_cpu_cores: float | None = Field(
        None, description="cores of each instance of an external engine, as --cpu said"
    )
    waits: list[WaitUse] = Field(
        default_factory=list, description="of broker and producer, where they can be seen"
    )
    restarted: str | None = Field(
        None, description="instances that were started again in the step; null: none"
    )
    instance_use: list[InstanceUse] = Field(
        default_factory=list, description="each instance, where the engine tells them"
    )
    limited_by: str | None = Field(
        None,
        description="what held the instances to their size; none: nothing could; unknown: the "
        "engine does not say; null: no size was asked",
    )
    quota_cores: float | None = Field(
        None, description="sum of the instances' CPU quotas; null: none asked"
    )
    clock_step_ms: float = Field(
        0.0, description="how far the wall clock moved against the steady one"
    )
    clock_offset_ms: ClockOffsetMs | None = Field(
        None, description="null: broker and generator have one clock, or it was not measured"
    )
    slo_met: bool | None = Field(
        None, description="p99 of the latency within the plan's limit; null: not measured"
    )
    warmup_s: float | None = Field(
        None, description="load before the window, seconds; null: as the plan says"
    )
    extended: bool = Field(
        False, description="the window was doubled because the trend did not decide"
    )
    aborted: str | None = Field(
        None, description="why the load was stopped before its end: the rate was clearly lost"
    )
    left: int = Field(0, description="backlog at the end of the drain: late, not lost")
    cpu: float | None = Field(
        None, description="CPU quota of each instance, cores; null: none asked"
    )
    memory_mb: int | None = Field(
        None, description="memory of each instance, millions of bytes; null: none asked"
    )
    size_name: str = Field("", description="part of the names where the plan has several sizes")

    @property
    def id(self) -> str:
        """The step's name inside its campaign."""
        place = place_of(self.engine, self.instances, self.size_name)
        return step_id(place, self.rate_eps, self.repetition)

    @property
    def cell(self) -> str:
        """The name of its cell."""
        return cell_id(self.engine, self.instances, self.size_name)


def cell_title(cell: StepResult | CellResult | DrainProbe) -> str:
    """`faust x2`, with the size of an instance where the campaign has several."""
    size = f" of {cell.cpu:g} core" if cell.size_name and cell.cpu is not None else ""
    return f"{cell.engine} x{cell.instances}{size}"


class KneeResult(_Part):
    """Where a limit lies: the last rate that was held, the first that was lost."""

    low_eps: float | None = Field(description="highest rate held; null: none was")
    high_eps: float | None = Field(description="lowest rate lost; null: none was")
    confirmed: bool = Field(description="the rate held was held in repeated steps")
    flags: tuple[str, ...] = Field((), description="what a reader must know of it, in words")


class CellResult(_Part):
    """One engine at one instance count: what all its steps say together."""

    engine: str
    instances: int
    knee_backlog: KneeResult | None = Field(
        None, description="where the backlog starts to grow; null: no step has decided"
    )
    knee_latency: KneeResult | None = Field(
        None, description="where p99 leaves the plan's limit; null: no step has decided"
    )
    drain_eps: float | None = Field(
        None, description="how fast it empties a full topic, an upper bound; null: not measured"
    )
    finished: bool = Field(True, description="every step that the plan asks of it was measured")
    cpu: float | None = Field(
        None, description="CPU quota of each instance, cores; null: none asked"
    )
    memory_mb: int | None = Field(
        None, description="memory of each instance, millions of bytes; null: none asked"
    )
    size_name: str = Field("", description="part of the names where the plan has several sizes")

    @property
    def id(self) -> str:
        """Its name inside its campaign."""
        return cell_id(self.engine, self.instances, self.size_name)


class DrainCheck(_Part):
    """What a drain that was watched to its end gave, against the offline reference."""

    sent: int = Field(description="records preloaded")
    scored: int = Field(description="of these, with a prediction")
    dead_letters: int = Field(description="of these, with a dead letter")
    duplicates: int = Field(description="outputs beyond the first of a record")
    missing: int = Field(description="records without an output")
    feature_mismatches: int = Field(description="predictions whose 15 features differ in any bit")
    score_mismatches: int = Field(description="predictions whose score differs in any bit")
    wrongly_answered: int = Field(
        description="clean records in dead-letters, dirty ones in predictions, unknown sources"
    )
    labels_incomplete: int = Field(description="predictions made without all labels; not compared")


class DrainProbe(_Part):
    """How fast one cell emptied a full topic: before its search, or to judge its predictions."""

    engine: str
    instances: int
    records: int = Field(description="preloaded")
    drain_eps: float | None = Field(
        description="between 20 and 80 % drained; null: it did not get there"
    )
    why: str = Field("", description="why there is no rate")
    cpu: float | None = Field(
        None, description="CPU quota of each instance, cores; null: none asked"
    )
    memory_mb: int | None = Field(
        None, description="memory of each instance, millions of bytes; null: none asked"
    )
    size_name: str = Field("", description="part of the names where the plan has several sizes")
    step: str = Field("", description="its folder in `steps`")
    check: DrainCheck | None = Field(
        None, description="what came out; null: it was not watched to its end"
    )
    limited_by: str | None = Field(
        None, description="what held the instances to their size, as in a step; null: not measured"
    )
    ended_ms: int | None = Field(None, description="end of the drain, Unix milliseconds")

    @property
    def cell(self) -> str:
        """The name of its cell."""
        return cell_id(self.engine, self.instances, self.size_name)


class FailedStep(_Part):
    """A step that could not be measured."""

    step: str
    cell: str
    why: str


class AnswerResult(_Part):
    """Demand: how many instances of an engine one target rate needs."""

    engine: str
    target_eps: float
    instances: int | None = Field(description="smallest count that held it; null: none did")
    verified: bool = Field(
        description="measured at this count, and measured as lost with one instance less"
    )
    headroom: float | None = Field(
        None, description="knee of one instance over the target; null: not measured"
    )
    recommended: int | None = Field(
        None, description="smallest count that needs at most 70 % of its capacity"
    )
    extrapolated: int | None = Field(
        None, description="count by the fit where no tested one held it, within twice the tested"
    )
    recommended_extrapolated: bool = Field(
        False, description="the recommended count was not measured: it follows from the fit"
    )
    smallest_cpu: float | None = Field(
        None,
        description="smallest tested quota with which one instance held it, cores; null: the "
        "answer is not one instance, or no quota was tested",
    )
    sentence: str


class RunResult(_Part):
    """A campaign."""

    schema_version: int = SCHEMA_VERSION
    run: dict[str, Any] = Field(description="id, plan, times, commit, command, what was asked")
    plan: Plan
    machine: dict[str, Any]
    versions: dict[str, str]
    model: dict[str, Any]
    steps: list[StepResult]
    steps_asked: int = Field(description="steps of the plan; more than `steps` after an interrupt")
    failed: list[dict[str, str]] = Field(
        default_factory=list, description="steps that could not be measured, and why"
    )
    engines_disagree: dict[str, int] = Field(
        default_factory=dict, description="scores that differ between two engines, by pair and rate"
    )
    cells: list[CellResult] = Field(
        default_factory=list, description="engine x instances, over their steps"
    )
    cells_missing: list[str] = Field(
        default_factory=list, description="cells without any step that the plan still asks for"
    )
    drains: list[DrainProbe] = Field(
        default_factory=list,
        description="drains of full topics, the plan's own and before searches",
    )
    answers: list[AnswerResult] = Field(
        default_factory=list, description="instances for each target and engine"
    )
    scaling: list[ScalingResult] = Field(
        default_factory=list, description="capacity against instances, by engine and instance size"
    )
    sizes: list[SizeAnswer] = Field(
        default_factory=list, description="demand for each tested instance size"
    )
    costs: list[CostResult] = Field(
        default_factory=list, description="of a million events at every rate that was held"
    )
    sentence: str = Field("", description="the answer for people, in one or two sentences")
