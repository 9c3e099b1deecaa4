"""What the executing double decides before it starts anything."""

from __future__ import annotations

from pathlib import Path

import pytest
from yandex.cloud.spark.v1 import job_pb2

from sandbox.settings import PROJECT
from tests.cloud_double.folder_objects import FolderBuckets
from tests.cloud_double.host_files import (
    SETTINGS_FILE,
    UNIT_FILE,
    faust_host_files,
    host_settings,
    rendered,
)
from tests.cloud_double.submission import (
    Object,
    SubmissionError,
    cluster_options,
    cores_of,
    jars_of,
    object_of,
    objects_of,
    packages_of,
    submit_options,
)
from tests.cloud_double.unit_file import filled_in, parse_environment, parse_unit

SETTINGS = host_settings("bucket", "broker:9091", "user", "secret:password")


@pytest.fixture
def job():
    return job_pb2.PysparkJob(
        main_python_file_uri="s3a://b/code/main.py",
        python_file_uris=["s3a://b/code/packages.zip"],
        archive_uris=["s3a://b/runs/7/artifact/artifact.tar.gz#artifact"],
        file_uris=["s3a://b/secrets/7/kafka.env", "s3a://b/code/ca.pem"],
        properties={"spark.executor.instances": "2", "spark.executor.cores": "1"},
        args=["--workers", "2"],
    )


def test_every_object_of_a_job_is_fetched(job):
    assert [one.name for one in objects_of(job)] == [
        "main.py",
        "packages.zip",
        "artifact.tar.gz",
        "kafka.env",
        "ca.pem",
    ]


def test_an_object_keeps_what_the_job_calls_it():
    assert object_of("s3://b/runs/a.tar.gz#artifact") == Object("b", "runs/a.tar.gz", "artifact")


@pytest.mark.parametrize("uri", ["code/main.py", "file:/etc/passwd", "s3a://bucket", "s3a:///key"])
def test_what_is_no_object_of_a_bucket_is_refused(uri):
    with pytest.raises(SubmissionError, match="is no object of a bucket"):
        object_of(uri)


def test_a_job_has_as_many_cores_as_its_executors_and_its_arguments_come_last(job):
    options = submit_options(job, Path("/f"))

    assert options[: options.index("--conf")] == [
        *("--py-files", "/f/packages.zip"),
        *("--archives", "/f/artifact.tar.gz#artifact"),
        *("--files", "/f/kafka.env,/f/ca.pem"),
    ]
    assert options[options.index("--total-executor-cores") :] == [
        *("--total-executor-cores", "2", "/f/main.py"),
        *("--workers", "2"),
    ]


def test_a_job_that_says_nothing_has_one_core():
    assert cores_of({}) == 1


def test_spark_finds_a_bucket_in_its_folder():
    options = cluster_options(Path("/buckets"), ["b"], Path("/events"))

    mount = "spark.hadoop.fs.viewfs.mounttable.b.link./checkpoints=file:/buckets/b/checkpoints"
    assert options[options.index(mount) - 1] == "--conf"


def test_a_package_that_the_sandbox_has_not_locked_is_not_found():
    ivy = (PROJECT / "sandbox" / "ivy.xml").read_text()
    connector = packages_of(ivy, "spark35")[0]

    assert connector.startswith("org.apache.spark:spark-sql-kafka-0-10_2.12:3.5.")
    assert jars_of([connector], {connector: ["a.jar", "b.jar"]}) == ["a.jar", "b.jar"]
    with pytest.raises(SubmissionError, match="unresolved dependency"):
        jars_of([connector.replace("2.12", "2.13")], {connector: ["a.jar"]})


def test_a_host_gets_the_templates_filled_in():
    files = faust_host_files(SETTINGS)

    assert "CPUQuota=100%\n" in files[UNIT_FILE]
    assert "--group-id ${GROUP_ID}" in files[UNIT_FILE]
    assert parse_environment(files[SETTINGS_FILE]) == SETTINGS


def test_two_dollars_of_a_template_are_one():
    assert rendered("${cpu_percent}% $${NAME}", {"cpu_percent": "50"}) == "50% ${NAME}"


def test_the_unit_is_read_as_systemd_reads_it():
    unit = parse_unit(faust_host_files(SETTINGS)[UNIT_FILE])

    assert unit.before == ("/opt/streamgauge/faust-run.sh",)
    assert unit.environment_files == (
        "/etc/streamgauge/secrets.env",
        "-/var/lib/streamgauge/worker.env",
    )
    assert (unit.restart_s, unit.stop_within_s) == (5, 60)
    command = filled_in(unit.start, {"TOPIC_PREFIX": "fraud-a-", "GROUP_ID": "fraud-a"})
    assert command[-8:-4] == ["--topic-prefix", "fraud-a-", "--group-id", "fraud-a"]


def test_a_unit_that_systemd_would_treat_otherwise_is_refused():
    unit = faust_host_files(SETTINGS)[UNIT_FILE].replace("Restart=always", "Restart=no")

    with pytest.raises(ValueError, match="Restart=always"):
        parse_unit(unit)


def test_quotes_of_an_environment_file_are_taken_off():
    text = '# a comment\nA="p@ss\\$w\\"ord\\\\"\nB=plain\n'

    assert parse_environment(text) == {"A": 'p@ss$w"ord\\', "B": "plain"}


def test_objects_are_files_and_files_are_objects(tmp_path):
    (tmp_path / "bucket").mkdir()
    buckets = FolderBuckets(tmp_path)
    objects = buckets.setdefault("bucket", {})

    objects["runs/7/faust.env"] = b"X=1"
    (tmp_path / "bucket" / "code").mkdir()
    (tmp_path / "bucket" / "code" / "ca.pem").write_bytes(b"ca")

    assert (tmp_path / "bucket/runs/7/faust.env").read_bytes() == b"X=1"
    assert sorted(objects) == ["code/ca.pem", "runs/7/faust.env"]
    del objects["runs/7/faust.env"]
    assert "runs/7/faust.env" not in objects
    assert objects.get("runs") is None
    assert list(buckets) == ["bucket"]
    assert "others" not in buckets


def test_no_object_lies_outside_of_its_bucket(tmp_path):
    (tmp_path / "bucket").mkdir()

    with pytest.raises(KeyError):
        FolderBuckets(tmp_path)["bucket"]["../secret"]
