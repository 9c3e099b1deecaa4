import json
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.quality_result import QualityLimits
from benchmarks.quality_run import judge_quality, raise_if_not_good
from benchmarks.quality_store import load_quality
from benchmarks.quality_text import quality_text
from benchmarks.report import write_all
from benchmarks.store import (
    LEDGER_FILE,
    OUTPUTS_FILE,
    QUALITY_FILE,
    RUN_FILE,
    load_run,
    save,
    step_folder,
)
from benchmarks.tracking_records import campaign_run, cell_runs
from fraud_core.errors import ConfigError, MeasurementError, RequirementNotMetError
from tests.unit.benchmarks.judged_run import MODEL, save_judged_run, save_offline, save_step
from tests.unit.benchmarks.results import step_of
from tests.unit.benchmarks.streams_judged import predicted, stream

LIMITS = QualityLimits()
SENT = stream()


def judged(folder, view="settled"):
    return judge_quality(folder, view, LIMITS)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return save_judged_run(tmp_path_factory.mktemp("results") / "try-1", engines=("faust", "spark"))


@pytest.fixture(scope="module")
def quality(run):
    return judged(run)


def test_two_engines_with_the_same_scores_have_the_same_quality(quality):
    faust, spark = quality.steps
    assert quality.engines_differ == {"faust and spark": 0}
    assert faust.models == spark.models
    assert faust.models[0].transactions == faust.sent == faust.predicted == len(SENT.seq)
    assert faust.models[0].average_precision.value > 0.5
    raise_if_not_good(quality)


def test_the_replay_check_compares_a_sample_to_the_bit(quality):
    replay = quality.steps[0].replay
    assert (replay.mismatches, replay.why) == (0, "")
    assert 0 < replay.rows < len(SENT.seq) / 3


def test_drift_is_told_with_its_sample_size(quality):
    drift = {one.column: one for one in quality.steps[0].models[0].drift}
    assert len(drift) == 16
    assert drift["fraud_probability"].rows == len(SENT.seq)
    assert drift["fraud_probability"].psi < 0.001


def test_what_was_found_is_kept_beside_the_run(run, quality):
    assert load_quality(run) == quality
    (run / "other").mkdir(exist_ok=True)
    assert load_quality(run / "other") is None


def test_the_text_says_it_once_for_engines_that_agree(quality):
    text = quality_text(quality)
    assert text.startswith(
        "run try-1, settled: every outcome of the load; labels come after 7 days"
    )
    assert "faust x1 drain and spark x1 drain, model abababab" in text
    assert "scores of faust and spark: equal to the bit" in text
    assert text.count("recall: stolen card") == 1


def test_the_report_shows_it_with_charts(run, quality):
    files = write_all(run)
    html = files.html.read_text()
    assert "Quality of the model</h2>" in html
    assert [path.name for path in files.charts] == ["quality.png", "quality-days.png"]
    assert html.count("<svg") == 2


def test_it_is_told_to_the_tracking_server_in_the_runs_of_the_cells(quality, run):
    from benchmarks.campaign import assemble

    result = assemble(run)
    cells = cell_runs(result, quality)
    assert list(cells) == ["faust-1", "spark-1"]
    told = {point.key: (point.value, point.step) for point in cells["faust-1"].points}
    wanted = quality.steps[0].models[0].average_precision.value
    assert told["average_precision"] == (wanted, 0)
    assert told["replay_mismatches"] == (0.0, 0)
    campaign = {point.key: point.value for point in campaign_run(result, quality).points}
    assert campaign["average_precision.spark"] == wanted


def test_a_feature_that_differs_in_one_bit_is_found(tmp_path):
    folder = save_judged_run(tmp_path / "try-1")
    from tests.unit.benchmarks.judged_run import features_of

    features = features_of(SENT)
    features[:, 4] = np.nextafter(features[:, 4], 2)
    save_offline(tmp_path, SENT, features)
    found = judged(folder)
    assert found.steps[0].replay.mismatches == found.steps[0].replay.rows > 0
    with pytest.raises(RequirementNotMetError, match="features differ"):
        raise_if_not_good(found)


