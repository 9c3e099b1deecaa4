"""Made-up targets in clones of a made-up project."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from scripts.clone import fresh_clone, plain_environment, run_target
from scripts.targets import Target
from scripts.tasks import PROJECT
from tests.outputs import wait_until

MAKEFILE = """\
SHELL := /bin/bash
good: ; @echo fine; touch made-here
bad: ; @echo broken; exit 3
slow: ; @sleep 600
begin: ; @touch begun
needs: ; @test -e begun
serve: ; @trap 'echo stopped; exit 0' INT; echo ready now; while :; do sleep 0.1; done
dies: ; @exit 0
shows: ; @echo "SECRET=$$SECRET"
"""
HELP = "help: ## list\n\t@echo help\ncheck: ## look\n\t@exit 4\nsetup: ## make\n\t@touch made\n"


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@b")
    subprocess.run(["git", "-C", folder, *who, *arguments], check=True, capture_output=True)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "Makefile").write_text(MAKEFILE)
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    return folder


@pytest.fixture
def result(project: Path, tmp_path: Path):
    def of(target: Target) -> tuple[str, str]:
        log = tmp_path / "log"
        with fresh_clone(project) as clone:
            outcome = run_target(target, clone, plain_environment(os.environ), log)
        assert outcome.took_s > 0
        return outcome.result, log.read_text()

    return of


def test_a_target_passes_by_its_exit_code_and_what_it_says_is_kept(result):
    assert result(Target("good")) == ("passed", "fine\n")


def test_a_target_that_fails_is_told_with_its_exit_code(result):
    said, log = result(Target("bad"))

    assert said == "exit code 2"
    assert "broken" in log


def test_a_target_that_takes_too_long_is_ended(result):
    said, _ = result(Target("slow", limit_min=0.01))

    assert said == "not done in time"


def test_what_a_target_needs_is_run_before_it(result):
    assert result(Target("needs"))[0] == "exit code 2"
    assert result(Target("needs", before=("begin",)))[0] == "passed"


def test_what_a_target_leaves_is_cleared_away_though_it_fails(result):
    said, log = result(Target("bad", after=(("echo", "cleared"),)))

    assert said == "exit code 2"
    assert "cleared" in log


def test_a_target_whose_leftovers_cannot_be_cleared_away_has_not_passed(result):
    assert result(Target("good", after=(("false",),)))[0] == "false: exit code 1"


def test_a_target_that_runs_until_ctrl_c_is_interrupted_once_it_is_ready(result):
    said, log = result(Target("serve", until="ready now"))

    assert said == "passed"
    assert "stopped" in log


def test_a_target_that_ends_before_it_is_ready_has_failed(result):
    assert result(Target("dies", until="ready now"))[0] == "ended with 0 before it was ready"


def test_every_clone_is_a_new_one_and_gone_afterwards(project: Path):
    with fresh_clone(project) as first:
        (first / "made").touch()
    with fresh_clone(project) as second:
        assert not (second / "made").exists()
    assert not first.exists()
    assert not second.exists()


def test_every_target_sees_the_commit_with_which_it_began(project: Path):
    described = ("git", "-C", project, "rev-parse", "HEAD")
    first = subprocess.run(described, capture_output=True, text=True, check=True).stdout.strip()
    (project / "later").touch()
    git(project, "add", ".")
    git(project, "commit", "-q", "-m", "second")

    with fresh_clone(project, first) as clone:
        assert not (clone / "later").exists()
    with fresh_clone(project) as clone:
        assert (clone / "later").exists()


def test_variables_of_this_project_and_secrets_are_not_handed_on():
    outside = {
        "PATH": "/bin",
        "HTTPS_PROXY": "proxy",
        "PIP_INDEX_URL": "index",
        "KAFKA_BOOTSTRAP_SERVERS": "elsewhere",
        "YC_TOKEN": "secret",
        "VIRTUAL_ENV": "/venv",
        "MAKEFLAGS": "-k",
    }

    assert set(plain_environment(outside)) == {"PATH", "HTTPS_PROXY", "PIP_INDEX_URL"}


def command(project: Path, out: Path, *more: str) -> subprocess.CompletedProcess[str]:
    where = ("--project", str(project), "--out", str(out))
    return subprocess.run(
        [sys.executable, "-m", "scripts.every_target", *where, *more],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def test_the_table_has_every_target_and_the_failure_is_told_at_the_end(
    project: Path, tmp_path: Path
):
    (project / "Makefile").write_text(HELP)
    git(project, "commit", "-q", "-a", "-m", "second")
    out = tmp_path / "out"

    done = command(project, out, "--only", "help", "--only", "setup", "--only", "check")

    assert done.returncode == 1, done.stderr
    rows = [line.split(" | ")[:2] for line in done.stdout.splitlines() if "`make" in line]
    assert rows[1:] == [
        ["| `make help`", "passed"],
        ["| `make setup`", "passed"],
        ["| `make check`", "exit code 2"],
    ]
    assert "2 of 19 passed" in done.stdout
    assert "Not run yet: wheel, " in done.stdout
    assert (out / "table.md").read_text() in done.stdout
    assert "Error 4" in done.stderr
    assert (out / "check.log").exists()


def head(project: Path) -> str:
    described = ("git", "-C", project, "rev-parse", "HEAD")
    return subprocess.run(described, capture_output=True, text=True, check=True).stdout.strip()


def test_a_table_is_built_over_several_runs_with_the_commit_of_each_row(
    project: Path, tmp_path: Path
):
    (project / "Makefile").write_text(HELP)
    git(project, "commit", "-q", "-a", "-m", "second")
    out, broken = tmp_path / "out", head(project)
    command(project, out, "--only", "help", "--only", "check")
    (project / "Makefile").write_text(HELP.replace("@exit 4", "@true"))
    git(project, "commit", "-q", "-a", "-m", "third")

    repaired = command(project, out, "--only", "check")

    assert repaired.returncode == 0, repaired.stderr
    lines = [line for line in repaired.stdout.splitlines() if "| passed |" in line]
    assert [line.split("`")[1] for line in lines] == ["make help", "make check"]
    assert broken[:8] in lines[0]
    assert head(project)[:8] in lines[1]


def test_an_interrupted_pass_goes_on_with_what_has_not_passed_at_this_commit(
    project: Path, tmp_path: Path
):
    (project / "Makefile").write_text(HELP)
    git(project, "commit", "-q", "-a", "-m", "second")
    out, chosen = tmp_path / "out", ("--only", "help", "--only", "check")
    command(project, out, *chosen)

    resumed = command(project, out, *chosen, "--resume")
    anew = command(project, out, *chosen)

    assert "make help" not in resumed.stderr
    assert "make check" in resumed.stderr
    assert "| `make help` | passed |" in resumed.stdout
    assert "make help" in anew.stderr


IN_BACKGROUND = ("sh", "-c", "trap '' INT; exec \"$@\"", "sh")
"""As a shell without job control begins a command with `&`."""


@pytest.mark.parametrize(
    ("begun", "number"),
    [((), signal.SIGINT), ((), signal.SIGTERM), (IN_BACKGROUND, signal.SIGINT)],
    ids=["SIGINT", "SIGTERM", "SIGINT-in-background"],
)
def test_whoever_ends_it_ends_the_target_and_sees_the_table_so_far(
    project: Path, tmp_path: Path, begun: tuple[str, ...], number: signal.Signals
):
    (project / "Makefile").write_text(HELP.replace("@exit 4", "@echo $$$$ > pid; exec sleep 600"))
    git(project, "commit", "-q", "-a", "-m", "second")
    out = tmp_path / "out"
    chosen = ("--only", "help", "--only", "check")
    process = subprocess.Popen(
        [
            *(*begun, sys.executable, "-m", "scripts.every_target", *chosen),
            *("--project", str(project), "--out", str(out)),
        ],
        cwd=PROJECT,
        env=os.environ | {"TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    wait_until(
        lambda: list(tmp_path.glob("streamgauge-*/streamgauge/pid")) != [],
        within_s=60,
        what="the target runs",
    )
    (pid,) = tmp_path.glob("streamgauge-*/streamgauge/pid")
    wait_until(lambda: pid.read_text() != "", within_s=10, what="its number is told")
    target = psutil.Process(int(pid.read_text()))

    process.send_signal(number)
    said, _ = process.communicate(timeout=60)

    assert process.returncode == 130
    assert "| `make help` | passed |" in said
    assert not target.is_running()


def test_a_target_that_nobody_has_thought_of_is_refused(project: Path, tmp_path: Path):
    (project / "Makefile").write_text("new-one: ## new\n\t@true\n")

    done = command(project, tmp_path / "out")

    assert done.returncode == 2
    assert "the Makefile has new-one: say in scripts/targets.py" in done.stderr
