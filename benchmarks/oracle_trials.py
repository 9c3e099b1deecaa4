"""The whole instrument on oracle engines: real Kafka, real generator, real search, known knee."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.begin import Request
from benchmarks.campaign import Announcement, run_campaign
from benchmarks.oracle import asked_engine
from benchmarks.plan import Plan, ProfileName, plan_from
from benchmarks.result import KneeResult, RunResult
from benchmarks.store import RUN_FILE
from benchmarks.traces import true_knees_eps
from benchmarks.validation import HOURS


@dataclass(frozen=True, slots=True)
class Oracle:
    """One oracle engine.

    Attributes:
        rate_eps: records per second of its one instance.
        batch_ms: fixed time of a batch; 0 for a loop.
        pause_every_s: mean work between pauses; 0 for none.
    """

    rate_eps: float
    batch_ms: float = 0.0
    pause_every_s: float = 0.0

    @property
    def name(self) -> str:
        """Permanent, part of the names of results."""
        return f"oracle-{self.rate_eps:g}-{self.batch_ms:g}-{self.pause_every_s:g}"

    def options(self) -> list[str]:
        """Of its command line."""
        return [
            *("--rate", f"{self.rate_eps:g}"),
            *("--batch-ms", f"{self.batch_ms:g}"),
            *("--pause-every-s", f"{self.pause_every_s:g}"),
        ]

    def true_knee_eps(self, plan: Plan, seed: int = 1) -> float:
        """What the same engine holds in simulation."""
        engine = asked_engine(self.rate_eps, 1, self.batch_ms, 0.0, self.pause_every_s)
        rng = np.random.default_rng(seed)
        return float(true_knees_eps(engine, plan.limits, HOURS, rng)[0])


ORACLES: Final = (
    Oracle(60),
    Oracle(300),
    Oracle(900),
    Oracle(400, pause_every_s=120),
    Oracle(150, batch_ms=100),
    Oracle(600, batch_ms=250),
)
"""Loops and batches, from the slower target of the README to the rates of one real instance."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One search on one oracle.

    Attributes:
        oracle: the engine.
        truth_eps: its knee in simulation.
        knee: what was found; None where the search gave nothing.
        steps: runs that it took.
        folder: of the campaign.
    """

    oracle: Oracle
    truth_eps: float
    knee: KneeResult | None
    steps: int
    folder: Path

    @property
    def is_inside(self) -> bool:
        """Whether the true knee lies between the rate held and the rate lost."""
        knee = self.knee
        if knee is None or knee.low_eps is None or knee.high_eps is None:
            return False
        return knee.low_eps <= self.truth_eps < knee.high_eps


@dataclass(frozen=True, slots=True)
class TrialRequest:
    """What every trial shares."""

    artifact: Path
    transactions: Sequence[Path]
    results: Path
    command: Sequence[str]
    profile: ProfileName = "quick"


def plan_of(oracle: Oracle, profile: ProfileName) -> Plan:
    """The plan that searches the knee of one oracle."""
    fields = {
        "id": oracle.name,
        "title": f"Where an engine of {oracle.rate_eps:g}/s loses",
        "profile": profile,
        "question": "capacity",
        "find": "knee",
        "engines": ["oracle"],
        "options": {"oracle": oracle.options()},
    }
    return plan_from(fields, oracle.name)


def run_trial(
    oracle: Oracle, request: TrialRequest, announce: Announcement, say: Callable[[str], None]
) -> Trial:
    """Search the knee of one oracle, or go on with a search that was interrupted.

    Its campaign is named by the oracle and the profile, so that the same command continues it.

    Raises:
        StreamError: the surroundings do not let it go on.
    """
    plan = plan_of(oracle, request.profile)
    truth_eps = oracle.true_knee_eps(plan)
    run_id = f"{oracle.name}-{request.profile}"
    is_begun = (request.results / run_id / RUN_FILE).is_file()
    begun = f"; going on with what {request.results / run_id} holds" if is_begun else ""
    say(f"{oracle.name}: the true knee is {truth_eps:.1f}/s{begun}")
    asked = Request(
        plan=plan,
        artifact=request.artifact,
        transactions=request.transactions,
        results=request.results,
        engine=None,
        command=request.command,
        run_id=run_id,
        resume=is_begun,
    )
    result, folder = run_campaign(asked, announce)
    return trial_of(oracle, truth_eps, result, folder)


def trial_of(oracle: Oracle, truth_eps: float, result: RunResult, folder: Path) -> Trial:
    """What a campaign says of an oracle."""
    knee = result.cells[0].knee_backlog if result.cells else None
    return Trial(oracle, truth_eps, knee, len(result.steps), folder)


def trials_table(trials: Sequence[Trial]) -> str:
    """For people; how many were right in the last line."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    table.add_column("oracle", no_wrap=True)
    for name in ("batch ms", "pause every s", "true knee", "held", "lost", "runs", "inside"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in trials:
        table.add_row(
            f"{one.oracle.rate_eps:g}/s",
            f"{one.oracle.batch_ms:g}",
            f"{one.oracle.pause_every_s:g}" if one.oracle.pause_every_s else "never",
            f"{one.truth_eps:.1f}",
            *_ends(one.knee),
            f"{one.steps}",
            "yes" if one.is_inside else "no",
        )
    out = io.StringIO()
    Console(file=out, width=100, highlight=False).print(table)
    inside = sum(one.is_inside for one in trials)
    return f"{out.getvalue().rstrip()}\n\n{inside} of {len(trials)} intervals hold the true knee"


def _ends(knee: KneeResult | None) -> tuple[str, str]:
    ends = (None, None) if knee is None else (knee.low_eps, knee.high_eps)
    low, high = ("none" if end is None else f"{end:g}" for end in ends)
    return low, high
