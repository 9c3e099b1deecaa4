"""Which DAG files are loaded: those of this machine, and the cloud's where they are asked for."""

from __future__ import annotations

import os
from pathlib import Path
from zipfile import ZipFile

LOCAL = frozenset({"fraud_stream_local.py"})
EVERYWHERE = "yandex"


def is_wanted(file_path: str, zip_file: ZipFile | None = None) -> bool:  # noqa: ARG001
    """What Airflow asks for each file (`[core] might_contain_dag_callable`).

    Args:
        file_path: of a Python file in the folder of DAGs.
        zip_file: an archive that holds it; ours are in none.
    """
    wants_all = os.environ.get("STREAMGAUGE_TARGET") == EVERYWHERE
    return file_path.endswith(".py") and (wants_all or Path(file_path).name in LOCAL)
