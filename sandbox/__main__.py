"""`python -m sandbox`: Kafka, MLflow, PostgreSQL and S3 on this machine, jars and variables."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from fraud_core.command import run_command, say, show
from fraud_core.errors import EXIT_SURROUNDINGS, ConfigError
from fraud_core.kafka import KafkaSettings
from fraud_core.topic_admin import create_topics
from fraud_core.topics import TopicNames
from sandbox.airflow_here import login_of, run_airflow
from sandbox.airflow_settings import AirflowPlace, Target
from sandbox.ivy import jars_ready, relock, spark_jars
from sandbox.jars import LOCK_FILE, USUAL_SETS, JarSet, jar_paths, read_lock
from sandbox.java import Java, find_java
from sandbox.kafka_broker import (
    BrokerState,
    broker_down,
    broker_status,
    broker_up,
    client_settings,
)
from sandbox.mlflow_server import mlflow_down, mlflow_status, mlflow_up, tracking_uri
from sandbox.mlflow_stores import Artifacts, Backend
from sandbox.postgresql_server import postgresql_down, postgresql_status, postgresql_up
from sandbox.s3_server import given_endpoint, s3_access, s3_down, s3_status, s3_up
from sandbox.service import ServiceState
from sandbox.settings import PROJECT, SandboxSettings

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Services on 127.0.0.1 for the demo, the tests and the benchmark.",
)


class Service(StrEnum):
    """What can be started."""

    KAFKA = "kafka"
    MLFLOW = "mlflow"
    POSTGRESQL = "postgresql"
    S3 = "s3"


class JarSetName(StrEnum):
    """Which jars."""

    BROKER = "broker"
    SPARK = "spark"
    SPARK35 = "spark35"


ServiceArgument = Annotated[Service, typer.Argument(help="which service")]


@app.command()
def up(
    service: ServiceArgument = Service.KAFKA,
    secure: Annotated[
        bool, typer.Option("--secure", help="Kafka with SASL_SSL, SCRAM-SHA-512 and a log-in")
    ] = False,
    backend: Annotated[
        Backend | None, typer.Option(help="where MLflow keeps its runs; sqlite by default")
    ] = None,
    artifacts: Annotated[
        Artifacts | None, typer.Option(help="where MLflow keeps files; a folder by default")
    ] = None,
) -> None:
    """Start a service, or say that it runs; fetches Java, jars and programs when they are missing.

    With --secure the broker has a certificate and users of its own, made at the first start; `env`
    prints how to log in. MLflow starts the PostgreSQL and the S3 server that it stands on as well.

    Example: python -m sandbox up mlflow --backend postgresql --artifacts s3
    """
    _refuse_foreign_options(service, secure=secure, stores=backend is not None or bool(artifacts))
    show(_line(service, _start(service, secure=secure, backend=backend, artifacts=artifacts)))


def _refuse_foreign_options(service: Service, *, secure: bool, stores: bool) -> None:
    if secure and service is not Service.KAFKA:
        raise ConfigError(f"--secure is for kafka, not for {service.value}: leave it out")
    if stores and service is not Service.MLFLOW:
        raise ConfigError(
            f"--backend and --artifacts are for mlflow, not for {service.value}: leave them out"
        )


def _start(
    service: Service, *, secure: bool, backend: Backend | None, artifacts: Artifacts | None
) -> BrokerState | ServiceState:
    settings = _settings()
    if service is Service.KAFKA:
        return broker_up(settings, os.environ, secure=secure)
    if service is Service.MLFLOW:
        return mlflow_up(settings, os.environ, backend, artifacts)
    if service is Service.S3:
        return s3_up(settings, os.environ)
    return postgresql_up(settings)


_STOP = {
    Service.KAFKA: broker_down,
    Service.MLFLOW: mlflow_down,
    Service.POSTGRESQL: postgresql_down,
    Service.S3: s3_down,
}
_ASK = {
    Service.KAFKA: broker_status,
    Service.MLFLOW: mlflow_status,
    Service.POSTGRESQL: postgresql_status,
    Service.S3: s3_status,
}


@app.command()
def down(service: ServiceArgument = Service.KAFKA) -> None:
    """Stop the service that `up` started, and only it; its data stays.

    Example: python -m sandbox down mlflow
    """
    show(f"{service.value}: {'stopped' if _STOP[service](_settings()) else 'was not running'}")
    if service is Service.MLFLOW:
        for one in (Service.POSTGRESQL, Service.S3):
            if _ASK[one](_settings(), {}) is not None:
                say(f"{one.value} goes on: stop it with `python -m sandbox down {one.value}`")


@app.command()
def status(
    service: Annotated[Service | None, typer.Argument(help="only this one")] = None,
) -> None:
    """Say what answers; exit code 5 when the named service, else the broker, does not.

    Example: python -m sandbox status
    """
    asked = list(Service) if service is None else [service]
    states = {one: _ASK[one](_settings(), os.environ) for one in asked}
    for one, state in states.items():
        remedy = "python -m sandbox up" + (f" {one.value}" if one is not Service.KAFKA else "")
        missing = f"{one.value}: not running; start it with `{remedy}`"
        show(missing if state is None else _line(one, state))
    if states[service or Service.KAFKA] is None:
        raise typer.Exit(EXIT_SURROUNDINGS)


@app.command()
def topics(
    prefix: Annotated[str, typer.Option(help="put before each name, for example demo-")] = "",
) -> None:
    """Create the four topics on the broker that is set or runs.

    Example: python -m sandbox topics --prefix demo-
    """
    names = TopicNames(prefix)
    created = create_topics(_kafka_settings(), names)
    for name, shape in names.shapes().items():
        found = "created" if name in created else "was there"
        show(f"{name}: {found}, {shape.partitions} partitions")


@app.command()
def jars(which: Annotated[JarSetName, typer.Argument(help="whose jars")]) -> None:
    """Print the jars of Spark's Kafka connector, for 4.2 or 3.5, or the broker's, with commas.

    Example: python -m sandbox jars spark
    """
    settings = _settings()
    sets: Sequence[JarSet] = ["spark35"] if which is JarSetName.SPARK35 else USUAL_SETS
    folder = jars_ready(settings.cache_folder, _java(settings).program, sets=sets)
    show(",".join(str(path) for path in jar_paths(folder, read_lock(), which.value)))


@app.command()
def env() -> None:
    """Print the variables that the programs need, for a shell to read.

    Passwords are among them where the broker has a log-in, and the key of an S3 server that runs.

    Example: eval "$(python -m sandbox env)"
    """
    settings = _settings()
    java = _java(settings)
    folder = jars_ready(settings.cache_folder, java.program)
    variables: dict[str, str] = {
        **_kafka_settings().as_environment(),
        "JAVA_HOME": str(java.home),
        "FRAUD_SPARK_JARS": spark_jars(folder),
    }
    if uri := tracking_uri(settings, os.environ):
        variables["MLFLOW_TRACKING_URI"] = uri
    access = s3_access(settings)
    if access and not given_endpoint(os.environ):
        variables |= access.as_environment()
    for name, value in variables.items():
        show(f"export {name}={shlex.quote(value)}")


@app.command()
def airflow(
    target: Annotated[
        Target, typer.Option(help="whose DAGs are loaded; yandex: the cloud's too")
    ] = Target.LOCAL,
) -> None:
    """Run Airflow with our DAGs until Ctrl-C, and MLflow beside it; leaves no process behind.

    Example: python -m sandbox airflow
    """
    settings = _settings()
    venv = os.environ.get("STREAMGAUGE_AIRFLOW") or PROJECT / ".venv-airflow"
    folder = settings.folder / "airflow"
    place = AirflowPlace(PROJECT, folder, Path(venv).absolute(), settings.airflow_port)
    server = mlflow_up(settings, os.environ)
    try:
        variables = {**os.environ, "MLFLOW_TRACKING_URI": server.address}
        run_airflow(place, target, variables, lambda: _show_addresses(place, server))
    finally:
        if server.started_s is not None:
            mlflow_down(settings)


def _show_addresses(place: AirflowPlace, server: ServiceState) -> None:
    show(f"airflow: {place.page} ({login_of(place)})")
    show(f"mlflow: {server.address}")
    show(f"for `airflow ...` in another shell: . {place.shell_file}")
    show("Ctrl-C stops both")


@app.command("lock-jars")
def lock_jars() -> None:
    """Write jars.lock anew after a change of ivy.xml (for developers).

    Example: python -m sandbox lock-jars && git diff sandbox/jars.lock
    """
    settings = _settings()
    relock(settings.cache_folder, _java(settings).program)
    say(f"wrote {LOCK_FILE}")


def _settings() -> SandboxSettings:
    return SandboxSettings.from_environment(os.environ)


def _java(settings: SandboxSettings) -> Java:
    return find_java(os.environ, settings.folder / "java")


def _kafka_settings() -> KafkaSettings:
    return client_settings(_settings(), os.environ)


def _line(service: Service, state: BrokerState | ServiceState) -> str:
    whose = f"pid {state.pid}" if state.pid else "not ours"
    took = f", ready in {state.started_s:.1f} s" if state.started_s is not None else ""
    if isinstance(state, ServiceState):
        about = f", {state.stands_on}" if state.stands_on else ""
        return f"{service.value}: answers at {state.address} ({whose}{about}{took})"
    return (
        f"{service.value}: answers at {state.bootstrap_servers} "
        f"({whose}, {state.security_protocol}, cluster {state.cluster_id}{took})"
    )


if __name__ == "__main__":
    run_command(app)
