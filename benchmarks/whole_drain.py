"""A preloaded stream, drained at full speed to its last record, with everything that came out."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from benchmarks.agenda import Probe
from benchmarks.drain import Drain, preload, save_curve, summarize, watch
from benchmarks.engines import EngineStart
from benchmarks.outputs import (
    read_ledger,
    read_outputs,
    read_reference,
    save_feature_sample,
    save_outputs,
)
from benchmarks.parity import Ledger, Mismatches, Outputs, compare, count, without_probes
from benchmarks.producing import LoadFiles
from benchmarks.programs import Program
from benchmarks.result import DrainCheck
from benchmarks.runner import Bench
from benchmarks.store import (
    DRAIN_CURVE_FILE,
    FEATURES_FILE,
    LEDGER_FILE,
    OUTPUTS_FILE,
    step_folder,
)
from fraud_core.topic_admin import create_topics, delete_topics
from fraud_core.topics import TopicNames


def drain_whole(
    action: Probe, bench: Bench, say: Callable[[str], None]
) -> tuple[Drain, DrainCheck]:
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
        drained = _drain(action, sent, bench, names, folder)
        ends = bench.broker.end_offsets(names)
        outputs = without_probes(read_outputs(settings, names, ends))
    ledger = read_ledger(folder / LEDGER_FILE)
    save_outputs(folder / OUTPUTS_FILE, outputs)
    save_feature_sample(folder / FEATURES_FILE, outputs)
    return drained, check_of(ledger, outputs, _mismatches(bench, ledger, outputs))


def _drain(action: Probe, sent: int, bench: Bench, names: TopicNames, folder: Path) -> Drain:
    cell = action.cell
    start = EngineStart(
        bench.programs[cell.engine], bench.artifact.folder, cell.instances, names.prefix
    )
    started_s = time.time()
    engine = Program(f"engine {cell.engine}", start.command(), folder / "engine.log")
    try:
        curve = watch(engine, sent, bench.broker, names)
    finally:
        engine.stop()
    save_curve(folder / DRAIN_CURVE_FILE, curve)
    return summarize((cell.engine, cell.instances), sent, curve, started_s)


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
