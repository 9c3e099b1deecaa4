"""`models:/fraud@champion` and `models:/fraud/3`, as MLflow writes them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from fraud_core.errors import ConfigError

MODEL_NAME: Final = "fraud"
CHAMPION: Final = "champion"

_FORM: Final = re.compile(r"^models:/(?P<name>[^/@]+)(?:@(?P<alias>[^/@]+)|/(?P<version>\d+))$")


@dataclass(frozen=True, slots=True)
class Reference:
    """A registered model by alias or by version; one of both is None."""

    name: str
    alias: str | None
    version: str | None

    def __str__(self) -> str:
        """As MLflow writes it."""
        place = f"@{self.alias}" if self.alias else f"/{self.version}"
        return f"models:/{self.name}{place}"


def parse_reference(text: str) -> Reference:
    """Read a reference.

    Raises:
        ConfigError: it is none.
    """
    found = _FORM.match(text)
    if found is None:
        raise ConfigError(
            f"{text} is no registered model: write models:/{MODEL_NAME}@{CHAMPION}, or "
            f"models:/{MODEL_NAME}/3 for version 3"
        )
    return Reference(found["name"], found["alias"], found["version"])
