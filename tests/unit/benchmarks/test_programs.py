import sys

import pytest

from benchmarks.programs import Program, session_members, tail_of
from fraud_core.errors import ConfigError, SurroundingsError


def program(tmp_path, text):
    return Program("engine try", [sys.executable, "-c", text], tmp_path / "logs" / "engine.log")


def test_a_program_that_obeys_ends_with_its_own_code(tmp_path):
    text = (
        "import signal, sys\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))\n"
        "print('ready', flush=True)\nsignal.pause()"
    )
    started = program(tmp_path, text)
    while "ready" not in started.log_tail():
        assert started.exit_code() is None
    assert started.stop(within_s=20) == 0


def test_a_program_that_does_not_obey_is_killed_with_its_children(tmp_path):
    text = (
        "import signal, subprocess, sys\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()'])\n"
        "print('ready', flush=True)\nsignal.pause()"
    )
    started = program(tmp_path, text)
    while "ready" not in started.log_tail():
        assert started.exit_code() is None
    assert started.stop(within_s=0.2) == -9
    assert all(pid != started.pid for pid in session_members(started.pid))


def test_stopping_twice_is_harmless(tmp_path):
    started = program(tmp_path, "raise SystemExit(3)")
    assert started.stop(within_s=20) in {3, -15}
    assert started.stop() == started.exit_code()


@pytest.mark.parametrize(
    ("code", "error"), [(2, ConfigError), (5, SurroundingsError), (1, SurroundingsError)]
)
def test_a_failure_says_how_it_ended_and_what_it_said_last(tmp_path, code, error):
    started = program(tmp_path, f"print('no such topic'); raise SystemExit({code})")
    started.wait(20)
    failure = started.failure("before it was ready")
    assert isinstance(failure, error)
    assert f"engine try ended with exit code {code} before it was ready" in str(failure)
    assert "no such topic" in str(failure)


def test_only_the_end_of_a_long_log_is_shown(tmp_path):
    path = tmp_path / "log"
    path.write_text("".join(f"line {number}\n" for number in range(100)))
    assert tail_of(path).splitlines() == [f"  line {number}" for number in range(88, 100)]
    assert tail_of(tmp_path / "none") == "  (no log)"
