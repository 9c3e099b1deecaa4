from pathlib import Path

from fraud_dag.variables import variables_for_programs
from fraud_local.desk import exported
from fraud_local.place import Place

PROJECT = Path(__file__).resolve().parents[3]


def test_without_variables_all_is_in_the_project_of_the_dag_file():
    place = Place.from_environment({})
    assert place.home == PROJECT
    assert place.python == PROJECT / ".venv/bin/python"
    assert place.results == PROJECT / "benchmarks/results"


def test_variables_name_other_folders_and_the_interpreter_stays_the_link_that_it_is(tmp_path):
    link = tmp_path / "python"
    link.symlink_to("/usr/bin/env")
    place = Place.from_environment(
        {"STREAMGAUGE_PYTHON": str(link), "STREAMGAUGE_RUNS": "/runs", "STREAMGAUGE_HOME": ""}
    )
    assert place.python == link
    assert (place.runs, place.home) == (Path("/runs"), PROJECT)


def test_paths_of_the_form_begin_at_the_project():
    place = Place.from_environment({})
    assert place.inside(".demo/artifact") == PROJECT / ".demo/artifact"
    assert place.inside("/data/artifact") == Path("/data/artifact")


def test_programs_get_neither_airflows_settings_nor_its_connections_nor_its_python():
    airflow = {
        "AIRFLOW_HOME": "/a",
        "AIRFLOW__CORE__FERNET_KEY": "secret",
        "AIRFLOW_CONN_FRAUD_KAFKA": "kafka://user:secret@host",
        "_AIRFLOW_PROCESS_CONTEXT": "client",
        "__AIRFLOW_SUPERVISOR_FD": "7",
        "PYTHONPATH": "/dags",
        "VIRTUAL_ENV": "/venv-airflow",
    }
    given = airflow | {"KAFKA_BOOTSTRAP_SERVERS": "b:9091", "PATH": "/bin"}
    variables = variables_for_programs(given, Place.from_environment({}).python)
    assert not set(airflow) & set(variables)
    assert variables["KAFKA_BOOTSTRAP_SERVERS"] == "b:9091"
    assert variables["PATH"] == f"{PROJECT}/.venv/bin:/bin"


def test_variables_of_the_sandbox_are_read_as_a_shell_does():
    lines = ["export KAFKA_SASL_PASSWORD='a b=c'", "export JAVA_HOME=/java", "kafka: answers"]
    assert exported(lines) == {"KAFKA_SASL_PASSWORD": "a b=c", "JAVA_HOME": "/java"}
