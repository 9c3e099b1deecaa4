from benchmarks.samples import (
    Totals,
    TreeUse,
    UseSample,
    read_offsets,
    read_uses,
    totals,
    write_offsets,
    write_uses,
)

ENDS = {
    ("transactions", 0): 7,
    ("transactions", 11): 3,
    ("predictions", 0): 4,
    ("dead-letters", 2): 1,
}


def test_totals_are_sums_over_partitions():
    assert totals(ENDS) == Totals(10, 4, 1)
    assert totals(ENDS).outputs == 5


def test_offsets_come_back_from_their_file(tmp_path):
    path = tmp_path / "offsets.csv"
    with path.open("w", newline="") as file:
        write_offsets(file, 100, 100.25, ENDS)
        write_offsets(file, 101, 101.25, ENDS)
    found = read_offsets(path)
    assert [sample.slot_s for sample in found] == [100, 101]
    assert found[0].at_s == 100.25
    assert found[1].totals == Totals(10, 4, 1)


def test_uses_come_back_from_their_file(tmp_path):
    path = tmp_path / "use.csv"
    sample = UseSample(100, 100.5, "engine", TreeUse(3.25, 1024, 2))
    with path.open("w", newline="") as file:
        write_uses(file, [sample])
        write_uses(file, [sample])
    assert read_uses(path) == [sample, sample]
