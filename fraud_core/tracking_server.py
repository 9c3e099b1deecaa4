"""The MLflow server of this project: which one, whether it answers, and what is said if not."""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import Final

from fraud_core.errors import SurroundingsError

SANDBOX_TRACKING_URI: Final = "http://127.0.0.1:15000"
"""Where `python -m sandbox up mlflow` starts a server."""

_TRIES: Final = 3
_PAUSE_S: Final = 2.0
_ANSWER_WITHIN_S: Final = 5.0
_CLIENT_SETTINGS: Final[Mapping[str, str]] = {
    # left alone, the client asks a dead server for minutes
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    # our results go to stdout, and this is none of them
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}


class TrackingError(SurroundingsError):
    """The tracking server does not answer or does not take what it is told."""

    def __init__(self, *, uri: str, reason: str) -> None:
        super().__init__(
            f"the MLflow server at {uri} cannot be used ({reason}): start one with "
            "`python -m sandbox up mlflow` or set MLFLOW_TRACKING_URI, then give the same command "
            "again"
        )


def tracking_uri(environment: Mapping[str, str]) -> str:
    """The server that is set, else the sandbox's."""
    return environment.get("MLFLOW_TRACKING_URI") or SANDBOX_TRACKING_URI


def prepare_client(uri: str, pause: Callable[[float], None]) -> None:
    """Have MLflow's client give up in time, and check that its server answers.

    Args:
        uri: of the server.
        pause: called with seconds between two tries.

    Raises:
        TrackingError: it does not answer.
    """
    for name, value in _CLIENT_SETTINGS.items():
        os.environ.setdefault(name, value)
    require_answer(uri, pause)


def require_answer(uri: str, pause: Callable[[float], None]) -> None:
    """Check that a server answers; a store that is no server needs no check.

    Raises:
        TrackingError: it does not after a few tries.
    """
    if not uri.startswith(("http://", "https://")):
        return
    for number in range(1, _TRIES + 1):
        try:
            with urllib.request.urlopen(f"{uri.rstrip('/')}/health", timeout=_ANSWER_WITHIN_S):  # noqa: S310  # the scheme is checked above
                return
        except urllib.error.HTTPError:
            return  # somebody answers; what the server says to a client is told by the client
        except OSError as error:
            reason = f"no answer after {number} tries: {error}"
        if number < _TRIES:
            pause(_PAUSE_S)
    raise TrackingError(uri=uri, reason=reason)
