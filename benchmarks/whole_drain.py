"""A preloaded stream, drained at full speed to its last record, with everything that came out."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks.against_offline import own_outputs
from benchmarks.agenda import Probe
from benchmarks.bench import Bench
from benchmarks.drain import Drain, preload, save_curve, summarize, watch
from benchmarks.instance_use import means_told
from benchmarks.instance_watch import EngineTree
from benchmarks.outputs import (
    read_ledger,
    read_reference,
    save_feature_sample,
    save_outputs,
)
from benchmarks.parity import Ledger, Mismatches, Outputs, compare, count
from benchmarks.producing import LoadFiles
from benchmarks.result import DrainCheck
from benchmarks.runner import start_engine
from benchmarks.store import (
    DRAIN_CURVE_FILE,
    FEATURES_FILE,
    INSTANCES_TOLD_FILE,
    LEDGER_FILE,
    OUTPUTS_FILE,
    step_folder,
)
from fraud_core.topic_admin import create_topics, delete_topics
from fraud_core.topics import TopicNames


@dataclass(frozen=True, slots=True)
class WholeDrain:
    """A drain to its end.

    Attributes:
        drain: how fast it was.
        check: what came out.
        limited_by: what held the instances to their size; None where no size was asked.
    """

    drain: Drain
    check: DrainCheck
    limited_by: str | None


def drain_whole(action: Probe, bench: Bench, say: Callable[[str], None]) -> WholeDrain:
    """Preload a stream, start the engine on it, wait for the last record, compare and keep it all.

    Raises:
        StreamError: the engine went no further, or could not be started.
    """
    folder = step_folder(bench.run_folder, action.id)
    folder.mkdir(parents=True, exist_ok=True)
    names = TopicNames(f"{bench.run_id}-{action.id}-{secrets.token_hex(2)}-")
    settings = bench.broker.settings
    with ExitStack() as at_end:
        create_topics(settings, names)
        at_end.callback(delete_topics, settings, names)
        load = LoadFiles(bench.transactions, bench.artifact.folder)
        sent = preload(action.records, load, names, folder)
        if sent < action.records:
            say(f"{action.id}: the files hold only {sent:,} records")
        drained, limited_by = _drain(action, sent, bench, names, folder)
        outputs = own_outputs(bench.broker, names)
    ledger = read_ledger(folder / LEDGER_FILE)
    save_outputs(folder / OUTPUTS_FILE, outputs)
    save_feature_sample(folder / FEATURES_FILE, outputs)
    check = check_of(ledger, outputs, _mismatches(bench, ledger, outputs))
    return WholeDrain(drained, check, limited_by)


def _drain(
    action: Probe, sent: int, bench: Bench, names: TopicNames, folder: Path
) -> tuple[Drain, str | None]:
    """How fast the engine emptied the topic, and what held its instances to their size."""
    cell = action.cell
    started_s = time.time()
    engine = start_engine(cell, bench, names, folder)
    try:
        curve = watch(engine, sent, bench.broker, names)
        told = EngineTree(engine.pid, folder / INSTANCES_TOLD_FILE).instances()
    finally:
        engine.stop()
    save_curve(folder / DRAIN_CURVE_FILE, curve)
    drain = summarize((cell.engine, cell.instances), sent, curve, started_s)
    asked = cell.cpu is not None or cell.memory_mb is not None
    return drain, means_told([one.limited_by for one in told], asked=asked)


def _mismatches(bench: Bench, ledger: Ledger, outputs: Outputs) -> Mismatches:
    if bench.features is None:
        return Mismatches(0, 0, 0, 0)
    return compare(ledger, outputs, read_reference(bench.features, ledger, bench.artifact))


def check_of(ledger: Ledger, outputs: Outputs, differing: Mismatches) -> DrainCheck:
    """What came out, counted."""
    counts = count(ledger, outputs)
    return DrainCheck(
        sent=counts.sent,
        scored=counts.scored,
        dead_letters=counts.dead_letters,
        duplicates=counts.duplicates,
        missing=counts.missing,
        feature_mismatches=differing.features,
        score_mismatches=differing.scores,
        wrongly_answered=differing.wrongly_answered + counts.unknown,
        labels_incomplete=differing.labels_incomplete,
    )
