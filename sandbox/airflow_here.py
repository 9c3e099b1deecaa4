"""A real Airflow on this machine, in the foreground: `make airflow`.

Its parts are started here rather than by `airflow standalone`: without the trigger process that no
DAG of ours needs, with nothing listening but on the loopback address, each started again when it
dies, and all stopped in an order in which a cell can save what it has measured.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from fraud_core.command import say
from fraud_core.errors import SurroundingsError
from sandbox.airflow_parts import Part, end, of_airflow, of_its_runs
from sandbox.airflow_settings import (
    SCHEDULER,
    USER,
    AirflowPlace,
    Target,
    commands,
    preparations,
    variables,
)
from sandbox.airflow_start import refuse_death, start_parts
from sandbox.own_process import last_lines
from sandbox.ports import require_free

_CELL_STOPS_WITHIN_S: Final = 90.0
"""A campaign stops its engine, its load and its topics within 60 s."""
_STOPS_WITHIN_S: Final = 20.0
_LIVES_AT_LEAST_S: Final = 20.0
"""A part that dies sooner after its start is not started again: something is wrong with it."""
_IN_USE = "stop that program, or set SANDBOX_AIRFLOW_PORT to a free port"


def run_airflow(
    place: AirflowPlace, target: Target, outside: Mapping[str, str], ready: Callable[[], None]
) -> None:
    """Run Airflow until Ctrl-C or SIGTERM; nothing of it runs afterwards.

    Args:
        place: where it is.
        target: whose DAGs are loaded.
        outside: the variables of the command.
        ready: called once when its page answers and DAGs can run.

    Raises:
        SurroundingsError: it is not installed, the port is in use, or a part does not start.
    """
    _require_installed(place)
    require_free(place.port, "airflow", _IN_USE)
    place.working_folder.mkdir(parents=True, exist_ok=True)
    end_leftovers(place)
    environment = variables(place, _secrets_of(place), target, outside)
    _make_password(place)
    _write_for_shells(place, environment, outside)
    _prepare(place, environment)
    parts = [Part(name, command, place.log(name)) for name, command in commands(place).items()]
    with _interruptible():
        try:
            start_parts(place, parts, environment)
            ready()
            while True:
                time.sleep(0.5)
                _restart_the_dead(place, parts, environment)
        except KeyboardInterrupt:
            say("airflow: stopping; a cell that is measured saves what it has")
        finally:
            _stop(place, parts)


def end_leftovers(place: AirflowPlace) -> None:
    """End what an Airflow of this folder left that was killed, and the cells that it measured."""
    for left in (of_airflow(place), of_its_runs(place)):
        if left:
            say(f"airflow: ending {len(left)} processes that an earlier one left")
            end(left, _CELL_STOPS_WITHIN_S)


def _require_installed(place: AirflowPlace) -> None:
    if not place.program.exists():
        raise SurroundingsError(
            f"Airflow is not installed in {place.venv}: run `make airflow`, which does that, or "
            "set STREAMGAUGE_AIRFLOW to the folder of its environment"
        )


def _secrets_of(place: AirflowPlace) -> dict[str, str]:
    """Keys that all parts must share; nobody else may read the file."""
    if not place.secrets.exists():
        keys = {
            "AIRFLOW__CORE__FERNET_KEY": base64.urlsafe_b64encode(os.urandom(32)).decode(),
            "AIRFLOW__API__SECRET_KEY": secrets.token_hex(32),
            "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(32),
        }
        _write_secret(place.secrets, json.dumps(keys))
    found: dict[str, str] = json.loads(place.secrets.read_text())
    return found


def _make_password(place: AirflowPlace) -> None:
    """Left to itself Airflow prints it into a log, and lets everybody read the file."""
    if not place.passwords.exists():
        _write_secret(place.passwords, json.dumps({USER: secrets.token_urlsafe(12)}))


def _write_for_shells(
    place: AirflowPlace, environment: Mapping[str, str], outside: Mapping[str, str]
) -> None:
    ours = {name: value for name, value in environment.items() if outside.get(name) != value}
    lines = [f"export {name}={shlex.quote(value)}\n" for name, value in sorted(ours.items())]
    _write_secret(place.shell_file, "".join(lines))


def _write_secret(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)


def _prepare(place: AirflowPlace, environment: Mapping[str, str]) -> None:
    log = place.log("prepare")
    for command in preparations(place):
        with log.open("ab") as out:
            done = subprocess.run(
                command,
                cwd=place.working_folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if done.returncode != 0:
            raise SurroundingsError(
                f"`{' '.join(command[:3])}` ended with {done.returncode}; the end of {log}:\n"
                f"{last_lines(log)}"
            )


def _restart_the_dead(
    place: AirflowPlace, parts: list[Part], environment: Mapping[str, str]
) -> None:
    for part in parts:
        if part.exit_code() is None:
            continue
        if time.monotonic() - part.started_s < _LIVES_AT_LEAST_S:
            refuse_death(place, part)
        say(f"airflow: {part.name} ended with {part.exit_code()} and is started again")
        # what it had started goes first: a task that goes on unseen would be run twice
        part.stop(_CELL_STOPS_WITHIN_S)
        part.start(environment, place.working_folder)


def _stop(place: AirflowPlace, parts: list[Part]) -> None:
    """The scheduler first, with its tasks, while the server hears how they end."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C would leave something behind
    for part in sorted(parts, key=lambda one: one.name != SCHEDULER):
        patience_s = _CELL_STOPS_WITHIN_S if part.name == SCHEDULER else _STOPS_WITHIN_S
        if not part.stop(patience_s):
            say(f"airflow: {part.name} did not stop within {patience_s:.0f} s and was killed")
    end_leftovers(place)
    _stop_services(place)


def _stop_services(place: AirflowPlace) -> None:
    """The services that DAG runs have started and whose teardown did not come to them."""
    noted = place.runs / "services.json"
    for name in json.loads(noted.read_text()) if noted.exists() else []:
        subprocess.run([sys.executable, "-m", "sandbox", "down", name], check=False)
    noted.unlink(missing_ok=True)


@contextmanager
def _interruptible() -> Iterator[None]:
    """SIGTERM is a Ctrl-C here."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def login_of(place: AirflowPlace) -> str:
    """Who may log in, and where the password is: it is not printed."""
    return f"user {USER}, password in {place.passwords}"
