"""`python -m scripts.every_target`: each target of the Makefile in a fresh clone, as a table."""

from __future__ import annotations

import os
import platform
import signal
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from fraud_core.command import run_command, say, show
from fraud_core.errors import EXIT_BUG, EXIT_INTERRUPTED, ConfigError
from scripts.clone import Outcome, fresh_clone, plain_environment, run_target
from scripts.targets import LEFT_OUT, Target, chosen, documented, unknown
from scripts.tasks import PROJECT

OUT: Final = PROJECT / "benchmarks/results/test-all"
TABLE: Final = "table.md"
_LAST_LINES: Final = 15
_S_IN_MIN: Final = 60
_SHORT: Final = 8

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def every_target(
    only: Annotated[
        list[str] | None, typer.Option(help="this target; may be repeated; default: all")
    ] = None,
    project: Annotated[Path, typer.Option(help="what is cloned")] = PROJECT,
    out: Annotated[Path, typer.Option(help="folder of the logs and of the table")] = OUT,
) -> None:
    """Run every target in a fresh clone of the last commit, with hardly any variable of this shell.

    Goes on after a failure and then ends with 1. The table is written as Markdown too.

    Example: python -m scripts.every_target --only check --only demo
    """
    targets = chosen(only or ())
    if forgotten := list(unknown(documented(project / "Makefile"))):
        raise ConfigError(
            f"the Makefile has {', '.join(forgotten)}: say in scripts/targets.py how it is run"
        )
    # Whoever ends us ends what we have started.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    commit = _commit(project)
    out.mkdir(parents=True, exist_ok=True)
    outcomes: list[Outcome] = []
    try:
        for target in targets:
            outcome = _run(target, project, commit, out)
            outcomes.append(outcome)
    except KeyboardInterrupt:
        raise typer.Exit(EXIT_INTERRUPTED) from None
    finally:
        said = _described(project, commit)
        text = "\n".join(table(outcomes, () if only else LEFT_OUT.items(), said)) + "\n"
        (out / TABLE).write_text(text, encoding="utf-8")
        show(text)
    if not all(one.passed for one in outcomes):
        raise typer.Exit(EXIT_BUG)


def table(
    outcomes: Sequence[Outcome],
    left_out: Iterable[tuple[str, str]],
    commit: str,
) -> Iterator[str]:
    """The table as Markdown.

    Args:
        outcomes: of what was run.
        left_out: target and reason of what was not.
        commit: that was cloned.
    """
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    yield f"`make test-all` of {commit} on {day}, {os.cpu_count()} cores, {platform.system()}"
    yield ""
    yield "| target | result | duration |"
    yield "|---|---|---|"
    for one in outcomes:
        yield f"| `make {one.target}` | {one.result} | {duration(one.took_s)} |"
    for name, reason in left_out:
        yield f"| `make {name}` | left out: {reason} | |"
    passed = sum(one.passed for one in outcomes)
    yield ""
    yield f"{passed} of {len(outcomes)} passed in {duration(sum(one.took_s for one in outcomes))}."


def duration(took_s: float) -> str:
    """Minutes and seconds."""
    minutes, seconds = divmod(round(took_s), _S_IN_MIN)
    return f"{minutes}:{seconds:02d}"


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


def _described(project: Path, commit: str) -> str:
    changed = _git(project, "status", "--porcelain", "--untracked-files=no")
    return commit[:_SHORT] + (" (what is not committed was left out)" if changed else "")


def _git(project: Path, *arguments: str) -> str:
    command = ("git", "-C", str(project), *arguments)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ConfigError(f"{project} is no clone of git: {done.stderr.strip()}")
    return done.stdout.strip()


if __name__ == "__main__":
    run_command(app)
