"""Steps that were saved before it was known that their engine had changed."""

import pytest

from benchmarks.discount import discount
from benchmarks.judging import judge_run
from benchmarks.scheduling import WAITS_FILE, write_waits
from benchmarks.store import RUN_FILE, load_run, load_steps, step_folder
from tests.unit.benchmarks.results import run_of, step_of
from tests.unit.benchmarks.saved_run import save_run

REASON = "faust-1 answers no more"


def of_two(step):
    return step.model_copy(update={"instances": 2})


@pytest.fixture
def folder(tmp_path):
    """Of a campaign of three cells, whose windows ended at the same time."""
    steps = (step_of("faust"), of_two(step_of("faust")), step_of("spark"))
    assert {step.verdict for step in steps} == {"sustainable"}
    saved = save_run(tmp_path / "try-1", run_of(*steps))
    for step in steps:
        with (step_folder(saved, step.id) / WAITS_FILE).open("w") as file:
            write_waits(file, [])
    return saved


def ended_s(folder):
    return load_steps(folder)[0].window_end_ms / 1000


def test_the_last_steps_of_a_cell_count_as_invalid_and_no_others(folder):
    assert discount(folder, "faust", 2, ended_s(folder), REASON) == ["faust-x2-10eps"]
    verdicts = {step.id: step.verdict for step in load_steps(folder)}
    assert verdicts.pop("faust-x2-10eps") == "invalid"
    assert set(verdicts.values()) == {"sustainable"}


def test_a_step_that_ended_before_the_change_is_left_as_it_is(folder):
    before = (folder / RUN_FILE).read_bytes()
    assert discount(folder, "faust", 2, ended_s(folder) + 0.001, REASON) == []
    assert (folder / RUN_FILE).read_bytes() == before


def test_the_result_says_why_and_is_judged_so_again(folder):
    discount(folder, "faust", 2, 0, REASON)
    found = {step.id: step for step in load_run(folder).steps}["faust-x2-10eps"]
    assert found.verdict == "invalid"
    assert REASON in found.why
    judged = {one.step: one for one in judge_run(folder).steps}["faust-x2-10eps"]
    assert (judged.verdict, judged.differs) == ("invalid", ())


def test_a_campaign_that_is_not_there_has_no_such_steps(tmp_path):
    assert discount(tmp_path / "never-was", "faust", 1, 0, REASON) == []
