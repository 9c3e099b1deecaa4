"""Where the sandbox keeps its things and which ports its services take."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from fraud_core.errors import ConfigError, UnknownSettingError

PROJECT = Path(__file__).resolve().parent.parent

_PREFIX = "SANDBOX_"
# SANDBOX_ is a common word: only a name this near to one of ours is taken for a typing mistake.
_TYPO_LIKENESS = 0.9


class SandboxSettings(BaseSettings):
    """Where services of this machine live. Immutable."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, extra="ignore", frozen=True)

    dir: Path = Field(PROJECT / ".sandbox", description="folder of data, logs and process files")
    cache: Path = Field(
        Path("~/.cache/streamgauge"), description="folder of downloaded jars, shared by all clones"
    )
    kafka_port: int = Field(
        19092, ge=1024, le=65534, description="port of the broker; its controller takes the next"
    )
    mlflow_port: int = Field(15000, ge=1024, le=65535, description="port of the MLflow server")
    postgresql_port: int = Field(
        15432, ge=1024, le=65535, description="port of the PostgreSQL server"
    )
    s3_port: int = Field(29000, ge=1024, le=65535, description="port of the S3 server")
    airflow_port: int = Field(18080, ge=1024, le=65535, description="port of Airflow's page")

    @property
    def folder(self) -> Path:
        """`dir`, absolute: the broker does not run in the folder of the caller."""
        return self.dir.expanduser().resolve()

    @property
    def cache_folder(self) -> Path:
        """`cache`, absolute."""
        return self.cache.expanduser().resolve()

    @property
    def bootstrap_servers(self) -> str:
        """Address of the broker that the sandbox starts."""
        return f"127.0.0.1:{self.kafka_port}"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> SandboxSettings:
        """Read the settings from `SANDBOX_*`.

        Args:
            environment: the variables of the process, checked for mistyped names.

        Raises:
            UnknownSettingError: a name that looks like one of ours and is none.
            ConfigError: a value that is not allowed.
        """
        _refuse_mistyped_names(environment)
        try:
            return cls()
        except ValidationError as error:
            first = error.errors()[0]
            name = "".join(str(part) for part in first["loc"]).upper()
            raise ConfigError(f"{_PREFIX}{name}={first['input']}: {first['msg']}") from None


def _refuse_mistyped_names(environment: Mapping[str, str]) -> None:
    known = [f"{_PREFIX}{name.upper()}" for name in SandboxSettings.model_fields]
    for name in sorted(environment):
        if not name.startswith(_PREFIX) or name in known:
            continue
        nearest = difflib.get_close_matches(name, known, n=1, cutoff=_TYPO_LIKENESS)
        if nearest:
            raise UnknownSettingError(name=name, nearest=nearest[0], where="the environment")
