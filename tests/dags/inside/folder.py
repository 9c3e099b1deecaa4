"""Run by Airflow's Python: read the folder of DAGs as its processor does, and print what it gives.

Usage: folder.py
"""

import json

try:
    from airflow.dag_processing.dagbag import DagBag
except ImportError:
    from airflow.models.dagbag import DagBag

bag = DagBag()
print(json.dumps({"errors": bag.import_errors, "dags": sorted(bag.dags)}))  # noqa: T201  # it is the answer
