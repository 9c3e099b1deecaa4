"""Parts of Airflow as processes; small Python programs stand where Airflow's would be."""

import json
import os
import sys
from pathlib import Path

import psutil
import pytest

from sandbox.airflow_here import end_leftovers
from sandbox.airflow_parts import Part, end, of_airflow, of_its_runs
from sandbox.airflow_settings import RUNS_VARIABLE, SCHEDULER, SERVER, AirflowPlace
from sandbox.airflow_start import start_parts
from sandbox.waiting import wait_until
from tests.sandbox_command import free_port

SLEEPS = "import time; print('up', flush=True); time.sleep(600)"
STUBBORN = f"import signal; signal.signal(15, signal.SIG_IGN); {SLEEPS}"
WITH_CHILD = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {STUBBORN!r}]); "

WELL = json.dumps(
    {name: {"status": "healthy"} for name in ("metadatabase", "scheduler", "dag_processor")}
)
SERVES_LATE = f"""
import http.server, sys, time
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{WELL}')
time.sleep(2)
http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), Health).serve_forever()
"""
ASKS_ONCE = """
import sys, time, urllib.request
print(urllib.request.urlopen(sys.argv[1], timeout=60).status, flush=True)
time.sleep(600)
"""


@pytest.fixture
def place(tmp_path):
    found = AirflowPlace(tmp_path / "project", tmp_path / "home", tmp_path / "venv", free_port())
    found.working_folder.mkdir(parents=True)
    yield found
    for process in (*of_airflow(found), *of_its_runs(found)):
        process.kill()


@pytest.fixture
def started(place):
    """Start a part; returns when all that it starts are up."""
    parts = []

    def start(text, processes=1):
        part = Part("scheduler", [sys.executable, "-c", text], place.log("scheduler"))
        part.start(os.environ, place.working_folder)
        parts.append(part)
        log: Path = place.log("scheduler")
        up = wait_until(lambda: log.read_text().count("up") == processes, within_s=60)
        assert up is not None
        return part

    yield start
    for part in parts:
        part.stop(within_s=0.5)


def test_a_part_stops_when_it_is_asked(started):
    part = started(SLEEPS)
    assert part.exit_code() is None
    assert part.stop(within_s=60)
    assert part.exit_code() is not None
    assert part.stop(within_s=60)


def test_what_a_part_started_goes_with_it_and_who_does_not_listen_is_killed(place, started):
    part = started(WITH_CHILD + SLEEPS, processes=2)
    assert len(of_airflow(place)) == 2
    assert not part.stop(within_s=0.5)
    assert not of_airflow(place)


def test_what_a_part_left_when_it_was_killed_goes_before_it_starts_again(place, started):
    part = started(WITH_CHILD + SLEEPS, processes=2)
    assert len(of_airflow(place)) == 2
    psutil.Process(part.pid).kill()
    assert wait_until(lambda: part.exit_code() is not None, within_s=60) is not None
    assert len(of_airflow(place)) == 1
    part.stop(within_s=0.5)
    assert not of_airflow(place)
    part.start(os.environ, place.working_folder)
    assert part.exit_code() is None


def test_a_scheduler_that_has_work_at_once_finds_a_server_that_answers(place):
    server = [sys.executable, "-c", SERVES_LATE, str(place.port)]
    scheduler = [sys.executable, "-c", ASKS_ONCE, place.health]
    parts = [
        Part(name, command, place.log(name))
        for name, command in ((SCHEDULER, scheduler), (SERVER, server))
    ]
    try:
        start_parts(place, parts, os.environ)
        asked = place.log(SCHEDULER)
        assert wait_until(lambda: asked.read_text().strip() != "", within_s=60) is not None
        assert asked.read_text().strip() == "200"
    finally:
        for part in parts:
            part.stop(within_s=0.5)


def test_a_part_has_no_process_before_its_start(place):
    part = Part("scheduler", ["false"], place.log("scheduler"))
    assert (part.pid, part.exit_code(), part.stop(1)) == (None, None, True)


def test_leftovers_are_those_of_this_airflow_and_of_its_runs_only(place, tmp_path, started):
    other = AirflowPlace(tmp_path, tmp_path / "other", tmp_path, 18081)
    started(SLEEPS)
    command = [sys.executable, "-c", SLEEPS]
    cell = psutil.Popen(command, env=os.environ | {RUNS_VARIABLE: str(place.runs)})
    try:
        # its variables can be read a moment after it has begun
        found = wait_until(
            lambda: [one.pid for one in of_its_runs(place)] == [cell.pid], within_s=60
        )
        assert found is not None
        assert not of_airflow(other)
        assert not of_its_runs(other)
        end_leftovers(other)
        assert cell.is_running()
        end_leftovers(place)
        assert cell.wait(60) is not None
    finally:
        end([cell], within_s=1)
    assert not of_airflow(place)


def test_a_worker_without_a_task_is_not_waited_for(place, started):
    part = started(STUBBORN.replace("up", "up <idle>"))
    assert part.stop(within_s=600)
    assert not of_airflow(place)


def test_ending_what_is_gone_is_no_error():
    with psutil.Popen([sys.executable, "-c", ""]) as process:
        process.wait(60)
    assert end([process], within_s=1)
