"""Instances as a benchmark sees them: their size, their restarts, what they use of the engine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import psutil
import pytest

from benchmarks.bench import Bench
from benchmarks.campaign import rules_of
from benchmarks.cluster import Broker
from benchmarks.plan import Step, plan_from
from benchmarks.runner import run_step
from benchmarks.store import INSTANCES_TOLD_FILE, step_folder
from fraud_core.artifact import load_artifact
from fraud_core.instance_size import choose_means
from fraud_core.instances_file import read_instances

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

LIMITS = {
    "delay_p99_ms": 900,
    "delay_max_ms": 9000,
    "rate_share": 0.2,
    "wait_share": 0.9,
    "steal_share": 0.9,
}
"""Other tests may run on the same machine: the wiring is tested here, not the load."""
STEP = Step(engine="plain", instances=1, rate_eps=50, warmup_s=2, measure_s=6)


@pytest.fixture
def bench(kafka, tmp_path, dirty_files, trained):
    """Parts of a campaign, for single steps on any engine."""

    def of(program, tell=lambda _: None):
        plan = plan_from(
            {"id": "try", "engines": ["plain"], "rates_eps": [50], "limits": LIMITS}, "here"
        )
        return Bench(
            broker=Broker(kafka),
            artifact=load_artifact(trained),
            transactions=[dirty_files],
            features=None,
            run_folder=tmp_path / "instances-1",
            run_id="instances-1",
            programs={"plain": program},
            rules=rules_of(plan),
            extend=False,
            broker_processes=None,
            tell=tell,
        )

    return of


@pytest.fixture(autouse=True)
def _broker_for_programs(kafka, monkeypatch):
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", kafka.bootstrap_servers)


WATCHED = [sys.executable, "-m", "tests.restarting_engine"]


def told_in(bench):
    return step_folder(bench.run_folder, STEP.id) / INSTANCES_TOLD_FILE


def test_a_killed_instance_makes_the_step_invalid_and_is_named(bench):
    killed = []

    def kill_once(progress):
        if progress.phase == "measuring" and not killed:
            (instance,) = read_instances(told_in(ours))
            os.kill(instance.pid, signal.SIGKILL)
            killed.append(instance.pid)

    ours = bench(WATCHED, kill_once)
    result = run_step(STEP, ours)

    assert result.verdict == "invalid"
    assert result.engine_ended is None
    assert result.restarted.startswith(f"plain-0 (process {killed[0]}, then ")
    assert f"an instance restarted: {result.restarted}" in result.why.lower()


def test_what_an_engine_runs_beside_its_instances_is_told_apart(bench):
    result = run_step(STEP, bench(WATCHED))

    assert result.restarted is None
    use = result.use
    assert use["instances"].processes_max == use["overhead"].processes_max == 1
    assert use["engine"].processes_max == 2
    parts = use["instances"].cpu_s + use["overhead"].cpu_s
    assert use["engine"].cpu_s == pytest.approx(parts, abs=0.01)
    assert use["instances"].cpu_s > use["overhead"].cpu_s
    assert 0 < result.cpu_s_per_million_instances <= result.cpu_s_per_million
    assert not psutil.pid_exists(read_instances(told_in(bench(WATCHED)))[0].pid)


@pytest.mark.skipif(choose_means() == "none", reason="nothing can limit a process here")
def test_a_plan_holds_its_instances_to_their_size(tmp_path, dirty_files, trained):
    plan = tmp_path / "sized.yaml"
    plan.write_text(
        "id: sized\nengines: [plain]\nrates_eps: [50]\ninvalid_again: 0\n"
        "instance: {cpu: [0.1, 0.2], memory_mb: 1500}\nquestion: capacity\n"
        f"limits: {json.dumps(LIMITS)}\n"
        "step: {warmup_s: 2, measure_s: 6, block_s: 1, extend: false}\n"
    )
    command = [sys.executable, "-m", "benchmarks", "run", str(plan), "--json", "--quiet"]
    command += ["--artifact", str(trained), "--transactions", str(dirty_files)]
    done = subprocess.run(
        [*command, "--results", str(tmp_path / "results"), "--cell", "plain-1-c0.2"],
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    run = json.loads(done.stdout)
    (step,) = run["steps"]

    means = choose_means()
    assert run["machine"]["limited_by"] == means
    assert (step["cpu"], step["memory_mb"], step["quota_cores"]) == (0.2, 1500, 0.2)
    assert (step["limited_by"], step["size_name"]) == (means, "c0.2"), done.stderr
    assert run["cells"][0]["size_name"] == "c0.2"
    assert run["cells_missing"] == ["plain-1-c0.1"]
    (instance,) = step["instance_use"]
    assert (instance["name"], instance["limited_by"]) == ("plain-0", means)
    if means.startswith("cgroup"):
        assert 0 <= instance["throttled_share"] <= 1
    assert step["use"]["instances"]["cores"] < 0.25
    folder = tmp_path / "results" / run["run"]["id"]
    page = (folder / "report.html").read_text()
    assert f"held by {means}" in page
    assert "throttled_share.plain-0" in (folder / "steps.csv").read_text().splitlines()[0]
    judged = subprocess.run(
        [sys.executable, "-m", "benchmarks", "judge", str(folder)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert judged.returncode == 0, judged.stderr
    assert "differs" not in judged.stdout
