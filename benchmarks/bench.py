"""What all steps of a campaign share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.broker_clock import MeasureOffset
from benchmarks.cluster import Broker
from benchmarks.external import Stream
from benchmarks.movement import Rules
from benchmarks.plan import Step
from benchmarks.process_use import ReadProcesses
from benchmarks.progress import Progress
from fraud_core.artifact import Artifact


@dataclass(frozen=True, slots=True)
class Bench:
    """What a step is measured with.

    Attributes:
        broker: the broker.
        artifact: what the engines are started with.
        transactions: files or folders that the load is read from.
        features: offline features of these files; None leaves the comparison out.
        run_folder: where results go.
        run_id: in front of every topic's name.
        programs: the command of each engine up to its options.
        rules: what a step is judged by.
        extend: double the window once where the trend does not decide.
        warmup_most_s: longest warm-up of a step; None where it is as long as it is asked.
        broker_processes: how to see the broker's processes; None where they cannot be seen.
        tell: called about twice a second while a step runs.
        stream: an external engine and its log; None where the engines are ours.
        supply: transactions that the files hold after the history; None where nobody counted.
        measure_offset: measures the broker's clock against this machine's; None where they are one.
    """

    broker: Broker
    artifact: Artifact
    transactions: Sequence[Path | str]
    features: Path | None
    run_folder: Path
    run_id: str
    programs: dict[str, Sequence[str]]
    rules: Rules
    extend: bool
    broker_processes: ReadProcesses | None
    tell: Callable[[Progress], None]
    stream: Stream | None = None
    supply: int | None = None
    measure_offset: MeasureOffset | None = None
    warmup_most_s: float | None = None

    def extends(self, step: Step) -> bool:
        """True where a step that decides nothing may go on for another window."""
        return self.extend and self._lasts(step, step.load_s + step.measure_s)

    def longest_warmup_s(self, step: Step) -> float:
        """How long it may go on; as long as it is asked where the files end before."""
        most_s = max(self.warmup_most_s or 0, step.warmup_s)
        windows_s = step.measure_s * (2 if self.extend else 1)
        return most_s if self._lasts(step, most_s + windows_s) else step.warmup_s

    def _lasts(self, step: Step, load_s: float) -> bool:
        return self.supply is None or step.rate_eps * load_s <= self.supply
