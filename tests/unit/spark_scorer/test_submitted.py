import pytest
from pyspark import SparkFiles

from fraud_core.errors import ConfigError
from spark_scorer.session import query_settings
from spark_scorer.shipped_files import shipped
from spark_scorer.submitted import parse_arguments


@pytest.fixture
def executor(tmp_path, monkeypatch):
    """This process as PySpark sets up a worker of an executor."""
    root, work = tmp_path / "root", tmp_path / "work"
    root.mkdir()
    work.mkdir()
    monkeypatch.setattr(SparkFiles, "_root_directory", str(root))
    monkeypatch.setattr(SparkFiles, "_is_running_on_worker", True)
    monkeypatch.chdir(work)
    return root, work


def test_a_file_is_found_where_spark_puts_it(executor):
    root, _ = executor
    (root / "ca.pem").write_text("x")
    assert shipped("ca.pem") == root / "ca.pem"


def test_a_file_in_the_working_folder_of_a_container_is_found(executor):
    _, work = executor
    (work / "artifact").mkdir()
    assert shipped("artifact") == work / "artifact"


def test_a_file_that_did_not_come_along_is_an_error_with_the_option(executor):
    with pytest.raises(ConfigError, match=r"--files kafka\.env"):
        shipped("kafka.env")


def test_no_master_jar_or_driver_is_named():
    settings = query_settings(2, "s3a://bucket/c")
    assert all(name.startswith("spark.sql.") for name in settings)


def test_arguments_have_the_defaults_of_the_other_form():
    options = parse_arguments(["--checkpoint", "s3a://b/c", "--workers", "3"])
    assert (options.topic_prefix, options.group_id, options.label_wait_s) == ("", "fraud-spark", 5)


@pytest.mark.parametrize("missing", ["--checkpoint", "--workers"])
def test_what_has_no_default_is_asked_for_with_exit_code_2(missing, capsys):
    given = {"--checkpoint": "c", "--workers": "1"}
    del given[missing]
    with pytest.raises(SystemExit) as ended:
        parse_arguments([part for pair in given.items() for part in pair])
    assert ended.value.code == 2
    assert missing in capsys.readouterr().err
