"""What a worker calls itself in its consumer group: by that alone a machine elsewhere is known."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import Final

PACKAGES: Final = ("faust-streaming", "aiokafka", "onnxruntime", "numpy", "orjson", "pydantic")
"""What decides how it reads and what it scores."""


def client_id() -> str:
    """Python and packages of this process, `python-3.12.3_faust-streaming-0.15.3_...`.

    Whoever may describe the group reads it; a host in the cloud has no other way to tell.
    """
    return "_".join([f"python-{platform.python_version()}", *map(_package, PACKAGES)])


def _package(name: str) -> str:
    return f"{name}-{version(name)}"
