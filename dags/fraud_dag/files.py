"""Files that are there whole or not at all."""

from __future__ import annotations

from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Write a file under another name first, then put it in place.

    Args:
        path: of the file; its folder is made if need be.
        content: of it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f"{path.name}.tmp")
    scratch.write_bytes(content)
    scratch.replace(path)
