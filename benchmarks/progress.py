"""Where a step stands, as it is told while it runs."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.backlog import Backlog
from benchmarks.movement import backlog_of
from benchmarks.plan import Step
from benchmarks.samples import Totals
from benchmarks.sampling import Sampler


@dataclass(frozen=True, slots=True)
class Sampled:
    """What is being sampled of a step: the sampler, and the totals before the load."""

    sampler: Sampler
    baseline: Totals

    def backlog(self) -> Backlog:
        """Of all samples so far."""
        return backlog_of(self.sampler.offsets, self.baseline)

    def load_begun_s(self) -> float | None:
        """When the first record of the load was seen to have gone in, Unix seconds."""
        inputs = self.baseline.inputs
        return next((one.at_s for one in self.sampler.offsets if one.totals.inputs > inputs), None)


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a step stands.

    Attributes:
        step: the step.
        phase: in words.
        done_s: seconds of the phase that are over.
        phase_s: its usual length; None where nobody knows.
        sampled: what was sampled so far; None before the engine is ready.
    """

    step: Step
    phase: str
    done_s: float = 0.0
    phase_s: float | None = None
    sampled: Sampled | None = None


def loading(
    step: Step, sampled: Sampled, begun_s: float | None, now_s: float, *, extended: bool = False
) -> Progress:
    """The progress of a load that began at a time."""
    if begun_s is None:
        return Progress(step, "starting the load", sampled=sampled)
    done_s = now_s - begun_s
    if done_s < step.warmup_s:
        return Progress(step, "warm-up", done_s, step.warmup_s, sampled)
    phase_s = step.measure_s * (2 if extended else 1)
    phase = "measuring on" if extended else "measuring"
    return Progress(step, phase, done_s - step.warmup_s, phase_s, sampled)
