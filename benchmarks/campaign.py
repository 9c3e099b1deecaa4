"""A campaign: what its plan asks, one step after the other, saved as they end."""

from __future__ import annotations

import math
import secrets
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq

from benchmarks.agenda import Cell, Probe, Standing, cells_of, next_action
from benchmarks.answers import answered
from benchmarks.begin import (
    Found,
    Request,
    campaign_folder,
    chosen_cells,
    empty_result,
    look_around,
    make_results_folder,
    require_startable,
)
from benchmarks.bench import Bench
from benchmarks.broker_clock import MeasureOffset, clock_topic, may_differ, measure_offset
from benchmarks.cluster import Broker
from benchmarks.disagreement import disagreements
from benchmarks.drain import Drain, probe
from benchmarks.engines import program_of, size_options
from benchmarks.external import Stream, is_of_these_files, only_campaign_on, open_stream
from benchmarks.forecast import action_s, broker_bytes, dry_run, estimate_s, results_bytes
from benchmarks.movement import Rules
from benchmarks.outputs import make_offline_features
from benchmarks.plan import Plan, Step, with_names
from benchmarks.process_use import single_samples
from benchmarks.producing import LoadFiles
from benchmarks.progress import Progress
from benchmarks.result import DrainProbe, FailedStep, RunResult, StepResult
from benchmarks.results_mirror import keep_run
from benchmarks.runner import run_step
from benchmarks.store import (
    DRAIN_FILE,
    FAILED_FILE,
    RUN_FILE,
    disk_full,
    load_drains,
    load_failed,
    load_probes,
    load_run,
    load_steps,
    only_one,
    require_space,
    save,
    set_aside,
    step_folder,
)
from benchmarks.supply import fitted
from benchmarks.whole_drain import WholeDrain, drain_whole
from fraud_core.errors import ConfigError, MeasurementError, StreamError, SurroundingsError
from fraud_core.topic_admin import delete_topics_of

CACHE_FOLDER: Final = ".cache"
_SPARE_BYTES: Final = 200e6
"""A disk below this is as good as full: the broker, Spark and logs write beside us."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """What is told of a campaign while it runs.

    Attributes:
        say: one line.
        tell: where a step stands, about twice a second.
        begin: something begins: its number from 1, of about how many, what, and the usual time to
            the end of the run in seconds.
        end: a step has ended.
    """

    say: Callable[[str], None]
    tell: Callable[[Progress], None]
    begin: Callable[[int, int, Step | Probe, float], None]
    end: Callable[[StepResult], None]


def run_campaign(request: Request, announce: Announcement) -> tuple[RunResult, Path]:
    """Measure what a plan asks and is not measured yet.

    What is measured is saved after each step, so an interrupt loses at most the step that runs.

    Returns:
        the result, and the folder that it is saved in.

    Raises:
        StreamError: surroundings or settings do not let it go on; what was measured is saved.
    """
    cells = chosen_cells(request.plan, request.engine, request.cells, request.external)
    require_startable(cells, request.external)
    found = look_around(request)
    now = datetime.now(UTC)
    with ExitStack() as at_end:
        stream = _stream(request, found, at_end)
        features = _features(request, found, announce.say)
        supply = pq.read_metadata(features).num_rows
        request = replace(request, plan=fitted(request.plan, supply, announce.say))
        folder = campaign_folder(request, now)
        what = "-".join(cell.id for cell in cells) if request.cells else "run"
        at_end.enter_context(only_one(folder, what))
        _begin_or_go_on(folder, request.plan, empty_result(request, found, folder, now))
        campaign = _Campaign(request.plan, cells, folder, announce)
        campaign.tidy()
        campaign.announce_start()
        bench = replace(
            _bench(request, found, folder, announce.tell),
            features=features,
            programs={} if stream else _programs(request.plan, cells),
            stream=stream,
            supply=supply,
            measure_offset=_measure_offset(
                request, found, f"{folder.name}-{cells[0].id}-", announce.say, at_end
            ),
        )
        _check_start(bench, cells)
        return campaign.go_on(bench), folder


def _begin_or_go_on(folder: Path, plan: Plan, empty: RunResult) -> None:
    if (folder / RUN_FILE).is_file():
        adopt_plan(folder, plan)
    else:
        save(folder / RUN_FILE, empty)


def _bench(request: Request, found: Found, folder: Path, tell: Callable[[Progress], None]) -> Bench:
    """What request and surroundings say of it; no engine and no offline features yet."""
    return Bench(
        broker=Broker(found.settings),
        artifact=found.artifact,
        transactions=request.transactions,
        features=None,
        run_folder=folder,
        run_id=folder.name,
        programs={},
        rules=rules_of(request.plan),
        extend=request.plan.step.extend,
        warmup_most_s=request.plan.step.warmup_most_s,
        broker_processes=single_samples(found.broker_pid) if found.broker_pid else None,
        tell=tell,
    )


def _stream(request: Request, found: Found, at_end: ExitStack) -> Stream | None:
    """The topics of an external engine, which are ours alone until the end."""
    if request.external is None:
        return None
    at_end.enter_context(only_campaign_on(found.cluster, request.external.names))
    return open_stream(request.external, Broker(found.settings), found.artifact)


def _measure_offset(
    request: Request, found: Found, prefix: str, say: Callable[[str], None], at_end: ExitStack
) -> MeasureOffset | None:
    """How the broker's clock is compared with ours; None where they are one, or nobody lets us."""
    settings, external = found.settings, request.external
    if not may_differ(settings.bootstrap_servers, is_external=external is not None):
        return None
    try:
        topic = clock_topic(settings, external.names.prefix if external else prefix)
        name = at_end.enter_context(topic)
    except SurroundingsError as error:
        say(f"the broker's clock is not compared with this machine's: {error}")
        return None
    return lambda: measure_offset(settings, name, time.time)


