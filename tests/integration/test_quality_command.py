"""A stream drained and judged as a user does it: plan, quality, report, exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

PLAN = """
id: try-quality
question: capacity
find: drain
engines: [plain, faust]
instance: {cpu: 1}
probe_records: 20000
"""
DELAYS = """
id: try-delays
question: capacity
find: drain
engines: [plain]
probe_records: 20000
label_delays_h: [24, 168]
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    return tmp_path_factory.mktemp("results")


@pytest.fixture(scope="module")
def streamgauge(results, kafka):
    """Run a command of ours to its end."""

    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "benchmarks", *arguments, "--results", str(results)],
            capture_output=True,
            text=True,
            check=False,
            timeout=280,
            env=os.environ | {"KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers},
        )

    return run


def run_plan(streamgauge, text, path, files, artifact, run_id):
    path.write_text(text)
    options = ("--artifact", str(artifact), "--transactions", str(files), "--run-id", run_id)
    done = streamgauge("run", str(path), *options)
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def drained(streamgauge, results, tmp_path_factory, dirty_files, trained):
    path = tmp_path_factory.mktemp("plan") / "plan.yaml"
    done = run_plan(streamgauge, PLAN, path, dirty_files, trained, "drained")
    return done, results / "drained"


def test_every_prediction_of_both_engines_is_judged(drained):
    done, folder = drained
    assert "scores of faust and plain: equal to the bit" in done.stdout
    quality = json.loads((folder / "quality.json").read_text())
    assert quality["engines_differ"] == {"faust and plain": 0}
    first, second = quality["steps"]
    assert first["models"] == second["models"]
    model = first["models"][0]
    assert model["frauds"] > 50
    assert model["days"] >= 14
    assert model["average_precision"]["value"] > 0.3
    assert {one["column"] for one in model["drift"]} >= {"fraud_probability", "TX_AMOUNT"}
    for step in quality["steps"]:
        assert step["replay"]["mismatches"] == 0
        assert step["replay"]["rows"] > 500


def test_a_drain_is_checked_like_a_step(drained):
    _, folder = drained
    run = json.loads((folder / "run.json").read_text())
    assert len(run["drains"]) == 2
    for drain in run["drains"]:
        check = drain["check"]
        assert drain["drain_eps"] > 0
        assert drain["cpu"] == 1
        assert drain["limited_by"] not in {None, "unknown"}
        assert check["sent"] == check["scored"] + check["dead_letters"]
        names = ("missing", "feature_mismatches", "score_mismatches", "wrongly_answered")
        assert [check[name] for name in names] == [0, 0, 0, 0]


def test_as_of_judges_what_was_known_and_prints_json(drained, streamgauge):
    done = streamgauge("quality", "drained", "--view", "as-of", "--json")
    assert done.returncode == 0, done.stderr
    quality = json.loads(done.stdout)
    model = quality["steps"][0]["models"][0]
    assert quality["view"] == "as-of"
    assert 0 < model["outcome_unknown"] < model["transactions"]


def test_a_limit_that_is_not_met_is_exit_code_3(drained, streamgauge):
    done = streamgauge("quality", "drained", "--missed-per-100", "0.01")
    assert done.returncode == 3
    assert "frauds in 100 transactions are missed" in done.stderr


def test_the_report_holds_the_quality(drained):
    _, folder = drained
    assert "Quality of the model</h2>" in (folder / "report.html").read_text()
    assert (folder / "charts" / "quality.png").is_file()


def test_quicker_feedback_is_a_run_of_its_own_and_better(
    streamgauge, results, tmp_path, dirty_files, trained
):
    done = run_plan(streamgauge, DELAYS, tmp_path / "plan.yaml", dirty_files, trained, "delays")
    assert (results / "delays-1day" / "run.json").is_file()
    found = json.loads((results / "delays" / "label-delay.json").read_text())["delays"]
    assert [one["delay_s"] for one in found] == [86_400, 604_800]
    assert [one["mismatches"] for one in found] == [0, 0]
    assert len({one["model"] for one in found}) == 2
    quick, slow = (one["average_precision"]["value"] for one in found)
    assert quick > slow
    assert "1 day" in done.stdout
