"""An engine of one instance whose runner starts it again when it dies: the plain loop, watched.

Takes the options of every engine: `python -m tests.restarting_engine --artifact ...`.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from benchmarks.engines import program_of
from fraud_core.instances_file import Instance, write_instances

TOLD_IN = "--instances-file"


def main(options: list[str]) -> int:
    place = options.index(TOLD_IN)
    told_in = Path(options[place + 1])
    command = [*program_of("plain"), *options[:place], *options[place + 2 :]]
    stopping = []

    def stop(*_):
        stopping.append(True)
        child.terminate()

    signal.signal(signal.SIGTERM, stop)
    while True:
        child = subprocess.Popen(command)
        write_instances(told_in, [Instance("plain-0", child.pid, True, "none")])
        code = child.wait()
        if stopping:
            return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
