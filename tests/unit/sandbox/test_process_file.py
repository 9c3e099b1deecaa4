import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from sandbox.process_file import ProcessFile, find_process, is_alive, stop_process
from sandbox.waiting import wait_until

MARK = "a-mark-of-ours"


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    program = "import sys; sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", program, MARK], stdin=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "process.json"


def test_a_running_process_is_found_again(child: subprocess.Popen[bytes], path: Path) -> None:
    ProcessFile.of(child.pid, MARK).write(path)
    found = find_process(path)
    assert found is not None
    assert found.pid == child.pid


def test_the_process_of_somebody_who_got_the_same_number_is_not_ours(
    child: subprocess.Popen[bytes], path: Path
) -> None:
    born = psutil.Process(child.pid).create_time()
    ProcessFile(child.pid, born - 3600, MARK).write(path)
    assert find_process(path) is None
    ProcessFile(child.pid, born, "a mark of another program").write(path)
    assert find_process(path) is None


def test_a_process_that_was_killed_is_not_found_although_nobody_collected_it(
    child: subprocess.Popen[bytes], path: Path
) -> None:
    ProcessFile.of(child.pid, MARK).write(path)
    process = psutil.Process(child.pid)
    child.kill()
    assert wait_until(lambda: not is_alive(process), within_s=10) is not None
    assert process.status() == psutil.STATUS_ZOMBIE
    assert find_process(path) is None


@pytest.mark.parametrize("content", ["", "{}", "[]", "7", json.dumps({"pid": "x"})])
def test_a_file_that_cannot_be_read_is_no_process(path: Path, content: str) -> None:
    assert find_process(path) is None
    path.write_text(content)
    assert find_process(path) is None


def test_stopping_asks_first(child: subprocess.Popen[bytes]) -> None:
    assert stop_process(psutil.Process(child.pid), patience_s=10)
    assert child.wait() < 0


DEAF = """
import signal, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf from here on", flush=True)
sys.stdin.read()
"""


def test_a_process_that_does_not_listen_is_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", DEAF], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as deaf:
        assert deaf.stdout is not None
        deaf.stdout.readline()
        assert not stop_process(psutil.Process(deaf.pid), patience_s=0.2)
        assert deaf.wait() == -9


def test_we_are_alive() -> None:
    assert is_alive(psutil.Process(os.getpid()))
