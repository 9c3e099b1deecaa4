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

    def extends(self, step: Step) -> bool:
        """True where a step that decides nothing may go on for another window."""
        asked = step.rate_eps * (step.load_s + step.measure_s)
        return self.extend and (self.supply is None or asked <= self.supply)
