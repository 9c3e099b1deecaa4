"""What the exit code of a command of ours means for a task. Pure."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import Final, Literal

Meaning = Literal[
    "answered",
    "requirement not met",
    "undecided",
    "bug",
    "refused",
    "surroundings",
    "interrupted",
    "killed",
]

_MEANINGS: Final[dict[int, Meaning]] = {
    0: "answered",
    1: "bug",
    2: "refused",
    3: "requirement not met",
    4: "undecided",
    5: "surroundings",
    130: "interrupted",
}
_WORDS: Final[dict[Meaning, str]] = {
    "answered": "answered",
    "requirement not met": "measured, and a requirement is not met: records were lost or changed, "
    "or the plan requires more",
    "undecided": "measured, and something is invalid or undecided",
    "bug": "a bug of the program: its traceback is above",
    "refused": "the command refused its input: the last line above says which value and what to do",
    "surroundings": "the surroundings are not ready (broker, Java, disk, a server): the last line "
    "above says what is missing; clear this task to go on",
    "interrupted": "interrupted; what was measured is saved: clear this task to go on",
    "killed": "ended by a signal; what was measured is saved: clear this task to go on",
}
_ANSWERS: Final = frozenset({"answered", "requirement not met", "undecided"})
_AGAIN: Final = frozenset({"surroundings", "interrupted", "killed"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a program ended.

    Attributes:
        code: its exit code; minus the signal's number where a signal ended it.
        meaning: of it.
    """

    code: int
    meaning: Meaning

    @classmethod
    def of(cls, code: int) -> Outcome:
        """The meaning of an exit code; one that none of our commands gives is a bug."""
        return cls(code, "killed" if code < 0 else _MEANINGS.get(code, "bug"))

    @property
    def is_answer(self) -> bool:
        """True where there is a result, pleasant or not: the task has done its work."""
        return self.meaning in _ANSWERS

    @property
    def is_worth_another_try(self) -> bool:
        """True where the same command may end otherwise the next time."""
        return self.meaning in _AGAIN

    def said(self, what: str) -> str:
        """One sentence for a log or an error.

        Args:
            what: which program, for example `cell faust-2`.
        """
        by = f"signal {signal.Signals(-self.code).name}" if self.code < 0 else str(self.code)
        return f"{what} ended with {by}: {_WORDS[self.meaning]}"
