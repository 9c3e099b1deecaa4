"""A made-up run with outcomes on disk, as a drain or a step leaves it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.outputs import save_feature_sample, save_outputs
from benchmarks.parity import Outputs
from benchmarks.result import DrainCheck, DrainProbe
from benchmarks.store import (
    FEATURES_FILE,
    LEDGER_FILE,
    LOAD_FILE,
    OUTPUTS_FILE,
    RUN_FILE,
    save,
    step_folder,
)
from fraud_core.distribution import SCORE, distribution_of, profile_of
from fraud_core.features import FEATURE_NAMES
from tests.unit.benchmarks.records import REPORT
from tests.unit.benchmarks.results import PLAN, run_of
from tests.unit.benchmarks.streams_judged import BEGIN_S, predicted, stream

MODEL = "ab" * 32
DUE_MS = REPORT.first_due_ms
KEY = "made-up"
CHECK = dict.fromkeys(DrainCheck.model_fields, 0)


def save_judged_run(folder, *, engines=("faust",), sent=None, models=(MODEL,), scores=None):
    """`folder` is results/RUN; each engine drained the same stream."""
    sent = sent or stream()
    drains = [
        DrainProbe(
            engine=engine,
            instances=1,
            records=len(sent.seq),
            drain_eps=9000.0,
            step=f"{engine}-x1-drain",
            check=DrainCheck(**CHECK | {"sent": len(sent.seq), "scored": len(sent.seq)}),
            ended_ms=DUE_MS + 60_000,
        )
        for engine in engines
    ]
    features = features_of(sent)
    score = distribution_of(predicted(sent).score)
    profile = profile_of(FEATURE_NAMES, features) | {SCORE: score}
    result = run_of(drains=drains).model_copy(
        update={
            "plan": PLAN.model_copy(update={"find": "drain", "rates_eps": ()}),
            "model": {
                "sha256": MODEL,
                "features_version": "handbook-15/1",
                "history_end_s": BEGIN_S - 1,
                "label_delay_s": 604_800,
                "thresholds": {"review": 0.05, "block": 0.5},
                "metrics": {"average_precision": 0.7},
                "profile": {name: one.model_dump() for name, one in profile.items()},
            },
        }
    )
    result.run["features_key"] = KEY
    folder.mkdir(parents=True)
    save(folder / RUN_FILE, result)
    for drain in drains:
        step = step_folder(folder, drain.step)
        step.mkdir(parents=True)
        save(step / "drain.json", drain)
        save_step(step, sent, models, scores)
    save_offline(folder.parent, sent, features)
    return folder


def features_of(sent):
    return np.random.default_rng(9).random((len(sent.seq), len(FEATURE_NAMES)))


def save_step(folder, sent, models, scores):
    count = len(sent.seq)
    report = {"sent": count, "first_seq": int(sent.seq[0]), "last_seq": int(sent.seq[-1])}
    save(folder / LOAD_FILE, REPORT.model_copy(update=report))
    columns = {
        "seq": sent.seq,
        "partition": sent.source >> 48,
        "offset": sent.source & (2**48 - 1),
        "tx_time_s": sent.time_s,
        "due_ms": np.full(count, DUE_MS),
        "fraud": sent.fraud,
        "scenario": sent.scenario,
        "label_time_s": sent.label_time_s,
    }
    pq.write_table(pa.table(columns), folder / LEDGER_FILE)
    answers = predicted(sent)
    outputs = Outputs(
        source=answers.source,
        append_ms=answers.append_ms,
        is_prediction=np.ones(count, np.bool_),
        tx_id=sent.seq,
        labels_complete=answers.labels_complete,
        score=answers.score if scores is None else scores,
        features=features_of(sent),
        customer_id=answers.customer_id,
        cents=answers.cents,
        model=np.array([models[row % len(models)] for row in range(count)], np.object_),
    )
    save_outputs(folder / OUTPUTS_FILE, outputs)
    save_feature_sample(folder / FEATURES_FILE, outputs)


def save_offline(results, sent, features):
    (results / ".cache").mkdir(exist_ok=True)
    columns = {"seq": sent.seq} | {n: features[:, i] for i, n in enumerate(FEATURE_NAMES)}
    pq.write_table(pa.table(columns), results / ".cache" / f"features-{KEY}.parquet")