def test_without_offline_features_the_reason_is_said(tmp_path):
    folder = save_judged_run(tmp_path / "try-1")
    shutil.rmtree(tmp_path / ".cache")
    fields = json.loads((folder / RUN_FILE).read_text())
    fields["run"] |= {"artifact": str(tmp_path / "gone"), "transactions": []}
    (folder / RUN_FILE).write_text(json.dumps(fields))
    replay = judged(folder).steps[0].replay
    assert replay.mismatches is None
    assert "manifest.json cannot be read" in replay.why


def test_two_models_in_one_run_are_told_apart(tmp_path):
    folder = save_judged_run(tmp_path / "try-1", models=(MODEL, "cd" * 32))
    models = judged(folder).steps[0].models
    assert {one.model for one in models} == {MODEL, "cd" * 32}
    assert sum(one.transactions for one in models) == len(SENT.seq)


def test_a_ledger_of_another_run_is_refused(tmp_path):
    folder = save_judged_run(tmp_path / "try-1")
    path = folder / "steps" / "faust-x1-drain" / LEDGER_FILE
    table = pq.read_table(path)
    pq.write_table(table.slice(0, 1000), path)
    with pytest.raises(ConfigError, match="belongs to another run"):
        judged(folder)


def test_a_ledger_of_another_step_with_the_same_rows_is_refused(tmp_path):
    folder = save_judged_run(tmp_path / "try-1")
    path = folder / "steps" / "faust-x1-drain" / LEDGER_FILE
    table = pq.read_table(path)
    later = pa.array(table["due_ms"].to_numpy() + 3_600_000)
    pq.write_table(table.set_column(table.column_names.index("due_ms"), "due_ms", later), path)
    with pytest.raises(ConfigError, match="belongs to another run"):
        judged(folder)


def test_answers_to_records_that_were_not_sent_are_refused(tmp_path):
    folder = save_judged_run(tmp_path / "try-1")
    path = folder / "steps" / "faust-x1-drain" / LEDGER_FILE
    table = pq.read_table(path)
    moved = pa.array(table["offset"].to_numpy() + 7)
    pq.write_table(table.set_column(table.column_names.index("offset"), "offset", moved), path)
    with pytest.raises(ConfigError, match="does not hold: the ledger belongs to another run"):
        judged(folder)


def test_outputs_of_an_earlier_version_are_refused(tmp_path):
    folder = save_judged_run(tmp_path / "try-1")
    path = folder / "steps" / "faust-x1-drain" / OUTPUTS_FILE
    pq.write_table(pq.read_table(path).drop_columns(["customer_id"]), path)
    with pytest.raises(ConfigError, match="an earlier version wrote it"):
        judged(folder)


def test_as_of_of_a_short_run_says_why_there_is_nothing_and_ends_with_its_code(tmp_path):
    folder = save_judged_run(tmp_path / "try-1", sent=stream(days=2))
    found = judged(folder, "as-of")
    assert found.steps[0].models[0].transactions == 0
    assert "no outcome was known by the run's last event time" in quality_text(found)
    with pytest.raises(MeasurementError, match="no outcome was known"):
        raise_if_not_good(found)


def test_a_model_that_misses_too_much_ends_with_exit_code_3(tmp_path):
    count = len(SENT.seq)
    folder = save_judged_run(tmp_path / "try-1", scores=np.zeros(count, np.float32))
    with pytest.raises(RequirementNotMetError, match="frauds in 100 transactions are missed"):
        raise_if_not_good(judged(folder))


