"""What a campaign says: one line per interval while it runs, a table at its end."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from rich import box
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from benchmarks.agenda import Probe, cells_of
from benchmarks.backlog import Backlog, lower_envelope, theil_sen, trend
from benchmarks.cost_answers import cost_sentence
from benchmarks.instance_use import UNKNOWN
from benchmarks.plan import Step
from benchmarks.progress import Progress, Sampled
from benchmarks.result import DrainCheck, LatencyMs, RunResult, StepResult
from benchmarks.verdict import Verdict
from fraud_core.command import say

LINE_EVERY_S: Final = 5.0
"""An Airflow log must not be empty for an hour, and not be flooded either."""
_LATELY_S: Final = 30.0
_TREND_BLOCK_S: Final = 5.0
_WIDTH: Final = 120
"""Where there is no terminal to fit into."""

VERDICT_STYLES: Final[dict[Verdict, str]] = {
    "sustainable": "bold green",
    "unsustainable": "bold red",
    "inconclusive": "bold yellow",
    "invalid": "bold magenta",
}


class Narrator:
    """Writes where a campaign stands to stderr: a live table on a terminal, else lines each 5 s."""

    def __init__(self, clock: Callable[[], datetime], *, live: bool) -> None:
        """Nothing is written yet.

        Args:
            clock: local time, shown in front of each line.
            live: True when stderr is a terminal.
        """
        self._clock = clock
        self._screen = _Screen() if live else None
        self._last: datetime | None = None
        self._phase = ""
        self._place = ""
        self._ends: datetime | None = None

    def say(self, text: str) -> None:
        """One line."""
        if self._screen is not None:
            self._screen.print(text)
        else:
            say(text)

    def begin(self, number: int, count: int, action: Step | Probe, left_s: float) -> None:
        """A step or a drain begins.

        Args:
            number: of the step, from 1.
            count: of about how many.
            action: what begins.
            left_s: usual time to the end of the run, this included.
        """
        self._ends = self._clock() + timedelta(seconds=left_s)
        if isinstance(action, Probe):
            self._place = f"drain {action.cell.id}"
        else:
            self._place = f"step {number}/{count} {title_of(action)}"
        self._phase = ""

    def end(self, step: StepResult) -> None:
        """A step has ended: its verdict."""
        if self._screen is not None:
            self._screen.add(step)
        else:
            say(f"{self._clock():%H:%M:%S} {self._place}  {step.verdict}: {step.why}")

    def tell(self, progress: Progress) -> None:
        """Write a line when there is something new or enough time has gone."""
        now = self._clock()
        every_s = 1.0 if self._screen is not None else LINE_EVERY_S
        is_due = self._last is None or (now - self._last).total_seconds() >= every_s
        if not is_due and progress.phase == self._phase:
            return
        self._last, self._phase = now, progress.phase
        run_left_s = None if self._ends is None else (self._ends - now).total_seconds()
        line = f"{now:%H:%M:%S} {self._place}  {progress_line(progress, run_left_s)}"
        if self._screen is not None:
            self._screen.update(line)
        else:
            say(line)

    def close(self) -> None:
        """Leave the live table."""
        if self._screen is not None:
            self._screen.close()


class _Screen:
    """The steps that have ended, and below them where the present one stands."""

    def __init__(self) -> None:
        self._steps: list[StepResult] = []
        self._line = ""
        self._live = Live(console=Console(stderr=True), refresh_per_second=4, transient=True)

    def add(self, step: StepResult) -> None:
        """A step has ended."""
        self._steps.append(step)
        self._show()

    def update(self, line: str) -> None:
        """Where the present step stands."""
        self._line = line
        self._show()

    def print(self, text: str) -> None:
        """A line above the table that stays."""
        self._live.console.print(text, markup=False, highlight=False)

    def close(self) -> None:
        """Take the table away."""
        self._live.stop()

    def _show(self) -> None:
        self._live.start()
        line = Text(self._line)
        self._live.update(Group(_narrow_table(self._steps), line) if self._steps else line)


def _narrow_table(steps: Sequence[StepResult]) -> Table:
    """What fits into 80 columns beside each other."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    table.add_column("engine and rate", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for name in ("lag p95 s", "p99 ms", "CPU-s per million"):
        table.add_column(name, justify="right", no_wrap=True)
    for step in steps:
        table.add_row(
            title_of(step),
            Text(step.verdict, style=VERDICT_STYLES[step.verdict]),
            "-" if step.lag_time_p95_s is None else f"{step.lag_time_p95_s:.1f}",
            percentiles_text(step.latency_ms)[2],
            cpu_text(step),
        )
    return table


