import re

import pytest

from fraud_cloud.contract import load_contract
from fraud_cloud.errors import ConfigError
from fraud_yandex.names import LONGEST_RUN, Cell, Names, connector_of, run_name

LABEL = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
CLUSTER = re.compile(r"[a-z][-a-z0-9]{1,61}[a-z0-9]")
FAUST_FILE = re.compile(r"runs/[A-Za-z0-9._-]+/faust\.env")
TOPICS = re.compile(r"fraud-[A-Za-z0-9._-]+")


@pytest.fixture
def names():
    return Names("r1", "bucket", load_contract())


@pytest.mark.parametrize(
    "dag_run_id",
    [
        "manual__2026-11-23T14:15:00.123456+00:00",
        "scheduled__2026-11-23T14:15:00+00:00__a_very_long_suffix_of_somebody_who_likes_them",
        "Ночной прогон",
        "___",
        "r20261123-141500",
    ],
)
def test_every_dag_run_has_a_name_that_may_be_a_label_and_part_of_all_other_names(dag_run_id):
    run = run_name(dag_run_id, None, "standing")
    names = Names(run, "bucket", load_contract())
    assert len(run) <= LONGEST_RUN
    assert LABEL.fullmatch(run)
    assert CLUSTER.fullmatch(names.cluster)
    assert FAUST_FILE.fullmatch(names.faust_file)
    assert TOPICS.fullmatch(names.topics("spark-12"))
    assert CLUSTER.fullmatch(names.job("spark-12", 3))


def test_a_name_of_ours_is_taken_as_it_is():
    assert run_name("r20261123-141500", None, "standing") == "r20261123-141500"


def test_two_long_ids_that_begin_alike_have_two_names():
    first, second = (run_name(f"{'night' * 20}-{one}", None, "standing") for one in "ab")
    assert first != second


def test_a_run_is_never_called_as_what_outlives_sessions():
    assert run_name("Standing", None, "standing") == "run-standing"


def test_a_run_that_is_gone_on_with_keeps_its_name():
    assert run_name("manual__2026", "r1", "standing") == "r1"


def test_a_cell_is_written_as_in_plans():
    assert str(Cell.parse("faust-12")) == "faust-12"
    for wrong in ("faust", "faust-", "-2", "faust-two"):
        with pytest.raises(ConfigError, match="is no cell"):
            Cell.parse(wrong)


def test_the_topics_of_one_cell_are_none_of_another(names):
    assert not names.topics("spark-12").startswith(names.topics("spark-1"))
    assert not names.checkpoint("spark-12", 1).startswith(
        f"s3a://bucket/{names.checkpoint_keys('spark-1')}"
    )


def test_each_try_has_a_job_and_a_checkpoint_of_its_own_below_what_is_deleted(names):
    first, second = (names.checkpoint("spark-1", attempt) for attempt in (1, 2))
    assert first != second
    for one in (first, second):
        assert one.startswith(f"s3a://bucket/{names.checkpoint_keys('spark-1')}")
    assert names.job("spark-1", 1) != names.job("spark-1", 2)


def test_checkpoints_may_be_elsewhere():
    names = Names("r1", "bucket", load_contract(), "file:/tmp/x/")
    assert names.checkpoint("spark-1", 1) == "file:/tmp/x/r1/spark-1-t1"


def test_the_connector_is_that_of_the_clusters_spark():
    assert connector_of("3.5.7") == "org.apache.spark:spark-sql-kafka-0-10_2.12:3.5.7"
    assert connector_of("4.0.1") == "org.apache.spark:spark-sql-kafka-0-10_2.13:4.0.1"
