"""`streamgauge quality`: every step of a saved run judged by what became of its transactions."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.outcomes import Judged, View, by_model
from benchmarks.parity import scores_differ
from benchmarks.quality import BLOCK, REVIEW, Yardstick, judge_model
from benchmarks.quality_files import FeatureSample, StepFiles, read_feature_sample, read_step
from benchmarks.quality_result import QualityLimits, RunQuality, StepQuality
from benchmarks.replay import offline_features_of, replay_of
from benchmarks.result import DrainProbe, RunResult, StepResult, cell_title
from benchmarks.store import (
    OUTPUTS_FILE,
    QUALITY_AS_OF_FILE,
    QUALITY_FILE,
    load_run,
    save,
    step_folder,
)
from fraud_core.distribution import Distribution
from fraud_core.errors import ConfigError, MeasurementError, RequirementNotMetError
from fraud_core.features import FEATURE_NAMES

Scores = tuple[NDArray[np.int64], NDArray[np.float32]]
"""Row numbers and scores of predictions that had all labels."""

_NO_REFERENCE: Final = "the files alone do not say what the engine must have answered"


@dataclass(frozen=True, slots=True)
class _Source:
    """A step or a drain that kept its outputs."""

    measured: StepResult | DrainProbe
    folder: Path


def judge_quality(run_folder: Path, view: View, limits: QualityLimits) -> RunQuality:
    """Judge the model on every step of a run and keep what was found beside it.

    Raises:
        ConfigError: there is no such run, or its files are not its own.
        MeasurementError: no step kept anything to judge.
    """
    result = load_run(run_folder)
    found = _judge_steps(run_folder, result, yardstick_of(result, view, limits))
    if not found.steps:
        raise MeasurementError(
            f"run {result.run['id']} kept no predictions to judge: it has no finished step"
        )
    quality = RunQuality(
        run=result.run["id"],
        view=view,
        limits=limits,
        label_delay_s=result.model.get("label_delay_s"),
        offline=result.model["metrics"],
        steps=found.steps,
        engines_differ=_engines_differ(found.steps, found.scores),
        left_out=found.left_out,
    )
    save(run_folder / (QUALITY_FILE if view == "settled" else QUALITY_AS_OF_FILE), quality)
    return quality


@dataclass(frozen=True, slots=True)
class _Found:
    """What was found of all steps, and the scores of each by its name."""

    steps: list[StepQuality]
    scores: dict[str, Scores]
    left_out: list[str]


def _judge_steps(run_folder: Path, result: RunResult, by: Yardstick) -> _Found:
    offline, why = offline_features_of(result, run_folder.parent, run_folder / "features.log")
    found = _Found([], {}, [])
    for source in _sources(run_folder, result):
        name = _name(source.measured)
        files = read_step(source.folder, shared=_is_shared(source.measured))
        if files.untold:
            untold = f"{files.untold:,} predictions do not name model, customer and amount"
            found.left_out.append(f"{name}: {untold}")
        if not len(files.answered):
            found.left_out.append(f"{name}: no predictions")
            continue
        sample = read_feature_sample(source.folder, files.sent)
        judged = _step_quality(source.measured, files, _columns(sample), by)
        if _has_reference(source.measured):
            found.scores[name] = _scores(files.answered)
            replay = replay_of(sample, offline, why)
        else:
            replay = replay_of(None, None, _NO_REFERENCE)
        found.steps.append(judged.model_copy(update={"replay": replay}))
    return found


def _is_shared(measured: StepResult | DrainProbe) -> bool:
    """True for an external engine: others may write to its input."""
    return isinstance(measured, StepResult) and not measured.command


def _has_reference(measured: StepResult | DrainProbe) -> bool:
    """False where the files do not say what an external engine must answer."""
    return isinstance(measured, DrainProbe) or measured.score_mismatches is not None


def yardstick_of(result: RunResult, view: View, limits: QualityLimits) -> Yardstick:
    """What the predictions of a run are judged by.

    Raises:
        ConfigError: an earlier version wrote the run.
    """
    model = result.model
    if "thresholds" not in model:
        raise ConfigError(
            f"run {result.run['id']} does not say which thresholds its model has: an earlier "
            "version wrote it; measure again"
        )
    profile = {name: Distribution(**one) for name, one in model.get("profile", {}).items()}
    thresholds = {name: model["thresholds"][name] for name in (REVIEW, BLOCK)}
    return Yardstick(view, thresholds, model["history_end_s"] + 1, limits, profile)


def _sources(run_folder: Path, result: RunResult) -> Iterator[_Source]:
    measured: list[StepResult | DrainProbe] = [*result.steps, *result.drains]
    for one in measured:
        folder = step_folder(run_folder, _name(one))
        if (folder / OUTPUTS_FILE).is_file():
            yield _Source(one, folder)


def _name(measured: StepResult | DrainProbe) -> str:
    return measured.id if isinstance(measured, StepResult) else measured.step


def _step_quality(
    measured: StepResult | DrainProbe,
    files: StepFiles,
    features: Mapping[str, NDArray[Any]],
    by: Yardstick,
) -> StepQuality:
    answered, sent = files.answered, files.sent
    scored = np.isin(sent.seq, answered.seq)
    return StepQuality(
        step=_name(measured),
        cell=measured.cell,
        title=cell_title(measured),
        engine=measured.engine,
        instances=measured.instances,
        rate_eps=measured.rate_eps if isinstance(measured, StepResult) else None,
        sent=len(sent.seq),
        predicted=len(answered),
        frauds_not_scored=int(np.count_nonzero((sent.fraud == 1) & ~scored)),
        models=[
            judge_model(name, rows, features, by) for name, rows in by_model(answered, files.models)
        ],
        replay=replay_of(None, None, ""),
    )


def _columns(sample: FeatureSample | None) -> Mapping[str, NDArray[Any]]:
    if sample is None:
        return {}
    return {name: sample.features[:, place] for place, name in enumerate(FEATURE_NAMES)}


def _scores(answered: Judged) -> Scores:
    kept = answered.where(answered.labels_complete)
    return kept.seq, kept.score.astype(np.float32)


def _engines_differ(
    steps: Sequence[StepQuality],
    scores: Mapping[str, Scores],
) -> dict[str, int]:
    """Scores that differ between the longest steps of any two engines.

    Args:
        steps: all of the run.
        scores: of those that have a reference; what is of another model is compared with nobody.
    """
    compared = [one for one in steps if one.step in scores]
    longest = {one.engine: one for one in sorted(compared, key=lambda one: one.predicted)}
    pairs = itertools.combinations(sorted(longest), 2)
    return {
        f"{first} and {second}": scores_differ(
            scores[longest[first].step], scores[longest[second].step]
        )
        for first, second in pairs
    }


def raise_if_not_good(quality: RunQuality) -> None:
    """Turn a quality that is none into its exit code.

    Raises:
        RequirementNotMetError: a limit of the bank is not met, or features or scores differ.
        MeasurementError: no outcome of any step counts.
    """
    problems = [
        f"{step.step}: {broken}"
        for step in quality.steps
        for model in step.models
        for broken in model.limits_broken
    ]
    problems += [
        f"{step.step}: {step.replay.mismatches} features differ from the offline computation"
        for step in quality.steps
        if step.replay.mismatches
    ]
    problems += [
        f"{pair}: {count} scores differ" for pair, count in quality.engines_differ.items() if count
    ]
    if problems:
        raise RequirementNotMetError("a requirement is not met: " + "; ".join(problems))
    models = [model for step in quality.steps for model in step.models]
    if not any(model.transactions for model in models):
        raise MeasurementError(f"nothing can be judged: {models[0].why[0]}")
