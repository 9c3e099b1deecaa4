"""Asking a worker for its health, as a probe does."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from urllib.parse import urlsplit


def ask(url: str, path: str) -> tuple[int, dict]:
    """Status and content of a path of a worker's health."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, json.load(answer)
    finally:
        connection.close()
