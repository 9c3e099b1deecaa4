"""Terraform as a program: it is run, retried, and its plan is read."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fraud_cloud.clock import Clock
from fraud_cloud.errors import ConfigError, SurroundingsError

TRIES = 3
_PLAN = "cloud.tfplan"
_DATA = re.compile(r"(^|\.)data\.")
"""In the address of what was read and not made."""
_NO_STATE = "No state file was found"
"""How `terraform state list` says that nothing was ever applied, with exit code 1."""


@dataclass(frozen=True)
class Root:
    """One root module and the environment in which Terraform runs there.

    Attributes:
        folder: the root.
        environment: variables of Terraform.
        clock: time.
        retry_s: between two tries.
    """

    folder: Path
    environment: Mapping[str, str]
    clock: Clock
    retry_s: float

    def was_applied(self) -> bool:
        """Whether there is something to destroy: the state names it.

        Raises:
            SurroundingsError: the state is elsewhere and cannot be read.
        """
        if (self.folder / "backend.tf").exists():
            return self._has_state_elsewhere()
        state = self.folder / "terraform.tfstate"
        if not state.exists():
            return False
        held = json.loads(state.read_text(encoding="utf-8"))["resources"]
        return any(one.get("mode") != "data" for one in held)

    def variable(self, name: str) -> str | None:
        """A text that the person has filled in; None where it is not there.

        Args:
            name: of the variable.
        """
        path = self.folder / "terraform.tfvars"
        if not path.exists():
            return None
        found = re.search(rf'^\s*{name}\s*=\s*"([^"]*)"', path.read_text("utf-8"), re.MULTILINE)
        return None if found is None else found[1]

    def planned(self) -> dict[str, Any]:
        """Plan, keep the plan for `apply`, and read it.

        Returns:
            What `terraform show -json` prints.

        Raises:
            SurroundingsError: Terraform fails.
        """
        self._must("init", "-input=false")
        self._must("plan", "-input=false", f"-out={_PLAN}")
        shown = self._run("show", "-json", _PLAN, quiet=True)
        if shown.returncode != 0:
            raise SurroundingsError(f"terraform show fails in {self.folder}: {shown.stderr}")
        plan: dict[str, Any] = json.loads(shown.stdout)
        return plan

    def apply(self) -> None:
        """Apply the plan that `planned` kept.

        Not retried: a plan is good for one try. The command is run again, and plans anew.
        """
        self._must("apply", "-input=false", _PLAN)

    def forget_plan(self) -> None:
        """Remove the plan that `planned` kept: it holds passwords."""
        (self.folder / _PLAN).unlink(missing_ok=True)

    def destroy(self) -> None:
        """Destroy, and try again: what the cloud refuses once it often does the next time.

        Raises:
            SurroundingsError: it fails every time.
        """
        self._must("init", "-input=false")
        for attempt in range(TRIES):
            if self._run("destroy", "-input=false", "-auto-approve").returncode == 0:
                return
            if attempt < TRIES - 1:
                self.clock.pause(self.retry_s)
        raise SurroundingsError(
            f"terraform destroy failed {TRIES} times in {self.folder}: its output above names the "
            "reason; then run the same command again, or with --without-terraform, which deletes "
            "by label alone"
        )

    def outputs(self) -> dict[str, Any]:
        """Outputs that are no secrets, by name."""
        shown = self._run("output", "-json", quiet=True)
        if shown.returncode != 0:
            raise SurroundingsError(f"terraform output fails in {self.folder}: {shown.stderr}")
        outputs: dict[str, Any] = json.loads(shown.stdout)
        return {name: one["value"] for name, one in outputs.items() if not one.get("sensitive")}

    def _has_state_elsewhere(self) -> bool:
        self._must("init", "-input=false")
        listed = self._run("state", "list", quiet=True)
        if listed.returncode != 0 and _NO_STATE not in listed.stderr:
            raise SurroundingsError(f"terraform state list fails in {self.folder}: {listed.stderr}")
        held = [] if listed.returncode != 0 else listed.stdout.split()
        return any(_DATA.search(one) is None for one in held)

    def _must(self, *arguments: str) -> None:
        if self._run(*arguments).returncode != 0:
            raise SurroundingsError(
                f"terraform {arguments[0]} fails in {self.folder}: its output above names the "
                "reason; then run the same command again"
            )

    def _run(self, *arguments: str, quiet: bool = False) -> subprocess.CompletedProcess[str]:
        program = shutil.which("terraform", path=self.environment.get("PATH"))
        if program is None:
            raise ConfigError("terraform is not on PATH: install version 1.9 or newer")
        command: Sequence[str] = (program, f"-chdir={self.folder}", *arguments)
        return subprocess.run(
            command, env=dict(self.environment), text=True, check=False, capture_output=quiet
        )
