import pytest

from benchmarks.attempts import Attempt
from benchmarks.demand import (
    CellRuns,
    answer_sentence,
    capacity_eps,
    demand,
    demands,
)
from benchmarks.search import Knee

S, U, INCONCLUSIVE = "sustainable", "unsustainable", "inconclusive"


def cell(instances, *runs, engine="faust", knee=None, cores=None):
    attempts = tuple(Attempt(rate_eps, verdict) for rate_eps, verdict in runs)
    return CellRuns(engine, instances, attempts, knee, cores)


def test_the_smallest_count_that_held_the_rate_verified_by_a_loss_below():
    found = demand([cell(1, (400, U)), cell(2, (400, S)), cell(4, (400, S))], 400)
    assert (found.instances, found.verified) == (2, True)
    assert found.sentence == "faust needs 2 instances for 400 events/s; 1 instance lost it."


@pytest.mark.parametrize("below", [(), ((400, INCONCLUSIVE),)])
def test_without_a_loss_below_it_is_not_verified(below):
    found = demand([cell(1, *below), cell(2, (400, S))], 400)
    assert (found.instances, found.verified) == (2, False)
    assert "not verified" in found.sentence


def test_a_smaller_rate_lost_below_verifies_a_larger_one():
    found = demand([cell(1, (400, U)), cell(2, (400, S), (600, S))], 600)
    assert (found.instances, found.verified) == (2, True)
    assert "1 instance lost 400 events/s already" in found.sentence


def test_a_run_at_the_rate_itself_counts_more_than_a_smaller_one():
    found = demand([cell(1, (400, U), (600, S)), cell(2, (600, S))], 600)
    assert found.instances == 1
    doubted = demand([cell(1, (400, INCONCLUSIVE)), cell(2, (600, S))], 600)
    assert (doubted.instances, doubted.verified) == (2, False)


def test_a_rate_above_one_that_every_count_lost_is_lost_without_a_run():
    found = demand([cell(1, (200, U)), cell(2, (200, S), (400, U))], 800)
    assert (found.instances, found.decided) == (None, True)


def test_a_gap_in_the_counts_is_not_verified():
    found = demand([cell(1, (400, U)), cell(3, (400, S))], 400)
    assert (found.instances, found.verified) == (3, False)
    assert "nothing ran with 2 instances" in found.sentence


def test_one_instance_gives_its_headroom():
    knee = Knee(450, 490, confirmed=True)
    found = demand([cell(1, (50, S), (450, S), (490, U), knee=knee)], 50)
    assert (found.instances, found.verified, found.recommended) == (1, True, 1)
    assert found.headroom == pytest.approx(9)
    assert "one instance holds 9.0 times as much" in found.sentence


def test_a_knee_above_the_target_answers_but_does_not_verify():
    found = demand([cell(1, (450, S), (490, U), knee=Knee(450, 490, True))], 300)
    assert (found.instances, found.verified) == (1, False)
    assert "was not run" in found.sentence


def test_a_run_at_the_target_counts_more_than_the_knee():
    found = demand([cell(1, (300, U), (450, S), knee=Knee(450, 490, True))], 300)
    assert found.instances is None


def test_the_majority_of_the_runs_counts():
    held = cell(1, (400, S), (400, S), (400, INCONCLUSIVE))
    lost = cell(1, (400, S), (400, U), (400, S))
    assert demand([held], 400).instances == 1
    assert demand([lost], 400).instances is None


def test_no_count_holds_it():
    found = demand([cell(1, (400, U)), cell(2, (400, U))], 400)
    assert (found.instances, found.recommended) == (None, None)
    assert (
        found.sentence == "faust held 400 events/s with none of the tested instance counts (1, 2)."
    )


def test_more_instances_that_lose_are_said():
    found = demand([cell(1, (400, S)), cell(2, (400, U))], 400)
    assert found.instances == 1
    assert "2 instances lost it: the runs disagree" in found.sentence


def test_the_recommended_count_needs_at_most_seven_tenths():
    cells = [
        cell(1, (400, S), knee=Knee(450, 490, True)),
        cell(2, knee=Knee(800, 880, True)),
    ]
    assert demand(cells, 400).recommended == 2
    assert demand(cells, 300).recommended == 1


def test_the_latency_objective_may_be_asked_for_too():
    one = CellRuns("spark", 1, (Attempt(400, S, slo_met=False),))
    two = CellRuns("spark", 2, (Attempt(400, S, slo_met=True),))
    assert demand([one, two], 400).instances == 1
    found = demand([one, two], 400, by="latency")
    assert (found.instances, found.verified) == (2, True)


def test_the_smallest_quota_of_one_instance_that_still_holds_it():
    cells = [
        cell(1, (50, S), cores=1.0),
        cell(1, (50, S), cores=0.5),
        cell(1, (50, U), cores=0.25),
    ]
    found = demand(cells, 50)
    assert (found.instances, found.smallest_cores) == (1, 0.5)


def test_capacity_is_the_knee_or_the_highest_rate_held():
    assert capacity_eps(cell(1, (50, S), (100, S), (200, U))) == 100
    assert capacity_eps(cell(1, (50, S), knee=Knee(90, 99, True))) == 90
    assert capacity_eps(cell(1, (50, U))) is None


def test_all_answers_in_sentences():
    cells = [
        cell(1, (50, S), (400, U), knee=Knee(300, 330, True)),
        cell(2, (400, S)),
        cell(1, (50, S), (400, S), engine="spark"),
    ]
    assert answer_sentence(demands(cells, [50, 400])) == (
        "50 events/s: faust 1 instance (headroom 6.0x), spark 1 instance. "
        "400 events/s: faust 2 instances, spark 1 instance."
    )


@pytest.mark.parametrize("runs", [(), ((400, INCONCLUSIVE),), ((400, "invalid"),)])
def test_a_target_that_nothing_decided_is_not_known_rather_than_lost(runs):
    found = demand([cell(1, (400, U)), cell(2, *runs)], 400)
    assert (found.instances, found.decided) == (None, False)
    wanted = "Not known for faust at 400 events/s: no run with 2 instances decided it."
    assert found.sentence == wanted
    assert answer_sentence([found]) == "400 events/s: faust is not known."


def test_a_target_above_the_knee_is_lost_though_it_was_not_run():
    found = demand([cell(1, (200, S), (220, U), knee=Knee(200, 220, True))], 400)
    assert (found.instances, found.decided) == (None, True)
