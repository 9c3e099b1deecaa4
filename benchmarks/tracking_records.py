"""What a tracking server is told of a campaign: one run for it, one for each cell. Pure.

Series over time stay in files: as metrics they would share their axis with the rates.
"""

from __future__ import annotations

import hashlib
import json
import re
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from benchmarks.console import headline
from benchmarks.cost_answers import total_provisioned, total_used
from benchmarks.quality_result import RunQuality, StepQuality
from benchmarks.quality_tracking import campaign_quality, quality_metrics
from benchmarks.result import (
    AnswerResult,
    CellResult,
    DrainProbe,
    KneeResult,
    RunResult,
    StepResult,
    cell_title,
)
from benchmarks.sizing_result import CostResult, ScalingResult

RUN_ID_TAG: Final = "streamgauge.run_id"
KIND_TAG: Final = "streamgauge.kind"

_NOTE_TAG: Final = "mlflow.note.content"  # shown as the run's description
_COMMIT_TAG: Final = "mlflow.source.git.commit"

_FOREIGN: Final = re.compile(r"[^\w\-. :/]")
"""What MLflow does not take in the name of a metric; an engine may be called anything."""


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a metric.

    Attributes:
        key: name of the metric, with its unit.
        value: a finite number.
        step: place on the chart's axis; in a cell the asked rate in whole events per second.
        at_ms: when it was measured, Unix milliseconds; the same again when it is told again.
    """

    key: str
    value: float
    step: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class TrackedRun:
    """A run of a tracking server.

    Attributes:
        name: `faust x2`, or the campaign's id.
        tags: what it was measured with.
        params: what was asked.
        points: what came of it.
        start_ms: Unix milliseconds.
        end_ms: the same.
    """

    name: str
    tags: Mapping[str, str]
    params: Mapping[str, str]
    points: tuple[Point, ...]
    start_ms: int
    end_ms: int

    def digest(self, files: Mapping[str, str]) -> str:
        """Changes with anything that is told, and with the files.

        Args:
            files: SHA-256 of each artifact, by its place.
        """
        text = json.dumps([asdict(self), dict(files)], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def campaign_run(result: RunResult, quality: RunQuality | None = None) -> TrackedRun:
    """The parent: the answers as metrics, and the quality of each engine's longest step."""
    start_ms = int(datetime.fromisoformat(result.run["started"]).timestamp() * 1000)
    ended = [*(s.window_end_ms for s in result.steps), *(d.ended_ms or 0 for d in result.drains)]
    end_ms = max([start_ms, *ended])
    tags = _tags(result, "campaign") | {_NOTE_TAG: result.sentence or headline(result)}
    told = answer_metrics(result) | campaign_quality(quality)
    points = [Point(key, value, 0, end_ms) for key, value in told.items()]
    return TrackedRun(result.run["id"], tags, _plan_params(result), tuple(points), start_ms, end_ms)


def cell_runs(result: RunResult, quality: RunQuality | None = None) -> dict[str, TrackedRun]:
    """The children by cell: each metric against the asked rate, at 0 where all was sent at once."""
    measured: list[StepResult | DrainProbe] = [*result.steps, *result.drains]
    firsts = {one.cell: one for one in reversed(measured)}
    found = {cell: _cell_run(result, first, quality) for cell, first in firsts.items()}
    return {cell: run for cell, run in sorted(found.items()) if run is not None}


def _cell_run(
    result: RunResult, first: StepResult | DrainProbe, quality: RunQuality | None
) -> TrackedRun | None:
    """The child of one cell; None where it has no step and no drain to its end."""
    steps = [one for one in result.steps if one.cell == first.cell]
    drains = [one for one in result.drains if one.cell == first.cell and one.check]
    if not steps and not drains:
        return None
    ends_ms = [step.window_end_ms for step in steps] + [one.ended_ms or 0 for one in drains]
    begun_ms = min([step.window_start_ms for step in steps], default=max(ends_ms))
    judged = [one for one in quality.steps if one.cell == first.cell] if quality else []
    costs = cost_points(result.costs, steps) if steps else ()
    return TrackedRun(
        cell_title(first),
        _tags(result, "cell"),
        _cell_params(first),
        (*rate_points(steps), *costs, *quality_points(judged, max(ends_ms))),
        begun_ms,
        max(ends_ms),
    )


