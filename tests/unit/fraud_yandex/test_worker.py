import hashlib
import sys
from pathlib import Path

import pytest

from fraud_cloud.contract import load_contract
from fraud_cloud.errors import ConfigError
from fraud_yandex.names import Names
from fraud_yandex.worker import Ingredients, Worker, make_environment, require_python
from tests.unit.fraud_yandex.memory_store import MemoryStore, bucket_of

CODE = {"streamgauge-0.1.0-py3-none-any.whl": b"wheel", "bench.txt": b"numpy==2.4.6\n"}
NAMES = Names("r1", "bucket", load_contract())


def sums(code):
    lines = (f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in code.items())
    return "".join(lines)


@pytest.fixture
def store():
    objects = {f"code/{name}": content for name, content in CODE.items()}
    return MemoryStore(objects | {"code/SHA256SUMS": sums(CODE).encode()})


@pytest.fixture
def make(store, tmp_path):
    """Make the environment of a worker; the programs that were run for it."""
    worker = Worker(tmp_path)

    def once(fails=""):
        ran = []

        def run(what, command):
            ran.append((what, list(command)))
            if what == fails:
                raise RuntimeError(what)
            if what == "environment":
                Path(command[-1]).mkdir()

        python = make_environment(worker, bucket_of(store), NAMES, run)
        return python, ran

    return once


def test_the_environment_is_made_of_the_lock_and_then_the_wheel_alone(make):
    python, ran = make()
    commands = dict(ran)
    assert commands["environment"][:3] == [sys.executable, "-m", "venv"]
    assert "--require-hashes" in commands["packages"]
    assert "--no-deps" in commands["the project's wheel"]
    assert {command[0] for what, command in ran if what != "environment"} == {str(python)}


def test_it_is_made_once_on_a_worker(make):
    first, _ = make()
    again, ran = make()
    assert (again, ran) == (first, [])


def test_one_that_was_made_half_is_made_again(make):
    with pytest.raises(RuntimeError):
        make(fails="packages")
    _, ran = make()
    assert len(ran) == 3


def test_another_wheel_gets_another_environment(make, store):
    first, _ = make()
    code = CODE | {"streamgauge-0.1.0-py3-none-any.whl": b"another"}
    store.objects["code/streamgauge-0.1.0-py3-none-any.whl"] = b"another"
    store.objects["code/SHA256SUMS"] = sums(code).encode()
    second, ran = make()
    assert second != first
    assert len(ran) == 3


def test_a_wheel_that_was_altered_is_not_installed(make, store):
    store.objects["code/streamgauge-0.1.0-py3-none-any.whl"] = b"altered"
    with pytest.raises(ConfigError, match=r"SHA256SUMS says .* `make cloud-upload` again"):
        make()


@pytest.mark.parametrize("code", [{}, CODE | {"other-1.whl": b""}, {"a.whl": b""}])
def test_a_list_without_one_wheel_and_the_lock_is_refused(code):
    with pytest.raises(ConfigError, match="make cloud-upload"):
        Ingredients.parse(sums(code))


def test_a_python_that_is_too_old_is_named_with_the_remedy():
    require_python((3, 12))
    with pytest.raises(ConfigError, match=r"Python 3\.10, .* python_version"):
        require_python((3, 10))
