"""`contract.json` as values: what DAGs, Terraform and these commands must agree on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CONTRACT_FILE = Path(__file__).with_name("contract.json")


@dataclass(frozen=True)
class Contract:
    """Names of the contract that this package uses.

    Attributes:
        project: value of the label by which everything of ours is known.
        project_label: that label's name.
        run_label: name of the label with the run or session.
        expires_label: name of the label with the end, Unix seconds.
        standing_run: value of the run's label on what outlives sessions.
        never_expires: value of the label of the end there.
        entries: keys inside Lockbox secrets, by purpose.
        ports: of services, by name.
        prefixes: prefixes of the bucket by purpose.
        keys: objects of the bucket that have a fixed key, by purpose.
        connections: of Airflow, by purpose.
        variable: of Airflow, with what the session is.
        topic_prefix: what the names of all topics begin with.
    """

    project: str
    project_label: str
    run_label: str
    expires_label: str
    standing_run: str
    never_expires: str
    entries: Mapping[str, str]
    ports: Mapping[str, int]
    prefixes: Mapping[str, str]
    keys: Mapping[str, str]
    connections: Mapping[str, str]
    variable: str
    topic_prefix: str

    def labels(self, run: str, expires_s: int) -> dict[str, str]:
        """Labels of something that a run makes.

        Args:
            run: the run's id.
            expires_s: after this it may be deleted by anybody, Unix seconds.
        """
        return {
            self.project_label: self.project,
            self.run_label: run,
            self.expires_label: str(expires_s),
        }


def load_contract(path: Path = CONTRACT_FILE) -> Contract:
    """Read the contract that lies beside this file."""
    raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    labels = raw["labels"]
    return Contract(
        project=raw["project"],
        project_label=labels["project"],
        run_label=labels["run"],
        expires_label=labels["expires"],
        standing_run=raw["standing_run"],
        never_expires=raw["never_expires"],
        entries=raw["lockbox_entries"],
        ports=raw["ports"],
        prefixes=raw["bucket_prefixes"],
        keys=raw["bucket_keys"],
        connections=raw["connections"],
        variable=raw["variable"],
        topic_prefix=raw["kafka"]["topic_prefix"],
    )
