from dataclasses import replace

import pytest

from benchmarks.evaluate import evaluate
from benchmarks.instance_samples import (
    InstanceSample,
    load_instance_samples,
    write_instance_samples,
)
from benchmarks.instance_use import means_of, memory_kills_of, restarts_of, uses_of
from benchmarks.movement import Rules, Window
from benchmarks.samples import ENGINE, INSTANCES, OVERHEAD
from fraud_core.control_groups import GroupCounters
from tests.unit.benchmarks.records import START_S, STEP, parted, record

NOTHING = GroupCounters(None, None, None, None)
SIZED = STEP.model_copy(update={"cpu": 0.25})


def sample(second, name="faust-0", pid=7, means="cgroup1", counters=NOTHING):
    return InstanceSample(START_S + second, START_S + second + 0.02, name, pid, means, counters)


def busy(second, share=0.5, **more):
    """Ten periods a second, a share of them used up, 40 ms of waiting in each of these."""
    periods = 10 * (second + 10)
    stopped = int(share * periods)
    return sample(second, counters=GroupCounters(periods, stopped, 0.04 * stopped, 0), **more)


def test_samples_are_read_as_they_were_taken(tmp_path):
    path = tmp_path / "instances.csv"
    samples = [busy(0), sample(1, name="faust-1", means="none")]
    with path.open("w", newline="") as file:
        write_instance_samples(file, samples[:1])
        write_instance_samples(file, samples[1:])

    assert load_instance_samples(path) == samples
    assert load_instance_samples(tmp_path / "none.csv") == []


def test_another_process_under_the_same_name_is_a_restart():
    samples = [sample(0), sample(0, "faust-1", 8), sample(1, pid=9), sample(1, "faust-1", 8)]

    assert restarts_of(samples) == "faust-0 (process 7, then 9)"
    assert restarts_of(samples[:2]) is None
    assert restarts_of([]) is None


def test_a_kill_for_memory_is_counted_from_the_first_sample_on():
    def killed(second, count, **more):
        return sample(second, counters=replace(NOTHING, oom_kills=count), **more)

    assert memory_kills_of([killed(0, 3), killed(1, 3)]) is None
    assert memory_kills_of([killed(0, 3), killed(1, 5)]) == "faust-0 (2 processes)"
    assert memory_kills_of([killed(0, 0), killed(1, 1)]) == "faust-0 (1 process)"


@pytest.mark.parametrize(
    ("means", "said"),
    [(("cgroup1", "cgroup1"), "cgroup1"), (("cgroup1", "none"), "none"), ((), "unknown")],
)
def test_one_instance_that_nothing_holds_is_enough_to_say_none(means, said):
    samples = [sample(0, f"faust-{number}", number, one) for number, one in enumerate(means, 5)]

    assert means_of(samples, asked=True) == said
    assert means_of(samples, asked=False) is None


def test_throttling_is_that_of_the_window():
    samples = [busy(second, 0.0 if second < 20 else 1.0) for second in range(-2, 60)]
    # the counters jump at 20, which lies before the window
    (found,) = uses_of(samples, Window(START_S + 21, START_S + 51))

    assert (found.name, found.limited_by, found.throttled_share) == ("faust-0", "cgroup1", 1.0)
    assert found.throttled_s == pytest.approx(29 * 10 * 0.04)


def test_a_group_that_was_made_anew_counts_on():
    counts = [GroupCounters(100, 50, 1.0, 0), GroupCounters(10, 5, 0.1, 0)]
    samples = [sample(second, counters=one) for second, one in enumerate(counts)]

    (found,) = uses_of(samples, Window(START_S, START_S + 10))
    assert (found.throttled_share, found.throttled_s) == (0.5, 0.1)


def test_where_the_kernel_tells_nothing_nothing_is_made_up():
    (found,) = uses_of([sample(1), sample(2)], Window(START_S, START_S + 10))

    assert (found.throttled_share, found.throttled_s) == (None, None)


def test_a_restart_makes_the_step_invalid():
    samples = [sample(second, pid=7 if second < 40 else 8) for second in range(80)]
    found = evaluate(record(instances=samples), Rules())

    assert found.verdict == "invalid"
    assert found.why == "An instance restarted: faust-0 (process 7, then 8)."
    assert found.restarted == "faust-0 (process 7, then 8)"


def test_a_kill_for_memory_makes_the_step_invalid_and_is_its_reason():
    samples = [
        sample(second, counters=replace(NOTHING, oom_kills=int(second > 40)))
        for second in range(80)
    ]
    found = evaluate(record(instances=samples), Rules())

    assert found.verdict == "invalid"
    assert "too little memory, the kernel killed it: faust-0 (1 process)" in found.why


def test_quotas_above_the_cores_of_the_machine_make_the_step_invalid():
    step = STEP.model_copy(update={"cpu": 0.75, "instances": 3})
    samples = [sample(second, f"faust-{n}", n) for second in range(80) for n in (5, 6, 7)]
    found = evaluate(record(step=step, instances=samples), Rules())

    assert found.quota_cores == 2.25
    assert found.why == "The instances may use 2.25 cores, the machine has 2."
    free = [replace(one, limited_by="none") for one in samples]
    assert evaluate(record(step=step, instances=free), Rules()).verdict == "sustainable"


def test_what_held_the_instances_is_in_the_result():
    samples = [busy(second) for second in range(80)]
    found = evaluate(record(step=SIZED, instances=samples), Rules())

    assert (found.cpu, found.quota_cores, found.limited_by) == (0.25, 0.25, "cgroup1")
    assert found.instance_use[0].throttled_share == pytest.approx(0.5, abs=0.01)
    assert evaluate(record(step=SIZED), Rules()).limited_by == "unknown"
    assert evaluate(record(), Rules()).limited_by is None


def test_instances_and_overhead_are_told_apart():
    found = evaluate(record(uses=parted()), Rules())

    assert found.use[INSTANCES].cores == pytest.approx(0.3)
    assert found.use[OVERHEAD].cores == pytest.approx(0.2)
    assert (found.use[OVERHEAD].memory_peak_mib, found.use[OVERHEAD].processes_max) == (50, 1)
    assert found.cpu_s_per_million == pytest.approx(50_000)
    assert found.cpu_s_per_million_instances == pytest.approx(30_000)


def test_an_engine_that_does_not_tell_its_instances_is_all_instances():
    found = evaluate(record(), Rules())

    assert found.use[INSTANCES] == found.use[ENGINE]
    assert found.cpu_s_per_million_instances == found.cpu_s_per_million
    assert OVERHEAD not in found.use
