"""What is wrong at the start is said within 30 s, with its value and the remedy; no traceback."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fraud_core.artifact import HISTORY_FILE, MODEL_FILE
from tests.engine_process import ENGINES
from tests.sandbox_command import free_port

pytestmark = [pytest.mark.kafka]

PROGRAMS = (*(f"{engine}_scorer" for engine in ENGINES), "producer")


def start(program, artifact, files, environment, *more):
    arguments = ["--artifact", str(artifact), *more]
    if program == "producer":
        arguments += ["--transactions", str(files), "--limit", "1"]
    done = subprocess.run(
        [sys.executable, "-m", program, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


@pytest.fixture
def altered(trained, tmp_path):
    """An artifact of which one byte was changed."""
    folder = tmp_path / "altered"
    shutil.copytree(trained, folder)
    model = folder / MODEL_FILE
    content = bytearray(model.read_bytes())
    content[len(content) // 2] ^= 1
    model.write_bytes(content)
    return folder


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_topic_that_does_not_exist(program, trained, dirty_files, engine_environment):
    done = start(program, trained, dirty_files, engine_environment, "--topic-prefix", "nowhere-")
    assert done.returncode == 5
    assert "nowhere-transactions" in done.stderr
    assert "python -m sandbox topics" in done.stderr


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_broker_that_does_not_answer(program, trained, dirty_files, engine_environment):
    address = f"127.0.0.1:{free_port()}"
    environment = engine_environment | {"KAFKA_BOOTSTRAP_SERVERS": address}
    done = start(program, trained, dirty_files, environment)
    assert done.returncode == 5
    assert address in done.stderr
    assert "python -m sandbox up" in done.stderr
    assert "rdkafka" not in done.stderr, "the client's own lines hide the error"


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_setting_that_nothing_reads(program, trained, dirty_files, engine_environment):
    environment = engine_environment | {"KAFKA_BOOTSTRAP_SERVER": "127.0.0.1:1"}
    done = start(program, trained, dirty_files, environment)
    assert done.returncode == 2
    assert "did you mean KAFKA_BOOTSTRAP_SERVERS" in done.stderr


@pytest.mark.parametrize("engine", ENGINES)
def test_an_artifact_that_was_altered(engine, altered, dirty_files, engine_environment):
    done = start(f"{engine}_scorer", altered, dirty_files, engine_environment)
    assert done.returncode == 2
    assert MODEL_FILE in done.stderr
    assert "altered" in done.stderr


@pytest.mark.parametrize("program", PROGRAMS)
def test_an_artifact_that_is_not_there(program, trained, dirty_files, engine_environment, tmp_path):
    done = start(program, tmp_path / "none", dirty_files, engine_environment)
    assert done.returncode == 2
    assert "python -m model_export train" in done.stderr


@pytest.mark.parametrize("engine", ENGINES)
def test_an_artifact_without_its_history(engine, altered, dirty_files, engine_environment):
    (altered / HISTORY_FILE).unlink()
    done = start(f"{engine}_scorer", altered, dirty_files, engine_environment)
    assert done.returncode == 2


def test_spark_without_the_connectors_jars(trained, dirty_files, engine_environment):
    environment = {k: v for k, v in engine_environment.items() if k != "FRAUD_SPARK_JARS"}
    done = start("spark_scorer", trained, dirty_files, environment)
    assert done.returncode == 2
    assert "FRAUD_SPARK_JARS" in done.stderr


def test_the_environment_of_these_tests_is_complete(engine_environment):
    assert Path(engine_environment["JAVA_HOME"]).is_dir()
