import pytest

from fraud_core.artifact import require_unchanged
from fraud_core.errors import ArtifactError, SurroundingsError
from tests.streams import artifact_folder


def test_an_artifact_that_stays_as_it_was_checked_is_fine(tmp_path):
    require_unchanged(artifact_folder(tmp_path, model=b"first"))


def test_an_artifact_that_was_replaced_while_it_was_read_is_read_again(tmp_path):
    checked = artifact_folder(tmp_path, model=b"first")
    artifact_folder(tmp_path, model=b"second")
    with pytest.raises(SurroundingsError, match="replaced while it was read"):
        require_unchanged(checked)


def test_an_artifact_that_is_half_replaced_is_refused(tmp_path):
    checked = artifact_folder(tmp_path, model=b"first")
    checked.model_path.write_bytes(b"second")
    with pytest.raises(ArtifactError, match="altered"):
        require_unchanged(checked)
