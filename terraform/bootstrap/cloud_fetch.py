"""What a host of ours reads from the cloud: its address, its secrets, objects of the bucket.

It takes a token of its service account from the metadata service for each call, so no key is stored
on the host or in its user-data. Only the standard library: it runs before anything is installed.

    cloud_fetch.py address
    cloud_fetch.py object BUCKET KEY FILE [SHA256]
    cloud_fetch.py environment FILE NAME=TEMPLATE ...

In a TEMPLATE `{{SECRET_ID:ENTRY}}` becomes the secret's entry and `{{SECRET_ID:ENTRY:url}}` the
same, quoted for a part of an address. FILE is written for its owner alone.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from http.client import HTTPResponse
from pathlib import Path

METADATA = os.environ.get("CLOUD_METADATA", "http://169.254.169.254")
LOCKBOX = os.environ.get("CLOUD_LOCKBOX", "https://payload.lockbox.api.cloud.yandex.net")
STORAGE = os.environ.get("CLOUD_STORAGE", "https://storage.yandexcloud.net")
# Rights of a new account and a new network take a while to be known everywhere.
TRIES = int(os.environ.get("CLOUD_TRIES", "8"))
ANSWER_WITHIN_S = 30
METADATA_HEADER = {"Metadata-Flavor": "Google"}
PLACE = re.compile(r"\{\{([\w-]+):([\w-]+)(:url)?\}\}")
CHUNK_BYTES = 1 << 20


class FetchError(Exception):
    """Something cannot be fetched; the text says what, why, and what to look at."""


def opened(url: str, headers: dict[str, str], *, what: str, remedy: str) -> HTTPResponse:
    """An answer to read, tried again with pauses of 1, 2, 4, ... s while it may still come."""
    for attempt in range(TRIES):
        try:
            request = urllib.request.Request(url, headers=headers)  # noqa: S310 - our own addresses
            return urllib.request.urlopen(request, timeout=ANSWER_WITHIN_S)  # noqa: S310
        except urllib.error.HTTPError as error:
            reason = f"{error.code} {error.reason}"
        except OSError as error:
            reason = str(error)
        if attempt + 1 < TRIES:
            time.sleep(2**attempt)
    raise FetchError(f"{what}: {reason} after {TRIES} tries: {remedy}")


def metadata(path: str) -> str:
    """One value of the metadata service."""
    url = f"{METADATA}/computeMetadata/v1/instance/{path}"
    with opened(
        url,
        METADATA_HEADER,
        what=f"metadata {path}",
        remedy="see that the host has a service account and its metadata service is on",
    ) as answer:
        return answer.read().decode()


def token() -> str:
    """A token of the host's service account."""
    return json.loads(metadata("service-accounts/default/token"))["access_token"]


def secret(secret_id: str) -> dict[str, str]:
    """Entries of one Lockbox secret."""
    with opened(
        f"{LOCKBOX}/lockbox/v1/secrets/{secret_id}/payload",
        {"Authorization": f"Bearer {token()}"},
        what=f"secret {secret_id}",
        remedy="give the host's account lockbox.payloadViewer on it",
    ) as answer:
        entries = json.loads(answer.read())["entries"]
    return {entry["key"]: entry["textValue"] for entry in entries}


def fetch_object(bucket: str, key: str, file: Path, sha256: str = "") -> None:
    """Write an object to a file, whole or not at all.

    Raises:
        FetchError: it cannot be read, or its content is not what was expected.
    """
    digest = hashlib.sha256()
    unfinished = file.with_name(f"{file.name}.part")
    with (
        opened(
            f"{STORAGE}/{bucket}/{urllib.parse.quote(key)}",
            {"X-YaCloud-SubjectToken": token()},
            what=f"object s3://{bucket}/{key}",
            remedy="see that it was uploaded and that the host's account may read its prefix",
        ) as answer,
        unfinished.open("wb") as out,
    ):
        while chunk := answer.read(CHUNK_BYTES):
            digest.update(chunk)
            out.write(chunk)
    if sha256 and digest.hexdigest() != sha256:
        unfinished.unlink()
        text = f"s3://{bucket}/{key} has SHA-256 {digest.hexdigest()}, expected {sha256}"
        raise FetchError(f"{text}: upload it again")
    unfinished.replace(file)


def filled(template: str, secrets: dict[str, dict[str, str]]) -> str:
    """The template with secrets in their places; each secret is read once."""

    def value(match: re.Match[str]) -> str:
        secret_id, entry, as_url = match.groups()
        if secret_id not in secrets:
            secrets[secret_id] = secret(secret_id)
        entries = secrets[secret_id]
        if entry not in entries:
            found = ", ".join(sorted(entries))
            raise FetchError(f"secret {secret_id} has no entry {entry}, only {found}: make it anew")
        return urllib.parse.quote(entries[entry], safe="") if as_url else entries[entry]

    return PLACE.sub(value, template)


def quoted(value: str) -> str:
    """A value as systemd's EnvironmentFile and a shell both read it."""
    if "\n" in value:
        raise FetchError("a secret of several lines cannot be an environment variable")
    return '"' + re.sub(r'(["\\$`])', r"\\\1", value) + '"'


def write_environment(file: Path, templates: list[str]) -> None:
    """Write NAME="value" lines for the owner alone, whole or not at all."""
    secrets: dict[str, dict[str, str]] = {}
    lines = []
    for one in templates:
        name, _, template = one.partition("=")
        lines.append(f"{name}={quoted(filled(template, secrets))}\n")
    unfinished = file.with_name(f"{file.name}.part")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as out:
        out.writelines(lines)
    unfinished.replace(file)


def main(arguments: list[str]) -> None:
    """Do what the first argument says."""
    match arguments:
        case ["address"]:
            sys.stdout.write(metadata("network-interfaces/0/ip") + "\n")
        case ["object", bucket, key, file, *sha256]:
            fetch_object(bucket, key, Path(file), *sha256)
        case ["environment", file, *templates]:
            write_environment(Path(file), templates)
        case _:
            raise FetchError(f"unknown arguments {arguments}: see the top of {__file__}")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except FetchError as error:
        sys.exit(f"error: {error}")
