"""A copy of the Terraform code, and Terraform run on it with the double of the provider.

A copy, because Terraform writes into the folders that it works on. The environment of
`requirements/terraform.txt` is found in `.venv-terraform`, where `make test` puts it, or in the
folder that TERRAFORM_TOOLS names.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TOOLS = Path(os.environ.get("TERRAFORM_TOOLS", ROOT / ".venv-terraform")) / "bin"
SCHEMA = ROOT / "tests/terraform/provider-schema.json"
CONTRACT = json.loads((ROOT / "dags/fraud_cloud/contract.json").read_text())
ENVIRONMENTS = ("persistent", "session")
MODULES = tuple(sorted(path.name for path in (ROOT / "terraform/modules").iterdir()))
FOLDERS = tuple(f"modules/{name}" for name in MODULES) + tuple(
    f"environments/{name}" for name in ENVIRONMENTS
)

VARIABLES: Mapping[str, Mapping[str, object]] = {
    "persistent": {
        "cloud_id": "b1g00000000000000000",
        "folder_id": "b1g00000000000000001",
        "bucket": "streamgauge-test",
        "owner_ids": ["aje00000000000000000"],
        "allowed_cidr": ["203.0.113.7/32"],
    },
    "session": {
        "cloud_id": "b1g00000000000000000",
        "folder_id": "b1g00000000000000001",
        "run": "first",
        "expires": 1_900_000_000,
        "ssh_public_key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA test",
        "standing_spark": True,
    },
}
_NAMES = CONTRACT["labels"]
LABELS: Mapping[str, Mapping[str, str]] = {
    root: {
        _NAMES["project"]: CONTRACT["project"],
        _NAMES["run"]: run,
        _NAMES["expires"]: expires,
    }
    for root, run, expires in (
        ("persistent", CONTRACT["standing_run"], CONTRACT["never_expires"]),
        ("session", "first", "1900000000"),
    )
}
"""By which everything of a root is found again."""
_ACCOUNTS = ("airflow", "faust", "faust-manager", "mlflow", "spark")
_GROUPS = ("airflow", "faust", "kafka", "mlflow", "postgresql", "spark")
_SECRETS = ("airflow_admin", "kafka_benchmark", "kafka_faust", "mlflow_database", "mlflow_bucket")
# What the persistent root would have put into its state.
STANDING: Mapping[str, Any] = {
    "bucket": "streamgauge-test",
    "network_id": "net",
    "subnet_cidr": "10.20.0.0/24",
    "allowed_cidr": ["203.0.113.7/32"],
    "service_account_ids": {name: f"account-{name}" for name in _ACCOUNTS},
    "security_group_ids": {name: f"group-{name}" for name in _GROUPS},
    "secret_ids": {name: f"secret-{name}" for name in _SECRETS},
}


@dataclass(frozen=True, slots=True)
class Workspace:
    """A copy of the code in a folder, and the variables with which Terraform finds the double."""

    folder: Path
    environment: Mapping[str, str]

    @classmethod
    def copied(cls, folder: Path, environment: Mapping[str, str]) -> Workspace:
        """Copy what Terraform reads."""
        for name in ("terraform", "dags/fraud_cloud"):
            # What a person left there is no part of the code.
            left = shutil.ignore_patterns(".terraform*", "*.tfstate*", "*.tfplan", "*.tfvars")
            shutil.copytree(ROOT / name, folder / name, ignore=left)
        (folder / "requirements").mkdir()
        shutil.copy(ROOT / "requirements/spark35.txt", folder / "requirements")
        workspace = cls(folder, environment)
        workspace.path("environments/persistent/terraform.tfstate").write_text(_state(STANDING))
        return workspace

    def path(self, name: str) -> Path:
        """A file or folder below `terraform/`."""
        return self.folder / "terraform" / name

    def change(self, name: str, old: str, new: str) -> None:
        """Replace a text that is there exactly once."""
        text = self.path(name).read_text()
        assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in {name}"
        self.path(name).write_text(text.replace(old, new))

    def terraform(self, folder: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run Terraform in a folder."""
        return subprocess.run(
            ["terraform", *arguments],
            cwd=self.path(folder),
            env=dict(self.environment),
            capture_output=True,
            text=True,
            timeout=240,
        )

    def initialised(self, folder: str) -> None:
        """`terraform init`: modules are found, nothing is downloaded."""
        answer = self.terraform(folder, "init", "-input=false", "-no-color", "-backend=false")
        assert answer.returncode == 0, answer.stdout + answer.stderr

    def validated(self, folder: str) -> subprocess.CompletedProcess[str]:
        """`terraform validate`."""
        self.initialised(folder)
        return self.terraform(folder, "validate", "-no-color")

    def plan(self, root: str) -> dict[str, Any]:
        """What a root would create, as `terraform show -json` tells it."""
        folder = f"environments/{root}"
        values = self.path(folder) / "terraform.tfvars.json"
        values.write_text(json.dumps(VARIABLES[root]))
        self.initialised(folder)
        # The state that the session reads is not this root's own.
        state = f"-state={self.folder / 'none.tfstate'}"
        made = self.terraform(
            folder, "plan", "-input=false", "-no-color", state, "-out=plan.tfplan"
        )
        assert made.returncode == 0, made.stdout[-3000:] + made.stderr
        shown = self.terraform(folder, "show", "-json", "plan.tfplan")
        assert shown.returncode == 0, shown.stderr
        plan: dict[str, Any] = json.loads(shown.stdout)
        return plan


@contextmanager
def provider_double(folder: Path) -> Iterator[dict[str, str]]:
    """Variables with which Terraform uses the double, which ends with the block."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("TF_", "YC_", "AWS_"))
    }
    with subprocess.Popen(
        [TOOLS / "python", SCHEMA.with_name("provider_double.py"), SCHEMA, folder / "provider"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdin
        reattach = process.stdout.readline().strip()
        assert reattach, "the double of the provider did not start"
        try:
            # No settings of the person who runs the tests, no calls home.
            (folder / "terraformrc").touch()
            yield environment | {
                "TF_REATTACH_PROVIDERS": reattach,
                "TF_CLI_CONFIG_FILE": str(folder / "terraformrc"),
                "CHECKPOINT_DISABLE": "1",
            }
        finally:
            process.stdin.close()
            process.wait(timeout=20)


def _state(outputs: Mapping[str, Any]) -> str:
    return json.dumps(
        {
            "version": 4,
            "terraform_version": "1.9.0",
            "serial": 1,
            "lineage": "standing",
            "outputs": {
                name: {"value": value, "type": _type(value)} for name, value in outputs.items()
            },
            "resources": [],
        }
    )


def _type(value: Any) -> Any:
    match value:
        case str():
            return "string"
        case list():
            return ["list", "string"]
        case _:
            return ["map", "string"]
