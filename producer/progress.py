"""How far the load is: a live line on a terminal, a line each 5 s elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

LINE_EVERY_S: Final = 5.0
LIVE_EVERY_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the load stands.

    Attributes:
        sent: records that the broker took.
        asked: records that the schedule holds, None where only the files' end ends it.
        late: records sent more than 10 ms after they were due.
        behind_ms: delay of the last record.
    """

    sent: int
    asked: int | None
    late: int
    behind_ms: float


def progress_line(before: Standing, now: Standing, elapsed_s: float) -> str:
    """What happened since the line before."""
    rate_eps = (now.sent - before.sent) / elapsed_s if elapsed_s > 0 else 0.0
    of = f"/{now.asked}" if now.asked is not None else ""
    return f"sent {rate_eps:.1f}/s  late {now.late}  behind {now.behind_ms:.1f} ms  {now.sent}{of}"


class Progress:
    """Writes a line when it is time for one."""

    def __init__(self, write: Callable[[str], object], *, is_live: bool) -> None:
        """Begin.

        Args:
            write: takes text for stderr.
            is_live: rewrite one line in place.
        """
        self._write = write
        self._is_live = is_live
        self._every_s = LIVE_EVERY_S if is_live else LINE_EVERY_S
        self._at_s: float | None = None
        self._before = Standing(0, None, 0, 0.0)

    def begin(self, now_s: float) -> None:
        """Count time from here: what was before was preparation."""
        self._at_s = now_s

    def is_due(self, now_s: float) -> bool:
        """True when it is time for a line."""
        if self._at_s is None:
            self._at_s = now_s
        return now_s - self._at_s >= self._every_s

    def update(self, standing: Standing, now_s: float) -> None:
        """Write a line."""
        elapsed_s = now_s - (self._at_s if self._at_s is not None else now_s)
        line = progress_line(self._before, standing, elapsed_s)
        self._write(f"\r{line}\x1b[K" if self._is_live else f"{line}\n")
        self._at_s, self._before = now_s, standing

    def note(self, text: str, now_s: float) -> None:
        """Write a line of another kind, when it is time for one."""
        if self.is_due(now_s):
            self._write(f"\r{text}\x1b[K" if self._is_live else f"{text}\n")
            self._at_s = now_s

    def close(self) -> None:
        """Leave the live line as it is and go to the next one."""
        if self._is_live and self._at_s is not None:
            self._write("\n")
