import io
import tarfile

import pytest

from fraud_yandex.inputs import unpack
from fraud_yandex.preflight import failures, marked
from spark_scorer import preflight

LOG = """\
26/11/23 14:15:00 INFO SparkContext: Running Spark version 3.5.7
preflight ok   versions: Spark 3.5.7, Scala 2.12.18, Java 17.0.9
preflight FAIL Kafka from the JVM: no route: check the brokers' names
26/11/23 14:15:09 INFO SparkContext: Successfully stopped SparkContext
"""


def packed(name):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        member = tarfile.TarInfo(name)
        member.size = 5
        archive.addfile(member, io.BytesIO(b"model"))
    return buffer.getvalue()


def test_an_artifact_is_there_whole_or_not_at_all(tmp_path):
    unpack(packed("model.onnx"), tmp_path / "artifact")
    assert (tmp_path / "artifact" / "model.onnx").read_bytes() == b"model"
    with pytest.raises(tarfile.ReadError):
        unpack(b"half of it", tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_no_file_of_an_artifact_leads_out_of_its_folder(tmp_path):
    with pytest.raises(tarfile.OutsideDestinationError):
        unpack(packed("../model.onnx"), tmp_path / "artifact")


def test_the_probes_findings_are_told_from_sparks_own_lines():
    assert [line.split()[1] for line in marked(LOG)] == ["ok", "FAIL"]
    (failed,) = failures(marked(LOG))
    assert failed.startswith("FAIL Kafka from the JVM: no route")


def test_what_the_probe_writes_is_what_is_looked_for():
    lines = [
        preflight.as_text(line) for line in [(True, "a", "b"), (False, "packages", "no numpy")]
    ]
    assert marked("\n".join(lines)) == lines
    assert failures(lines) == [
        "FAIL packages: no numpy: name what is missing in the cluster's pip_packages, as "
        "requirements/spark35.txt"
    ]
