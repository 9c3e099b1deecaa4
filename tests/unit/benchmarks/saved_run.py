"""A made-up campaign on disk, as a measurement leaves it."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.outputs import save_outputs
from benchmarks.samples import OFFSETS_FILE, USE_FILE, write_offsets, write_uses
from benchmarks.store import (
    LEDGER_FILE,
    LOAD_FILE,
    OUTPUTS_FILE,
    RUN_FILE,
    STEP_FILE,
    save,
    step_folder,
)
from tests.unit.benchmarks.records import REPORT, ledger, offsets, outputs, uses


def save_run(folder, result):
    """Write run.json and the raw files of every step; each step has the same samples."""
    folder.mkdir(parents=True, exist_ok=True)
    save(folder / RUN_FILE, result)
    for step in result.steps:
        save_step(step_folder(folder, step.id), step)
    return folder


def save_step(folder, step):
    folder.mkdir(parents=True)
    save(folder / STEP_FILE, step)
    save(folder / LOAD_FILE, REPORT)
    sent = ledger()
    columns = {
        "seq": sent.seq,
        "partition": sent.source >> 48,
        "offset": sent.source & (2**48 - 1),
        "due_ms": sent.due_ms,
    }
    pq.write_table(pa.table(columns), folder / LEDGER_FILE)
    save_outputs(folder / OUTPUTS_FILE, outputs())
    with (folder / OFFSETS_FILE).open("w", newline="") as file:
        for sample in offsets():
            ends = {
                ("transactions", 0): sample.totals.inputs,
                ("predictions", 0): sample.totals.predictions,
            }
            write_offsets(file, sample.slot_s, sample.at_s, ends)
    with (folder / USE_FILE).open("w", newline="") as file:
        write_uses(file, uses())
