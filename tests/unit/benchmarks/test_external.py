import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.agenda import Cell, Standing, next_action
from benchmarks.begin import chosen_cells, require_startable
from benchmarks.external import (
    ExternalOptions,
    external_of,
    is_of_these_files,
    only_campaign_on,
    prefixed,
)
from benchmarks.input_log import SentRows
from benchmarks.plan import plan_from, with_names
from fraud_core.errors import ConfigError
from fraud_core.topics import TopicNames

SAID = ExternalOptions("faust", 2, 0.5, "try")


def plan(**more):
    fields = {"id": "x", "engines": ["external"], "instances": [1, 2], "rates_eps": [50]}
    return plan_from(fields | more, "here")


def test_what_is_said_names_one_cell_and_its_topics():
    found = external_of(plan(), SAID)
    (cell,) = chosen_cells(plan(), None, (), found)
    assert (cell.id, found.names.transactions) == ("faust-2", "try-transactions")
    assert found.cpu_cores == 0.5


def test_in_a_plan_of_sizes_it_is_the_cell_of_its_size():
    sizes = plan(instance={"cpu": [0.25, 0.5]})
    (cell,) = chosen_cells(sizes, None, (), external_of(sizes, SAID))
    assert (cell.id, cell.cpu) == ("faust-2-c0.5", 0.5)
    for cpu, words in ((None, "--cpu is missing"), (1.0, "--cpu 1 is not in the plan")):
        with pytest.raises(ConfigError, match=words):
            external_of(sizes, ExternalOptions("faust", 2, cpu, "try"))


@pytest.mark.parametrize("prefix", ["try", "try-"])
def test_a_prefix_is_written_with_or_without_its_dash(prefix):
    assert prefixed(prefix).labels == "try-labels"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (ExternalOptions("faust", 2), "--topic-prefix P"),
        (ExternalOptions("faust", None, None, "try"), "--instances N"),
        (ExternalOptions(None, 2, None, "try"), "--as NAME"),
        (ExternalOptions("Faust-1", 2, None, "try"), "lower-case letters"),
        (ExternalOptions("external", 2, None, "try"), "choose another one"),
        (ExternalOptions("plain", 2, None, "try"), "choose another one"),
        (ExternalOptions("faust", 3, None, "try"), "--instances 3 is not in the plan"),
        (ExternalOptions("faust", 2, 0.0, "try"), "--cpu 0"),
        (ExternalOptions("faust", 2, None, "-"), "--prefix is empty"),
    ],
)
def test_what_is_missing_or_does_not_fit_is_named(said, words):
    with pytest.raises(ConfigError, match=words):
        external_of(plan(engines=["plain", "external"]), said)


def test_a_plan_without_an_external_engine_takes_no_such_options():
    assert external_of(plan(engines=["plain"]), ExternalOptions()) is None
    with pytest.raises(ConfigError, match="the plan has plain"):
        external_of(plan(engines=["plain"]), SAID)


def test_only_what_runs_already_is_measured_under_its_name():
    asked = plan(engines=["plain", "external"])
    external = external_of(asked, SAID)
    assert chosen_cells(asked, None, (), external) == [Cell("faust", 2)]
    assert chosen_cells(asked, None, ["faust-2"], external) == [Cell("faust", 2)]
    with pytest.raises(ConfigError, match="--cell plain-1 is not what --as and --instances name"):
        chosen_cells(asked, None, ["plain-1"], external)


def test_nobody_can_start_an_external_engine():
    asked = plan(engines=["plain", "external"])
    require_startable(chosen_cells(asked, "plain", ()), None)
    with pytest.raises(ConfigError, match="--as NAME"):
        require_startable(chosen_cells(asked, None, ()), None)


def test_the_names_that_were_measured_stand_in_place_of_external():
    asked = plan(engines=["plain", "external"])
    assert with_names(asked, ["faust", "plain", "faust"]).engines == ("plain", "faust")
    assert with_names(asked, ["plain"]) == asked


def test_an_external_engine_is_searched_without_a_drain():
    asked = plan(engines=["plain", "external"], find="knee", rates_eps=[])
    ours, theirs = Cell("plain", 1), Cell("faust", 1)
    assert next_action(asked, [ours], Standing()).id == "plain-x1-drain"
    assert next_action(asked, [theirs], Standing()).id == "faust-x1-100eps"


def test_one_campaign_at_a_time_on_the_same_topics(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    names = TopicNames("try-")
    with only_campaign_on("cluster", names):
        with only_campaign_on("cluster", TopicNames("other-")), only_campaign_on("c2", names):
            pass
        second = only_campaign_on("cluster", names)
        with pytest.raises(ConfigError, match="another campaign measures on try-transactions"):
            second.__enter__()
    with only_campaign_on("cluster", names):
        pass


@pytest.mark.parametrize(
    ("newest", "same"), [({}, True), ({0: (3, 30), 1: (4, 40)}, True), ({0: (3, 31)}, False)]
)
def test_rows_of_other_files_are_told_by_their_ids(tmp_path, newest, same):
    path = tmp_path / "features.parquet"
    pq.write_table(pa.table({"seq": [3, 4, 5], "tx_id": [30, 40, 50]}), path)
    assert is_of_these_files(SentRows(newest_ids=newest), path) is same
