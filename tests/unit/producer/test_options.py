import math

import pytest

from fraud_core.errors import ConfigError
from producer.options import Options, plan_of, schedule_of
from producer.schedule import LARGEST_BLOCK_ROWS, LEAD_ROWS, Schedule
from tests.streams import END_S, artifact_of


@pytest.fixture
def manifest(tmp_path):
    return artifact_of(tmp_path).manifest


def test_rate_and_duration_give_the_number_of_events():
    assert schedule_of(Options(400.0, "60s")).asked == 24_000
    assert schedule_of(Options(400.0, "60s", limit=100)).asked == 100
    assert schedule_of(Options(400.0, "1s", limit=1000)).asked == 400
    assert schedule_of(Options(400.0)).asked is None


def test_without_a_rate_a_duration_ends_the_load_by_the_clock():
    schedule = schedule_of(Options(0.0, "60s"))
    assert (schedule.asked, schedule.stop_after_s) == (None, 60.0)
    assert not schedule.is_paced


@pytest.mark.parametrize("rate_eps", [-1.0, math.nan, math.inf])
def test_a_rate_that_is_none_is_refused(rate_eps):
    with pytest.raises(ConfigError, match=r"--rate .* is no rate"):
        schedule_of(Options(rate_eps))


def test_another_share_of_customers_is_an_error_that_names_both(manifest):
    options = Options(400.0, customers_share=0.01)
    with pytest.raises(ConfigError, match=r"--customers-share 0\.01 is not the artifact's 1"):
        plan_of(options, schedule_of(options), manifest, None)


def test_labels_continue_where_the_topic_ends_and_never_before_the_history(manifest):
    options = Options(400.0)
    schedule = schedule_of(options)
    found = [plan_of(options, schedule, manifest, s) for s in (None, END_S - 5, END_S + 5)]
    assert [plan.published_until_s for plan in found] == [END_S, END_S, END_S + 5]


@pytest.mark.parametrize(("rate_eps", "rows"), [(400, 40), (50, 5), (1, 1), (0.1, 1), (1e6, 2000)])
def test_a_block_is_about_100_ms_of_the_schedule(rate_eps, rows):
    assert Schedule(rate_eps, 5.0).block_rows == rows


def test_without_a_rate_blocks_are_large():
    assert Schedule(0.0, 5.0).block_rows == LARGEST_BLOCK_ROWS


def test_labels_are_published_one_lead_ahead_of_the_schedule():
    schedule = Schedule(400.0, lead_s=5.0)
    assert schedule.wants_more(elapsed_s=0.0, read_rows=1999, waiting_rows=1999)
    assert not schedule.wants_more(elapsed_s=0.0, read_rows=2000, waiting_rows=2000)
    assert schedule.wants_more(elapsed_s=0.01, read_rows=2000, waiting_rows=1990)


def test_without_a_rate_the_lead_is_in_rows():
    schedule = Schedule(0.0, lead_s=5.0)
    assert schedule.wants_more(elapsed_s=0.0, read_rows=10**9, waiting_rows=LEAD_ROWS - 1)
    assert not schedule.wants_more(elapsed_s=99.0, read_rows=0, waiting_rows=LEAD_ROWS)
