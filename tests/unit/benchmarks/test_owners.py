from benchmarks.owners import WINDOW_ANSWERS, WINDOW_S, Attendance, described, is_complete

BOTH = frozenset({"spark-a-1", "spark-b-1"})


def test_a_count_is_complete_when_all_partitions_are_owned_by_so_many():
    assert is_complete({"a": 5, "b": 7}, 2)
    assert not is_complete({"a": 12}, 2)
    assert not is_complete({"a": 5, "b": 6}, 2)
    assert not is_complete({}, 1)


def test_owners_are_told_with_what_they_own():
    assert described({"b": 7, "a": 5}) == "2 instances own partitions: a (5), b (7)"


def test_those_of_the_beginning_change_nothing():
    attendance = Attendance(BOTH)
    for second in range(100):
        assert attendance.note([*BOTH] * 10, float(second)) is None


def test_one_that_was_not_there_is_a_change_at_once():
    change = Attendance(BOTH).note([*BOTH, "spark-b-2"], 0.0)
    assert change == "spark-b-2 answers, which was not there at the beginning"


def test_one_that_answers_no_more_is_a_change_after_a_window():
    attendance = Attendance(BOTH)
    assert attendance.note(["spark-a-1"] * WINDOW_ANSWERS, 0.0) is None
    change = attendance.note(["spark-a-1"], WINDOW_S)
    assert change == "spark-b-1 answers no more"


def test_without_a_load_silence_is_no_change():
    attendance = Attendance(BOTH)
    assert attendance.note([], 0.0) is None
    assert attendance.note(["spark-a-1"] * (WINDOW_ANSWERS // 2), 1.0) is None
    assert attendance.note([], 100 * WINDOW_S) is None
