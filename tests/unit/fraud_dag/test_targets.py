import pytest

from fraud_dag.targets import is_wanted
from tests.airflow_env import DAGS


@pytest.mark.parametrize(
    ("target", "name", "wanted"),
    [
        ("local", "fraud_stream_local.py", True),
        ("local", "fraud_stream_yandex.py", False),
        ("yandex", "fraud_stream_local.py", True),
        ("yandex", "fraud_stream_yandex.py", True),
        ("yandex", "README.md", False),
    ],
)
def test_the_clouds_dags_are_loaded_only_where_they_are_asked_for(
    monkeypatch, target, name, wanted
):
    monkeypatch.setenv("STREAMGAUGE_TARGET", target)
    assert is_wanted(str(DAGS / name)) is wanted


def test_without_a_target_the_dags_of_this_machine_are_loaded(monkeypatch):
    monkeypatch.delenv("STREAMGAUGE_TARGET", raising=False)
    assert is_wanted(file_path=str(DAGS / "fraud_stream_local.py"), zip_file=None)
    assert not is_wanted(file_path=str(DAGS / "reaper.py"), zip_file=None)
