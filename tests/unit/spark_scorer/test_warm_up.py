import pytest

from spark_scorer.warm_up import IDLE_S, WarmUp


class Job:
    """Runs until a test says that it has ended."""

    done = False

    def isDone(self):  # noqa: N802
        return self.done


@pytest.fixture
def jobs():
    return []


@pytest.fixture
def warm_up(jobs):
    def ask():
        jobs.append(Job())
        return jobs[-1]

    return WarmUp(ask)


def test_records_have_the_first_chance(warm_up, jobs):
    warm_up.look(all_ready=False, now_s=0)
    warm_up.look(all_ready=False, now_s=IDLE_S - 1)
    assert jobs == []
    warm_up.look(all_ready=False, now_s=IDLE_S)
    assert len(jobs) == 1


def test_who_became_ready_is_not_asked(warm_up, jobs):
    warm_up.look(all_ready=False, now_s=0)
    warm_up.look(all_ready=True, now_s=1)
    warm_up.look(all_ready=False, now_s=IDLE_S)
    assert jobs == []
    warm_up.look(all_ready=False, now_s=2 * IDLE_S)
    assert len(jobs) == 1


def test_one_question_at_a_time_until_all_are_ready(warm_up, jobs):
    for now_s in (0, IDLE_S, 3 * IDLE_S):
        warm_up.look(all_ready=False, now_s=now_s)
    assert len(jobs) == 1
    jobs[0].done = True
    warm_up.look(all_ready=False, now_s=3 * IDLE_S)
    assert len(jobs) == 2
