"""Made-up campaigns that run to their end: engines of known capacity, several counts and sizes."""

from __future__ import annotations

import numpy as np

from benchmarks.agenda import Probe, Standing, cells_of, next_action
from benchmarks.answers import answered
from benchmarks.backlog import Backlog
from benchmarks.charts import StepSeries
from benchmarks.plan import plan_from
from benchmarks.result import LatencyMs, RoleUse
from tests.unit.benchmarks.results import run_of, step_of

BASE = step_of()
PRICES = {"vcpu_hour": 0.04, "gib_hour": 0.005, "currency": "USD (example)", "dated": "2026-11-01"}
OVERHEAD = {"spark": {"vcpu": 1, "gib": 2}, "faust": {"vcpu": 0.05, "gib": 0.1}}
EPS_PER_CORE = {"faust": 1400.0, "spark": 2600.0}
CONTENTION, COHERENCE = 0.06, 0.004


def plan_of(**changes):
    fields = {
        "id": "sizing",
        "profile": "quick",
        "engines": ["faust", "spark"],
        "instances": [1, 2, 3],
        "instance": {"cpu": 0.25, "memory_mb": 1500},
        "prices": PRICES,
        "overhead": OVERHEAD,
    }
    return plan_from(fields | changes, "here")


def capacity_of(action):
    """Gunther's law over the counts, and a core of its engine for each core of the quota."""
    n = action.instances
    slowed = 1 + CONTENTION * (n - 1) + COHERENCE * n * (n - 1)
    return EPS_PER_CORE[action.engine] * (action.cpu or 1) * n / slowed


def run_to_end(plan, capacity=capacity_of):
    """The result of a campaign whose every step says what is true."""
    steps, drains = [], {}
    cells = cells_of(plan)
    while (action := next_action(plan, cells, Standing(steps, drains))) is not None:
        assert len(steps) < 200, "it does not end"
        if isinstance(action, Probe):
            drains[action.cell.id] = 1.2 * capacity(action.cell)
        else:
            steps.append(_measured(action, capacity(action)))
    return answered(run_of().model_copy(update={"plan": plan}), steps, drains)


def _measured(action, capacity_eps):
    load = action.rate_eps / capacity_eps
    held = load <= 1
    p50_ms = (12 if action.engine == "faust" else 240) / max(1 - load, 0.05) if held else None
    cpu_s = 200 + 60_000 / action.rate_eps
    return BASE.model_copy(
        update={
            **action.model_dump(exclude={"warmup_s", "measure_s"}),
            "verdict": "sustainable" if held else "unsustainable",
            "why": f"Simulated at {load:.0%} of the capacity.",
            "slo_met": held,
            "latency_ms": LatencyMs(
                p50=p50_ms,
                p95=p50_ms and p50_ms * 1.5,
                p99=p50_ms and p50_ms * 2,
                count=1000,
                negative=0,
                never_out=0 if held else 400,
            ),
            "backlog_slope_eps": max(action.rate_eps - capacity_eps, 0.0),
            "cpu_s_per_million": cpu_s,
            "use": BASE.use | {"instances": _use(3.0), "overhead": _use(1.0)},
        }
    )


def _use(cpu_s):
    return RoleUse(cpu_s=cpu_s, cores=cpu_s / 60, memory_peak_mib=300.0, processes_max=2)


def series_of(result):
    """A backlog for each step: flat, or growing by its slope."""
    at_s = np.arange(0.0, 80.0)
    return [
        StepSeries(
            step,
            Backlog(at_s, 5 + np.arange(80) % 7 + step.backlog_slope_eps * at_s),
            np.empty(0),
            (20, 80),
        )
        for step in result.steps
    ]


def ladder():
    """Demand with rates that rise until no count holds them."""
    rates = [50, 100, 200, 400, 600, 800, 1200, 1600, 2400]
    return run_to_end(plan_of(ladder=True, rates_eps=rates))


def capacities(counts=(1, 2, 3)):
    """The knee of each count."""
    changes = {"question": "capacity", "find": "knee", "instances": list(counts)}
    return run_to_end(plan_of(search={"factor": 1.15}, **changes))


def sizes():
    """Demand at five instance sizes."""
    limits = {"cpu": [0.05, 0.1, 0.25, 0.5, 1], "memory_mb": 1500}
    return run_to_end(plan_of(instance=limits, rates_eps=[50, 400]))
