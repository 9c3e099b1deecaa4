"""Every error of this package, with the exit code of the command that meets it.

    CloudError                 1
    |-- ConfigError            2   usage or settings; nothing was changed
    |-- LeftoversError         3   something that bills is still there
    |-- LeftGoingError       130   nobody watches any more, what was begun goes on
    `-- SurroundingsError      5   the cloud, Terraform, a network
        |-- DeniedError            a service that we may not see or change
        |-- RefusedError           the cloud says no to one request
        `-- GoneError              what was asked for is not there

The codes are those of every command of the project.
"""

from __future__ import annotations

EXIT_LEFTOVERS = 3
EXIT_SURROUNDINGS = 5
EXIT_INTERRUPTED = 130


class CloudError(Exception):
    """Base of every error of this package."""

    exit_code = 1


class ConfigError(CloudError):
    """A setting, an argument or a file is not usable; nothing was changed."""

    exit_code = 2


class LeftoversError(CloudError):
    """Something that bills is still there."""

    exit_code = EXIT_LEFTOVERS


class LeftGoingError(CloudError):
    """The person does not watch any more; what was begun in the cloud goes on."""

    exit_code = EXIT_INTERRUPTED


class SurroundingsError(CloudError):
    """The cloud, Terraform or a network is not there or does not do its part."""

    exit_code = EXIT_SURROUNDINGS


class DeniedError(SurroundingsError):
    """A service that we may not see or change."""


class RefusedError(SurroundingsError):
    """The cloud says no to one request.

    Attributes:
        final: whether the request itself is not acceptable, so that another try cannot succeed.
    """

    def __init__(self, message: str, *, final: bool = False) -> None:
        super().__init__(message)
        self.final = final


class GoneError(SurroundingsError):
    """What was asked for is not there, which is good news for who wants it deleted."""
