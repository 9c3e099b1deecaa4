"""The JSON schema of `run.json`: `python -m benchmarks.schema` writes docs/results-schema.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from benchmarks.result import SCHEMA_VERSION, RunResult
from benchmarks.store import RUN_FILE, write_whole
from fraud_core.command import say

SCHEMA_PATH: Final = Path(__file__).parent.parent / "docs" / "results-schema.json"


def schema_text() -> str:
    """JSON Schema (draft 2020-12) of a campaign's result, as it is kept in docs/."""
    schema = RunResult.model_json_schema(mode="serialization")
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"streamgauge {RUN_FILE}, schema version {SCHEMA_VERSION}",
    }
    return json.dumps(head | {k: v for k, v in schema.items() if k != "title"}, indent=2) + "\n"


def main() -> None:
    """Write the schema anew after a change of the result."""
    write_whole(SCHEMA_PATH, schema_text())
    say(f"wrote {SCHEMA_PATH}")


if __name__ == "__main__":
    main()
