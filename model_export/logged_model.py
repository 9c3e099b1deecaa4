"""A model as MLflow's server keeps it: ONNX, with what it takes and gives."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version as version_of
from typing import Any

import mlflow
import numpy as np
import onnx
from mlflow.models import ModelSignature
from mlflow.types import Schema, TensorSpec

from fraud_core.artifact import Artifact
from fraud_core.features import FEATURE_NAMES
from fraud_core.scorer import INPUT_NAME, PROBABILITIES_NAME


def signature() -> ModelSignature:
    """What the model takes and gives, as tensors of any length."""
    columns = len(FEATURE_NAMES)
    takes = TensorSpec(np.dtype(np.float32), (-1, columns), INPUT_NAME)
    gives = TensorSpec(np.dtype(np.float32), (-1, 2), PROBABILITIES_NAME)
    return ModelSignature(inputs=Schema([takes]), outputs=Schema([gives]))


def log_model(artifact: Artifact, identity: Mapping[str, str]) -> Any:  # noqa: ANN401  # mlflow's ModelInfo
    """Log the model of an artifact to the run that is active.

    Args:
        artifact: holds it.
        identity: by which the artifact is known again.
    """
    return mlflow.onnx.log_model(
        onnx_model=onnx.load(artifact.model_path),
        name="model",
        signature=signature(),
        save_as_external_data=False,
        onnx_execution_providers=["CPUExecutionProvider"],
        onnx_session_options={"intra_op_num_threads": 1, "inter_op_num_threads": 1},
        # named, or MLflow would run the model in a process of its own to find them out
        pip_requirements=[f"{name}=={version_of(name)}" for name in ("onnxruntime", "numpy")],
        metadata={**identity, "features": ",".join(FEATURE_NAMES)},
    )
