"""A worker ends with its group runner, however that ends.

The runner holds the write end of a pipe and never writes; the worker reads the other end. When the
runner is gone, also by SIGKILL, the kernel closes the pipe. Unlike PR_SET_PDEATHSIG of Linux this
works on every system, does not depend on which thread started the worker, and has no moment
between the start of the worker and its asking for the signal.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from typing import Final

from fraud_core.errors import EXIT_BUG

_log = logging.getLogger(__name__)

STOP_WITHIN_S: Final = 30.0
"""A worker finishes its batch, flushes and commits; after that it is ended."""


def end_with_parent(pipe: int) -> None:
    """Stop this process cleanly when a pipe is closed at its other end.

    Args:
        pipe: file descriptor of the end to read.
    """
    threading.Thread(target=_wait, args=(pipe,), name="parent", daemon=True).start()


def _wait(pipe: int) -> None:
    # Not by sys.stdin: its lock, held here, would abort the interpreter at its end.
    while os.read(pipe, 1):
        pass
    _log.warning("the group runner is gone, stopping")
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOP_WITHIN_S)
    os._exit(EXIT_BUG)
