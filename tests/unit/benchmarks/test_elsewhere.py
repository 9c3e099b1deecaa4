"""Whether an engine has to be started at all, before it costs anything."""

import pytest
from typer.testing import CliRunner

from benchmarks.elsewhere import app
from benchmarks.store import step_folder
from tests.unit.benchmarks.results import step_of
from tests.unit.benchmarks.saved_run import save_step

PLAN = "{id: try, engines: [external], instances: [1, 2], rates_eps: [10], repetitions: 1}"
RUN = "try-1"


@pytest.fixture
def ask(tmp_path):
    """What the command says of a cell of a campaign with these steps."""
    plan = tmp_path / "plan.yaml"
    plan.write_text(PLAN)

    def asked(*steps, engine="faust", instances=1):
        for step in steps:
            save_step(step_folder(tmp_path / RUN, step.id), step)
        where = ["left", str(plan), "--run-id", RUN, "--results", str(tmp_path)]
        which = ["--engine", engine, "--instances", str(instances)]
        done = CliRunner().invoke(app, [*where, *which])
        assert done.exit_code == 0, done.output
        return done.stdout.strip()

    return asked


def test_before_the_campaign_everything_is_left(ask):
    assert ask() == "left: faust-x1-10eps"


def test_a_cell_that_is_measured_is_not_measured_again(ask):
    step = step_of("faust")
    assert step.verdict != "invalid"
    assert ask(step) == "left: nothing"
    assert ask(engine="spark") == "left: spark-x1-10eps"
    assert ask(instances=2) == "left: faust-x2-10eps"


def test_a_step_that_is_invalid_is_measured_again(ask):
    step = step_of("faust").model_copy(update={"verdict": "invalid"})
    assert ask(step).startswith("left: faust-x1-10eps")
