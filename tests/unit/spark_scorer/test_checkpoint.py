import pytest

from fraud_core.errors import ConfigError
from spark_scorer.checkpoint import parse_offsets, place_for

LOG = """v1
{"batchWatermarkMs":0,"batchTimestampMs":1,"conf":{}}
{"t-transactions":{"0":5,"2":7}}
{"t-transactions":{"1":3}}"""


def test_the_offsets_of_all_sources_are_read():
    assert parse_offsets(LOG, "c/offsets/4") == {0: 5, 2: 7, 1: 3}


def test_a_source_that_has_not_read_yet_has_no_offsets():
    assert parse_offsets("v1\n{}\n-\n", "c") == {}


@pytest.mark.parametrize("text", ["v2\n{}\n", ""])
def test_an_offset_log_of_another_version_is_refused(text):
    with pytest.raises(ConfigError, match=r"c/offsets/4 .* fresh checkpoint"):
        parse_offsets(text, "c/offsets/4")


def test_an_empty_checkpoint_starts_at_the_beginning():
    place = place_for(2, "c", {})
    assert (place.checkpoint, dict(place.offsets)) == ("c/shares-2-0", {})


def test_the_same_number_of_shares_goes_on_in_its_checkpoint():
    found = {"shares-2-0": {0: 9, 1: 9}, "shares-3-8": {0: 4, 1: 4}}
    assert place_for(2, "c", found).checkpoint == "c/shares-2-0"


def test_another_number_of_shares_starts_where_the_newest_one_is_done():
    found = {"shares-2-0": {0: 9, 1: 9}, "shares-3-8": {0: 4, 1: 4}}
    place = place_for(3, "c", found)
    assert (place.checkpoint, dict(place.offsets)) == ("c/shares-3-18", {0: 9, 1: 9})


def test_back_to_an_earlier_number_of_shares_does_not_use_its_old_checkpoint():
    found = {"shares-2-0": {0: 9, 1: 9}, "shares-3-18": {0: 20, 1: 20}}
    assert place_for(2, "c", found).checkpoint == "c/shares-2-40"


def test_a_checkpoint_of_one_source_for_all_executors_is_gone_on_from():
    place = place_for(1, "c", {"": {0: 6}})
    assert (place.checkpoint, dict(place.offsets)) == ("c/shares-1-6", {0: 6})


def test_twelve_shares_are_not_taken_for_one():
    assert place_for(1, "c", {"shares-12-0": {0: 6}}).checkpoint == "c/shares-1-6"
