"""One entry of a Lockbox secret, read with a token of IAM and kept nowhere."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from http import HTTPStatus

from fraud_cloud.errors import DeniedError, SurroundingsError
from fraud_cloud.object_store import iam_token

ENDPOINT = "https://payload.lockbox.api.cloud.yandex.net"
_CALL_S = 30.0


def secret_entry(environment: Mapping[str, str], secret_id: str, entry: str) -> str:
    """Read one entry.

    Args:
        environment: YC_TOKEN, and CLOUD_LOCKBOX where the service is not the usual one.
        secret_id: which secret.
        entry: its key.

    Raises:
        ConfigError: there is no token.
        DeniedError: this person may not read it.
        SurroundingsError: there is no such secret or entry, or no answer.
    """
    endpoint = environment.get("CLOUD_LOCKBOX", ENDPOINT)
    url = f"{endpoint}/lockbox/v1/secrets/{secret_id}/payload"
    headers = {"Authorization": f"Bearer {iam_token(environment)}"}
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - the scheme is ours
    try:
        with urllib.request.urlopen(request, timeout=_CALL_S) as answer:  # noqa: S310
            entries = json.load(answer)["entries"]
    except urllib.error.HTTPError as error:
        with error:
            raise _as_ours(error.code, secret_id) from None
    except OSError as error:
        raise SurroundingsError(f"Lockbox secret {secret_id} cannot be read: {error}") from error
    for one in entries:
        if one["key"] == entry:
            return str(one["textValue"])
    raise SurroundingsError(f"Lockbox secret {secret_id} has no entry {entry!r}")


def _as_ours(code: int, secret_id: str) -> SurroundingsError:
    text = f"Lockbox secret {secret_id} is answered with {code}"
    if code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return DeniedError(f"{text}: your account needs lockbox.payloadViewer on it")
    return SurroundingsError(text)
