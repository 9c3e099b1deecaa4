import os
from pathlib import Path

import pytest

from fraud_core.errors import ConfigError, SurroundingsError
from fraud_core.snapshot_store import SnapshotStore

NAME, PARTITION = "name", 3


@pytest.fixture
def store(tmp_path):
    return SnapshotStore.open(str(tmp_path))


def write(store, *offsets):
    for offset in offsets:
        store.write(NAME, PARTITION, offset, [b"con", b"tent"])


def test_offsets_are_those_of_whole_files_of_the_partition(store):
    write(store, 200, 1_000, 30)
    store.write(NAME, PARTITION + 1, 5, [b"x"])
    folder = Path(store.path(NAME, PARTITION, 0)).parent
    (folder / f"{7:020d}.state.abc.writing").write_bytes(b"half")
    (folder / "notes.state").write_bytes(b"?")
    assert store.offsets(NAME, PARTITION) == [30, 200, 1_000]
    assert store.offsets(NAME, 9) == []


def test_a_second_writer_of_an_offset_replaces_the_first(store):
    write(store, 5)
    store.write(NAME, PARTITION, 5, [b"two"])
    assert store.read(NAME, PARTITION, 5) == b"two"


def test_the_newest_two_stay(store):
    write(store, 1, 2, 3, 4)
    store.prune(NAME, PARTITION, keep=2)
    assert store.offsets(NAME, PARTITION) == [3, 4]


def test_what_a_dead_writer_left_goes_after_an_hour_and_what_is_being_written_stays(store):
    write(store, 5)
    snapshot = Path(store.path(NAME, PARTITION, 5))
    newest_s = snapshot.stat().st_mtime
    for name, age_s in (("dead", 7200), ("alive", 60)):
        scratch = snapshot.with_name(f"{9:020d}.state.{name}.writing")
        scratch.write_bytes(b"half")
        os.utime(scratch, (newest_s - age_s, newest_s - age_s))
    write(store, 6)
    left = {path.name.split(".")[2] for path in snapshot.parent.glob("*.writing")}
    assert left == {"alive"}


def test_a_write_that_fails_leaves_nothing(store):
    def pieces():
        yield b"half"
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        store.write(NAME, PARTITION, 5, pieces())
    assert not list(Path(store.path(NAME, PARTITION, 5)).parent.iterdir())


def test_a_file_set_aside_is_no_snapshot_any_more_and_is_kept(store):
    write(store, 5)
    store.set_aside(NAME, PARTITION, 5)
    assert store.offsets(NAME, PARTITION) == []
    aside = Path(store.path(NAME, PARTITION, 5) + ".refused")
    assert aside.read_bytes() == b"content"


@pytest.mark.parametrize("uri", ["hdfs://node/state", "s3://", "s3:///state", "https://host/state"])
def test_a_place_that_is_neither_a_folder_nor_in_s3_is_refused_with_its_name(uri):
    with pytest.raises(ConfigError, match=uri):
        SnapshotStore.open(uri)


def test_a_place_that_cannot_be_made_is_refused_before_anything_starts(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SurroundingsError, match="cannot be kept"):
        SnapshotStore.open(str(tmp_path / "file" / "below")).check()
