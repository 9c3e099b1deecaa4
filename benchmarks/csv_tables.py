"""The tables of a run: steps, samples, and where it has them scaling, sizes and costs. Tidy."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from benchmarks.result import RunResult, StepResult
from benchmarks.samples import OffsetSample, UseSample
from benchmarks.sizing_result import CostResult, ScalingResult

STEPS_TABLE: Final = "steps.csv"
SAMPLES_TABLE: Final = "samples.csv"
SCALING_TABLE: Final = "scaling.csv"
SIZES_TABLE: Final = "sizes.csv"
COSTS_TABLE: Final = "costs.csv"

_SAMPLE_COLUMNS: Final = ("step", "engine", "instances", "rate_eps", "at_s", "series", "value")

SampleRow = tuple[str, str, int, float, str, str, float]
"""One value: at_s is in seconds since the step's first record was due."""


def steps_table(result: RunResult) -> str:
    """CSV text: one row for each step, units in the column names, empty where not measured."""
    return _table([_flat(step) for step in result.steps])


def sizing_tables(result: RunResult) -> dict[str, str]:
    """CSV text by file name, of what the campaign has: scaling, instance sizes, cost."""
    rows = {
        SCALING_TABLE: [row for one in result.scaling for row in _scaling_rows(one)],
        SIZES_TABLE: [one.model_dump(mode="json") for one in result.sizes],
        COSTS_TABLE: [_cost_row(one, result) for one in result.costs],
    }
    return {name: _table(found) for name, found in rows.items() if found}


def _scaling_rows(found: ScalingResult) -> Iterator[dict[str, Any]]:
    """One for each count of the fit; what was measured is empty beyond the measured counts."""
    head = {"engine": found.engine, "cpu": found.cpu, "memory_mb": found.memory_mb}
    measured = {point.instances: point for point in found.counts}
    for fitted in found.fitted:
        point = measured.get(fitted.instances)
        row = head | {
            "instances": fitted.instances,
            "low_eps": point.low_eps if point else None,
            "high_eps": point.high_eps if point else None,
            "confirmed": point.confirmed if point else None,
        }
        share = point.efficiency if point else None
        for name in ("value", "low", "high"):
            row[f"efficiency.{name}"] = getattr(share, name) if share else None
        yield row | {
            "law": found.law,
            "fitted_eps": fitted.eps,
            "fitted_low_eps": fitted.low_eps,
            "fitted_high_eps": fitted.high_eps,
        }


def _cost_row(cost: CostResult, result: RunResult) -> dict[str, Any]:
    prices = result.plan.prices
    told = {"currency": prices.currency, "dated": prices.dated} if prices else {}
    return cost.model_dump(mode="json") | told


def _table(rows: Sequence[dict[str, Any]]) -> str:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _flat(step: StepResult) -> dict[str, Any]:
    fields = step.model_dump(mode="json", exclude={"command", "waits", "instance_use"})
    waits = {f"wait_share.{one.role}": one.share for one in step.waits}
    stopped = {f"throttled_share.{one.name}": one.throttled_share for one in step.instance_use}
    return {"step": step.id, "cell": step.cell} | dict(_leaves(fields, "")) | waits | stopped


def _leaves(fields: dict[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    """Nested fields with their path as name: `latency_ms.p99`."""
    for name, value in fields.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def sample_rows(
    step: StepResult, first_due_s: float, offsets: Sequence[OffsetSample], uses: Sequence[UseSample]
) -> Iterator[SampleRow]:
    """The samples of a step in long form: backlog, records in and out, CPU and memory by role."""
    head = (step.id, step.engine, step.instances, step.rate_eps)
    base = step.baseline
    for sample in offsets:
        ins = sample.totals.inputs - base.inputs
        outs = sample.totals.outputs - base.predictions - base.dead_letters
        at = f"{sample.at_s - first_due_s:.3f}"
        for series, value in (
            ("in_events", ins),
            ("out_events", outs),
            ("backlog_events", ins - outs),
        ):
            yield (*head, at, series, value)
    for use in uses:
        at = f"{use.at_s - first_due_s:.3f}"
        yield (*head, at, f"cpu_s.{use.role}", use.use.cpu_s)
        if use.use.memory_bytes:  # a role that is the whole machine has none
            yield (*head, at, f"memory_bytes.{use.role}", use.use.memory_bytes)


def samples_table(rows: Iterable[SampleRow]) -> str:
    """CSV text of samples in long form."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_SAMPLE_COLUMNS)
    writer.writerows(rows)
    return out.getvalue()
