"""What the pages name: links, targets, commands with their options, plans, files, variables."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scripts.tasks import PROJECT

OUR_PROGRAMS = (
    "benchmarks",
    "faust_scorer",
    "fraud_cloud",
    "model_export",
    "producer",
    "sandbox",
    "scripts",
    "spark_scorer",
)

_OURS = "|".join(OUR_PROGRAMS)
_FENCED = re.compile(r"^```.*?\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_PAGE = re.compile(r"(?<![\w/*.-])(?:[\w.-]+/)*[\w.-]+\.md\b")
_ASSIGNED = r"(?:[A-Z][A-Z0-9_]*=(?:'[^']*'|\S+) +)*"
_MAKE = re.compile(rf"^{_ASSIGNED}make +{_ASSIGNED}(?P<target>[a-z][a-z0-9-]*)")
_PROGRAM = re.compile(
    rf"python -m (?P<module>(?:{_OURS})\b[\w.]*)(?P<words>[^|&;#)]*)"
    rf"|^(?P<bare>{_OURS}) (?P<bare_words>[a-z-][^|&;#)]*)"
    r"|(?<![\w.-])streamgauge (?P<own_words>[a-z-][^|&;#)]*)"
)
_VARIABLE = re.compile(r"^(?P<name>[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?:=.*)?$", re.DOTALL)
_PATH = re.compile(r"^[\w.-]+(?:/[\w.*-]+)+/?$|^[\w.-]+/$")


@dataclass(frozen=True, slots=True)
class Shown:
    """A command as a page shows it."""

    module: str
    words: tuple[str, ...]


def pages() -> list[Path]:
    """Every page of the project."""
    return sorted([*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md")])


def links_of(text: str) -> list[str]:
    """Targets of links that stay inside the project."""
    found = _LINK.findall(_without_blocks(text))
    return [link for link in found if not link.startswith(("http:", "https:"))]


def anchors_of(text: str) -> set[str]:
    """Names of the headings, as GitHub makes them."""
    headings = _HEADING.findall(_without_blocks(text))
    kept = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in kept}


def pages_named(text: str) -> set[str]:
    """Names of pages, linked or not."""
    return set(_PAGE.findall(_without_blocks(text)))


def targets_of(text: str) -> set[str]:
    """Targets of the Makefile."""
    return {found["target"] for code in _code_of(text) if (found := _MAKE.match(code))}


def commands_of(text: str) -> Iterator[Shown]:
    """Commands of our programs."""
    for code in _code_of(text):
        for found in _PROGRAM.finditer(code):
            words = found["words"] or found["bare_words"] or found["own_words"] or ""
            yield Shown(found["module"] or found["bare"] or "benchmarks", _split(words))


def variables_of(text: str) -> set[str]:
    """Names of variables, as they stand in code."""
    return {found["name"] for code in _code_of(text) if (found := _VARIABLE.match(code.strip()))}


def paths_of(text: str) -> set[str]:
    """Files and folders, as they stand in the text and not in a block of code."""
    return {code for code in _INLINE.findall(_without_blocks(text)) if _PATH.match(code)}


def _code_of(text: str) -> Iterator[str]:
    for block in _FENCED.findall(text):
        yield from block.replace("\\\n", " ").splitlines()
    for code in _INLINE.findall(_without_blocks(text)):
        yield code.replace("\n", " ")


def _without_blocks(text: str) -> str:
    return _FENCED.sub("", text)


def _split(words: str) -> tuple[str, ...]:
    try:
        given = shlex.split(words.translate(str.maketrans("", "", "[]`")))
    except ValueError:  # the rest of a shell's quotation: eval "$(python -m sandbox env)"
        given = words.replace('"', " ").split()
    return tuple(word for word in given if word != "...")
