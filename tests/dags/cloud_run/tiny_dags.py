"""DAGs with the ids and the outline of the cloud's, which only put a campaign into the bucket.

The tests copy this file into the folder of an Airflow of their own.
"""

# ruff: noqa: AIR311, S310 - 2.10 has Param elsewhere; the address is that of a test

import os
import time
import urllib.request
from pathlib import Path

try:
    from airflow.sdk import DAG, Param, task
except ImportError:
    from airflow.decorators import task
    from airflow.models.dag import DAG
    from airflow.models.param import Param

ENGINES = Param(["faust", "spark"], type="array", items={"enum": ["faust", "spark"]})


def put(key: str, content: bytes) -> None:
    """One object, as the DAGs put them."""
    request = urllib.request.Request(
        f"{os.environ['CLOUD_STORAGE']}/{os.environ['TINY_BUCKET']}/{key}",
        content,
        {"X-YaCloud-SubjectToken": os.environ["TINY_TOKEN"]},
        method="PUT",
    )
    urllib.request.urlopen(request, timeout=30).close()


@task
def reserve(run_id: str | None = None) -> str:
    return run_id.lower().replace("_", "-").replace(":", "-").replace("+", "-")


@task(pool="fraud_load", max_active_tis_per_dagrun=1)
def cell(cell: str, params: dict | None = None) -> str:
    # A run that is to be stopped asks for it by its profile.
    time.sleep(300 if params["profile"] == "endless" else 0)
    return cell


@task
def speed(name: str) -> None:
    folder = Path(os.environ["TINY_RESULTS"])
    for path in folder.rglob("*"):
        if path.is_file():
            put(f"runs/{name}/results/{path.relative_to(folder).as_posix()}", path.read_bytes())


@task
def clean_up(name: str) -> None:
    put(f"runs/{name}/cleaned", b"yes")


@task
def look(params: dict | None = None) -> None:
    if not params["engines"]:
        raise ValueError("no engine")


with DAG("fraud_preflight", schedule=None, catchup=False, params={"engines": ENGINES}):
    look()

with DAG(
    "fraud_stream_yandex",
    schedule=None,
    catchup=False,
    max_active_runs=1,
    params={
        "engines": ENGINES,
        "instances": Param([1, 2], type="array", items={"type": "integer", "maximum": 12}),
        "rates_eps": Param([50, 400], type="array"),
        "profile": Param("smoke", enum=["smoke", "endless"]),
        "resume_run": Param(None, type=["null", "string"]),
    },
):
    name = reserve()
    cells = cell.expand(cell=["faust-1", "spark-1"])
    measured = speed(name)
    name >> cells >> measured
    measured >> clean_up(name).as_teardown(setups=name.operator)