def _features(request: Request, found: Found, say: Callable[[str], None]) -> Path:
    """The offline features of the files, computed once for all campaigns."""
    path = request.results / CACHE_FOLDER / f"features-{found.files_key}.parquet"
    make_results_folder(path.parent)
    if not path.is_file():
        say("computing the offline features of the same files, for the comparison")
    make_offline_features(request.transactions, request.artifact, path, path.with_suffix(".log"))
    return path


def _check_start(bench: Bench, cells: Sequence[Cell]) -> None:
    """Delete what a killed campaign left; refuse a log that holds rows of other files.

    Raises:
        ConfigError: it does.
    """
    if bench.stream is None:
        left = [f"{bench.run_id}-{one.engine}-x{one.instances}-" for one in cells]
        delete_topics_of(bench.broker.settings, left)
    elif bench.features and not is_of_these_files(bench.stream.log.rows, bench.features):
        raise ConfigError(
            f"{bench.stream.external.names.transactions} holds transactions of other files than "
            "--transactions names: name those, or make topics with another --topic-prefix"
        )


def rules_of(plan: Plan) -> Rules:
    """What the steps of a plan are judged by."""
    return Rules(plan.limits, plan.step.block_s, plan.slo_p99_ms)


def adopt_plan(folder: Path, plan: Plan) -> None:
    """Take over what may change of a plan when a run is gone on with: prices, what it requires."""
    saved = load_run(folder)
    if saved.plan != plan:
        save(folder / RUN_FILE, saved.model_copy(update={"plan": plan}))


def assemble(folder: Path) -> RunResult:
    """A campaign from all files in its folder, whoever wrote them.

    Raises:
        ConfigError: there is no campaign, or it is of another schema version.
    """
    saved = load_run(folder)
    steps = load_steps(folder)
    failed = [one.model_dump() for one in load_failed(folder)]
    saved = saved.model_copy(update={"failed": failed, "drains": load_probes(folder)})
    return answered(saved, steps, load_drains(folder))


def refresh(folder: Path) -> RunResult:
    """Write `run.json` anew from all files in the folder: after a kill, or when cells came in.

    Raises:
        ConfigError: there is no campaign, or it is of another schema version.
    """
    result = assemble(folder)
    left = dry_run(
        result.plan,
        cells_of(with_names(result.plan, [step.engine for step in result.steps])),
        standing=Standing(result.steps, load_drains(folder)),
    )
    asked = len(result.steps) + sum(isinstance(action, Step) for action in left)
    disagree = disagreements(folder, result.steps, result.engines_disagree)
    result = result.model_copy(update={"steps_asked": asked, "engines_disagree": disagree})
    save(folder / RUN_FILE, result)
    return result


