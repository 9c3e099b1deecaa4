"""From training to a published campaign, as docs/models.md tells it, on the real services."""

from __future__ import annotations

import json

import pytest

from fraud_core.artifact import MODEL_FILE, load_artifact, sha256_of
from tests.services import running_services

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

PLAN = """
id: try-sequence
question: capacity
find: drain
engines: [faust, spark]
probe_records: 12000
"""


@pytest.fixture(scope="module")
def services():
    with running_services() as running:
        yield running


@pytest.fixture(scope="module")
def sequence(services, engine_environment, dirty_files, tmp_path_factory):
    """All commands of the document, one after the other; the folder that they worked in."""
    folder = tmp_path_factory.mktemp("sequence")
    (folder / "plan.yaml").write_text(PLAN)
    files = ("--transactions", str(dirty_files))
    results = ("--results", str(folder / "results"))
    champion = str(folder / "champion")
    needed = ("KAFKA_BOOTSTRAP_SERVERS", "JAVA_HOME", "FRAUD_SPARK_JARS")
    variables = {name: engine_environment[name] for name in needed}
    for command in (
        ("model_export", "train", *files, "--out", str(folder / "model"), "--register"),
        ("model_export", "fetch", "models:/fraud@champion", champion),
        (
            *("benchmarks", "run", str(folder / "plan.yaml"), "--run-id", "sequence"),
            *("--artifact", champion, *files, *results),
        ),
        ("benchmarks", "quality", "sequence", *results),
        ("benchmarks", "publish", "sequence", *results),
    ):
        done = services.run(*command, **variables)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return folder


def test_both_engines_scored_the_whole_stream_with_the_champion(services, sequence):
    ((version, sha256),) = services.rows(
        "select a.version, t.value from registered_model_aliases a "
        "join model_version_tags t on t.name = a.name and t.version = a.version "
        "where a.alias = 'champion' and t.key = 'streamgauge.model_sha256'"
    )
    assert version == 1
    run = json.loads((sequence / "results" / "sequence" / "run.json").read_text())
    assert run["model"]["sha256"] == sha256
    assert {drain["engine"] for drain in run["drains"]} == {"faust", "spark"}
    names = ("missing", "feature_mismatches", "score_mismatches", "wrongly_answered")
    for drain in run["drains"]:
        assert drain["check"]["scored"] > 11_000
        assert [drain["check"][name] for name in names] == [0, 0, 0, 0]


def test_quality_is_that_of_the_champion_and_the_same_for_both_engines(sequence):
    quality = json.loads((sequence / "results" / "sequence" / "quality.json").read_text())
    assert list(quality["engines_differ"].values()) == [0]
    first, second = quality["steps"]
    assert first["models"] == second["models"]
    (model,) = first["models"]
    assert load_artifact(sequence / "champion").model_sha256.startswith(model["model"])
    assert model["average_precision"]["value"] > 0.3


def test_speed_and_quality_are_rows_of_postgresql(services, sequence):
    quality = json.loads((sequence / "results" / "sequence" / "quality.json").read_text())
    run = json.loads((sequence / "results" / "sequence" / "run.json").read_text())
    found = services.rows(
        "select r.name, m.key, m.value from latest_metrics m join runs r using (run_uuid)"
    )
    metrics = {(name, key): value for name, key, value in found}
    expected = quality["steps"][0]["models"][0]["average_precision"]["value"]
    published = {v for (_, key), v in metrics.items() if key.endswith("average_precision")}
    assert any(value == pytest.approx(expected) for value in published)
    rates = [drain["drain_eps"] for drain in run["drains"]]
    drained = [value for (_, key), value in metrics.items() if "drain" in key]
    assert sorted(drained) == pytest.approx(sorted(rates))


def test_the_artifact_and_the_report_are_objects_of_the_bucket(services, sequence):
    model = sequence / "champion" / MODEL_FILE
    assert sha256_of(model) in {sha256_of(path) for path in services.objects(MODEL_FILE)}
    report = sequence / "results" / "sequence" / "report.html"
    copies = {sha256_of(path) for path in services.objects("report.html")}
    assert sha256_of(report) in copies
