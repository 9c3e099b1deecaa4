"""The quality of a run as it is kept beside it."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from benchmarks.quality_result import RunQuality
from benchmarks.store import QUALITY_FILE


def load_quality(run_folder: Path) -> RunQuality | None:
    """What was found over all outcomes; None where nobody asked, or another version wrote it."""
    try:
        return RunQuality.model_validate_json((run_folder / QUALITY_FILE).read_bytes())
    except (OSError, ValidationError):
        return None
