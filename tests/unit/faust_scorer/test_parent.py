"""A worker ends with its runner; both are real processes here."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import psutil

WORKER = """
import signal, sys
from faust_scorer.parent import end_with_parent
end_with_parent(0)
signal.sigwait({signal.SIGUSR1})
"""
RUNNER = f"""
import signal, sys
from faust_scorer.worker_process import WorkerProcess
worker = WorkerProcess([sys.executable, "-c", {WORKER!r}])
other = WorkerProcess([sys.executable, "-c", {WORKER!r}])
print(worker.pid, other.pid, flush=True)
signal.pause()
"""


def test_no_worker_outlives_a_runner_that_is_killed():
    runner = subprocess.Popen([sys.executable, "-c", RUNNER], stdout=subprocess.PIPE)
    with runner:
        workers = [psutil.Process(int(pid)) for pid in runner.stdout.readline().split()]
        assert all(worker.is_running() for worker in workers)
        os.kill(runner.pid, signal.SIGKILL)
        _, alive = psutil.wait_procs(workers, timeout=20)
        assert alive == []