def title_of(step: Step | StepResult) -> str:
    """`faust x1 @ 400/s`, and which run of it after the first."""
    run = f" run {step.repetition}" if step.repetition > 1 else ""
    size = f" of {step.cpu:g} core" if step.size_name else ""
    return f"{step.engine} x{step.instances}{size} @ {step.rate_eps:g}/s{run}"


def progress_line(progress: Progress, run_left_s: float | None = None) -> str:
    """`measuring 00:12/01:00  in 400.0/s  out 399.8/s  lag 41 (0.10 s) steady  cpu 0.52`.

    Args:
        progress: where the step stands.
        run_left_s: usual time to the end of the run, shown at the end of the line with what is left
            of the phase.
    """
    time = _clock_text(progress.done_s)
    if progress.phase_s is not None:
        time += f"/{_clock_text(progress.phase_s)}"
    parts = [f"{progress.phase} {time}"]
    if progress.sampled is not None:
        parts += _sampled_parts(progress.sampled, progress.step.rate_eps)
    if run_left_s is not None:
        parts.append(_left_text(progress, run_left_s))
    return "  ".join(parts)


def _left_text(progress: Progress, run_left_s: float) -> str:
    """`left 00:48, run 00:31:10`; the run's is what is usual, and never below what is left here."""
    phase = None if progress.phase_s is None else max(progress.phase_s - progress.done_s, 0.0)
    run = f"run {_long_clock_text(max(run_left_s, phase or 0.0))}"
    return f"left {run}" if phase is None else f"left {_clock_text(phase)}, {run}"


def _sampled_parts(sampled: Sampled, rate_eps: float) -> list[str]:
    offsets = sampled.sampler.offsets[-int(_LATELY_S) :]
    if len(offsets) < 2:  # a rate needs two samples
        return []
    recent = offsets[-min(len(offsets), int(LINE_EVERY_S) + 1) :]
    first, last = recent[0], recent[-1]
    seconds = last.at_s - first.at_s
    backlog = sampled.backlog()
    lag = int(backlog.events[-1])
    parts = [
        f"in {(last.totals.inputs - first.totals.inputs) / seconds:.1f}/s",
        f"out {(last.totals.outputs - first.totals.outputs) / seconds:.1f}/s",
        f"lag {lag} ({lag / rate_eps:.2f} s) {trend_lately(backlog, rate_eps)}".rstrip(),
    ]
    cores = _engine_cores(sampled)
    return parts if cores is None else [*parts, f"cpu {cores:.2f}"]


def trend_lately(backlog: Backlog, rate_eps: float) -> str:
    """Growing, steady or draining over the last 30 s; empty while that is too early to say."""
    if len(backlog.at_s) == 0:
        return ""
    last_s = float(backlog.at_s[-1])
    lately = backlog.between(last_s - _LATELY_S, last_s + 1)
    slope = theil_sen(lower_envelope(lately, _TREND_BLOCK_S))
    return trend(slope.slope_eps, rate_eps) if slope else ""


def _engine_cores(sampled: Sampled) -> float | None:
    uses = [one for one in sampled.sampler.uses if one.role == "engine"][-int(LINE_EVERY_S) - 1 :]
    if len(uses) < 2:  # a rate needs two samples
        return None
    return (uses[-1].use.cpu_s - uses[0].use.cpu_s) / (uses[-1].at_s - uses[0].at_s)


def summary(result: RunResult, report: Path, *, color: bool, width: int | None = None) -> str:
    """The end of a campaign: the answer, verdicts, why, and where the report is.

    Args:
        result: the campaign.
        report: the HTML file.
        color: True for a terminal.
        width: columns of it; wide enough for the table where None.
    """
    out = io.StringIO()
    console = Console(
        file=out,
        width=width or _WIDTH,
        force_terminal=color,
        no_color=not color,
        highlight=False,
    )
    if result.sentence:
        console.print(Text(result.sentence, style="bold"), soft_wrap=True)
    for line in _sizing_lines(result):
        console.print(Text(line), soft_wrap=True)
    console.print(Text(headline(result)), soft_wrap=True)
    if size := size_text(result):
        console.print(Text(size), soft_wrap=True)
    if result.steps:
        console.print(_table(result.steps))
    for step in result.steps:
        console.print(Text(f"{title_of(step)}: {step.why}"), soft_wrap=True)
    for line in drain_lines(result):
        console.print(Text(line), soft_wrap=True)
    if result.cells_missing:
        missing = f"cells that are not measured: {', '.join(result.cells_missing)}"
        console.print(Text(missing), soft_wrap=True)
    console.print(Text(f"report  {report}"), soft_wrap=True)
    return out.getvalue().rstrip()