def _tags(result: RunResult, kind: str) -> dict[str, str]:
    run, machine = result.run, result.machine
    tags = {
        RUN_ID_TAG: run["id"],
        KIND_TAG: kind,
        "streamgauge.plan": result.plan.id,
        "streamgauge.dirty": {True: "yes", False: "no", None: "unknown"}[run.get("dirty")],
        "streamgauge.machine": f"{machine['cpu']}, {machine['cores']} cores, "
        f"{machine['memory_gib']:g} GiB, {machine['system']}",
        "streamgauge.kafka": result.versions.get("kafka", "unknown"),
        "streamgauge.model_sha256": result.model["sha256"],
    }
    return tags | ({_COMMIT_TAG: run["commit"]} if run.get("commit") else {})


def _cell_params(step: StepResult | DrainProbe) -> dict[str, str]:
    size = {"cpu": step.cpu, "memory_mb": step.memory_mb}
    return {"engine": step.engine, "instances": str(step.instances)} | {
        name: f"{value:g}" for name, value in size.items() if value is not None
    }


def _plan_params(result: RunResult) -> dict[str, str]:
    plan = result.plan.model_dump(mode="json", exclude={"title", "limits", "search", "step"})
    step = {f"step.{name}": value for name, value in result.plan.step.model_dump().items()}
    return {name: _text(value) for name, value in (plan | step).items()}


def _text(value: Any) -> str:  # noqa: ANN401  # any value of a plan
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def rate_points(steps: Sequence[StepResult]) -> Iterator[Point]:
    """The metrics of one cell: the median over the valid steps of each rate.

    Where every step of a rate is invalid only that is told: it is no data point.
    """
    for rate_eps in sorted({step.rate_eps for step in steps}):
        repeated = [step for step in steps if step.rate_eps == rate_eps]
        valid = [step for step in repeated if step.verdict != "invalid"]
        at_ms = max(step.window_end_ms for step in repeated)
        axis = round(rate_eps)
        yield Point("invalid", 0.0 if valid else 1.0, axis, at_ms)
        for key, read in RATE_METRICS.items():
            values = [value for step in valid if (value := read(step)) is not None]
            if values:
                yield Point(key, float(statistics.median(values)), axis, at_ms)


def quality_points(judged: Sequence[StepQuality], at_ms: int) -> Iterator[Point]:
    """The quality of each rate of a cell; of repeated steps that of the longest."""
    by_rate = {one.rate_eps or 0.0: one for one in sorted(judged, key=lambda one: one.predicted)}
    for rate_eps, step in sorted(by_rate.items()):
        for key, value in quality_metrics(step).items():
            yield Point(key, value, round(rate_eps), at_ms)


def cost_points(costs: Sequence[CostResult], steps: Sequence[StepResult]) -> Iterator[Point]:
    """Cost of a million events in one cell, all parts together, at the rates that it held."""
    cell = steps[0]
    mine = [
        one
        for one in costs
        if (one.engine, one.instances, one.cpu) == (cell.engine, cell.instances, cell.cpu)
    ]
    for rate_eps in sorted({one.rate_eps for one in mine}):
        parts = [one for one in mine if one.rate_eps == rate_eps]
        at_ms = max(step.window_end_ms for step in steps if step.rate_eps == rate_eps)
        for key, total in (
            ("cost_provisioned_per_million", total_provisioned(parts)),
            ("cost_used_per_million", total_used(parts)),
        ):
            if total is not None:
                yield Point(key, total, round(rate_eps), at_ms)


