from __future__ import annotations

from dataclasses import replace

import onnx
import pytest
from onnx import TensorProto, helper

from fraud_core.artifact import Thresholds, load_artifact
from fraud_core.distribution import SCORE, Distribution
from fraud_core.errors import ArtifactError, ModelMismatchError
from fraud_core.features import FEATURE_NAMES
from model_export.own_model import adopt
from tests.streams import artifact_folder

THRESHOLDS = Thresholds(review=0.2, block=0.9)


def write_model(path, *nodes, columns=15, input_name="features"):
    """A model of few operators: the mean of a row, made a probability by `nodes`."""
    graph = helper.make_graph(
        [
            helper.make_node(
                "ReduceMean", [input_name], ["mean"], axes=[1], keepdims=1, name="mean"
            ),
            *nodes,
            helper.make_node("Concat", ["score", "score"], ["probabilities"], axis=1),
        ],
        "mine",
        [helper.make_tensor_value_info(input_name, TensorProto.FLOAT, [None, columns])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, 2])],
    )
    opset = [helper.make_opsetid("", 15)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), str(path))
    return path


def squeezed():
    return helper.make_node("Sigmoid", ["mean"], ["score"])


@pytest.fixture
def beside(tmp_path):
    folder = tmp_path / "beside"
    folder.mkdir()
    return artifact_folder(folder, model=b"the other one")


def test_a_model_that_fits_becomes_an_artifact_on_the_same_history(tmp_path, beside):
    model = write_model(tmp_path / "mine.onnx", squeezed())

    adopt(model, beside, tmp_path / "out", THRESHOLDS)

    found = load_artifact(tmp_path / "out")
    assert found.model_path.read_bytes() == model.read_bytes()
    assert found.history_sha256 == beside.history_sha256
    assert found.manifest.history_end_s == beside.manifest.history_end_s
    assert found.manifest.thresholds == THRESHOLDS


def test_what_training_said_of_the_other_model_is_left_out(tmp_path, beside):
    known = Distribution(edges=(0.5,), shares=(0.5, 0.5), rows=2)
    profile = {SCORE: known, FEATURE_NAMES[0]: known}
    told = beside.manifest.model_copy(update={"metrics": {"auc_roc": 0.9}, "profile": profile})
    model = write_model(tmp_path / "mine.onnx", squeezed())

    manifest = adopt(model, replace(beside, manifest=told), tmp_path / "out", THRESHOLDS)

    assert manifest.metrics == {}
    assert list(manifest.profile) == [FEATURE_NAMES[0]]
    assert manifest.made_with == {"model": "mine.onnx", "history": beside.history_sha256}


@pytest.mark.parametrize(
    ("nodes", "columns", "input_name", "error", "said"),
    [
        ([squeezed()], 12, "features", ModelMismatchError, "takes 12 features"),
        ([squeezed()], 15, "columns", ModelMismatchError, "takes unnamed features"),
        (
            [helper.make_node("Identity", ["mean"], ["score"])],
            15,
            "features",
            ArtifactError,
            "as a probability",
        ),
        (
            [
                helper.make_node("ReduceMax", ["mean"], ["largest"], axes=[0], keepdims=1),
                helper.make_node("Div", ["mean", "largest"], ["score"]),
            ],
            15,
            "features",
            ArtifactError,
            "than one by one",
        ),
    ],
)
def test_a_model_that_does_not_fit_is_refused_and_nothing_is_written(
    tmp_path, beside, nodes, columns, input_name, error, said
):
    model = write_model(tmp_path / "mine.onnx", *nodes, columns=columns, input_name=input_name)

    with pytest.raises(error, match=said):
        adopt(model, beside, tmp_path / "out", THRESHOLDS)

    assert not (tmp_path / "out").exists()


def test_a_model_replaces_the_one_of_the_same_folder(tmp_path, beside):
    model = write_model(tmp_path / "mine.onnx", squeezed())

    adopt(model, beside, beside.folder, THRESHOLDS)

    assert load_artifact(beside.folder).model_sha256 != beside.model_sha256
    assert load_artifact(beside.folder).history_sha256 == beside.history_sha256
