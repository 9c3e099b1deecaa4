"""The conventions that every command of ours keeps: exit codes, streams, logs, signals."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable

from fraud_core.errors import EXIT_INTERRUPTED, StreamError

LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"


def run_command(command: Callable[[], object]) -> None:
    """Run a typer application and turn our errors into their exit codes.

    Results go to stdout, progress and errors to stderr. An error of ours is one line; anything
    else keeps its traceback, because it is a bug.

    Args:
        command: the typer application, called without arguments.
    """
    try:
        command()
    except StreamError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        sys.exit(EXIT_INTERRUPTED)


def log_to_stderr(level: int = logging.INFO) -> None:
    """Send our logs to stderr, one line per event; third parties only from WARNING up."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format=LOG_FORMAT)
    for name in ("fraud_core", "producer", "faust_scorer", "spark_scorer", "benchmarks", "sandbox"):
        logging.getLogger(name).setLevel(level)


def say(line: str) -> None:
    """Write one line of progress to stderr at once."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def show(line: str) -> None:
    """Write one line of result to stdout at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
