"""Where each Airflow keeps its names, as modules of nothing but names."""

import runpy
import sys
from types import ModuleType

import pytest

from sandbox.settings import PROJECT

FILE = PROJECT / "dags/fraud_dag/airflow_names.py"
EXCEPTIONS = ("AirflowException", "AirflowFailException", "AirflowSkipException")
SDK = ("DAG", "BaseOperator", "BaseSensorOperator", "Connection", "Param", "TaskGroup", "Variable")
OLD = {
    "airflow.models.baseoperator": ["BaseOperator"],
    "airflow.models.connection": ["Connection"],
    "airflow.models.dag": ["DAG"],
    "airflow.models.param": ["Param"],
    "airflow.models.variable": ["Variable"],
    "airflow.sensors.base": ["BaseSensorOperator"],
    "airflow.utils.task_group": ["TaskGroup"],
}
AIRFLOWS = {
    "2.10": {"airflow.exceptions": EXCEPTIONS} | OLD,
    # its SDK has this module, with AirflowException alone: task-sdk 1.1.8
    "3.1": {"airflow.exceptions": EXCEPTIONS, "airflow.sdk.exceptions": EXCEPTIONS[:1]}
    | {"airflow.sdk": SDK}
    | OLD,
    "3.3": {"airflow.exceptions": (), "airflow.sdk.exceptions": EXCEPTIONS, "airflow.sdk": SDK}
    | OLD,
}


@pytest.fixture
def names_of(monkeypatch):
    """The names as our module takes them from an Airflow; each is where it comes from."""

    def read(version):
        for module, names in AIRFLOWS[version].items():
            parts = module.split(".")
            for count in range(1, len(parts) + 1):
                name = ".".join(parts[:count])
                if name not in sys.modules:
                    package = ModuleType(name)
                    package.__path__ = []
                    monkeypatch.setitem(sys.modules, name, package)
            for name in names:
                setattr(sys.modules[module], name, f"{module}.{name}")
        return runpy.run_path(str(FILE))

    return read


@pytest.mark.parametrize(
    ("version", "operators", "exceptions"),
    [
        ("2.10", "airflow.models.baseoperator", "airflow.exceptions"),
        ("3.1", "airflow.sdk", "airflow.exceptions"),
        ("3.3", "airflow.sdk", "airflow.sdk.exceptions"),
    ],
)
def test_each_airflow_gives_its_own_names(names_of, version, operators, exceptions):
    names = names_of(version)
    assert names["BaseOperator"] == f"{operators}.BaseOperator"
    assert names["Connection"].startswith("airflow.sdk" if version != "2.10" else "airflow.models")
    assert [names[one] for one in EXCEPTIONS] == [f"{exceptions}.{one}" for one in EXCEPTIONS]
