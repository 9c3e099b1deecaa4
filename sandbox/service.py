"""What the services that are one program have in common."""

from __future__ import annotations

from dataclasses import dataclass

from fraud_core.command import say
from fraud_core.errors import SurroundingsError
from sandbox.own_process import OwnProcess


@dataclass(frozen=True, slots=True)
class ServiceState:
    """A service that answers.

    Attributes:
        address: where, as a client is told.
        pid: its process, None for a service that is not ours.
        started_s: how long the start took, None when it ran before.
        stands_on: further words about it, "" for none.
    """

    address: str
    pid: int | None = None
    started_s: float | None = None
    stands_on: str = ""


def stop_service(process: OwnProcess) -> bool:
    """Stop the service that `up` started, and only that one; wait for its end.

    Returns:
        False when none ran.
    """
    if not process.folder.exists():
        return False
    with process.alone():
        running = process.find()
        if running is not None and not process.stop(running):
            say(f"{process.name}: did not stop when asked and was killed")
        process.file.unlink(missing_ok=True)
    return running is not None


def refuse_other_port(name: str, runs_at: int, asked: int) -> None:
    """Refuse to take a running service for one at another port.

    Raises:
        SurroundingsError: it runs elsewhere.
    """
    if runs_at != asked:
        raise SurroundingsError(
            f"{name} of this sandbox runs at port {runs_at}, SANDBOX_{name.upper()}_PORT is "
            f"{asked}: stop it with `python -m sandbox down {name}` first, or set SANDBOX_DIR to "
            "another folder for a second one"
        )