def _p50(step: StepResult) -> float | None:
    return step.latency_ms.p50 if step.latency_ms else None


def _p99(step: StepResult) -> float | None:
    return step.latency_ms.p99 if step.latency_ms else None


def _throttled_share(step: StepResult) -> float | None:
    """Of the instance that was stopped most."""
    shares = [one.throttled_share for one in step.instance_use if one.throttled_share is not None]
    return max(shares, default=None)


RATE_METRICS: Final[Mapping[str, Callable[[StepResult], float | None]]] = {
    "backlog_slope_eps": lambda step: step.backlog_slope_eps,
    "lag_time_p95_s": lambda step: step.lag_time_p95_s,
    "latency_p50_ms": _p50,
    "latency_p99_ms": _p99,
    "cpu_s_per_million": lambda step: step.cpu_s_per_million,
    "cpu_s_per_million_instances": lambda step: step.cpu_s_per_million_instances,
    "throttled_share": _throttled_share,
    "sent_eps": lambda step: step.load.sent_eps,
}
"""What is not a number has no point: a percentile on a record that never came out is none."""


def answer_metrics(result: RunResult) -> dict[str, float]:
    """The answers as numbers: knees of each cell, instances for each target."""
    found: dict[str, float | None] = {
        "steps": float(len(result.steps)),
        "steps_invalid": float(sum(step.verdict == "invalid" for step in result.steps)),
    }
    for cell in result.cells:
        found |= _knee_metrics(cell)
    for answer in result.answers:
        found |= _demand_metrics(answer)
    for scaled in result.scaling:
        found |= _scaling_metrics(scaled)
    for size in result.sizes:
        place = f"{size.target_eps:g}_eps.{size.engine}_c{size.cpu:g}"
        found |= {f"instances_for_{place}": size.instances, f"cores_for_{place}": size.cores}
    return {
        _FOREIGN.sub("_", key): float(value) for key, value in found.items() if value is not None
    }


def _knee_metrics(cell: CellResult) -> dict[str, float | None]:
    name = "_".join(filter(None, (cell.engine, f"x{cell.instances}", cell.size_name)))
    return (
        _ends("knee_backlog", cell.knee_backlog, name)
        | _ends("knee_latency", cell.knee_latency, name)
        | {f"drain_eps.{name}": cell.drain_eps}
    )


def _ends(kind: str, knee: KneeResult | None, name: str) -> dict[str, float | None]:
    if knee is None:
        return {}
    return {f"{kind}_low_eps.{name}": knee.low_eps, f"{kind}_high_eps.{name}": knee.high_eps}


def _scaling_metrics(found: ScalingResult) -> dict[str, float | None]:
    """Of one engine and instance size: the fit, and the efficiency of each count."""
    name = found.engine if found.cpu is None else f"{found.engine}_c{found.cpu:g}"
    metrics: dict[str, float | None] = {f"scaling_r_squared.{name}": found.r_squared}
    for key, estimate in (
        ("scaling_eps_per_instance", found.eps_per_instance),
        ("scaling_contention", found.contention),
        ("scaling_coherence", found.coherence),
        ("scaling_peak_instances", found.peak_instances),
        *((f"efficiency_x{one.instances}", one.efficiency) for one in found.counts),
    ):
        if estimate is not None:
            metrics |= {
                f"{key}.{name}": estimate.value,
                f"{key}_low.{name}": estimate.low,
                f"{key}_high.{name}": estimate.high,
            }
    return metrics


def _demand_metrics(answer: AnswerResult) -> dict[str, float | None]:
    place = f"{answer.target_eps:g}_eps.{answer.engine}"
    return {
        f"instances_for_{place}": answer.instances,
        f"recommended_for_{place}": answer.recommended,
        f"extrapolated_for_{place}": answer.extrapolated,
        f"headroom_for_{place}": answer.headroom,
    }