class _Campaign:
    """The steps of one process."""

    def __init__(
        self, plan: Plan, cells: Sequence[Cell], folder: Path, announce: Announcement
    ) -> None:
        self._plan, self._cells, self._folder, self._announce = plan, cells, folder, announce
        self._steps: list[StepResult] = []
        self._begun_s = time.monotonic()

    @property
    def _standing(self) -> Standing:
        return Standing(self._steps, load_drains(self._folder))

    def tidy(self) -> None:
        """Put aside what is to be repeated: steps that are invalid or failed."""
        for step in load_steps(self._folder):
            if step.verdict == "invalid" and self._is_ours(step.cell):
                set_aside(self._folder, step.id)
        for failed in load_failed(self._folder):
            if self._is_ours(failed.cell):
                set_aside(self._folder, failed.step)
        for drain in load_probes(self._folder):
            if self._plan.find == "drain" and drain.check is None and self._is_ours(drain.cell):
                set_aside(self._folder, drain.step)
        self._steps = load_steps(self._folder)

    def _is_ours(self, cell: str) -> bool:
        return any(one.id == cell for one in self._cells)

    def announce_start(self) -> None:
        """Say what is ahead; refuse a disk that cannot hold it."""
        ahead = dry_run(self._plan, self._cells, standing=self._standing)
        require_space(self._folder, results_bytes(ahead) + broker_bytes(ahead) + _SPARE_BYTES)
        mine = sum(self._is_ours(step.cell) for step in self._steps)
        done = f"{mine} steps are measured, " if mine else ""
        budget_s = self._plan.budget_s or math.inf
        minutes = min(estimate_s(ahead, self._plan.step.settle_s), budget_s) / 60
        at_most = "" if self._plan.question == "capacity" else "at most "
        more = "more, " if mine else "steps, "
        self._announce.say(
            f"run {self._folder.name}: {done}{at_most}{len(ahead)} {more}about {minutes:.0f} min"
        )

    def go_on(self, bench: Bench) -> RunResult:
        """Measure until nothing is left to do."""
        number = len(self._steps)
        while (action := next_action(self._plan, self._cells, self._standing)) is not None:
            if self._is_over_budget(action):
                self._announce.say(f"the budget of {self._plan.budget_s:g} s is used up")
                break
            require_space(self._folder, _SPARE_BYTES)
            number += isinstance(action, Step)
            left = dry_run(self._plan, self._cells, standing=self._standing)
            count = number - isinstance(action, Step) + sum(isinstance(a, Step) for a in left)
            left_s = estimate_s(left, self._plan.step.settle_s)
            self._announce.begin(number, count, action, left_s)
            try:
                self._act(action, bench)
            except (StreamError, KeyboardInterrupt) as error:
                self._note_failure(action, error)
                raise
            except OSError as error:
                full = disk_full(error)
                if full is None:
                    raise
                raise full from None
            refresh(self._folder)
            keep_run(self._folder)
            time.sleep(self._plan.step.settle_s)
        return refresh(self._folder)

    def _is_over_budget(self, action: Step | Probe) -> bool:
        if self._plan.budget_s is None:
            return False
        return time.monotonic() - self._begun_s + action_s(action) > self._plan.budget_s

    def _act(self, action: Step | Probe, bench: Bench) -> None:
        if isinstance(action, Probe):
            _drain(action, bench, self._announce.say)
            return
        step = run_step(action, bench)
        self._steps.append(step)
        self._announce.end(step)

    def _note_failure(self, action: Step | Probe, error: BaseException) -> None:
        if isinstance(error, StreamError) and isinstance(action, Step):
            failed = FailedStep(step=action.id, cell=action.cell, why=str(error))
            save(step_folder(self._folder, action.id) / FAILED_FILE, failed)
        refresh(self._folder)
        what = "failed" if isinstance(error, StreamError) else "interrupted"
        path = self._folder / RUN_FILE
        self._announce.say(f"{action.id} {what}: {len(self._steps)} steps are saved in {path}")


def _drain(action: Probe, bench: Bench, say: Callable[[str], None]) -> None:
    """Measure and save a drain; an engine that does not drain has no rate, which is saved too."""
    say(f"{action.id}: draining up to {action.records:,} records")
    rate_eps, why = None, ""
    whole: WholeDrain | None = None
    try:
        if action.whole:
            whole = drain_whole(action, bench, say)
        drained = whole.drain if whole else _probe(action, bench)
        rate_eps = drained.rate_eps
        say(f"{action.id}: {rate_eps:,.0f}/s")
    except MeasurementError as error:
        why = str(error)
        say(f"{action.id}: no rate: {why}")
    measured = DrainProbe(
        **_cell_fields(action.cell),
        records=action.records,
        drain_eps=rate_eps,
        why=why,
        step=action.id,
        check=whole.check if whole else None,
        limited_by=whole.limited_by if whole else None,
        ended_ms=round(time.time() * 1000),
    )
    save(step_folder(bench.run_folder, action.id) / DRAIN_FILE, measured)


def _cell_fields(cell: Cell) -> dict[str, Any]:
    return {
        "engine": cell.engine,
        "instances": cell.instances,
        "cpu": cell.cpu,
        "memory_mb": cell.memory_mb,
        "size_name": cell.size_name,
    }


def _probe(action: Probe, bench: Bench) -> Drain:
    load = LoadFiles(bench.transactions, bench.artifact.folder)
    folder = step_folder(bench.run_folder, action.id)
    prefix = f"{bench.run_id}-{action.id}-{secrets.token_hex(2)}-"
    cell = action.cell
    asked = (cell.engine, cell.instances)
    program = [*bench.programs[cell.engine], *size_options(cell.cpu, cell.memory_mb)]
    return probe(asked, action.records, program, bench.broker, load, (folder, prefix))


def _programs(plan: Plan, cells: Sequence[Cell]) -> dict[str, Sequence[str]]:
    """The command of each engine up to the options that all of them take."""
    options = {str(engine): more for engine, more in plan.options.items()}
    engines = dict.fromkeys(cell.engine for cell in cells)
    return {engine: [*program_of(engine), *options.get(engine, ())] for engine in engines}
