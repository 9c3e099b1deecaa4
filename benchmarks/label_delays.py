"""The label delay as a lever: the same stream judged for feedback after hours or weeks.

Each delay is a run of its own, with a model that was trained with it; this puts them together.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.begin import Request, choose_run, look_around
from benchmarks.delay_table import DelayQualities, DelayQuality, delay_of, delay_table
from benchmarks.programs import Program
from benchmarks.quality_result import QualityLimits
from benchmarks.quality_run import judge_quality
from benchmarks.quality_text import delay_text
from benchmarks.running import Voice, measure
from benchmarks.store import save
from fraud_core.artifact import MANIFEST_FILE, Manifest, load_artifact
from fraud_core.command import say, show
from fraud_core.errors import ConfigError, RequirementNotMetError
from fraud_core.transaction import SECONDS_PER_DAY, format_time

DELAYS_FILE: Final = "label-delay.json"
DELAYS_CHART: Final = "label-delay.png"
_TRAINED_WITHIN_S: Final = 1800.0


def run_delays(request: Request, voice: Voice) -> None:
    """Measure the plan once for each delay, and print what the delays do.

    Raises:
        StreamError: a run could not be measured, or gave features or scores that differ.
    """
    if request.resume and request.run_id is None:
        raise ConfigError("--resume: name the run with --run-id, each delay is a run of its own")
    run_id = choose_run(request, datetime.now(UTC))
    folder = request.results / run_id
    folder.mkdir(parents=True, exist_ok=True)
    found: list[DelayQuality] = []
    for delay_h in request.plan.label_delays_h:
        found += _measured(request, run_id, round(delay_h * 3600), voice)
    quality = DelayQualities(run=run_id, delays=found)
    save(folder / DELAYS_FILE, quality)
    _draw(folder / DELAYS_CHART, quality)
    show(quality.model_dump_json(indent=2) if voice.as_json else delay_table(found))
    say(f"chart  {folder / DELAYS_CHART}")
    changed = [one.run for one in found if one.mismatches]
    if changed:
        raise RequirementNotMetError(f"features or scores differ in {', '.join(changed)}")


def _measured(request: Request, run_id: str, delay_s: int, voice: Voice) -> list[DelayQuality]:
    name = delay_text(delay_s).replace(" ", "")
    say(f"label delay {delay_text(delay_s)}")
    plan = request.plan.model_copy(update={"id": f"{request.plan.id}-{name}", "label_delays_h": ()})
    one = replace(
        request,
        plan=plan,
        artifact=artifact_of(request, delay_s),
        run_id=f"{run_id}-{name}",
        resume=(request.results / f"{run_id}-{name}").is_dir(),
    )
    result, folder = measure(one, voice)
    quality = judge_quality(folder, "settled", QualityLimits())
    _write_report(folder)
    return [delay_of(delay_s, result, step) for step in quality.steps]


def artifact_of(request: Request, delay_s: int) -> Path:
    """An artifact like the given one, but for its label delay; trained where there is none.

    Raises:
        StreamError: it could not be trained.
    """
    found = look_around(request)
    manifest = found.artifact.manifest
    if manifest.label_delay_s == delay_s and manifest.profile:
        return request.artifact
    folder = request.results / ".cache" / f"artifact-{found.files_key}-{delay_s}"
    if not (folder / MANIFEST_FILE).is_file():
        say(f"training a model with outcomes that come after {delay_text(delay_s)}")
        _train(request, manifest, delay_s, folder)
    load_artifact(folder)
    return folder


def _train(request: Request, manifest: Manifest, delay_s: int, folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    program = Program(
        "model_export train",
        train_command(request.transactions, manifest, delay_s, folder),
        folder.parent / f"{folder.name}.log",
    )
    try:
        if program.wait(_TRAINED_WITHIN_S) != 0:
            raise program.failure("before the model was trained")
    finally:
        program.stop()


def train_command(
    transactions: Sequence[Path], manifest: Manifest, delay_s: int, folder: Path
) -> list[str]:
    """How a model like that of a manifest is trained with another delay."""
    train_s = manifest.train_last_s + 1 - manifest.train_first_s
    return [
        *(sys.executable, "-m", "model_export", "train", "--out", str(folder)),
        *(part for path in transactions for part in ("--transactions", str(path))),
        *("--history-end", format_time(manifest.history_end_s)[:10]),
        *("--train-days", str(train_s // SECONDS_PER_DAY)),
        *("--customers-share", f"{manifest.customers_share:g}"),
        *("--label-delay-days", repr(delay_s / SECONDS_PER_DAY)),
        *("--seed", manifest.made_with.get("seed", "0")),
    ]


def _write_report(folder: Path) -> None:
    from benchmarks.report import write_report  # drawing takes a second to import

    write_report(folder)


def _draw(path: Path, quality: DelayQualities) -> None:
    from benchmarks.charts import Chart, save_png
    from benchmarks.delay_chart import delays_chart

    title = "What quicker feedback is worth"
    chart = Chart("label-delay", title, "", partial(delays_chart, quality.delays))
    save_png(chart, path, footer=f"run {quality.run}")
