"""The artifact that `train` writes, and features as its scorers compute them."""

import json
import shutil
from dataclasses import replace
from datetime import date

import numpy as np
import onnx
import pyarrow.parquet as pq
import pytest
import xgboost

from fraud_core.artifact import Thresholds, load_artifact
from fraud_core.course_row import CLEAN
from fraud_core.distribution import SCORE
from fraud_core.errors import (
    ArtifactError,
    ConfigError,
    ModelMismatchError,
    RequirementNotMetError,
)
from fraud_core.features import FEATURE_NAMES, feature_row
from fraud_core.history import read_history
from fraud_core.label_record import LabelRecord, Outcome
from fraud_core.label_table import LabelTable
from fraud_core.partition_state import PartitionState
from fraud_core.scorer import OnnxScorer
from fraud_core.stream_start import stream_start
from fraud_core.transaction import ANY_DATE, decode, format_time
from fraud_core.transaction_files import encode_row, read_days, transaction_files
from model_export.artifact_folder import write_artifact
from model_export.clean_rows import check_memory, read_clean_rows
from model_export.feature_file import (
    features_by_manifest,
    features_of,
    read_for_features,
    write_features,
)
from model_export.onnx_export import largest_difference, to_onnx
from model_export.periods import Lengths, choose_periods
from model_export.training import TrainingSettings, train
from tests.unit.model_export.worlds import write_small

DAY = 86_400
LENGTHS = Lengths(train_days=21)


def train_into(folder, files, *, share=1.0, history_end=None):
    reading = read_clean_rows(files, dates=ANY_DATE, customers_share=share)
    periods = choose_periods(reading.first_day_s, reading.days, history_end, LENGTHS)
    settings = TrainingSettings(LENGTHS, 0, share, tuple(file.name for file in files))
    trained = train(reading.rows, periods, settings)
    return trained, write_artifact(folder, reading, trained, periods, settings)


def add_late_rows(path):
    """Customers of the stream pay once more, with dates minutes to 45 days before their place."""
    lines = path.read_text().splitlines()
    added = []
    for place, ago_s in enumerate(
        [300, 3600, 86_400, 3 * 86_400, 20 * 86_400, 32 * 86_400, 45 * 86_400] * 6
    ):
        at = len(lines) * (place + 40) // 100
        cells = lines[at].split(",")
        time_s = decode(*encode_row(lines[at].encode()), ANY_DATE).time_s - ago_s
        added.append((at, ",".join([str(5_000_000 + place), format_time(time_s), *cells[2:]])))
    for at, line in reversed(added):
        lines.insert(at + 1, line)
    path.write_text("\n".join(lines) + "\n")


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    write_small(folder, dirt=0.00001)
    add_late_rows(folder / "2018-07-01.txt")
    return transaction_files([folder])


@pytest.fixture(scope="module")
def trained(world, tmp_path_factory):
    folder = tmp_path_factory.mktemp("artifact")
    model, manifest = train_into(folder, world)
    return folder, model, manifest


def test_an_artifact_is_read_back_as_it_was_written(trained):
    folder, _, manifest = trained
    artifact = load_artifact(folder)
    assert artifact.manifest == manifest
    assert sorted(path.name for path in folder.iterdir()) == [
        "history.parquet",
        "manifest.json",
        "model.onnx",
    ]
    assert manifest.history_end_s - manifest.history_start_s == 30 * DAY
    assert manifest.metrics["onnx_largest_difference"] <= 1e-6
    assert {"auc_roc", "average_precision", "card_precision_100"} <= set(manifest.metrics)


def test_the_manifest_says_how_the_training_window_was_distributed(trained):
    profile = trained[2].profile
    assert set(profile) == {*FEATURE_NAMES, SCORE}
    assert {one.rows for one in profile.values()} == {trained[1].train_rows}
    assert profile["TX_AMOUNT"].edges[0] > 0
    assert profile["TX_DURING_NIGHT"].edges == (0.0,)
    assert sum(profile[SCORE].shares) == pytest.approx(1)


def test_the_same_rows_and_seed_give_the_same_bytes(trained, world, tmp_path):
    _, _, manifest = trained
    _, again = train_into(tmp_path, world)
    assert again == manifest


