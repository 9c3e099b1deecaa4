"""`python -m scripts.every_target`: each target of the Makefile in a fresh clone, as a table."""

from __future__ import annotations

import os
import platform
import signal
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from fraud_core.command import run_command, say, show
from fraud_core.errors import EXIT_BUG, EXIT_INTERRUPTED, ConfigError
from scripts.clone import Outcome, fresh_clone, plain_environment, run_target
from scripts.rows import Row, duration, kept, read_rows, row_of, table, write_rows
from scripts.targets import LEFT_OUT, TARGETS, Target, chosen, documented, unknown
from scripts.tasks import PROJECT

OUT: Final = PROJECT / "benchmarks/results/test-all"
TABLE: Final = "table.md"
ROWS: Final = "rows.json"
_LAST_LINES: Final = 15

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def every_target(
    only: Annotated[
        list[str] | None, typer.Option(help="this target; may be repeated; default: all")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="leave out what has passed at this commit")
    ] = False,
    project: Annotated[Path, typer.Option(help="what is cloned")] = PROJECT,
    out: Annotated[Path, typer.Option(help="folder of the logs and of the table")] = OUT,
) -> None:
    """Run every target in a fresh clone of the last commit, with hardly any variable of this shell.

    Goes on after a failure and then ends with 1. The table is written as Markdown too, after each
    target; rows of earlier runs stay for targets that --only does not name. With --resume a pass
    that was interrupted goes on; without it and --only a new one begins.

    Example: python -m scripts.every_target --only check --only demo
    """
    wanted = chosen(only or ())
    if forgotten := list(unknown(documented(project / "Makefile"))):
        raise ConfigError(
            f"the Makefile has {', '.join(forgotten)}: say in scripts/targets.py how it is run"
        )
    # Whoever ends us ends what we have started; and what a shell began with `&` ignores Ctrl-C,
    # as would each target that is to end by it.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    commit = _commit(project)
    out.mkdir(parents=True, exist_ok=True)
    names = {target.name for target in wanted}
    rows = list(kept(read_rows(out / ROWS), names, commit, resume=resume))
    there = {row.target for row in rows}
    left = [target for target in wanted if target.name not in there]
    if _git(project, "status", "--porcelain", "--untracked-files=no"):
        say(f"what is not committed is left out: this is {commit}")
    try:
        outcomes = [_with_row(target, commit, rows, project, out) for target in left]
    except KeyboardInterrupt:
        raise typer.Exit(EXIT_INTERRUPTED) from None
    finally:
        show(_written(rows, out))
    if not all(one.passed for one in outcomes):
        raise typer.Exit(EXIT_BUG)


def _with_row(target: Target, commit: str, rows: list[Row], project: Path, out: Path) -> Outcome:
    """Run a target; its row is kept as soon as it has ended."""
    outcome = _run(target, project, commit, out)
    rows.append(row_of(outcome, commit, datetime.now(UTC).date()))
    _written(rows, out)
    return outcome


def _written(rows: Sequence[Row], out: Path) -> str:
    """The table, kept with its rows."""
    machine = f"{os.cpu_count()} cores, {platform.system()}"
    order = [target.name for target in TARGETS]
    text = "\n".join(table(rows, order, LEFT_OUT.items(), machine)) + "\n"
    write_rows(out / ROWS, rows)
    (out / TABLE).write_text(text, encoding="utf-8")
    return text


def _run(target: Target, project: Path, commit: str, out: Path) -> Outcome:
    log = out / f"{target.name}.log"
    say(f"{datetime.now(UTC):%H:%M:%S} make {target.name} (log: {log})")
    with fresh_clone(project, commit) as clone:
        outcome = run_target(target, clone, plain_environment(os.environ), log)
    say(f"  {outcome.result} after {duration(outcome.took_s)}")
    if not outcome.passed:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        say("\n".join(f"  | {line}" for line in lines[-_LAST_LINES:]))
    return outcome


def _commit(project: Path) -> str:
    return _git(project, "rev-parse", "HEAD")


def _git(project: Path, *arguments: str) -> str:
    command = ("git", "-C", str(project), *arguments)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ConfigError(f"{project} is no clone of git: {done.stderr.strip()}")
    return done.stdout.strip()


if __name__ == "__main__":
    run_command(app)
