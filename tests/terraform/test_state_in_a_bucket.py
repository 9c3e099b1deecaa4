"""The state of both roots in a bucket, as `backend.tf.example` has it, on a real S3 server."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.s3_server import s3_server
from tests.terraform.workspace import VARIABLES, Workspace

STATES = "streamgauge-ivanov-state"
CLOUDS = "https://storage.yandexcloud.net"


@pytest.fixture
def states(tmp_path: Path) -> Path:
    """Folder that is the bucket."""
    folder = tmp_path / "s3" / STATES
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def session(workspace: Workspace, states: Path) -> Iterator[Workspace]:
    """A session whose state and whose persistent root's state are in the bucket."""
    folder = workspace.path("environments/session")
    standing = workspace.path("environments/persistent/terraform.tfstate")
    standing.rename(states / "persistent.tfstate")
    with s3_server(states.parent) as s3:
        example = (folder / "backend.tf.example").read_text()
        (folder / "backend.tf").write_text(example.replace(CLOUDS, s3["AWS_ENDPOINT_URL"]))
        workspace.change("environments/session/main.tf", CLOUDS, s3["AWS_ENDPOINT_URL"])
        values = {**VARIABLES["session"], **said_in(example)}
        (folder / "terraform.tfvars.json").write_text(json.dumps(values))
        keys = {name: s3[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
        yield Workspace(workspace.folder, {**workspace.environment, **keys})


def said_in(example: str) -> Mapping[str, object]:
    """The variables that a comment of the example tells to fill in."""
    backend = re.search(r'#\s+persistent_backend = "(\w+)"', example)
    config = re.search(r"#\s+persistent_config  = \{(.*)\}", example)
    assert backend
    assert config
    pairs = re.findall(r'(\w+) = "([^"]+)"', config[1])
    return {"persistent_backend": backend[1], "persistent_config": dict(pairs)}


def test_a_session_finds_there_what_stays(session: Workspace):
    begun = session.terraform("environments/session", "init", "-input=false", "-no-color")
    assert begun.returncode == 0, begun.stdout + begun.stderr

    planned = session.terraform("environments/session", "plan", "-input=false", "-no-color")

    assert planned.returncode == 0, planned.stdout[-2000:] + planned.stderr
    assert "streamgauge-test" in planned.stdout
    assert "Warning" not in planned.stdout
