"""A made-up campaign."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.evaluate import evaluate
from benchmarks.movement import Rules
from benchmarks.plan import plan_from
from benchmarks.result import RunResult
from tests.unit.benchmarks.records import STEP, record

PLAN = plan_from({"id": "try", "engines": ["faust", "spark"], "rates_eps": [10]}, "here")


def step_of(engine="faust", **changes):
    step = STEP.model_copy(update={"engine": engine})
    return evaluate(replace(record(**changes), step=step), Rules())


def run_of(*steps, **changes):
    return RunResult(
        run={"id": "try-1", "started": "2026-01-01T00:00:00+00:00", "commit": None, "dirty": None},
        plan=PLAN,
        machine={
            "cpu": "made up",
            "cores": 2,
            "memory_gib": 4.0,
            "system": "Linux",
            "load_average_1min": 0.0,
        },
        versions={"python": "3.11", "kafka": "4.4.0"},
        model={"sha256": "ab" * 32, "features_version": "handbook-15/1"},
        steps=list(steps),
        steps_asked=len(steps),
        **changes,
    )
