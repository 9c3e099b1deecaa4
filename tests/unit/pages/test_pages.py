"""What the pages name is there. Whether what they say of it is true, no test can tell."""

from __future__ import annotations

import importlib
import importlib.util
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer.main

from benchmarks.plan import load_plan
from fraud_core.kafka import KafkaSettings
from sandbox.settings import SandboxSettings
from scripts.targets import documented
from scripts.tasks import PROJECT
from tests.unit.pages.named_in_pages import (
    Shown,
    anchors_of,
    commands_of,
    links_of,
    pages,
    pages_named,
    paths_of,
    targets_of,
    variables_of,
)

SOURCES = {".py", ".tf", ".sh", ".tftpl", ".toml", ".yaml", ".json", ".service", ""}
COMMANDS = {"benchmarks.__main__": "benchmarks.cli"}
"""Where the commands of a program are if not where it begins."""
READ_BY_OTHERS = {"PIP_INDEX_URL", "UV_DEFAULT_INDEX"}
MADE_BY_RUNNING = ("benchmarks/results", "docs/results")

each_page = pytest.mark.parametrize(
    "page", pages(), ids=lambda page: str(page.relative_to(PROJECT))
)


@each_page
def test_every_link_leads_somewhere(page):
    def leads_nowhere(link: str) -> bool:
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        if not target.exists():
            return True
        return bool(anchor) and anchor not in anchors_of(target.read_text(encoding="utf-8"))

    assert [link for link in links_of(_text(page)) if leads_nowhere(link)] == []


@each_page
def test_every_page_that_is_named_is_there(page):
    places = (page.parent, PROJECT, PROJECT / "docs")

    named = pages_named(_text(page))

    assert [name for name in named if not any((place / name).exists() for place in places)] == []


@each_page
def test_every_target_that_is_named_is_in_the_makefile(page):
    assert targets_of(_text(page)) - set(documented(PROJECT / "Makefile")) <= {"jars"}


@each_page
def test_every_command_that_is_shown_has_the_options_it_is_shown_with(page):
    wrong = {shown: found for shown in commands_of(_text(page)) if (found := _unknown_in(shown))}

    assert wrong == {}


@each_page
def test_every_plan_that_is_run_takes_the_changes_it_is_shown_with(page):
    for shown in commands_of(_text(page)):
        plans = [word for word in shown.words if word.startswith("benchmarks/plans/")]
        changes = [
            word
            for before, word in zip(shown.words, shown.words[1:], strict=False)
            if before == "--set"
        ]
        for plan in plans:
            assert load_plan(PROJECT / plan, changes).id


@each_page
def test_every_file_that_is_named_is_there(page):
    folders = {path.name for path in PROJECT.iterdir() if path.is_dir()}
    named = [
        path
        for path in paths_of(_text(page))
        if path.split("/")[0] in folders and not path.startswith((".", *MADE_BY_RUNNING))
    ]

    def is_there(path: str) -> bool:
        return any(PROJECT.glob(path.rstrip("/"))) or (PROJECT / f"{path}.py").exists()

    assert [path for path in named if not is_there(path)] == []


@each_page
def test_every_variable_that_is_named_is_read_somewhere(page):
    built = {
        *READ_BY_OTHERS,
        *(f"KAFKA_{name.upper()}" for name in KafkaSettings.model_fields),
        *(f"SANDBOX_{name.upper()}" for name in SandboxSettings.model_fields),
    }

    assert [name for name in variables_of(_text(page)) - built if name not in _sources()] == []


def test_every_fault_is_tested_by_a_file_that_is_there():
    page = _text(PROJECT / "docs" / "faults.md")
    files = {path.stem for path in (PROJECT / "tests").rglob("test_*.py")}

    named = {code for code in page.split("`") if code.startswith("test_")}

    assert len(named) > 5
    assert named <= files


def test_what_the_pages_name_is_found():
    """The checks above say nothing where nothing is found to check."""
    texts = [_text(page) for page in pages()]

    assert sum(len(links_of(text)) for text in texts) > 20
    assert {"demo", "test", "cloud-up", "test-spark35"} <= set().union(*map(targets_of, texts))
    assert {"KAFKA_SSL_CA_PEM", "SANDBOX_DIR"} <= set().union(*map(variables_of, texts))
    assert {"fraud_core/kafka.py", "benchmarks/traces.py"} <= set().union(*map(paths_of, texts))
    modules = {shown.module for text in texts for shown in commands_of(text)}
    assert {"benchmarks", "benchmarks.oracle", "fraud_cloud", "producer", "sandbox"} <= modules


@pytest.mark.parametrize(
    ("module", "words", "found"),
    [
        ("benchmarks", ("run", "x.yaml", "--resume"), []),
        ("benchmarks", ("topics", "create", "--prefix", "P"), []),
        ("benchmarks", ("rum", "x.yaml"), ["rum"]),
        ("benchmarks", ("run", "--rezume"), ["--rezume"]),
        ("producer", ("--rate=400", "--for", "60s", "--rates"), ["--rates"]),
        ("benchmarks.nowhere", (), ["benchmarks.nowhere"]),
    ],
)
def test_a_mistyped_command_is_noticed(module, words, found):
    assert _unknown_in(Shown(module, words)) == found


def _text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def _unknown_in(shown: Shown) -> list[str]:
    """What of a command is not there: the module, a command of it, or options."""
    if importlib.util.find_spec(shown.module) is None:
        return [shown.module]
    command = _command(shown.module)
    words = list(shown.words)
    while hasattr(command, "commands"):
        if not words or words[0].startswith("-"):
            break
        name = words.pop(0)
        if name not in command.commands:
            return [name]
        command = command.commands[name]
    known = {"--help"}
    if command is not None:
        known |= {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
    return [word for word in words if word.startswith("--") and word.split("=")[0] not in known]


@cache
def _command(module: str) -> Any:
    """What `python -m module` runs; None where it has no options."""
    spec = importlib.util.find_spec(module)
    is_package = spec is not None and spec.submodule_search_locations is not None
    name = f"{module}.__main__" if is_package else module
    app = getattr(importlib.import_module(COMMANDS.get(name, name)), "app", None)
    return typer.main.get_command(app) if app is not None else None


@cache
def _sources() -> str:
    """All code in one string."""
    folders = [path for path in PROJECT.iterdir() if path.is_dir() and path.name[0] != "."]
    files = [
        path
        for folder in folders
        if folder.name not in {"docs", "build", "dist"}
        for path in folder.rglob("*")
        if path.suffix in SOURCES and path.is_file() and "results" not in path.parts
    ]
    texts = (path.read_text(encoding="utf-8", errors="ignore") for path in files)
    return "\n".join([*texts, _text(PROJECT / "Makefile")])
