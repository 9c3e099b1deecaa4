"""Records as the commands write them, small."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.records import Run

UP: Mapping[str, Any] = {
    "at_s": 1000,
    "took_s": 1500.0,
    "mlflow": {"health": "OK", "reached_at": "http://localhost:5000"},
    "resources": [
        {"kind": kind, "id": f"id-{kind}", "name": name, "status": "RUNNING"}
        | {"health": health, "version": version, "labels": {}}
        for kind, name, health, version in (
            ("kafka-cluster", "streamgauge-kafka", "ALIVE", "4.0"),
            ("airflow-cluster", "streamgauge-airflow", "ALIVE", "3.1"),
            ("postgresql-cluster", "streamgauge-postgresql", "ALIVE", "17"),
            ("instance", "streamgauge-mlflow", "", ""),
        )
    ],
}
VERIFIED: Mapping[str, Any] = {"at_s": 9000, "left": [], "denied": [], "standing": []}
DAG_RUN: Mapping[str, Any] = {
    "at_s": 2000,
    "dag_id": "fraud_stream_yandex",
    "dag_run_id": "manual__1",
    "state": "success",
    "results": "in-the-cloud",
}


def campaign(identifier: str, started: str = "2026-01-01T00:00:00", **more: Any) -> Any:
    """A `run.json`."""
    steps = [
        {"engine": engine, "instances": 1, "sent": 100, "scored": 100, "missing": 0}
        | {"feature_mismatches": 0, "score_mismatches": 0}
        for engine in ("faust", "spark")
    ]
    knee = {"low_eps": 1500.0, "high_eps": 1575.0, "confirmed": True}
    return {
        "schema_version": 2,
        "run": {
            "id": identifier,
            "started": started,
            "cluster": "cluster-of-a-broker",
            "transactions": ["data"],
        },
        "steps": steps,
        "plan": {"id": "a-plan", "search": {"confirm_runs": 2}},
        "cells": [{"engine": "faust", "instances": 1, "cpu": 0.25, "knee_backlog": knee}],
        "answers": [
            {"engine": "faust", "target_eps": 50, "instances": 1, "verified": True},
            {"engine": "faust", "target_eps": 400, "instances": None, "verified": False},
        ],
        "sentence": "A sentence.",
    } | more


def run(identifier: str, *, published: bool = False, **more: Any) -> Run:
    """A campaign as `read_records` gives it."""
    return Run(Path("results") / identifier, campaign(identifier, **more), published)


def write(path: Path, values: Mapping[str, Any]) -> None:
    """A record on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(values))
