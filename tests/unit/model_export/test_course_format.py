from collections import Counter

import numpy as np
import pytest

from fraud_core.errors import ConfigError
from fraud_core.transaction import REASONS
from fraud_core.transaction_files import read_days, transaction_files
from model_export.dirt import KINDS, LEAST_OF_A_KIND, choose_dirt
from tests.unit.model_export.worlds import SMALL, write_small

CLEAN_KINDS = {"other day number", "repeated id", "blank line"}


@pytest.fixture(scope="module")
def dirty_world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dirty")
    rows, spoiler = write_small(folder, dirt=0.00001)
    return folder, rows, spoiler


def test_files_hold_thirty_days_and_are_named_by_the_first(tmp_path):
    write_small(tmp_path)
    assert [path.name for path in transaction_files([tmp_path])] == [
        "2018-06-01.txt",
        "2018-07-01.txt",
    ]


def test_a_folder_with_files_of_another_set_is_refused(tmp_path):
    (tmp_path / "2018-12-01.txt").write_text("")
    with pytest.raises(ConfigError, match=r"2018-12-01\.txt of another set"):
        write_small(tmp_path)


def test_lines_look_like_the_courses(tmp_path):
    rows, _ = write_small(tmp_path)
    lines = (tmp_path / "2018-06-01.txt").read_text().splitlines()
    assert lines[0].startswith("# tranaction_id | tx_datetime | customer_id")
    for number in (0, 1, 500):
        cents, second = int(rows.cents[number]), int(rows.second[number])
        hour, rest = divmod(second, 3600)
        assert lines[number + 1].split(",") == [
            str(number),
            f"2018-06-{int(rows.day[number]) + 1:02d} {hour:02d}:{rest // 60:02d}:{rest % 60:02d}",
            str(rows.customer_id[number]),
            str(rows.terminal_id[number]),
            str(cents / 100),
            str(rows.day[number] * 86_400 + second),
            str(rows.day[number]),
            str(rows.fraud[number]),
            str(rows.scenario[number]),
        ]


def test_what_is_written_is_read_back_and_clean(tmp_path):
    rows, _ = write_small(tmp_path)
    days = list(read_days(transaction_files([tmp_path])))
    tx_id = np.concatenate([day.tx_id for day in days])
    cents = np.concatenate([day.cents for day in days])
    assert all((day.reasons == -1).all() for day in days)
    assert np.array_equal(np.sort(tx_id), np.arange(len(rows)))
    assert np.array_equal(cents[np.argsort(tx_id)], rows.cents)
    assert len(days) == SMALL.days


def test_a_small_set_has_every_kind_of_dirt_in_every_part(dirty_world):
    _, rows, spoiler = dirty_world
    assert spoiler.counts == dict.fromkeys(KINDS, LEAST_OF_A_KIND)
    late = {row: kind for row, kind in spoiler.kinds.items() if row > 0.7 * len(rows)}
    assert set(late.values()) == set(KINDS)


def test_dirt_is_refused_and_only_dirt(dirty_world):
    folder, rows, spoiler = dirty_world
    days = list(read_days(transaction_files([folder])))
    refused = sum(int((day.reasons != -1).sum()) for day in days)
    assert refused == sum(
        count for kind, count in spoiler.counts.items() if kind not in CLEAN_KINDS
    )
    assert sum(day.blank_lines for day in days) == spoiler.counts["blank line"]
    assert sum(len(day) for day in days) == len(rows)
    reasons = Counter(REASONS[code] for day in days for code in day.reasons[day.reasons >= 0])
    assert set(reasons) == {
        "wrong type", "id not valid", "impossible date", "amount not valid", "missing field",
    }  # fmt: skip


def test_no_dirt_is_none_and_a_set_too_small_for_it_stays_whole():
    assert not choose_dirt(1000, 0, 1).counts
    assert not choose_dirt(3, 0.1, 1).counts