def test_engines_that_score_differently_end_with_exit_code_3(tmp_path):
    folder = save_judged_run(tmp_path / "try-1", engines=("faust", "spark"))
    other = save_judged_run(tmp_path / "try-2", scores=predicted(SENT).score * np.float32(0.99))
    place = "steps/{}-x1-drain/" + OUTPUTS_FILE
    shutil.copy(other / place.format("faust"), folder / place.format("spark"))
    with pytest.raises(RequirementNotMetError, match=f"faust and spark: {len(SENT.seq)} scores"):
        raise_if_not_good(judged(folder))


def with_external(folder, models=("cd" * 32,)):
    """A step of an engine with a model of its own, which somebody else runs."""
    step = step_of("bank", mismatches=None).model_copy(update={"command": []})
    place = step_folder(folder, step.id)
    place.mkdir(parents=True)
    save_step(place, SENT, models, predicted(SENT).score * np.float32(0.99))
    save(folder / RUN_FILE, load_run(folder).model_copy(update={"steps": [step]}))
    return place / OUTPUTS_FILE


def test_an_engine_without_a_reference_is_judged_and_compared_with_nobody(tmp_path):
    folder = save_judged_run(tmp_path / "try-1")
    with_external(folder)
    found = judged(folder)
    bank = next(one for one in found.steps if one.engine == "bank")
    assert found.engines_differ == {}
    assert bank.models[0].transactions == len(SENT.seq)
    assert bank.replay.mismatches is None
    assert "do not say what the engine must have answered" in bank.replay.why


def test_answers_of_an_external_engine_to_somebody_else_are_left_out(tmp_path):
    folder = save_judged_run(tmp_path / "try-1")
    path = with_external(folder)
    table = pq.read_table(path)
    foreign = table.slice(0, 3)
    sources = pa.array(foreign["source"].to_numpy() + 10_000_000)
    foreign = foreign.set_column(foreign.column_names.index("source"), "source", sources)
    pq.write_table(pa.concat_tables([table, foreign]), path)
    bank = next(one for one in judged(folder).steps if one.engine == "bank")
    assert bank.predicted == len(SENT.seq)


def test_predictions_that_do_not_name_their_payment_are_left_out_and_counted(tmp_path):
    folder = save_judged_run(tmp_path / "try-1")
    path = with_external(folder)
    table = pq.read_table(path)
    untold = table["customer_id"].to_numpy().copy()
    untold[:5] = -1
    place = table.column_names.index("customer_id")
    pq.write_table(table.set_column(place, "customer_id", pa.array(untold)), path)
    found = judged(folder)
    said = "bank-x1-10eps: 5 predictions do not name model, customer and amount"
    assert found.left_out == [said]
    bank = next(one for one in found.steps if one.engine == "bank")
    assert bank.predicted == len(SENT.seq) - 5


def test_predictions_without_a_model_are_no_predictions(tmp_path):
    folder = save_judged_run(tmp_path / "try-1")
    with_external(folder, models=("",))
    found = judged(folder)
    assert [one.engine for one in found.steps] == ["faust"]
    assert found.left_out[-1] == "bank-x1-10eps: no predictions"


def test_sizes_are_told_apart(tmp_path):
    folder = save_judged_run(tmp_path / "try-1")
    result = load_run(folder)
    sized = [one.model_copy(update={"cpu": 0.25, "size_name": "c0.25"}) for one in result.drains]
    save(folder / RUN_FILE, result.model_copy(update={"drains": sized}))
    found = judged(folder)
    assert found.steps[0].cell == "faust-1-c0.25"
    assert "faust x1 of 0.25 core drain" in quality_text(found)


def test_a_run_without_predictions_has_no_quality(tmp_path):
    folder = save_judged_run(tmp_path / "try-1")
    (folder / "steps" / "faust-x1-drain" / OUTPUTS_FILE).unlink()
    with pytest.raises(MeasurementError, match="kept no predictions"):
        judged(folder)
    assert not (folder / QUALITY_FILE).exists()
