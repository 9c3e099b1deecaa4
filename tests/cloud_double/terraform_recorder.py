"""What stands on PATH for Terraform: it records how it was called and changes the double.

`destroy` deletes what a root declares, `apply` makes what it plans, the other commands answer.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.cloud_double.state import State

_SCRIPT = """#!{python} -IS
import json, sys, urllib.request
body = json.dumps({{"arguments": sys.argv[1:]}}).encode()
with urllib.request.urlopen("{url}/terraform", body, timeout=30) as answer:
    said = json.load(answer)
sys.stdout.write(said["stdout"])
sys.exit(said["code"])
"""


@dataclass
class Recorder:
    """Terraform, as far as our commands see it.

    Attributes:
        state: what it changes.
        folder: to be put on PATH.
        fails: how often each command fails before it works.
        runs: every call, as (root, command, further arguments).
        plans: what `show -json` answers, by root.
        outputs: what `output -json` answers, by root.
        makes: what `apply` does, by root.
    """

    state: State
    folder: Path
    fails: dict[str, int] = field(default_factory=dict)
    runs: list[tuple[str, str, tuple[str, ...]]] = field(default_factory=list)
    plans: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    outputs: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    makes: dict[str, Callable[[], object]] = field(default_factory=dict)

    def install(self, url: str) -> None:
        """Write the program.

        Args:
            url: where the double takes its calls.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        program = self.folder / "terraform"
        program.write_text(_SCRIPT.format(python=sys.executable, url=url))
        program.chmod(0o755)

    def answer(self, call: Mapping[str, Any]) -> dict[str, Any]:
        """Do one call; the state's lock is held."""
        where, command, *rest = call["arguments"]
        folder = Path(where.removeprefix("-chdir="))
        self.runs.append((folder.name, command, tuple(rest)))
        if self.fails.get(command, 0) > 0:
            self.fails[command] -= 1
            return {"stdout": f"{command}: told to fail\n", "code": 1}
        return {"stdout": self._done(folder, command, rest), "code": 0}

    def commands(self, root: str) -> list[str]:
        """Commands that a root saw, in order."""
        return [command for where, command, _ in self.runs if where == root]

    def _done(self, folder: Path, command: str, rest: Sequence[str]) -> str:
        root = folder.name
        if command == "destroy":
            for identifier in self.state.declared.pop(root, []):
                self.state.remove(identifier)
        elif command == "plan":
            # As Terraform does, into the folder that it was given.
            (folder / rest[-1].removeprefix("-out=")).touch()
        elif command == "apply" and root in self.makes:
            self.makes[root]()
        elif command == "state":
            return "".join(f"{one}\n" for one in self.state.declared.get(root, []))
        elif command == "show":
            return json.dumps(self.plans[root])
        elif command == "output":
            return json.dumps(
                {name: {"value": value} for name, value in self.outputs.get(root, {}).items()}
            )
        return ""