def _sizing_lines(result: RunResult) -> list[str]:
    """How capacity grows, and what it costs; what several sizes need is in the answer itself."""
    lines = [one.sentence for one in result.scaling]
    return [*lines, *filter(None, [cost_sentence(result)])]


def drain_lines(result: RunResult) -> list[str]:
    """What each drain that was watched to its end gave."""
    return [_drain_line(one.step, one.check) for one in result.drains if one.check]


def _drain_line(name: str, check: DrainCheck) -> str:
    changed = check.feature_mismatches + check.score_mismatches + check.wrongly_answered
    return (
        f"{name}: {check.sent:,} sent, {check.scored:,} scored, {check.dead_letters:,} dead "
        f"letters, {check.duplicates:,} duplicates, {check.missing:,} missing, {changed:,} changed"
    )


def headline(result: RunResult) -> str:
    """How many steps ended how, on what."""
    counts = Counter(step.verdict for step in result.steps)
    verdicts = ", ".join(f"{counts[name]} {name}" for name in VERDICT_STYLES if counts[name])
    machine = result.machine
    done = f"{len(result.steps)} of {result.steps_asked} steps"
    if result.plan.find == "drain":
        whole = sum(drain.check is not None for drain in result.drains)
        done = f"{whole} of {len(cells_of(result.plan))} drains"
    return (
        f"run {result.run['id']}: {done}"
        f"{': ' if verdicts else ''}{verdicts} ({machine['cores']} cores, "
        f"{machine['memory_gib']:g} GiB, Kafka {result.versions.get('kafka', 'unknown')}, "
        f"model {result.model['sha256'][:8]})"
    )


def _table(steps: Sequence[StepResult]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    table.add_column("engine and rate", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for name in ("sent", "scored", "dead\nletters", "dupli-\ncates", "missing"):
        table.add_column(name, justify="right")
    for name in ("p50\nms", "p95\nms", "p99\nms", "CPU-s per\nmillion"):
        table.add_column(name, justify="right")
    for step in steps:
        table.add_row(
            title_of(step),
            Text(step.verdict, style=VERDICT_STYLES[step.verdict]),
            *(f"{count:,}" for count in (step.sent, step.scored, step.dead_letters)),
            *(_count_text(count) for count in (step.duplicates, step.missing)),
            *percentiles_text(step.latency_ms),
            cpu_text(step),
        )
    return table


def _count_text(count: int | None) -> str:
    return "-" if count is None else f"{count:,}"


def cpu_text(step: StepResult) -> str:
    """Of the instances alone and of the whole engine, where these differ."""
    whole, alone = step.cpu_s_per_million, step.cpu_s_per_million_instances
    if whole is None:
        return "-"
    apart = alone is not None and round(alone) != round(whole)
    return f"{alone:,.0f} of {whole:,.0f}" if apart else f"{whole:,.0f}"


def size_text(result: RunResult) -> str:
    """How the instances were held to their size, and plainly where they were not; or nothing."""
    limits = result.plan.instance
    asked = [f"{', '.join(f'{cpu:g}' for cpu in limits.cpu)} core"] if limits.cpu else []
    asked += [f"{limits.memory_mb} MB"] if limits.memory_mb else []
    if not asked:
        return ""
    held = [(step.id, step.limited_by) for step in result.steps]
    held += [(drain.step, drain.limited_by) for drain in result.drains]
    means = sorted({one for _, one in held if one})
    said = f"instances of {' and '.join(asked)}"
    free = [name for name, one in held if one in {"none", UNKNOWN}]
    if free:
        return f"{said}, but nothing is known to have held them in {', '.join(free)}"
    return f"{said}, held by {', '.join(means)}" if means else said


def percentiles_text(latency: LatencyMs | None) -> list[str]:
    """p50, p95, p99; `never` where the percentile lies on a record that never came out."""
    if latency is None:
        return ["-"] * 3
    return [
        "never" if value is None else f"{value:,.0f}"
        for value in (latency.p50, latency.p95, latency.p99)
    ]


def _long_clock_text(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def _clock_text(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 60:02d}:{whole % 60:02d}"
