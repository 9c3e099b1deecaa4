"""`streamgauge quality`: judge, write the report anew, print, and end with the exit code."""

from __future__ import annotations

from pathlib import Path

from benchmarks.campaign import refresh
from benchmarks.outcomes import View
from benchmarks.quality_result import QualityLimits
from benchmarks.quality_run import judge_quality, raise_if_not_good
from benchmarks.quality_text import quality_text
from fraud_core.command import say, show
from fraud_core.errors import ConfigError


def view_of(name: str) -> View:
    """A view by its name.

    Raises:
        ConfigError: there is no such view.
    """
    if name == "settled":
        return "settled"
    if name == "as-of":
        return "as-of"
    raise ConfigError(f"--view {name!r}: give settled (every outcome) or as-of (those known then)")


def limits_of(declined_percent: float, missed_per_100: float) -> QualityLimits:
    """The bank's limits as the command line gives them."""
    return QualityLimits(declined_good_share=declined_percent / 100, missed_per_100=missed_per_100)


def run_quality(run_folder: Path, view: View, limits: QualityLimits, *, as_json: bool) -> None:
    """Judge a run and print what was found.

    Raises:
        StreamError: a limit is not met, or there is nothing to judge.
    """
    refresh(run_folder)
    quality = judge_quality(run_folder, view, limits)
    show(quality.model_dump_json(indent=2) if as_json else quality_text(quality))
    if view == "settled":
        from benchmarks.report import write_report  # drawing takes a second to import

        say(f"report  {write_report(run_folder)}")
    raise_if_not_good(quality)
