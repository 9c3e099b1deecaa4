"""A real MLflow server, asked over HTTP as a browser would: no client of ours stands between."""

import json
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import requests

from benchmarks.result import RunResult
from benchmarks.store import RUN_FILE, STEP_FILE, load_run, save, step_folder
from fraud_core.errors import EXIT_SURROUNDINGS
from sandbox.process_file import is_alive
from tests.going_away import going_away_after
from tests.sandbox_command import free_port, run_sandbox, sandbox_environment
from tests.unit.benchmarks.results import run_of, step_of
from tests.unit.benchmarks.saved_run import save_run


@pytest.fixture
def box(tmp_path: Path):
    """The variables of an empty sandbox; its MLflow server is stopped afterwards."""
    environment = sandbox_environment(tmp_path / "sandbox")
    yield environment
    run_sandbox("down", "mlflow", environment=environment)


def campaign_of_two_cells() -> RunResult:
    steps = [step_of(engine) for engine in ("faust", "spark")]
    return run_of(*steps)


def publish(run_folder: Path, environment) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", "publish", str(run_folder)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


class Server:
    """MLflow's REST interface, as far as it is looked at here."""

    def __init__(self, uri: str) -> None:
        self.uri = uri

    def ask(self, path: str, **body):
        method = "POST" if body else "GET"
        address = f"{self.uri}/api/2.0/mlflow/{path}"
        answer = requests.request(method, address, json=body or None, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def runs(self):
        found = self.ask("experiments/get-by-name?experiment_name=fraud-stream")
        experiment = found["experiment"]["experiment_id"]
        runs = self.ask("runs/search", experiment_ids=[experiment])["runs"]
        return {run["info"]["run_name"]: run for run in runs} | {"count": len(runs)}

    def history(self, run, key):
        run_id = run["info"]["run_id"]
        found = self.ask(f"metrics/get-history?run_id={run_id}&metric_key={key}")
        return [(point["step"], point["value"]) for point in found["metrics"]]

    def artifacts(self, run, path=""):
        found = self.ask(f"artifacts/list?run_id={run['info']['run_id']}&path={path}")
        return [one["path"] for one in found["files"]]


@pytest.mark.slow
def test_a_run_published_twice_is_there_once(box: dict[str, str], tmp_path: Path) -> None:
    folder = save_run(tmp_path / "results" / "try-1", campaign_of_two_cells())
    assert run_sandbox("status", "mlflow", environment=box).returncode == EXIT_SURROUNDINGS
    started = run_sandbox("up", "mlflow", environment=box)
    assert started.returncode == 0, started.stderr
    again = run_sandbox("up", "mlflow", environment=box)
    assert again.returncode == 0, again.stderr
    process = psutil.Process(process_id(box))
    children = process.children(recursive=True)
    uri = f"http://127.0.0.1:{box['SANDBOX_MLFLOW_PORT']}"
    exported = run_sandbox("env", environment=box).stdout
    assert f"export MLFLOW_TRACKING_URI={uri}\n" in exported

    environment = box | {"MLFLOW_TRACKING_URI": uri}
    first = publish(folder, environment)
    assert first.returncode == 0, first.stderr
    assert "3 runs written" in first.stderr
    assert first.stdout.startswith(f"{uri}/#/experiments/")
    before = Server(uri).runs()
    second = publish(folder, environment)
    assert second.returncode == 0, second.stderr
    assert (second.stdout, "0 runs written, 3 were there" in second.stderr) == (first.stdout, True)
    assert_is_there_once(Server(uri))
    assert Server(uri).runs() == before

    judge_differently(folder)
    third = publish(folder, environment)
    assert "2 runs written, 1 were there" in third.stderr, third.stderr
    assert_is_there_once(Server(uri), faust_slope_eps=0.25)

    assert run_sandbox("down", "mlflow", environment=box).stdout == "mlflow: stopped\n"
    assert not any(is_alive(one) for one in (process, *children))
    again = run_sandbox("down", "mlflow", environment=box)
    assert again.stdout == "mlflow: was not running\n"


@pytest.mark.slow
def test_a_server_that_goes_away_half_way_is_exit_code_five_and_the_next_publish_completes_it(
    box: dict[str, str], tmp_path: Path
) -> None:
    folder = save_run(tmp_path / "results" / "try-1", campaign_of_two_cells())
    assert run_sandbox("up", "mlflow", environment=box).returncode == 0
    uri = f"http://127.0.0.1:{box['SANDBOX_MLFLOW_PORT']}"
    with going_away_after(20, uri) as address:
        broken = publish(folder, box | {"MLFLOW_TRACKING_URI": address})
    assert broken.returncode == EXIT_SURROUNDINGS, broken.stderr
    assert f"the MLflow server at {address} cannot be used" in broken.stderr
    assert "give the same command again" in broken.stderr
    assert "Traceback" not in broken.stderr
    assert 1 <= Server(uri).runs()["count"] <= 3

    done = publish(folder, box | {"MLFLOW_TRACKING_URI": uri})
    assert done.returncode == 0, done.stderr
    assert "0 runs written" not in done.stderr
    assert_is_there_once(Server(uri))


def process_id(box: dict[str, str]) -> int:
    path = Path(box["SANDBOX_DIR"]) / "mlflow" / "process.json"
    return int(json.loads(path.read_text())["pid"])


def assert_is_there_once(server: Server, faust_slope_eps: float = 0.0) -> None:
    runs = server.runs()
    assert runs["count"] == 3
    parent, child = runs["try-1"], runs["faust x1"]
    tags = {tag["key"]: tag["value"] for tag in child["data"]["tags"]}
    assert tags["mlflow.parentRunId"] == parent["info"]["run_id"]
    assert tags["streamgauge.run_id"] == "try-1"
    assert server.history(child, "backlog_slope_eps") == [(10, faust_slope_eps)]
    assert server.history(child, "latency_p99_ms") == [(10, 40.0)]
    assert server.history(child, "invalid") == [(10, 0.0)]
    assert {"report.html", "run.json", "steps.csv", "charts"} <= set(server.artifacts(parent))
    assert "charts/backlog.png" in server.artifacts(parent, "charts")
    samples = server.artifacts(child, "samples/faust-x1-10eps")
    assert "samples/faust-x1-10eps/offsets.csv" in samples


def judge_differently(folder: Path) -> None:
    """As if the rule had changed: the slope of one step is another one."""
    result = load_run(folder)
    steps = [
        step.model_copy(update={"backlog_slope_eps": 0.25}) if step.engine == "faust" else step
        for step in result.steps
    ]
    save(folder / RUN_FILE, result.model_copy(update={"steps": steps}))
    for step in steps:
        save(step_folder(folder, step.id) / STEP_FILE, step)


def test_a_server_that_is_down_is_exit_code_five_with_the_remedy(
    box: dict[str, str], tmp_path: Path
) -> None:
    folder = save_run(tmp_path / "try-1", run_of(step_of()))
    dead = f"http://127.0.0.1:{free_port()}"
    answer = publish(folder, box | {"MLFLOW_TRACKING_URI": dead})
    assert answer.returncode == EXIT_SURROUNDINGS, answer.stderr
    assert f"the MLflow server at {dead} cannot be used" in answer.stderr
    assert "python -m sandbox up mlflow" in answer.stderr
    assert "Traceback" not in answer.stderr
