import pytest

from spark_scorer.executors import executor_number, worker_host
from spark_scorer.query import shares


def command(host):
    backend = "org.apache.spark.executor.CoarseGrainedExecutorBackend"
    return ["java", "-cp", "jars/*", backend, "--executor-id", "4", "--hostname", host]


def test_an_executor_is_known_by_the_address_of_its_worker():
    assert [executor_number(command(worker_host(number))) for number in range(12)] == list(
        range(12)
    )


@pytest.mark.parametrize("other", [["java", "Other", "--hostname", "127.0.0.2"], ["cat"], []])
def test_another_program_is_no_executor(other):
    assert executor_number(other) is None


@pytest.mark.parametrize("count", range(1, 13))
def test_every_partition_has_one_share_and_shares_differ_by_one_at_most(count):
    found = shares(count)
    assert sorted(one for share in found for one in share) == list(range(12))
    sizes = [len(share) for share in found]
    assert len(sizes) == count
    assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize("count", range(1, 13))
def test_the_partitions_of_a_share_are_read_on_one_executor(count):
    # TopicPartition.hashCode modulo the executors, as Spark's Kafka source places partitions
    topic_hash = 123_456_789
    for share in shares(count):
        assert len({(31 * (31 + one) + topic_hash) % count for one in share}) == 1
