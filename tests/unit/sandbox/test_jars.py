from pathlib import Path

import pytest

from fraud_core.errors import EXIT_SURROUNDINGS, SurroundingsError
from sandbox.jars import (
    ALL_SETS,
    JarHashError,
    jar_paths,
    lock_lines,
    lock_of,
    read_lock,
    require_jars,
    sha256,
    wrong_jars,
)

GOOD = b"the published bytes"


@pytest.fixture
def lock(tmp_path: Path) -> dict[str, str]:
    published = tmp_path / "published.jar"
    published.write_bytes(GOOD)
    return {"broker/a-1.jar": sha256(published), "spark/b-2.jar": sha256(published)}


@pytest.fixture
def jars(tmp_path: Path) -> Path:
    return tmp_path / "jars"


def put(folder: Path, name: str, content: bytes) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


class Source:
    """Stands for the network: puts what is missing, counts how often it was asked."""

    def __init__(self, folder: Path, content: dict[str, bytes]) -> None:
        self.folder, self.content, self.asked = folder, content, 0

    def __call__(self) -> None:
        self.asked += 1
        for name, content in self.content.items():
            if not (self.folder / name).exists():
                put(self.folder, name, content)


def test_a_set_that_is_not_asked_for_is_not_missed(lock: dict[str, str]) -> None:
    assert list(lock_of(lock | {"spark35/c-3.jar": "0"}, ["broker", "spark"])) == list(lock)


def test_the_lock_holds_every_set() -> None:
    lock = read_lock()
    sizes = {name: len(lock_of(lock, [name])) for name in ALL_SETS}
    assert sizes == {"broker": 45, "spark": 4, "spark35": 4}


def test_jars_that_are_right_are_not_fetched(jars: Path, lock: dict[str, str]) -> None:
    source = Source(jars, dict.fromkeys(lock, GOOD))
    source()
    require_jars(jars, lock, source)
    assert source.asked == 1


def test_missing_jars_are_fetched_once(jars: Path, lock: dict[str, str]) -> None:
    source = Source(jars, dict.fromkeys(lock, GOOD))
    require_jars(jars, lock, source)
    assert source.asked == 1
    assert wrong_jars(jars, lock) == {}


def test_a_jar_with_another_hash_is_deleted_and_fetched_again(
    jars: Path, lock: dict[str, str]
) -> None:
    put(jars, "broker/a-1.jar", b"altered on this disk")
    require_jars(jars, lock, Source(jars, dict.fromkeys(lock, GOOD)))
    assert (jars / "broker/a-1.jar").read_bytes() == GOOD


def test_a_jar_that_stays_wrong_is_an_error_with_its_name_and_both_hashes(
    jars: Path, lock: dict[str, str]
) -> None:
    source = Source(jars, dict.fromkeys(lock, GOOD) | {"broker/a-1.jar": b"altered at its source"})
    with pytest.raises(JarHashError) as caught:
        require_jars(jars, lock, source)
    message = str(caught.value)
    assert "broker/a-1.jar" in message
    assert lock["broker/a-1.jar"] in message
    assert sha256(jars / "broker/a-1.jar") in message
    assert caught.value.exit_code == EXIT_SURROUNDINGS
    assert source.asked == 1


def test_a_jar_that_nothing_fetches_is_an_error_with_the_remedy(
    jars: Path, lock: dict[str, str]
) -> None:
    with pytest.raises(SurroundingsError, match=r"spark/b-2\.jar.*lock-jars"):
        require_jars(jars, lock, Source(jars, {"broker/a-1.jar": GOOD}))


def test_the_lock_file_reads_back_what_was_written(jars: Path, lock: dict[str, str]) -> None:
    for name in lock:
        put(jars, name, GOOD)
    path = jars / "written.lock"
    path.write_text(lock_lines(jars))
    assert read_lock(path) == lock


def test_a_jar_of_an_older_lock_is_not_on_the_class_path(jars: Path, lock: dict[str, str]) -> None:
    put(jars, "broker/a-0.jar", GOOD)
    assert jar_paths(jars, lock, "broker") == [jars / "broker/a-1.jar"]


def test_the_lock_of_this_project_names_the_broker_and_the_connector() -> None:
    names = set(read_lock())
    assert "broker/kafka_2.13-4.4.0.jar" in names
    assert {name for name in names if name.startswith("spark/")} == {
        "spark/commons-pool2-2.13.1.jar",
        "spark/kafka-clients-3.9.2.jar",
        "spark/spark-sql-kafka-0-10_2.13-4.2.0.jar",
        "spark/spark-token-provider-kafka-0-10_2.13-4.2.0.jar",
    }
