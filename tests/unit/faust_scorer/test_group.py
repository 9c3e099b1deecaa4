import signal
import sys
import time

from faust_scorer.group import DEATHS_THAT_END, Group, RestartPolicy


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


class FastTime:
    """A pause of 5 ms counts as 100, so that back-off takes little time."""

    now_s = 0.0

    def clock(self):
        return self.now_s

    def sleep(self, _seconds):
        time.sleep(0.005)
        self.now_s += 0.1


def run(code):
    fast = FastTime()
    group = Group([[sys.executable, "-c", f"raise SystemExit({code})"]])
    return group.run(fast.clock, fast.sleep)


def test_a_worker_that_always_dies_ends_the_group_with_its_code():
    assert run(5) == 5


def test_a_wrong_configuration_ends_the_group_at_once():
    assert run(2) == 2


def test_the_processs_own_signal_handlers_are_given_back():
    before = signal.getsignal(signal.SIGTERM)
    run(2)
    assert signal.getsignal(signal.SIGTERM) is before
