"""When a dead worker is started again; pure, the time is passed in."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final

DEATHS_THAT_END: Final = 5
DEATHS_WITHIN_S: Final = 60.0
"""A worker that dies five times in a minute will die again: the group ends with its exit code."""

FIRST_BACKOFF_S: Final = 0.5
LONGEST_BACKOFF_S: Final = 10.0


@dataclass(slots=True)
class RestartPolicy:
    """The deaths of one worker.

    Attributes:
        deaths_s: times of those of the last minute.
    """

    deaths_s: deque[float] = field(default_factory=deque)

    def backoff_s(self, now_s: float) -> float | None:
        """Note a death.

        Args:
            now_s: monotonic seconds.

        Returns:
            seconds until the next start, None when there should be none.
        """
        self.deaths_s.append(now_s)
        while self.deaths_s[0] < now_s - DEATHS_WITHIN_S:
            self.deaths_s.popleft()
        if len(self.deaths_s) >= DEATHS_THAT_END:
            return None
        return min(FIRST_BACKOFF_S * 2.0 ** (len(self.deaths_s) - 1), LONGEST_BACKOFF_S)
