"""Requests to an Airflow as somebody: with the password on 2.10, with a token for it on 3."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from fraud_cloud.errors import ConfigError, DeniedError, GoneError, RefusedError

_CALL_S = 30.0
_NOT_ACCEPTABLE = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY)


@dataclass
class Login:
    """Who asks, and where.

    Attributes:
        url: of the web server, without a path.
        airflow_version: such as 2.10 or 3.1.
        user: who logs in.
        password: of that user; it is sent and kept nowhere.
        headers: sent with every request: what stands before the web server may want to know
            who comes too.
    """

    url: str
    airflow_version: str
    user: str
    password: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    _authorization: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        self.url = self.url.rstrip("/")

    @property
    def api_version(self) -> int:
        """1 for Airflow 2.10, 2 for Airflow 3."""
        return 1 if self.airflow_version.startswith("2.") else 2

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 - JSON of many forms
        """One request; a token that is not good any more is replaced once.

        Args:
            method: of HTTP.
            path: from the root of the web server on.
            body: sent as JSON.

        Raises:
            DeniedError: the password is not accepted, or what stands before Airflow says no.
            GoneError: there is no such thing.
            RefusedError: no answer, or another one than was hoped for.
        """
        fresh = not self._authorization
        if fresh:
            self._authorize()
        try:
            return self._request(method, path, body, self._authorization)
        except DeniedError:
            if fresh or self.api_version == 1:
                raise
        # A run of a campaign may outlive a token.
        self._authorize()
        return self._request(method, path, body, self._authorization)

    def _authorize(self) -> None:
        if self.api_version == 1:
            both = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
            self._authorization = f"Basic {both}"
            return
        who = {"username": self.user, "password": self.password}
        token = self._request("POST", "/auth/token", who, "")["access_token"]
        self._authorization = f"Bearer {token}"

    def _request(
        self, method: str, path: str, body: Mapping[str, Any] | None, authorization: str
    ) -> Any:  # noqa: ANN401 - JSON of many forms
        if not self.url.startswith(("http://", "https://")):
            raise ConfigError(f"{self.url} is no address of a web server")
        every = {"Content-Type": "application/json", "Accept": "application/json", **self.headers}
        if authorization:
            every["Authorization"] = authorization
        content = None if body is None else json.dumps(body).encode()
        url = self.url + path
        request = urllib.request.Request(url, content, every, method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=_CALL_S) as answer:  # noqa: S310
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                detail = error.read().decode(errors="replace")[:500]
            raise _as_ours(error.code, f"{method} {url}", detail) from error
        except (OSError, ValueError) as error:
            raise RefusedError(f"{method} {url}: {error}") from error


def _as_ours(code: int, what: str, detail: str) -> Exception:
    text = f"{what} is answered with {code}: {detail}"
    if code == HTTPStatus.UNAUTHORIZED:
        return DeniedError(f"{what} is answered with {code}: is the password right?")
    if code == HTTPStatus.FORBIDDEN:
        return DeniedError(f"{text}: your account needs the role managed-airflow.user")
    if code == HTTPStatus.NOT_FOUND:
        return GoneError(text)
    return RefusedError(text, final=code in _NOT_ACCEPTABLE)
