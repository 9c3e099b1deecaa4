"""The artifact of one run, which nobody replaces while it runs.

A Python worker loads the model when its first record comes: at the start, after the end of its
executor, and after a minute without any record. Of a folder that is replaced meanwhile each would
load what it finds then, and one job would score with two models.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from fraud_core.artifact import HISTORY_FILE, MANIFEST_FILE, MODEL_FILE, Artifact, load_artifact
from fraud_core.errors import SurroundingsError

_FOLDER: Final = "artifact"


def own_copy(artifact: Path, folder: Path) -> Artifact:
    """Copy what a scorer reads.

    Args:
        artifact: folder that the job was started with.
        folder: of this run alone.

    Raises:
        ArtifactError: a file is altered, or was replaced while it was copied.
        SurroundingsError: it cannot be copied.
    """
    copy = folder / _FOLDER
    try:
        copy.mkdir()
        for name in (MANIFEST_FILE, MODEL_FILE, HISTORY_FILE):
            shutil.copyfile(artifact / name, copy / name)
    except OSError as error:
        raise SurroundingsError(
            f"{artifact} cannot be copied to {copy} ({error.strerror}): wait until it is replaced "
            "as a whole, or make room there; TMPDIR names another place"
        ) from None
    return load_artifact(copy)
