"""How many workers there should be, as a file says it: the group is scaled while it runs.

A file that is looked at, and no signal: it can be written from another container through a shared
folder and without knowing a process id, it still says what was asked for when the group is started
again, and a SIGHUP would also come from a terminal that is closed.
"""

from __future__ import annotations

import logging
from pathlib import Path

_log = logging.getLogger(__name__)


class WorkersFile:
    """A file that holds one number."""

    def __init__(self, path: Path, most: int) -> None:
        """Nothing is read yet.

        Args:
            path: where it is or will be.
            most: largest number that makes sense.
        """
        self._path, self._most = path, most
        self._known: str | None = None

    def asked_for(self) -> int | None:
        """The number, if it is another one than at the last look; None too while there is no file.

        What cannot be used is logged once and changes nothing: a group that runs does not end
        because of a typing mistake.
        """
        try:
            text = self._path.read_text(errors="replace").strip()
        except OSError:
            return None
        if text == self._known:
            return None
        self._known = text
        count = int(text) if text.isascii() and text.isdigit() else 0
        if not 1 <= count <= self._most:
            _log.warning(
                "%s holds %r, which is no number from 1 to %d: the group stays as it is",
                *(self._path, text[:20], self._most),
            )
            return None
        return count
