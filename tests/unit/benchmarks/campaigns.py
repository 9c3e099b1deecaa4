"""A made-up campaign of several cells: both engines, one to three instances, knees and answers."""

from __future__ import annotations

import numpy as np

from benchmarks.backlog import Backlog
from benchmarks.charts import StepSeries
from benchmarks.result import AnswerResult, CellResult, KneeResult, LatencyMs
from tests.unit.benchmarks.results import run_of, step_of
from tests.unit.benchmarks.simulation import batch_engine

CAPACITY_EPS = {
    ("faust", 1): 260.0,
    ("faust", 2): 480.0,
    ("spark", 1): 900.0,
    ("spark", 2): 1500.0,
}
SHARES = (0.6, 1.0, 1.1)
IDLE_MS = {"faust": 12.0, "spark": 240.0}


def campaign():
    """The result; rates near each capacity, one step invalid, one inconclusive."""
    steps = []
    for (engine, instances), capacity in CAPACITY_EPS.items():
        rates = sorted({50.0, 400.0, *(round(capacity * share) for share in SHARES)})
        steps += [simulated_step(engine, instances, float(rate), capacity) for rate in rates]
        knee = [
            simulated_step(engine, instances, float(round(capacity)), capacity, n) for n in (2, 3)
        ]
        steps += knee
    cells = [cell_of(*key, capacity) for key, capacity in CAPACITY_EPS.items()]
    answers = [
        answer_of(engine, target) for target in (50.0, 400.0) for engine in ("faust", "spark")
    ]
    return run_of(
        *steps,
        cells=cells,
        answers=answers,
        sentence="For 50/s one instance of either engine is enough; for 400/s two of Faust or one "
        "of Spark.",
    )


def simulated_step(engine, instances, rate_eps, capacity_eps, repetition=1):
    load = rate_eps / capacity_eps
    verdict = "sustainable" if load <= 1.0 else "unsustainable"
    if (engine, instances, rate_eps) == ("faust", 2, 50.0):
        verdict = "invalid"
    elif 1.0 < load < 1.06 or (engine == "spark" and 0.99 < load <= 1 and repetition == 2):
        verdict = "inconclusive"
    p50 = IDLE_MS[engine] / max(1 - load, 0.02) if load <= 1 else None
    latency = LatencyMs(
        p50=p50,
        p95=p50 and p50 * 1.6,
        p99=p50 and p50 * 2,
        count=1000,
        negative=0,
        never_out=0 if p50 else 400,
    )
    growth = max(rate_eps - capacity_eps, 0.0)
    return step_of(engine).model_copy(
        update={
            "instances": instances,
            "rate_eps": rate_eps,
            "repetition": repetition,
            "verdict": verdict,
            "why": f"Simulated at {load:.0%} of the capacity.",
            "latency_ms": latency,
            "backlog_slope_eps": growth,
            "backlog_slope_low_eps": growth * 0.9,
            "backlog_slope_high_eps": growth * 1.1 + 0.1,
            "lag_time_p95_s": 0.1 + growth,
            "cpu_s_per_million": (900 if engine == "faust" else 400) * (1 + 0.1 * instances)
            + (4000 if engine == "faust" else 30000) / rate_eps,
        }
    )


def cell_of(engine, instances, capacity):
    latency_eps = capacity * (0.95 if engine == "faust" else 0.6)
    return CellResult(
        engine=engine,
        instances=instances,
        knee_backlog=KneeResult(
            low_eps=round(capacity), high_eps=round(capacity * 1.1), confirmed=instances == 1
        ),
        knee_latency=KneeResult(
            low_eps=round(latency_eps), high_eps=round(latency_eps * 1.1), confirmed=False
        ),
        drain_eps=capacity * 1.3,
    )


def answer_of(engine, target_eps):
    fitting = [n for (name, n), cap in CAPACITY_EPS.items() if name == engine and cap >= target_eps]
    return AnswerResult(
        engine=engine,
        target_eps=target_eps,
        instances=min(fitting, default=None),
        verified=engine == "faust",
        headroom=CAPACITY_EPS[engine, 1] / target_eps,
        recommended=min(fitting, default=None),
        sentence=f"{engine}: simulated",
    )


def series_of_campaign(result):
    """Simulated backlog of each step."""
    series = []
    for number, step in enumerate(result.steps):
        capacity = CAPACITY_EPS[step.engine, step.instances]
        cost_s = 0.01 if step.engine == "faust" else 0.2
        backlog = batch_engine(
            step.rate_eps,
            batch_cost_s=cost_s,
            service_eps=capacity * 1.02,
            warmup_s=0,
            window_s=80,
            seed=number,
        )
        series.append(
            StepSeries(step, Backlog(backlog.at_s, backlog.events), np.empty(0), (20, 80))
        )
    return series
