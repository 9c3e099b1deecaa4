"""What becomes of a measurement whose engine changed, or did not, from its begin to its end."""

import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from benchmarks.elsewhere import INVALID_NOW, app
from fraud_dag.programs import Program
from fraud_yandex.cell import ELSEWHERE, READY, guarded
from fraud_yandex.engines import EngineChangedError
from fraud_yandex.names import Cell

CELL = Cell("faust", 2)
COMMAND = ["run", "plan.yaml"]
ATTENDS = f"""
import signal
signal.pthread_sigmask(signal.SIG_BLOCK, {{{{2, 15}}}})
print('{READY}2 instances', flush=True)
if signal.sigwait({{{{2, 15}}}}) == 15:
    raise SystemExit(0)
print('asked', flush=True)
raise SystemExit({{code}})
"""


class Programs:
    """A desk whose attendant ends a last look with one code, and whose measurement with another."""

    def __init__(self, folder, looks_last, measures):
        self.run, self.artifact = "run-1", folder
        self.worker = SimpleNamespace(results=folder)
        self.names = SimpleNamespace(topics=str, group=str)
        self.heard: list[str] = []
        self.asked: list[list[str]] = []
        self._scripts = {
            ELSEWHERE: ATTENDS.format(code=looks_last),
            "benchmarks": f"raise SystemExit({measures})",
        }
        self.started: list[Program] = []

    def say(self, line):
        self.heard.append(line)

    def start(self, module, *_, measures):
        command = [sys.executable, "-c", self._scripts[module]]
        self.started.append(Program(command, Path.cwd(), os.environ))
        return self.started[-1]

    def run_module(self, module, *arguments):
        assert module == ELSEWHERE
        self.asked.append(list(arguments))


@pytest.fixture
def desk_of(tmp_path):
    desks = []

    def make(*, looks_last, measures):
        desks.append(Programs(tmp_path, looks_last, measures))
        return desks[-1]

    yield make
    for program in (one for desk in desks for one in desk.started):
        program.stop()


ENGINE = SimpleNamespace(check=lambda: None)


def test_an_engine_that_is_as_it_was_at_the_end_leaves_the_answer_as_it_is(desk_of):
    desk = desk_of(looks_last=0, measures=3)
    assert guarded(desk, CELL, ENGINE, COMMAND).code == 3
    assert "asked" in desk.heard
    assert desk.asked == []


def test_one_that_has_just_changed_makes_the_steps_before_it_invalid(desk_of):
    desk = desk_of(looks_last=4, measures=0)
    with pytest.raises(EngineChangedError, match="ended with 4: asked"):
        guarded(desk, CELL, ENGINE, COMMAND)
    (command,) = desk.asked
    done = CliRunner().invoke(app, command)
    assert (done.exit_code, done.stdout) == (0, f"{INVALID_NOW}none\n"), done.output


def test_a_measurement_without_an_answer_is_not_looked_at_again(desk_of):
    desk = desk_of(looks_last=4, measures=130)
    assert guarded(desk, CELL, ENGINE, COMMAND).code == 130
    assert "asked" not in desk.heard
