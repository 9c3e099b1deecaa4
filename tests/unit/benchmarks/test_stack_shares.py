from pathlib import Path

import pytest

from benchmarks.stack_shares import STANDARD_LIBRARY, owner, samples_by_owner, shares

PROJECT = Path("/home/me/streamgauge")
SCORER = f"score ({PROJECT}/fraud_core/scorer.py:80)"
FETCHER = "fetch (/venv/lib/python3.11/site-packages/aiokafka/consumer/fetcher.py:12)"
LOOP = "run_once (/usr/lib/python3.11/asyncio/base_events.py:1900)"


def test_the_innermost_package_owns_a_stack() -> None:
    assert owner([LOOP, FETCHER, SCORER], PROJECT) == "fraud_core/scorer"
    assert owner([LOOP, SCORER, FETCHER], PROJECT) == "aiokafka"


def test_the_standard_library_works_for_its_caller() -> None:
    assert owner([FETCHER, LOOP], PROJECT) == "aiokafka"
    assert owner([LOOP], PROJECT) == STANDARD_LIBRARY
    assert owner(["_run (<frozen runpy>:88)", LOOP], PROJECT) == STANDARD_LIBRARY


def test_a_module_beside_the_packages_has_its_own_name() -> None:
    assert owner(["x (/venv/lib/python3.11/site-packages/six.py:4)"], PROJECT) == "six"


def test_counts_of_lines_add_up() -> None:
    lines = [f"{LOOP};{SCORER} 17", f"{SCORER} 3", f"{LOOP};{FETCHER} 5"]
    assert samples_by_owner(lines, PROJECT) == {"fraud_core/scorer": 20, "aiokafka": 5}


def test_another_format_is_refused_with_its_line() -> None:
    with pytest.raises(ValueError, match=r"'\{\"profiles\": 1\}' is no stack"):
        samples_by_owner(['{"profiles": 1}'], PROJECT)


def test_what_is_small_is_added_up() -> None:
    ranked = shares({"a": 60.0, "b": 39.0, "c": 0.5, "d": 0.5}, at_least=0.02)
    assert ranked == [("a", 0.6), ("b", 0.39), ("others", pytest.approx(0.01))]


def test_shares_of_nothing_are_none() -> None:
    assert shares({}) == []
