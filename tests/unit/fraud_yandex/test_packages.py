"""What Terraform installs on Airflow's hosts is what the DAGs are tried with."""

import re

import pytest

from sandbox.settings import PROJECT

SESSION = PROJECT / "terraform/environments/session/main.tf"


def floors():
    (listed,) = re.findall(r'pip_packages = \[("apache-airflow[^]]+)\]', SESSION.read_text())
    return dict(one.split(">=") for one in re.findall(r'"([^"]+)"', listed))


def locked(name):
    text = (PROJECT / "requirements" / name).read_text()
    return dict(re.findall(r"^([a-z0-9-]+)==([0-9.]+)", text, re.MULTILINE))


def parts(version):
    return tuple(map(int, version.split(".")))


@pytest.mark.parametrize("lock", ["airflow.txt", "airflow210.txt"])
def test_both_airflows_are_tried_with_what_terraform_asks_for(lock):
    versions = locked(lock)
    assert set(floors()) == {"apache-airflow-providers-yandex", "yandexcloud"}
    for package, floor in floors().items():
        assert parts(versions[package]) >= parts(floor), package