def test_an_altered_byte_is_noticed(trained, tmp_path):
    for name in ("model.onnx", "history.parquet"):
        folder = tmp_path / name
        shutil.copytree(trained[0], folder)
        text = bytearray((folder / name).read_bytes())
        text[len(text) // 2] ^= 1
        (folder / name).write_bytes(text)
        with pytest.raises(ArtifactError, match=f"{name} has SHA-256"):
            load_artifact(folder)


def test_a_missing_file_is_named(trained, tmp_path):
    for name in ("model.onnx", "history.parquet", "manifest.json"):
        folder = tmp_path / name
        shutil.copytree(trained[0], folder)
        (folder / name).unlink()
        with pytest.raises(ArtifactError, match=name):
            load_artifact(folder)


def test_an_artifact_of_other_features_is_refused(trained, tmp_path):
    shutil.copytree(trained[0], tmp_path, dirs_exist_ok=True)
    path = tmp_path / "manifest.json"
    manifest = json.loads(path.read_text())
    path.write_text(json.dumps(manifest | {"features_version": "handbook-15/0"}))
    with pytest.raises(ArtifactError, match="handbook-15/0"):
        load_artifact(tmp_path)
    path.write_text(json.dumps(manifest | {"features": manifest["features"][:12]}))
    with pytest.raises(ModelMismatchError, match="takes 12 features"):
        load_artifact(tmp_path)


def test_the_model_is_readable_for_an_old_runtime_and_says_what_it_is(trained):
    folder, _, _ = trained
    model = onnx.load(folder / "model.onnx")
    assert model.ir_version <= 9
    assert all(
        entry.version <= {"": 17, "ai.onnx.ml": 3}[entry.domain] for entry in model.opset_import
    )
    assert [output.name for output in model.graph.output] == ["probabilities"]
    metadata = OnnxScorer(folder / "model.onnx").metadata
    assert metadata["features"].split(",") == list(FEATURE_NAMES)
    assert metadata["threshold_block"] == "0.5"


def test_scores_do_not_depend_on_the_batch(trained):
    folder, model, _ = trained
    scorer = OnnxScorer(folder / "model.onnx")
    features = model.test.features[:700]
    whole = scorer.score(features)
    assert whole.dtype == np.float32
    assert whole.shape == (700,)
    for size in (1, 7, 512):
        parts = [scorer.score(features[low : low + size]) for low in range(0, 700, size)]
        assert np.concatenate(parts).tobytes() == whole.tobytes()


def test_scores_that_differ_from_xgboosts_are_refused():
    scores = np.array([0.25, 0.5], np.float32)
    assert largest_difference(scores, scores) == 0.0
    for wrong in (scores + np.float32(1e-4), np.array([np.nan, 0.5], np.float32)):
        with pytest.raises(RequirementNotMetError, match="ONNX scores differ"):
            largest_difference(wrong, scores)


def test_nothing_is_written_when_scores_differ(trained, world, tmp_path):
    _, model, _ = trained
    reading = read_clean_rows(world, dates=ANY_DATE, customers_share=1.0)
    periods = choose_periods(reading.first_day_s, reading.days, None, LENGTHS)
    wrong = replace(model, scores=1 - model.scores)
    with pytest.raises(RequirementNotMetError):
        write_artifact(tmp_path, reading, wrong, periods, TrainingSettings(LENGTHS, 0, 1.0, ()))
    assert list(tmp_path.iterdir()) == []


def test_a_model_of_another_width_is_refused(tmp_path):
    model = xgboost.XGBClassifier(n_estimators=2).fit(np.eye(12)[[0, 1, 2, 3]], [0, 1, 0, 1])
    path = tmp_path / "model.onnx"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("model_export.onnx_export.FEATURE_NAMES", FEATURE_NAMES[:12])
        proto = to_onnx(model, Thresholds(), "2018-07-31")
    path.write_bytes(proto.SerializeToString())
    with pytest.raises(ModelMismatchError, match="takes 12 features, the schema has 15"):
        OnnxScorer(path)


def test_a_file_that_is_no_model_is_refused(tmp_path):
    path = tmp_path / "model.onnx"
    with pytest.raises(ArtifactError, match="is missing"):
        OnnxScorer(path)
    path.write_bytes(b"no model")
    with pytest.raises(ArtifactError, match="is no ONNX model"):
        OnnxScorer(path)


def test_history_is_sorted_and_holds_what_the_windows_reach(trained, world):
    folder, _, manifest = trained
    history = pq.read_table(folder / "history.parquet").to_pydict()
    rows = list(zip(history["kind"], history["id"], history["time_s"], strict=True))
    assert rows == sorted(rows)
    times = [time_s for kind, _, time_s in rows if kind == 0]
    assert manifest.history_start_s < min(times) <= max(times) <= manifest.history_end_s
    label_times = [time_s for kind, _, time_s in rows if kind == 1]
    assert manifest.history_end_s - 30 * DAY < min(label_times)
    assert max(label_times) <= manifest.history_end_s


def online_features(files, folder):
    """What a scorer computes that reads the stream of the files with this artifact."""
    manifest = load_artifact(folder).manifest
    history = read_history(folder / "history.parquet", end_s=manifest.history_end_s)
    state, labels = PartitionState(history), LabelTable(history)
    days = list(read_days(files, dates=manifest.dates))
    outcomes = [
        Outcome(0, terminal, time_s, time_s + manifest.label_delay_s, fraud)
        for day in days
        for terminal, time_s, fraud, reason in zip(
            *(
                getattr(day, name).tolist()
                for name in ("terminal_id", "time_s", "fraud", "reasons")
            ),
            strict=True,
        )
        if reason == CLEAN and fraud >= 0
    ]
    labels.add(LabelRecord(2**62, outcomes))
    answers, started = {}, False
    for day in days:
        start = 0 if started else stream_start(day, manifest.history_end_s)
        if start is None:
            continue
        started = True
        for place in range(start, len(day)):
            if day.reasons[place] == CLEAN:
                row = decode(*encode_row(day.lines[place]), manifest.dates)
                seen, _ = state.advance(row, place)
                known = labels.windows(row.terminal_id, row.time_s)
                answers[int(day.seq[place])] = feature_row(row, seen, known)
    return answers


def test_features_by_an_artifact_are_those_of_its_scorers_bit_for_bit(trained, world, tmp_path):
    folder, _, manifest = trained
    reading = read_for_features(world, manifest, 1.0)
    parts, dirty = features_by_manifest(reading, manifest)
    path = tmp_path / "features.parquet"

    count = write_features(path, parts)

    table = pq.read_table(path)
    assert table.column_names == ["seq", "tx_id", *FEATURE_NAMES]
    assert count == table.num_rows == len(reading.rows) - dirty.total()
    assert dirty["impossible date"] > 0  # 45 days late: before the history
    seq = table["seq"].to_numpy()
    assert (np.diff(seq) > 0).all()
    offline = np.column_stack([table[name].to_numpy() for name in FEATURE_NAMES])
    expected = online_features(world, folder)
    assert len(expected) > 8000
    assert seq[seq >= min(expected)].tolist() == list(expected)
    online = np.array(list(expected.values()))
    assert offline[seq >= min(expected)].tobytes() == online.tobytes()


def test_without_late_rows_an_artifact_changes_no_feature(tmp_path):
    write_small(tmp_path / "files")
    files = transaction_files([tmp_path / "files"])
    _, manifest = train_into(tmp_path / "artifact", files)
    plain = list(features_of(read_for_features(files, None, 1.0), manifest.label_delay_s))
    parts, _ = features_by_manifest(read_for_features(files, manifest, 1.0), manifest)
    by_manifest = np.concatenate([features for _, features in parts])
    assert by_manifest.tobytes() == plain[0][1].tobytes()


def test_a_share_of_customers_has_the_features_of_the_whole(world):
    some = read_for_features(world, None, 0.3)
    everything = read_for_features(world, None, 1.0)
    assert 0.1 < len(some.rows) / len(everything.rows) < 0.5
    ((_, features),) = features_of(some, LENGTHS.label_delay_s)
    ((_, all_features),) = features_of(everything, LENGTHS.label_delay_s)
    chosen = np.isin(everything.rows.customer_id, some.rows.customer_id)
    # terminals see fewer transactions, customers all of theirs
    assert np.array_equal(features[:, :9], all_features[chosen][:, :9])


def test_another_history_end_moves_the_stream(world, tmp_path):
    _, manifest = train_into(tmp_path, world, history_end=date(2018, 7, 20))
    assert format_time(manifest.history_end_s) == "2018-07-20 23:59:59"


def test_a_window_without_fraud_cannot_be_learnt(world, tmp_path):
    reading = read_clean_rows(world, dates=ANY_DATE, customers_share=1.0)
    periods = choose_periods(reading.first_day_s, reading.days, None, LENGTHS)
    honest = reading.rows.select(reading.rows.fraud == 0)
    with pytest.raises(ConfigError, match="0 frauds"):
        train(honest, periods, TrainingSettings(LENGTHS, 0, 1.0, ()))


def test_rows_that_do_not_fit_into_memory_are_refused_with_the_share_that_does(tmp_path):
    path = tmp_path / "course.txt"
    with path.open("wb") as file:
        file.truncate(3_000_000_000)  # a hole: takes no room on the disk
    with pytest.raises(ConfigError, match=r"about 1\d\.\d GiB .*--customers-share 0\.1\d") as found:
        check_memory([path], 1.0)
    share = float(str(found.value).rsplit(" ", 1)[1])
    check_memory([path], share)
