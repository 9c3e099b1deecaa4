"""An XGBoost model as ONNX, and the proof that both give the same scores."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import onnx
import xgboost
from onnxmltools import convert_xgboost
from onnxmltools.convert.common.data_types import FloatTensorType

from fraud_core.artifact import Thresholds
from fraud_core.errors import RequirementNotMetError
from fraud_core.features import FEATURE_NAMES, FEATURES_VERSION
from fraud_core.scorer import INPUT_NAME, PROBABILITIES_NAME

# as old as can be, because a managed cluster's ONNX Runtime may be years behind ours
OPSET: Final = 15
IR_VERSION: Final = 8
GRAPH_NAME: Final = "fraud"

LARGEST_DIFFERENCE: Final = 1e-6

Scores = npt.NDArray[np.float32]


def to_onnx(
    model: xgboost.XGBClassifier, thresholds: Thresholds, trained_until: str
) -> onnx.ModelProto:
    """Convert a model that was trained on arrays, without column names.

    The graph takes `features` float32 (N, 15) and gives `probabilities` float32 (N, 2).
    """
    initial = [(INPUT_NAME, FloatTensorType([None, len(FEATURE_NAMES)]))]
    converted: onnx.ModelProto = convert_xgboost(model, initial_types=initial, target_opset=OPSET)
    _keep_probabilities(converted.graph)
    converted.graph.name = GRAPH_NAME  # otherwise random, and so would be the file's hash
    converted.ir_version = IR_VERSION
    properties = {
        "features": ",".join(FEATURE_NAMES),
        "features_version": FEATURES_VERSION,
        "threshold_review": str(thresholds.review),
        "threshold_block": str(thresholds.block),
        "trained_until": trained_until,
    }
    onnx.helper.set_model_props(converted, properties)
    onnx.checker.check_model(converted)
    return converted


def largest_difference(onnx_scores: Scores, native_scores: Scores) -> float:
    """Largest difference of two models' scores.

    Raises:
        RequirementNotMetError: it is so large that they are not the same model.
    """
    difference = float(np.abs(onnx_scores - native_scores).max(initial=0.0))
    if not difference <= LARGEST_DIFFERENCE:  # true for NaN too
        message = (
            f"ONNX scores differ from XGBoost's by up to {difference:.3g}, allowed are "
            f"{LARGEST_DIFFERENCE:g}: no artifact was written; use the locked versions of "
            "xgboost, onnxmltools and onnxruntime (requirements/run.txt)"
        )
        raise RequirementNotMetError(message)
    return difference


def _keep_probabilities(graph: Any) -> None:  # noqa: ANN401  # onnx publishes no types
    kept = [output for output in graph.output if output.name == PROBABILITIES_NAME]
    del graph.output[:]
    graph.output.extend(kept)
