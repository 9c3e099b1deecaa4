"""The results folder: every file is written whole, under another name first."""

from __future__ import annotations

import secrets
from datetime import datetime
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ValidationError

from benchmarks.result import SCHEMA_VERSION, RunResult, StepResult
from fraud_core.errors import ConfigError

RUN_FILE: Final = "run.json"
STEP_FILE: Final = "step.json"
REPORT_FILE: Final = "report.html"
LEDGER_FILE: Final = "ledger.parquet"
OUTPUTS_FILE: Final = "outputs.parquet"
LOAD_FILE: Final = "load.json"
DEFAULT_RESULTS: Final = Path("benchmarks/results")


def new_run_id(plan_id: str, now: datetime) -> str:
    """Sortable by time inside a plan, and not taken twice."""
    return f"{plan_id}-{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def step_folder(run_folder: Path, step_id: str) -> Path:
    """Where everything of a step is."""
    return run_folder / "steps" / step_id


def write_whole(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old one or the new one, never a part."""
    scratch = path.with_name(f"{path.name}.tmp")
    scratch.write_text(text)
    scratch.replace(path)


def save(path: Path, part: BaseModel) -> None:
    """Write a result as JSON."""
    write_whole(path, part.model_dump_json(indent=2) + "\n")


def load_run(run_folder: Path) -> RunResult:
    """Read `run.json`.

    Raises:
        ConfigError: there is none, or it is of another schema version.
    """
    path = run_folder / RUN_FILE
    try:
        return RunResult.model_validate_json(path.read_bytes())
    except OSError:
        runs = sorted(one.parent.name for one in run_folder.parent.glob(f"*/{RUN_FILE}"))
        known = f"known runs: {', '.join(runs[-5:])}" if runs else "there are no runs yet"
        raise ConfigError(f"{path} cannot be read; {known}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ConfigError(
            f"{path} is no result of schema version {SCHEMA_VERSION} ({where}: {first['msg']}): "
            "read it with the program that wrote it"
        ) from None


def load_step(folder: Path) -> StepResult:
    """Read `step.json` of a step's folder."""
    return StepResult.model_validate_json((folder / STEP_FILE).read_bytes())


def run_folder_of(run: str, results: Path) -> Path:
    """The folder of a run given by its id, or as a path."""
    path = Path(run)
    return path if path.is_dir() and (path / RUN_FILE).exists() else results / run
