import json

from benchmarks.result import SCHEMA_VERSION
from benchmarks.schema import SCHEMA_PATH, schema_text


def test_the_schema_in_docs_is_that_of_the_code():
    wanted = "write it anew with `python -m benchmarks.schema`"
    assert SCHEMA_PATH.read_text() == schema_text(), wanted


def test_the_schema_describes_cells_answers_and_steps():
    schema = json.loads(schema_text())
    assert f"schema version {SCHEMA_VERSION}" in schema["title"]
    assert schema["additionalProperties"] is False
    assert {"cells", "answers", "sentence"} <= set(schema["properties"])
    assert "description" in schema["$defs"]["StepResult"]["properties"]["cpu_s_per_million"]
