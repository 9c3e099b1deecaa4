"""Wait for a condition with a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait_until(
    condition: Callable[[], bool], *, within_s: float, every_s: float = 0.05
) -> float | None:
    """Ask until the condition holds.

    Args:
        condition: asked at once and then again and again; an exception of it ends the waiting.
        within_s: how long to go on asking.
        every_s: pause between two questions.

    Returns:
        The seconds that it took, or None when the condition never held.
    """
    begin = time.monotonic()
    while not condition():
        if time.monotonic() - begin > within_s:
            return None
        time.sleep(every_s)
    return time.monotonic() - begin
