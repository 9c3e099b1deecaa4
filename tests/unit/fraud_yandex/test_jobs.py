"""What Spark and Faust are told: as their programs and the API take it, and without a secret."""

import re

import pytest

from fraud_cloud.contract import load_contract
from fraud_cloud.spark_spec import job_request, scoring_properties
from fraud_yandex.engines import JobFiles, faust_settings, gone
from fraud_yandex.names import LONGEST_RUN, PREFLIGHT, Cell, Names
from fraud_yandex.preflight import PROBE_PROGRAM
from sandbox.settings import PROJECT
from spark_scorer.submitted import parse_arguments

SHA256 = "a" * 64
FAUST_RUN = (PROJECT / "terraform/bootstrap/faust-run.sh").read_text()


@pytest.fixture
def names():
    return Names("r" * LONGEST_RUN, "bucket-of-the-longest-name".ljust(63, "x"), load_contract())


@pytest.fixture
def job(names):
    return JobFiles(names, "3.5.7", 3072, "code/ca.pem").scoring_job(Cell("spark", 12), 3)


def test_the_job_reads_its_arguments(names, job):
    options = parse_arguments(list(job.args))
    assert options.workers == 12
    assert options.topic_prefix == names.topics("spark-12")
    assert options.group_id == names.group("spark-12")
    assert options.checkpoint == names.checkpoint("spark-12", 3)


def test_so_many_instances_of_one_core_and_no_other(job):
    assert job.properties == {
        "spark.executor.instances": "12",
        "spark.executor.cores": "1",
        "spark.kubernetes.executor.limit.cores": "1",
        "spark.executor.memory": "1024m",
        "spark.executor.memoryOverhead": "2048m",
        "spark.dynamicAllocation.enabled": "false",
    }


@pytest.mark.parametrize("memory_mb", [1536, 3073, 6144])
def test_heap_and_overhead_are_an_instances_memory_together(memory_mb):
    found = scoring_properties(1, memory_mb)
    parts = (found[f"spark.executor.{name}"] for name in ("memory", "memoryOverhead"))
    assert sum(int(part.removesuffix("m")) for part in parts) == memory_mb


def test_the_api_takes_the_longest_job(job):
    assert job_request(job, "cluster")["pyspark_job"]["args"] == list(job.args)


def test_code_model_and_settings_travel_with_it(names, job):
    assert job.main_uri == names.uri("code/main.py")
    assert job.python_uris == (names.uri("code/packages.zip"),)
    assert job.archive_uris == (f"{names.uri(names.artifact)}#artifact",)
    assert job.file_uris == (names.uri(names.kafka_file), names.uri("code/ca.pem"))
    assert job.packages == ("org.apache.spark:spark-sql-kafka-0-10_2.12:3.5.7",)


def test_a_broker_without_an_authority_sends_none_along(names):
    job = JobFiles(names, "3.5.7", 3072).scoring_job(Cell("spark", 1), 1)
    assert job.file_uris == (names.uri(names.kafka_file),)


def test_the_hosts_take_what_they_are_told(names):
    lines = dict(
        line.split("=", 1) for line in faust_settings(names, "faust-2", SHA256).splitlines()
    )
    patterns = dict(re.findall(r"\$\(value ([A-Z_0-9]+) '([^']+)'\)", FAUST_RUN))
    assert set(lines) == set(patterns)
    for name, pattern in patterns.items():
        assert re.fullmatch(pattern, lines[name]), name
    assert re.fullmatch(r"runs/[A-Za-z0-9._-]+/faust\.env", names.faust_file)


def test_the_preflight_uses_no_topic_of_a_cell(names):
    assert names.topics(PREFLIGHT) not in {names.topics(f"{e}-1") for e in ("faust", "spark")}


def test_the_probe_program_calls_what_is_in_the_packages():
    compile(PROBE_PROGRAM, "spark-probe.py", "exec")
    assert "from spark_scorer.preflight import main" in PROBE_PROGRAM


def test_a_cell_whose_cluster_is_gone_names_how_to_go_on(names):
    assert f"resume_run={names.run}" in str(gone(names, "no cluster"))
