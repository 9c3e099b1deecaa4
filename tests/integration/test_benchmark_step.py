"""One short step through a real broker, with the plain loop as its engine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest
from confluent_kafka.admin import AdminClient

from tests.outputs import wait_until

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

PLAN = """
id: short
engines: [plain]
rates_eps: [50]
step: {warmup_s: 1, measure_s: 4, extend: false}
invalid_again: 0
"""


@pytest.fixture
def command(kafka, tmp_path, dirty_files, trained):
    """Start `python -m benchmarks run` on the short plan with options."""
    plan = tmp_path / "short.yaml"
    plan.write_text(PLAN)
    started = []

    def start(*options: str) -> subprocess.Popen[str]:
        arguments = ["--artifact", str(trained), "--transactions", str(dirty_files)]
        arguments += ["--results", str(tmp_path / "results")]
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks", "run", str(plan), *arguments, *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers},
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=60)


def run_topics(kafka):
    return [
        name
        for name in AdminClient(kafka.as_librdkafka()).list_topics(timeout=10).topics
        if "short-" in name
    ]


def test_a_short_step_loses_and_changes_nothing(kafka, command, tmp_path):
    process = command("--json")
    out, err = process.communicate(timeout=180)
    # 4 s are too short for a trend: the step is undecided, and whatever else it found is there
    assert process.returncode == 4, err
    run = json.loads(out)
    (step,) = run["steps"]
    assert (step["sent"], step["missing"], step["wrongly_answered"]) == (250, 0, 0)
    assert step["scored"] + step["dead_letters"] == 250
    assert (step["feature_mismatches"], step["score_mismatches"]) == (0, 0)
    assert step["latency_ms"]["count"] == 200
    assert 0 < step["latency_ms"]["p50"] < 1000
    assert step["cpu_s_per_million"] > 0
    folder = tmp_path / "results" / run["run"]["id"]
    assert json.loads((folder / "run.json").read_text()) == run
    assert "<svg" in (folder / "report.html").read_text()
    for name in ("step.json", "offsets.csv", "use.csv", "ledger.parquet", "engine.log"):
        assert (folder / "steps" / "plain-x1-50eps" / name).stat().st_size > 0
    assert "plain x1 @ 50/s" in err
    assert run_topics(kafka) == []


def test_an_interrupt_stops_the_engine_and_keeps_what_was_saved(kafka, command, tmp_path):
    process = command()
    logs = "results/short-*/steps/*/producer.log"
    wait_until(
        lambda: any(tmp_path.glob(logs)),
        within_s=120,
        what="the load begins",
        alive=lambda: process.poll() is None,
    )
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "interrupted: 0 steps are saved in" in err
    assert "Traceback" not in err
    (saved,) = tmp_path.glob("results/short-*/run.json")
    assert json.loads(saved.read_text())["steps"] == []
    assert run_topics(kafka) == []
