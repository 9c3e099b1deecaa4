"""Transactions in a bucket of a real S3 server, laid out as the course's is."""

import shutil

import numpy as np
import pytest

from fraud_core import s3_object
from fraud_core.errors import ConfigError, SurroundingsError, TransactionFileError
from fraud_core.s3_address import S3Address
from fraud_core.transaction_files import read_days, transaction_files
from fraud_core.transaction_source import size_bytes, state_of
from model_export.course_format import write_files
from model_export.dirt import choose_dirt
from model_export.simulate import SimulationPlan, simulate
from tests.s3_server import s3_server

BUCKET = "otus-mlops-source-data"


@pytest.fixture(scope="module")
def on_disk(tmp_path_factory):
    """Three files of 30 days each, with every kind of dirt."""
    folder = tmp_path_factory.mktemp("files")
    plan = SimulationPlan(seed=3, days=75, customers=120, terminals=240)
    rows = simulate(plan)
    write_files(rows, plan, folder, choose_dirt(len(rows), 0.00002, 3))
    return folder


@pytest.fixture(scope="module")
def server(tmp_path_factory, on_disk):
    """The files at the top of the bucket, a part of them under a prefix, and other things."""
    folder = tmp_path_factory.mktemp("s3")
    shutil.copytree(on_disk, folder / BUCKET)
    (folder / BUCKET / "README.md").write_text("not a file of transactions")
    shutil.copytree(on_disk, folder / BUCKET / "some" / "prefix")
    (folder / "empty").mkdir()
    with s3_server(folder) as variables:
        yield folder, variables


@pytest.fixture
def bucket(server, monkeypatch):
    folder, variables = server
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return folder / BUCKET


def content(files, **options):
    days = list(read_days(files, **options))
    lines = [line for day in days for line in day.lines]
    seq = np.concatenate([day.seq for day in days])
    return lines, seq.tolist(), [day.time_s.tolist() for day in days]


@pytest.mark.parametrize("place", ["", "/", "/some/prefix", "/some/prefix/"])
def test_a_bucket_gives_the_rows_of_the_same_files_on_a_disk(place, bucket, on_disk, monkeypatch):
    # so small that each file takes several
    monkeypatch.setattr(s3_object, "FIRST_RANGE_BYTES", 70_000)
    monkeypatch.setattr(s3_object, "RANGE_BYTES", 33_333)
    files = transaction_files([f"s3://{BUCKET}{place}"])
    assert [file.name for file in files] == sorted(path.name for path in on_disk.iterdir())
    assert content(files) == content(transaction_files([on_disk]))


def test_one_file_is_named_and_its_size_is_known(bucket, on_disk):
    path = min(on_disk.iterdir())
    (file,) = transaction_files([f"s3://{BUCKET}/some/prefix/{path.name}"])
    assert size_bytes(file) == path.stat().st_size
    assert content([file]) == content([path])


def test_a_file_is_read_by_ranges_and_its_beginning_alone_for_the_check(bucket, on_disk):
    (file,) = transaction_files([f"s3://{BUCKET}/{min(on_disk.iterdir()).name}"])
    reader = file.open()
    asked = []
    get = reader._client.boto.get_object

    class Counting:
        def get_object(self, **arguments):
            asked.append(arguments["Range"])
            return get(**arguments)

    reader._client = type(reader._client)(Counting(), has_key=True)
    assert reader.read(3) == min(on_disk.iterdir()).read_bytes()[:3]
    reader.seek(0)
    reader.read(64 * 1024)
    assert len(asked) == 1


def test_a_bucket_named_beside_a_folder_is_read_too_but_never_twice(bucket, on_disk):
    first, *others = sorted(on_disk.iterdir())
    mixed = transaction_files([first, *(f"s3://{BUCKET}/{path.name}" for path in others)])
    assert content(mixed) == content(transaction_files([on_disk]))
    with pytest.raises(TransactionFileError, match="named twice"):
        transaction_files([f"s3://{BUCKET}/{first.name}", f"s3://{BUCKET}"])


def test_a_file_that_changes_while_it_is_read_is_an_error(bucket, on_disk, monkeypatch):
    name = "some/prefix/" + min(path.name for path in on_disk.iterdir())
    (file,) = transaction_files([f"s3://{BUCKET}/{name}"])
    state = state_of(file)
    text = (bucket / name).read_bytes()
    try:
        (bucket / name).write_bytes(text.replace(b",0,0\n", b",1,1\n", 1))
        with pytest.raises(TransactionFileError, match="was changed while it was read"):
            content([file])
        (changed,) = transaction_files([f"s3://{BUCKET}/{name}"])
        assert state_of(changed) != state
    finally:
        (bucket / name).write_bytes(text)


@pytest.mark.parametrize(
    ("place", "error", "said"),
    [
        ("s3://nowhere/prefix", ConfigError, "no such bucket at http://127.0.0.1:"),
        ("s3://empty", TransactionFileError, r"holds no \*.txt"),
        (f"s3://{BUCKET}/other", TransactionFileError, r"holds no \*.txt"),
        ("s3://", ConfigError, "names no bucket"),
    ],
)
def test_what_is_not_there_is_an_error_that_says_what_to_check(place, error, said, bucket):
    with pytest.raises(error, match=said):
        transaction_files([place])


def test_a_refusal_names_the_variables_of_the_key_and_does_not_tell_it(bucket, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another-secret")
    with pytest.raises(SurroundingsError, match=r"refuses us .*AWS_SECRET_ACCESS_KEY") as refusal:
        transaction_files([f"s3://{BUCKET}"])
    assert "another-secret" not in str(refusal.value)


def test_a_server_that_does_not_answer_is_an_error_of_the_surroundings(bucket, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(SurroundingsError, match=r"http://127.0.0.1:9 cannot be used"):
        transaction_files([f"s3://{BUCKET}"])


def test_an_address_says_what_it_was_read_from():
    assert str(S3Address("bucket", "a/b")) == "s3://bucket/a/b"
