import os
import subprocess
import sys

import pytest
import typer.main

from benchmarks.cli import app
from benchmarks.running import raise_if_not_answered
from fraud_core.errors import MeasurementError, RequirementNotMetError
from tests.unit.benchmarks.results import run_of, step_of

COMMANDS = typer.main.get_command(app).commands


def streamgauge(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=os.environ | environment,
    )


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_help_with_an_example(name):
    assert "Example: " in COMMANDS[name].help


def test_an_answered_run_raises_nothing():
    unsustainable = step_of("spark").model_copy(update={"verdict": "unsustainable"})
    raise_if_not_answered(run_of(step_of(), unsustainable))


def test_lost_records_weigh_more_than_doubt():
    step = step_of().model_copy(update={"verdict": "invalid", "missing": 1})
    with pytest.raises(RequirementNotMetError, match="1 missing"):
        raise_if_not_answered(run_of(step))


def test_a_step_without_an_answer_is_exit_code_four():
    step = step_of().model_copy(update={"verdict": "inconclusive"})
    with pytest.raises(MeasurementError) as caught:
        raise_if_not_answered(run_of(step))
    assert caught.value.exit_code == 4


def test_a_wrong_plan_is_one_line_and_exit_code_two(tmp_path):
    plan = tmp_path / "plan.yaml"
    plan.write_text("id: x\nengines: [faust]\nrate_eps: [50]\n")
    done = streamgauge("run", str(plan))
    assert done.returncode == 2
    assert "did you mean rates_eps?" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_artifact_is_exit_code_two_with_the_remedy(tmp_path):
    done = streamgauge("run", "benchmarks/plans/smoke.yaml", "--artifact", str(tmp_path / "none"))
    assert done.returncode == 2
    assert "python -m model_export train" in done.stderr


def test_an_engine_outside_the_plan_is_exit_code_two():
    done = streamgauge("run", "benchmarks/plans/smoke.yaml", "--engine", "flink")
    assert done.returncode == 2
    assert "the plan, which has faust, spark" in done.stderr


def test_the_report_of_no_run_is_exit_code_two(tmp_path):
    done = streamgauge("report", "smoke-1", "--results", str(tmp_path))
    assert done.returncode == 2
    assert "there are no runs yet" in done.stderr
