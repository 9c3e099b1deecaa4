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
from benchmarks.result import (
    AnswerResult,
    CellResult,
    KneeResult,
    RunResult,
    StepResult,
    cell_title,
)

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


def campaign_run(result: RunResult) -> TrackedRun:
    """The parent: the answers as metrics."""
    start_ms = int(datetime.fromisoformat(result.run["started"]).timestamp() * 1000)
    end_ms = max((step.window_end_ms for step in result.steps), default=start_ms)
    tags = _tags(result, "campaign") | {_NOTE_TAG: result.sentence or headline(result)}
    points = [Point(key, value, 0, end_ms) for key, value in answer_metrics(result).items()]
    return TrackedRun(result.run["id"], tags, _plan_params(result), tuple(points), start_ms, end_ms)


def cell_runs(result: RunResult) -> dict[str, TrackedRun]:
    """The children by cell: each metric against the asked rate."""
    runs = {}
    for cell in dict.fromkeys(step.cell for step in result.steps):
        steps = [one for one in result.steps if one.cell == cell]
        runs[cell] = TrackedRun(
            cell_title(steps[0]),
            _tags(result, "cell"),
            _cell_params(steps[0]),
            tuple(rate_points(steps)),
            min(step.window_start_ms for step in steps),
            max(step.window_end_ms for step in steps),
        )
    return runs


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


def _cell_params(step: StepResult) -> dict[str, str]:
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


def _demand_metrics(answer: AnswerResult) -> dict[str, float | None]:
    place = f"{answer.target_eps:g}_eps.{answer.engine}"
    return {
        f"instances_for_{place}": answer.instances,
        f"recommended_for_{place}": answer.recommended,
        f"headroom_for_{place}": answer.headroom,
    }
