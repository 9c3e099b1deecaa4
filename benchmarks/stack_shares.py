"""Whose code the processor was in: py-spy's stacks, as shares of packages.

py-spy writes one line for each stack that it saw, outermost frame first, and how often it saw it:
`<module> (/path/main.py:12);score (/path/fraud_core/scorer.py:80) 17` (its README, "record", format
raw). Time in a C extension counts for the Python function that called it; time in the standard
library for the package that called that.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

STANDARD_LIBRARY: Final = "the standard library alone"
_FRAME: Final = re.compile(r"\((?P<file>[^()]*?)(?::\d+)?\)$")
_PACKAGES: Final = "site-packages"
_LIBRARY: Final = re.compile(r"/lib/python3\.\d+/")
_FROZEN: Final = "<frozen "


def samples_by_owner(lines: Iterable[str], project: Path) -> Counter[str]:
    """How many samples fell into each package, and into each module of the project.

    Args:
        lines: of a file in py-spy's raw format, with full file names.
        project: folder of the project's packages.

    Raises:
        ValueError: a line is not of that format.
    """
    found: Counter[str] = Counter()
    for line in lines:
        stack, _, count = line.rstrip().rpartition(" ")
        if not stack or not count.isdigit():
            raise ValueError(f"{line!r} is no stack with a count: py-spy writes them by -f raw")
        found[owner(stack.split(";"), project)] += int(count)
    return found


def owner(frames: Sequence[str], project: Path) -> str:
    """Whose code a stack is in: the innermost frame that is not the standard library's.

    Args:
        frames: outermost first.
        project: folder of the project's packages.
    """
    for frame in reversed(frames):
        if (name := _package(frame, project)) is not None:
            return name
    return STANDARD_LIBRARY


def _package(frame: str, project: Path) -> str | None:
    where = _FRAME.search(frame)
    file = where["file"] if where else ""
    if _PACKAGES in file:
        inside = file.rpartition(f"{_PACKAGES}/")[2]
        return inside.partition("/")[0].removesuffix(".py")
    if Path(file).is_relative_to(project):
        return str(Path(file).relative_to(project)).removesuffix(".py")
    if not file or file.startswith(_FROZEN) or _LIBRARY.search(file):
        return None
    return Path(file).name


def shares(samples: Mapping[str, float], at_least: float = 0.01) -> list[tuple[str, float]]:
    """The largest first, and what is below a share as one.

    Args:
        samples: how much each has.
        at_least: what is named, as a share of all.
    """
    total = sum(samples.values()) or 1.0
    named = [(name, n / total) for name, n in samples.items() if n / total >= at_least]
    rest = 1.0 - sum(share for _, share in named)
    ranked = sorted(named, key=lambda one: -one[1])
    return [*ranked, ("others", rest)] if samples and rest > at_least / 10 else ranked
