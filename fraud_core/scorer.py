"""The model, as ONNX Runtime runs it: one thread, so that a score does not depend on the batch."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import onnxruntime

from fraud_core.errors import ArtifactError, ModelMismatchError
from fraud_core.features import FEATURE_NAMES

INPUT_NAME: Final = "features"
PROBABILITIES_NAME: Final = "probabilities"
"""float32 (n, 2): the probability of no fraud and of fraud."""

FeatureMatrix = npt.NDArray[np.float32]
Scores = npt.NDArray[np.float32]

_FRAUD_COLUMN: Final = 1
_ERRORS_ONLY: Final = 3


class OnnxScorer:
    """A session over `model.onnx`.

    With one thread scores are bitwise the same for every batch size; with two they differ in the
    last bit from 512 rows on. Spinning is off, because workers share cores.
    """

    __slots__ = ("_session",)

    def __init__(self, path: Path) -> None:
        """Load a model.

        Args:
            path: the ONNX file.

        Raises:
            ArtifactError: the file is missing or is no ONNX model.
            ModelMismatchError: the model takes other columns than ours.
        """
        if not path.is_file():
            message = f"{path} is missing: make it with `python -m model_export train`"
            raise ArtifactError(message)
        try:
            self._session = onnxruntime.InferenceSession(
                path.read_bytes(), _one_thread(), providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # noqa: BLE001  # ONNX Runtime's errors have no other base
            message = (
                f"{path} is no ONNX model ({_first_line(error)}): "
                "export it again with `python -m model_export train`"
            )
            raise ArtifactError(message) from None
        self._check(path)

    def score(self, features: FeatureMatrix) -> Scores:
        """Fraud probability of each transaction.

        Args:
            features: float32, shape (n, 15), columns as in `FEATURE_NAMES`.

        Returns:
            float32, shape (n,), each in [0, 1].
        """
        (probabilities,) = self._session.run([PROBABILITIES_NAME], {INPUT_NAME: features})
        scores: Scores = probabilities[:, _FRAUD_COLUMN]
        return scores

    @property
    def metadata(self) -> dict[str, str]:
        """What the model says of itself: features, version, thresholds."""
        return dict(self._session.get_modelmeta().custom_metadata_map)

    def _check(self, path: Path) -> None:
        shapes = {entry.name: entry.shape for entry in self._session.get_inputs()}
        outputs = {entry.name for entry in self._session.get_outputs()}
        shape = shapes.get(INPUT_NAME)
        if len(shapes) != 1 or not shape or PROBABILITIES_NAME not in outputs:
            raise ModelMismatchError(expected=len(FEATURE_NAMES), found="unnamed", path=path)
        if shape[-1] != len(FEATURE_NAMES):
            raise ModelMismatchError(expected=len(FEATURE_NAMES), found=shape[-1], path=path)


def _one_thread() -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    options.log_severity_level = _ERRORS_ONLY
    return options


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
