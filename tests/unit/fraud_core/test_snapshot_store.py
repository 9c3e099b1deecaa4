import os
from pathlib import Path

import pytest

from fraud_core.errors import ConfigError, SurroundingsError
from fraud_core.snapshot_store import SnapshotStore


@pytest.fixture
def store(tmp_path):
    return SnapshotStore.open(str(tmp_path))


def write(store, offset, content=b"x"):
    store.write(store.path("name", 3, offset), [content])


def test_offsets_are_those_of_whole_files_of_the_partition(store):
    for offset in (200, 1_000, 30):
        write(store, offset)
    store.write(store.path("name", 4, 5), [b"x"])
    Path(store.path("name", 3, 7) + ".abc.writing").write_bytes(b"half")
    Path(store.path("name", 3, 8)).with_name("notes.state").write_bytes(b"?")
    assert store.offsets("name", 3) == [30, 200, 1_000]
    assert store.offsets("name", 9) == []


def test_a_second_writer_of_an_offset_replaces_the_first(store):
    write(store, 5, b"one")
    write(store, 5, b"two")
    assert store.read(store.path("name", 3, 5)) == b"two"


def test_the_newest_two_stay(store):
    for offset in (1, 2, 3, 4):
        write(store, offset)
    store.prune("name", 3, keep=2)
    assert store.offsets("name", 3) == [3, 4]


def test_what_a_dead_writer_left_goes_after_an_hour_and_what_is_being_written_stays(store):
    write(store, 5)
    newest = Path(store.path("name", 3, 5)).stat().st_mtime
    for name, age_s in (("dead", 7200), ("alive", 60)):
        scratch = Path(store.path("name", 3, 9) + f".{name}.writing")
        scratch.write_bytes(b"half")
        os.utime(scratch, (newest - age_s, newest - age_s))
    store.prune("name", 3, keep=2)
    left = {path.name.split(".")[2] for path in Path(scratch).parent.glob("*.writing")}
    assert left == {"alive"}


def test_a_file_set_aside_is_no_snapshot_any_more(store):
    write(store, 5)
    store.set_aside(store.path("name", 3, 5))
    assert store.offsets("name", 3) == []


@pytest.mark.parametrize("uri", ["hdfs://node/state", "s3://", "https://host/state"])
def test_a_place_that_is_neither_a_folder_nor_in_s3_is_refused_with_its_name(uri):
    with pytest.raises(ConfigError, match=uri):
        SnapshotStore.open(uri)


def test_a_place_that_cannot_be_made_is_refused_before_anything_starts(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SurroundingsError, match="cannot be kept"):
        SnapshotStore.open(str(tmp_path / "file" / "below")).check()
