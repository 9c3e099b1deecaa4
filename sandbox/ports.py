"""Is a port free, and if not, who holds it?"""

from __future__ import annotations

import socket

import psutil

from fraud_core.errors import SurroundingsError

LOOPBACK = "127.0.0.1"


class PortInUseError(SurroundingsError):
    """Somebody else listens on a port that we need."""

    def __init__(self, *, port: int, holder: str, role: str, remedy: str) -> None:
        what_to_do = remedy.format(host=LOOPBACK, port=port)
        super().__init__(f"port {port} ({role}) is in use by {holder}: {what_to_do}")


def is_free(port: int) -> bool:
    """True when a server could listen on this port of the loopback address."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As Java does it: connections of a broker that was killed linger for a minute.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
            probe.listen(1)
        except OSError:
            return False
        return True


def is_answered(port: int) -> bool:
    """True when something accepts a connection there."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((LOOPBACK, port)) == 0


def holder_of(port: int) -> str:
    """Who uses the port, as far as the operating system tells us."""
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.pid and connection.laddr and connection.laddr.port == port:
                return f"pid {connection.pid} ({psutil.Process(connection.pid).name()})"
    except psutil.Error:
        pass  # not every system lets us look at the connections of others
    return "another program"


def require_free(port: int, role: str, remedy: str) -> None:
    """Check that we can listen on a port.

    Args:
        port: of the loopback address.
        role: what it is for.
        remedy: what the user can do; `{host}` and `{port}` are filled in.

    Raises:
        PortInUseError: somebody listens there; says who.
    """
    if not is_free(port):
        raise PortInUseError(port=port, holder=holder_of(port), role=role, remedy=remedy)
