from benchmarks.instance_watch import families
from benchmarks.process_use import ProcessSample


def process(pid, parent):
    return ProcessSample(pid, 1.0, parent, 0.5, 0.0, 1024)


def test_an_instance_is_its_process_and_all_below_it():
    runner, workers = process(10, 1), [process(11, 10), process(12, 10)]
    helper, of_helper = process(13, 12), process(14, 13)
    samples = [of_helper, runner, *workers, helper]

    assert families(samples, {12}) == [of_helper, workers[1], helper]
    assert families(samples, {11, 12}) == [of_helper, *workers, helper]


def test_an_instance_that_has_ended_has_no_samples():
    assert families([process(10, 1)], {99}) == []
