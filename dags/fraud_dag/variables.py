"""The variables with which a DAG starts a program of ours. Pure."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

MARK: Final = "STREAMGAUGE_DAG_RUNS"
"""Variable of every program that measures for a DAG: who has it, was started from these runs."""
_OF_AIRFLOW: Final = ("AIRFLOW", "_AIRFLOW", "__AIRFLOW")
_OF_ITS_PYTHON: Final = frozenset(
    {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__"}
)


def variables_for_programs(environment: Mapping[str, str], python: Path) -> dict[str, str]:
    """The variables of Airflow's process without those that are Airflow's own.

    Its connections are among them and are nobody's business; its Python is another one.

    Args:
        environment: the variables of Airflow's process.
        python: the programs' own.
    """
    kept = {
        name: value
        for name, value in environment.items()
        if not name.startswith(_OF_AIRFLOW) and name not in _OF_ITS_PYTHON
    }
    path = [str(python.parent), environment.get("PATH", os.defpath)]
    return kept | {"PATH": os.pathsep.join(path), "PYTHONUNBUFFERED": "1"}
