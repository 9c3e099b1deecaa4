import pytest

from fraud_cloud.errors import ConfigError
from fraud_yandex.bucket import inside
from tests.unit.fraud_yandex.memory_store import MemoryStore, bucket_of


@pytest.fixture
def store():
    return MemoryStore()


@pytest.fixture
def bucket(store):
    return bucket_of(store)


def files(folder):
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def test_a_folder_is_the_same_on_another_worker(bucket, tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    (here / "steps" / "one").mkdir(parents=True)
    (here / "run.json").write_bytes(b"run")
    (here / "steps" / "one" / "step.json").write_bytes(b"step")
    assert bucket.send(here, "runs/r1/results/") == 2
    assert bucket.bring("runs/r1/results/", there) == 2
    assert files(there) == files(here)


def test_what_is_there_already_is_not_sent_again(bucket, store, tmp_path):
    (tmp_path / "run.json").write_bytes(b"run")
    bucket.send(tmp_path, "runs/")
    assert bucket.send(tmp_path, "runs/") == 0
    (tmp_path / "run.json").write_bytes(b"run, one step more")
    assert bucket.send(tmp_path, "runs/") == 1
    assert store.puts == ["runs/run.json"] * 2


def test_what_means_nothing_elsewhere_is_not_sent(bucket, store, tmp_path):
    for name in ("run.lock", "run.json.tmp"):
        (tmp_path / name).write_bytes(b"")
    assert bucket.send(tmp_path, "runs/") == 0
    assert store.objects == {}


def test_what_was_measured_here_is_newer_than_what_is_there(bucket, store, tmp_path):
    (tmp_path / "run.json").write_bytes(b"here")
    store.objects["runs/run.json"] = b"there"
    bucket.bring("runs/", tmp_path)
    assert (tmp_path / "run.json").read_bytes() == b"here"


def test_an_input_that_was_uploaded_again_replaces_its_copy(bucket, store, tmp_path):
    (tmp_path / "a.txt").write_bytes(b"old")
    (tmp_path / "b.txt").write_bytes(b"same")
    store.objects |= {"data/": b"", "data/a.txt": b"new", "data/b.txt": b"same"}
    assert bucket.bring("data/", tmp_path, replace=True) == 1
    assert files(tmp_path) == {"a.txt": b"new", "b.txt": b"same"}


def test_only_what_is_below_a_prefix_is_deleted(bucket, store):
    store.objects |= {"checkpoints/r1/spark-1-t1/a": b"", "checkpoints/r1/spark-12-t1/a": b""}
    assert bucket.delete_below("checkpoints/r1/spark-1-t") == 1
    assert list(store.objects) == ["checkpoints/r1/spark-12-t1/a"]


@pytest.mark.parametrize("name", ["../etc/passwd", "/etc/passwd", "steps/../../x", ""])
def test_no_object_leads_out_of_the_folder(name):
    with pytest.raises(ConfigError, match="is no file"):
        inside(name)
