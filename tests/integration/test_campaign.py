"""Campaigns as a user runs them: exit codes, interrupts, going on; the plain loop is the engine."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient

from tests.busy import BUSY
from tests.outputs import wait_until
from tests.sandbox_command import run_sandbox, sandbox_environment

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

SHORT = "{warmup_s: 1, measure_s: 3, block_s: 1, extend: false}"
LONG_ENOUGH = "{warmup_s: 2, measure_s: 24, block_s: 1}"
"""1 Hz samples make blocks of 3 s, and a trend needs six of them."""


def plan_text(name, step=SHORT, **more):
    fields = {"id": name, "engines": "[plain]", "rates_eps": "[50]", "step": step}
    fields |= {"limits": BUSY} | more
    return "".join(f"{key}: {value}\n" for key, value in fields.items())


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """One folder for all campaigns, so that the offline features are computed once."""
    return tmp_path_factory.mktemp("results")


@pytest.fixture
def start(tmp_path, results, dirty_files, trained):
    """Start `python -m benchmarks run` on the text of a plan."""
    started = []

    def command(text: str, *options: str, address: str) -> subprocess.Popen[str]:
        plan = tmp_path / "plan.yaml"
        plan.write_text(text)
        arguments = ["--artifact", str(trained), "--transactions", str(dirty_files)]
        arguments += ["--results", str(results), *options]
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks", "run", str(plan), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"KAFKA_BOOTSTRAP_SERVERS": address},
            start_new_session=True,
        )
        started.append(process)
        return process

    yield command
    for process in started:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=60)


@pytest.fixture
def run(start, kafka):
    """Run it to its end: exit code, stdout, stderr."""

    def to_its_end(text, *options, address=kafka.bootstrap_servers):
        process = start(text, *options, address=address)
        out, err = process.communicate(timeout=240)
        assert "Traceback" not in err, err
        return process.returncode, out, err

    return to_its_end


def streamgauge(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def step_ids(folder):
    return sorted(path.parent.name for path in folder.glob("steps/[!.]*/step.json"))


def wait_for_load(folder, step, process):
    wait_until(
        lambda: (folder / "steps" / step / "producer.log").exists(),
        within_s=120,
        what=f"the load of {step} begins",
        alive=lambda: process.poll() is None,
    )


def topics_of(kafka, run_id):
    topics = AdminClient(kafka.as_librdkafka()).list_topics(timeout=10).topics
    return [name for name in topics if name.startswith(run_id)]


def test_a_cold_engine_is_judged_once_it_is_warm_and_again_so_from_the_samples(run, results):
    text = plan_text(
        "cold",
        "{warmup_s: 4, warmup_most_s: 40, measure_s: 24, block_s: 1, extend: false}",
        engines="[oracle]",
        options='{oracle: [--rate, "300", --cold-s, "8"]}',
        limits=BUSY.replace("{", "{lag_time_p95_s: 3, "),
    )
    code, out, err = run(text, "--run-id", "cold")
    assert code == 0, out + err
    (step,) = json.loads((results / "cold" / "run.json").read_text())["steps"]
    assert 13 < step["warmup_s"] < 40
    assert step["verdict"] == "sustainable"
    judged = streamgauge("judge", "cold", "--results", str(results))
    assert judged.returncode == 0, judged.stdout + judged.stderr


def test_exit_code_zero_an_answer_and_its_verdict_again_from_the_samples(run, results):
    code, out, err = run(plan_text("answered", LONG_ENOUGH), "--run-id", "answered")
    assert code == 0, out + err
    assert out.startswith("50 events/s: plain 1 instance")
    saved = json.loads((results / "answered" / "run.json").read_text())
    assert saved["answers"][0]["instances"] == 1
    judged = streamgauge("judge", "answered", "--results", str(results), "--json")
    assert judged.returncode == 0, judged.stderr
    (step,) = json.loads(judged.stdout)["steps"]
    assert (step["verdict"], step["saved"], step["differs"]) == ("sustainable", "sustainable", [])
    same = streamgauge("compare", "answered", "answered", "--results", str(results))
    assert same.returncode == 0, same.stderr

    again = run(plan_text("answered", LONG_ENOUGH), "--run-id", "answered")
    assert again[0] == 2
    assert "run answered is there already: add --resume" in again[2]
    code, _, err = run(plan_text("answered", LONG_ENOUGH), "--run-id", "answered", "--resume")
    assert code == 0
    assert "0 more" in err

    # what judge says rests on the samples: without growth in them a changed verdict is found
    path = results / "answered" / "steps" / "plain-x1-50eps" / "step.json"
    path.write_text(path.read_text().replace('"sustainable"', '"unsustainable"'))
    judged = streamgauge("judge", "answered", "--results", str(results))
    assert judged.returncode == 4
    assert "plain-x1-50eps does not follow from the raw samples" in judged.stderr
    kept = streamgauge("judge", "answered", "--results", str(results), "--keep")
    assert kept.returncode == 0, kept.stderr
    assert json.loads(path.read_text())["verdict"] == "sustainable"
    assert (
        json.loads((results / "answered" / "run.json").read_text())["answers"] == (saved["answers"])
    )


def test_exit_code_two_for_what_a_user_mistyped(run, results):
    for text, words in [
        (plan_text("x", rate_eps="[50]"), "did you mean rates_eps?"),
        (plan_text("x", rates_eps="[0]"), "greater than 0"),
        (plan_text("x", instances="[13]"), "12 partitions"),
        (plan_text("x", rates_eps="[50, 50]"), "50.0 is there twice"),
    ]:
        code, _, err = run(text)
        assert code == 2
        assert words in err
    code, _, err = run(plan_text("x"), "--run-id", "a/b")
    assert code == 2
    code, _, err = run(plan_text("x"), "--cell", "plain-2")
    assert code == 2
    assert "which has plain-1" in err
    code, _, err = run(plan_text("x"), "--resume")
    assert code == 2
    assert "holds no run of plan x" in err


def test_a_ladder_that_the_files_cannot_feed_ends_below_and_a_rate_by_name_is_refused(run, results):
    rates = {"rates_eps": "[50, 900000]", "question": "demand"}
    code, _, err = run(plan_text("x", **rates), "--run-id", "starved")
    assert code == 2, err
    assert "after the artifact's history: give more days" in err
    assert not (results / "starved").exists()
    _, _, err = run(plan_text("x", ladder="true", **rates), "--run-id", "starved")
    assert "left out: 900000/s" in err
    assert step_ids(results / "starved") == ["plain-x1-50eps"]


def test_exit_code_two_for_results_of_another_schema_version(run, results):
    folder = results / "old"
    folder.mkdir()
    (folder / "run.json").write_text('{"schema_version": 1}')
    code, _, err = run(plan_text("x"), "--run-id", "old", "--resume")
    assert code == 2
    assert "no result of schema version 2 (found 1)" in err
    shutil.rmtree(folder)


def test_exit_code_three_where_a_requirement_is_not_met(run):
    text = plan_text("strict", LONG_ENOUGH, require="[slo]", slo_p99_ms="0.001")
    code, _, err = run(text)
    assert code == 3, err
    assert "plain at 50/s: slo is required" in err


def test_exit_code_five_without_a_broker(run):
    code, _, err = run(plan_text("alone"), address="127.0.0.1:9")
    assert code == 5
    assert "no Kafka broker answers at 127.0.0.1:9" in err


def test_exit_code_five_where_the_broker_goes_away_and_nothing_saved_is_lost(
    start, results, tmp_path
):
    environment = sandbox_environment(tmp_path / "sandbox")
    answer = run_sandbox("up", environment=environment)
    assert answer.returncode == 0, answer.stderr
    address = f"127.0.0.1:{environment['SANDBOX_KAFKA_PORT']}"
    folder = results / "gone"
    step = "{warmup_s: 1, measure_s: 30, block_s: 1, extend: false}"
    try:
        short = start(plan_text("gone", SHORT), "--run-id", "gone", address=address)
        short.communicate(timeout=120)
        assert step_ids(folder) == ["plain-x1-50eps"]
        text = plan_text("gone2", step)
        process = start(text, "--run-id", "gone2", address=address)
        wait_for_load(results / "gone2", "plain-x1-50eps", process)
        assert run_sandbox("down", environment=environment).returncode == 0
        _, err = process.communicate(timeout=150)
    finally:
        run_sandbox("down", environment=environment)
    assert process.returncode == 5, err
    assert "Traceback" not in err
    assert "go on with:" in err
    saved = json.loads((results / "gone2" / "run.json").read_text())
    assert [failed["step"] for failed in saved["failed"]] == ["plain-x1-50eps"]


def test_an_interrupted_and_a_killed_campaign_go_on_and_give_each_step_once(
    start, run, results, kafka
):
    text = plan_text("stopped", rates_eps="[50, 60, 70]", seed=3)
    folder = results / "stopped"
    options = ("--run-id", "stopped")

    def stop_in_step(number, signal_number, *more):
        process = start(text, *options, *more, address=kafka.bootstrap_servers)
        wait_until(
            lambda: len(list(folder.glob("steps/[!.]*/producer.log"))) >= number,
            within_s=120,
            what=f"the load of step {number} begins",
            alive=lambda: process.poll() is None,
        )
        process.send_signal(signal_number)
        _, err = process.communicate(timeout=90)
        assert "Traceback" not in err, err
        return process.returncode, err

    code, err = stop_in_step(2, signal.SIGINT)
    assert code == 130, err
    assert "--run-id stopped --resume" in err
    assert len(step_ids(folder)) == 1
    assert topics_of(kafka, "stopped") == []

    before = {path: path.read_bytes() for path in folder.glob("steps/*/step.json")}
    code, err = stop_in_step(3, signal.SIGKILL, "--resume")
    assert code == -signal.SIGKILL
    assert topics_of(kafka, "stopped") != []

    # 4 s are too short for a trend, so every step is measured and none is decided
    code, out, err = run(text, *options, "--resume", "--json")
    assert code == 4, err
    ids = [f"plain-x1-{rate}eps" for rate in (50, 60, 70)]
    assert step_ids(folder) == ids
    saved = json.loads(out)
    assert sorted((s["rate_eps"], s["repetition"]) for s in saved["steps"]) == [
        (50, 1),
        (60, 1),
        (70, 1),
    ]
    assert saved["steps_asked"] == 3
    for path, content in before.items():
        assert path.read_bytes() == content
    assert topics_of(kafka, "stopped") == []


def test_one_cell_after_the_other_makes_one_campaign(run, results):
    text = plan_text("cells", rates_eps="[50]", engines="[plain, faust]")
    code, out, err = run(text, "--run-id", "cells", "--cell", "plain-1")
    assert code == 4, err
    assert "cells that are not measured: faust-1" in out
    report = streamgauge("report", "cells", "--results", str(results))
    assert report.returncode == 0, report.stderr
    assert "cells that are not measured: faust-1" in report.stderr
    assert Path(report.stdout.strip()).is_file()
