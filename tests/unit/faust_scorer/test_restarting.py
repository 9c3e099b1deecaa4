from faust_scorer.restarting import DEATHS_THAT_END, RestartPolicy


def test_each_death_in_a_minute_doubles_the_wait():
    policy = RestartPolicy()
    assert [policy.backoff_s(now_s) for now_s in (0, 1, 2)] == [0.5, 1.0, 2.0]


def test_deaths_far_apart_are_each_the_first():
    policy = RestartPolicy()
    assert [policy.backoff_s(now_s) for now_s in (0, 100, 200)] == [0.5, 0.5, 0.5]


def test_the_fifth_death_in_a_minute_is_the_last():
    policy = RestartPolicy()
    waits = [policy.backoff_s(now_s) for now_s in range(DEATHS_THAT_END)]
    assert waits[-1] is None
    assert None not in waits[:-1]
