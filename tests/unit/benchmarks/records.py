"""A recorded step, made up: 10 records a second for 20 + 60 s, out again after 40 ms."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.evaluate import EngineLife, Record
from benchmarks.parity import Ledger, Mismatches, Outputs, source_ids
from benchmarks.plan import Step
from benchmarks.samples import (
    ENGINE,
    HOST_BUSY,
    HOST_STEAL,
    INSTANCES,
    OVERHEAD,
    OffsetSample,
    Totals,
    TreeUse,
    UseSample,
    difference,
)
from fraud_core.load_report import LoadReport

START_S = 1_700_000_000
RATE_EPS = 10
COUNT = RATE_EPS * 80
MIB = 1024 * 1024

STEP = Step(engine="faust", instances=1, rate_eps=RATE_EPS, warmup_s=20, measure_s=60)
REPORT = LoadReport(
    rate_eps=RATE_EPS,
    duration_s=80,
    asked=COUNT,
    sent=COUNT,
    sent_eps=RATE_EPS,
    late=0,
    delay_p50_ms=0.1,
    delay_p99_ms=1,
    delay_max_ms=5,
    delivery_errors=0,
    first_due_ms=START_S * 1000,
    last_due_ms=(START_S + 80) * 1000 - 100,
    first_seq=0,
    last_seq=COUNT - 1,
)
BASELINE = Totals(12, 12, 0)


def ledger():
    number = np.arange(COUNT)
    source = source_ids(number % 12, 1 + number // 12)
    return Ledger(number, source, START_S * 1000 + number * 100)


def outputs(latency_ms=40):
    sent = ledger()
    return Outputs(
        source=sent.source,
        append_ms=sent.due_ms + latency_ms,
        is_prediction=np.ones(COUNT, np.bool_),
        tx_id=sent.seq,
        labels_complete=np.ones(COUNT, np.bool_),
        score=np.zeros(COUNT, np.float32),
        features=np.zeros((COUNT, 15)),
        customer_id=sent.seq % 50,
        cents=np.full(COUNT, 1000),
        model=np.full(COUNT, "ab" * 32, np.object_),
    )


def offsets(growth_eps=0.0):
    samples = []
    for second in range(-2, 84):
        sent = min(max(second, 0) * RATE_EPS, COUNT)
        out = max(sent - int(growth_eps * max(second, 0)), 0) if second < 82 else sent
        totals = Totals(BASELINE.inputs + sent, BASELINE.predictions + out, 0)
        samples.append(OffsetSample(START_S + second, START_S + second + 0.01, totals))
    return samples


def uses(cores=0.5):
    found = []
    for second in range(-2, 84):
        for role, share in (("engine", cores), (HOST_BUSY, 1.0), (HOST_STEAL, 0.02)):
            use = TreeUse(100 + share * second, 200 * MIB, 3)
            found.append(UseSample(START_S + second, START_S + second + 0.02, role, use))
    return found


def parted(cores=0.5, instances=0.3):
    """Samples of an engine whose instances use a part of its CPU and 150 of its 200 MiB."""
    found = uses(cores)
    for one in [one for one in found if one.role == ENGINE]:
        second = one.slot_s - START_S
        part = TreeUse(50 + instances * second, 150 * MIB, 2)
        found.append(UseSample(one.slot_s, one.at_s, INSTANCES, part))
        found.append(UseSample(one.slot_s, one.at_s, OVERHEAD, difference(one.use, part)))
    return found


def record(**changes):
    life = EngineLife(["python", "-m", "x"], 3.2, 0.5, 0, None)
    whole = Record(
        step=STEP,
        report=REPORT,
        baseline=BASELINE,
        offsets=offsets(),
        uses=uses(),
        ledger=ledger(),
        outputs=outputs(),
        mismatches=Mismatches(0, 0, 0, 0),
        engine=life,
        cores=2,
    )
    return replace(whole, **changes)
