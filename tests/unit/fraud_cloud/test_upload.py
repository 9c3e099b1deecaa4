from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from pathlib import Path

import pytest

from fraud_cloud.contract import load_contract
from fraud_cloud.errors import ConfigError
from fraud_cloud.upload import Item, Sources, checksums, code_items, data_items, set_name

CONTRACT = load_contract()


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    """A small project."""
    files = {
        "dags/one.py": "1",
        "dags/fraud_cloud/contract.json": "{}",
        "dags/fraud_cloud/__pycache__/x.py": "no",
        "dags/readme.md": "no",
        "dags/fraud_stream_local.py": "no",
        "dags/fraud_local/place.py": "no",
        "dags/.airflowignore": "fraud_cloud",
        "locks/bench.txt": "b",
        "locks/faust.txt": "f",
        "locks/mlflow.txt": "m",
        "dist/streamgauge-0.1.0-py3-none-any.whl": "w",
        "dist/packages.zip": "z",
        "dist/main.py": "p",
        "data/2026-01-01.txt": "rows",
        "data/.complete": "no",
        "ca.pem": "certificate",
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    return Sources(
        tmp_path / "dags",
        tmp_path / "locks",
        tmp_path / "dist",
        tmp_path / "data",
        (tmp_path / "ca.pem").as_uri(),
    )


def test_dags_and_code_have_the_keys_of_the_contract_and_the_sums_come_last(sources: Sources):
    keys = [one.key for one in code_items(sources, CONTRACT)]

    assert set(keys) == {
        "dags/one.py",
        "dags/.airflowignore",
        "dags/fraud_cloud/contract.json",
        "code/streamgauge-0.1.0-py3-none-any.whl",
        "code/packages.zip",
        "code/main.py",
        "code/bench.txt",
        CONTRACT.keys["faust_lock"],
        CONTRACT.keys["mlflow_lock"],
        CONTRACT.keys["kafka_ca"],
        CONTRACT.keys["checksums"],
    }
    assert keys[-1] == CONTRACT.keys["checksums"]


def test_the_sums_name_every_object_of_the_code_as_sha256sum_does(sources: Sources):
    *items, sums = code_items(sources, CONTRACT)

    lines = dict(line.split("  ")[::-1] for line in sums.content.decode().splitlines())

    code = {one.name: one.content for one in items if one.key.startswith("code/")}
    assert lines == {name: hashlib.sha256(body).hexdigest() for name, body in code.items()}


def test_checksums_are_lines_that_sha256sum_can_check():
    assert checksums([Item("code/a", b"")]) == f"{hashlib.sha256(b'').hexdigest()}  a\n".encode()


def test_transactions_are_files_that_do_not_begin_with_a_dot_and_their_place_is_told_last(
    sources: Sources,
):
    file, pointer = data_items(sources, CONTRACT)

    prefix, _, name = file.key.rpartition("/")
    assert name == "2026-01-01.txt"
    assert re.fullmatch(r"data/data-[0-9a-f]{12}", prefix)
    assert pointer == Item(CONTRACT.keys["transactions_pointer"], f"{prefix}/\n".encode())


def test_a_set_has_a_place_of_its_own_that_its_content_names():
    one = set_name("My Set (2018)", {"a.txt": "1", "b.txt": "2"})

    assert one.startswith("my-set-2018-")
    assert one == set_name("My Set (2018)", {"b.txt": "2", "a.txt": "1"})
    others = ({"a.txt": "1"}, {"a.txt": "1", "b.txt": "3"}, {"a.txt": "2", "b.txt": "1"})
    assert len({one, *(set_name("My Set (2018)", sums) for sums in others)}) == 4


def test_a_folder_without_transactions_is_refused(sources: Sources, tmp_path: Path):
    for folder, wrong in ((tmp_path / "none", "no folder"), (tmp_path / "empty", "holds no file")):
        if wrong == "holds no file":
            folder.mkdir()
        with pytest.raises(ConfigError, match=f"{folder} .*{wrong.split()[-1]}.*TRANSACTIONS"):
            data_items(replace(sources, transactions=folder), CONTRACT)


@pytest.mark.parametrize("count", [0, 2])
def test_there_must_be_one_wheel(sources: Sources, count: int):
    wheel = next(sources.built.glob("*.whl"))
    if count:
        wheel.with_name("streamgauge-0.2.0-py3-none-any.whl").touch()
    else:
        wheel.unlink()

    with pytest.raises(ConfigError, match=f"holds {count} wheels.*`make wheel`"):
        code_items(sources, CONTRACT)
