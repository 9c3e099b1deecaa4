"""Either Airflow with its web server and its scheduler on loopback, as the cloud would run it."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox.airflow_parts import Part
from sandbox.airflow_settings import AirflowPlace, Target, commands, variables
from sandbox.settings import PROJECT
from tests.airflow_env import Airflow
from tests.outputs import wait_until
from tests.sandbox_command import free_port

USER, PASSWORD = "admin", "a:b/c+D1"
READY_WITHIN_S = 300
STOPS_WITHIN_S = 60


@dataclass(frozen=True)
class AirflowServer:
    """One Airflow.

    Attributes:
        airflow: its version and environment.
        place: its home and port.
        dags: folder of its DAGs.
    """

    airflow: Airflow
    place: AirflowPlace
    dags: Path

    @property
    def url(self) -> str:
        return self.place.page

    def variables(self, outside: Mapping[str, str]) -> dict[str, str]:
        """Variables of every part."""
        key = "of-a-test-that-opens-nothing-0123456789"
        if self.airflow.version == "3":
            keys = {"AIRFLOW__API_AUTH__JWT_SECRET": key, "AIRFLOW__API__SECRET_KEY": key}
            found = variables(self.place, keys, Target.LOCAL, outside)
            # Every file of this folder is meant.
            del found["AIRFLOW__CORE__MIGHT_CONTAIN_DAG_CALLABLE"]
        else:
            found = self.airflow.environment(self.place.folder) | {
                # As the Terraform code sets it.
                "AIRFLOW__API__AUTH_BACKENDS": auth_backends(),
                "AIRFLOW__WEBSERVER__SECRET_KEY": key,
                "AIRFLOW__SCHEDULER__DAG_DIR_LIST_INTERVAL": "5",
                "PATH": f"{self.airflow.venv / 'bin'}:{outside['PATH']}",
            }
        quick = {"AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "5"}
        return {**outside, **found, "AIRFLOW__CORE__DAGS_FOLDER": str(self.dags), **quick}

    def prepare(self, environment: dict[str, str]) -> None:
        """Make the database and the person who logs in."""
        steps = [["db", "migrate"]]
        if self.airflow.version == "3":
            self.place.passwords.write_text(f'{{"{USER}": "{PASSWORD}"}}')
        else:
            person = ("--firstname", "a", "--lastname", "b", "--email", "a@example.org")
            who = ("--username", USER, "--password", PASSWORD, "--role", "Admin")
            steps.append(["users", "create", *who, *person])
        for step in steps:
            done = self.airflow.run(*self.airflow.command(*step), environment=environment)
            assert done.returncode == 0, done.stdout + done.stderr

    def parts(self) -> list[Part]:
        """Its processes."""
        if self.airflow.version == "3":
            started = commands(self.place)
        else:
            web = ("--hostname", "127.0.0.1", "--port", str(self.place.port), "--workers", "1")
            started = {
                "webserver": self.airflow.command("webserver", *web),
                "scheduler": self.airflow.command("scheduler", "--skip-serve-logs"),
            }
        return [Part(name, command, self.place.log(name)) for name, command in started.items()]

    def answers(self) -> bool:
        """Whether the web server does, whatever it says."""
        path = {"3": "/api/v2/version", "2.10": "/api/v1/health"}[self.airflow.version]
        try:
            with urllib.request.urlopen(self.url + path, timeout=10):  # noqa: S310 - loopback
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False

    def logs(self) -> str:
        """The end of what its parts said."""
        return "\n".join(
            f"{path.name}:\n{path.read_text(errors='replace')[-3000:]}"
            for path in self.place.folder.glob("*.log")
        )


@contextmanager
def airflow_server(
    airflow: Airflow, home: Path, dags: Path, **more: str
) -> Iterator[AirflowServer]:
    """Run an Airflow until the block ends.

    Args:
        airflow: which.
        home: an empty folder.
        dags: folder of its DAGs.
        more: variables that its tasks see.
    """
    server = AirflowServer(airflow, AirflowPlace(PROJECT, home, airflow.venv, free_port()), dags)
    outside = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(home), **more}
    environment = server.variables(outside)
    server.place.working_folder.mkdir(parents=True)
    server.prepare(environment)
    parts = server.parts()
    try:
        for part in parts:
            part.start(environment, server.place.working_folder)
        wait_until(
            server.answers,
            within_s=READY_WITHIN_S,
            what="the web server answers",
            alive=lambda: all(part.exit_code() is None for part in parts),
        )
        yield server
    finally:
        for part in reversed(parts):
            part.stop(STOPS_WITHIN_S)


def auth_backends() -> str:
    """What the Terraform code sets on 2.10, so that a password is enough for the REST API."""
    text = (PROJECT / "terraform/modules/airflow/main.tf").read_text()
    (found,) = re.findall(r'auth_backends = "([^"]+)"', text)
    return str(found)
