import numpy as np

from benchmarks.charts import styled
from benchmarks.delay_chart import delays_chart
from benchmarks.delay_table import delay_of, delay_table
from benchmarks.label_delays import train_command
from benchmarks.quality_result import QualityLimits
from benchmarks.quality_run import judge_quality
from benchmarks.result import DrainProbe
from benchmarks.store import load_run
from fraud_core.artifact import Manifest
from fraud_core.transaction import SECONDS_PER_DAY, parse_time
from tests.unit.benchmarks.judged_run import save_judged_run

END_S = parse_time("2018-08-07 23:59:59")


def manifest(**changes):
    fields = {
        "files": {},
        "train_first_s": END_S + 1 - 35 * SECONDS_PER_DAY,
        "train_last_s": END_S - 7 * SECONDS_PER_DAY,
        "history_start_s": END_S - 30 * SECONDS_PER_DAY,
        "history_end_s": END_S,
        "dates_first_s": 0,
        "dates_last_s": END_S * 2,
        "made_with": {"seed": "4"},
    }
    return Manifest(**(fields | changes))


def test_a_model_of_another_delay_is_trained_like_the_given_one(tmp_path):
    words = train_command([tmp_path], manifest(), 6 * 3600, tmp_path / "out")
    options = dict(zip(words[4::2], words[5::2], strict=True))
    assert options == {
        "--out": str(tmp_path / "out"),
        "--transactions": str(tmp_path),
        "--history-end": "2018-08-07",
        "--train-days": "28",
        "--customers-share": "1",
        "--label-delay-days": "0.25",
        "--seed": "4",
    }


def delays_of(folder):
    judged = judge_quality(save_judged_run(folder), "settled", QualityLimits())
    result = load_run(folder)
    return [delay_of(hours * 3600, result, judged.steps[0]) for hours in (6, 24, 168)]


def test_the_table_has_a_line_for_each_delay(tmp_path):
    lines = delay_table(delays_of(tmp_path / "try-1")).splitlines()
    assert [line.split("  ")[0].strip() for line in lines[-3:]] == ["6 h", "1 day", "7 days"]


def test_what_differs_from_the_offline_computation_is_counted(tmp_path):
    folder = tmp_path / "try-1"
    judged = judge_quality(save_judged_run(folder), "settled", QualityLimits())
    result = load_run(folder)
    changed = result.drains[0].check.model_copy(update={"score_mismatches": 3})
    drains = [DrainProbe(**dict(result.drains[0]) | {"check": changed})]
    changed_run = result.model_copy(update={"drains": drains})
    found = [delay_of(3600, one, judged.steps[0]).mismatches for one in (result, changed_run)]
    assert found == [0, 3]


def test_the_chart_has_the_delays_on_a_logarithmic_axis(tmp_path):
    with styled():
        left, right = delays_chart(delays_of(tmp_path / "try-1")).axes
    assert left.get_xscale() == "log"
    assert [text.get_text() for text in left.get_xticklabels()] == ["6 h", "1 day", "7 days"]
    assert np.allclose(left.get_ylim(), (0, 1))
    assert len(right.lines) >= 2
