"""Whether two engines gave the same scores, from the outputs that were kept of their steps."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.latency import IntArray
from benchmarks.outputs import load_outputs, read_ledger
from benchmarks.parity import scores_differ, seq_of
from benchmarks.result import StepResult
from benchmarks.store import LEDGER_FILE, OUTPUTS_FILE, step_folder


def disagreements(
    run_folder: Path, steps: Sequence[StepResult], known: Mapping[str, int]
) -> dict[str, int]:
    """Scores that differ between engines at the same rate and instance count.

    Args:
        run_folder: of the campaign.
        steps: all of it.
        known: pairs that were compared before; files are read for new pairs only.
    """
    found = {}
    for first, second in itertools.combinations(_first_runs(steps), 2):
        same = _place(first) == _place(second)
        if same and first.engine != second.engine:
            names = " and ".join(sorted((first.engine, second.engine)))
            size = f" of {first.cpu:g} core" if first.size_name else ""
            pair = f"{names} x{first.instances}{size} at {first.rate_eps:g}/s"
            found[pair] = known[pair] if pair in known else _compare(run_folder, first, second)
    return found


def _first_runs(steps: Sequence[StepResult]) -> list[StepResult]:
    """One step of each cell and rate: its repetitions were compared with the reference anyway.

    What had no reference, most often of another model, is compared with nobody.
    """
    compared = [step for step in steps if step.score_mismatches is not None]
    return list({(one.engine, *_place(one)): one for one in reversed(compared)}.values())


def _place(step: StepResult) -> tuple[int, str, float]:
    return step.instances, step.size_name, step.rate_eps


def _compare(run_folder: Path, first: StepResult, second: StepResult) -> int:
    here, there = (_scores(step_folder(run_folder, step.id)) for step in (first, second))
    return scores_differ(here, there)


def _scores(folder: Path) -> tuple[IntArray, NDArray[np.float32]]:
    """Row number and score of each prediction that had all labels."""
    ledger, outputs = read_ledger(folder / LEDGER_FILE), load_outputs(folder / OUTPUTS_FILE)
    kept = outputs.where(outputs.is_prediction & outputs.labels_complete)
    return seq_of(ledger, kept), kept.score
