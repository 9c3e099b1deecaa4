"""What the commands work with: the folder, Terraform's roots, the bucket, and the person."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from fraud_cloud.errors import ConfigError
from fraud_cloud.object_store import ObjectStore, open_store
from fraud_cloud.purge import Means
from fraud_cloud.records import Recorder
from fraud_cloud.terraform import Root

PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Surroundings:
    """Everything outside of a command.

    Attributes:
        means: the cloud, the contract, time and how long to wait.
        roots: folder with Terraform's two roots.
        environment: variables of this process.
        recorder: where records go.
        ask: shows a question and says whether the person agrees.
    """

    means: Means
    roots: Path
    environment: Mapping[str, str]
    recorder: Recorder
    ask: Callable[[str], bool]

    @property
    def session(self) -> Root:
        """Root of what is up while measuring."""
        return self._root("session")

    @property
    def standing(self) -> Root:
        """Root of what outlives sessions."""
        return self._root("persistent")

    @property
    def store(self) -> ObjectStore:
        """The bucket service."""
        return open_store(self.environment)

    def agreed(self, question: str) -> None:
        """Go on only if the person agrees.

        Raises:
            ConfigError: the person does not.
        """
        if not self.ask(question):
            raise ConfigError("nothing was changed: you did not agree (--yes agrees beforehand)")

    def require_same_folder(self) -> None:
        """Refuse to look into one folder of the cloud while Terraform works in another.

        Raises:
            ConfigError: they differ; an empty wrong folder would be called clean.
        """
        ours = self.environment.get("YC_FOLDER_ID")
        for root in (self.standing, self.session):
            theirs = root.variable("folder_id")
            if theirs is not None and theirs != ours:
                raise ConfigError(
                    f"YC_FOLDER_ID is {ours} and {root.folder.name}/terraform.tfvars has folder_id "
                    f"{theirs}: set both to the same"
                )

    def _root(self, name: str) -> Root:
        retry_s = self.means.limits.retry_s
        return Root(self.roots / name, self.environment, self.means.clock, retry_s)
