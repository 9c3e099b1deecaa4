"""Log lines that a library writes again and again: each is let through once in a while.

Without a broker aiokafka writes some fifty lines a second, and what a worker says is lost in them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

ONCE_IN_S: Final = 10.0
_LIBRARY: Final = "aiokafka"


class RepeatedLines(logging.Filter):
    """Lets a kind of line through once in ten seconds; it is one by its logger and template."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Nothing was written yet.

        Args:
            clock: monotonic seconds.
        """
        super().__init__()
        self._clock = clock
        self._written_s: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """True when the line is to be written."""
        kind, now_s = (record.name, str(record.msg)), self._clock()
        written_s = self._written_s.get(kind)
        if written_s is not None and now_s - written_s < ONCE_IN_S:
            return False
        self._written_s[kind] = now_s
        return True


def thin_out(clock: Callable[[], float]) -> None:
    """Have the library, which is imported, write repeated lines once in a while.

    At its loggers, because Faust makes the handlers anew when it starts.

    Args:
        clock: monotonic seconds.
    """
    repeated = RepeatedLines(clock)
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] == _LIBRARY:
            logging.getLogger(name).addFilter(repeated)
