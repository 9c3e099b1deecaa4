"""A host is made of the user-data of the plan, in a scratch root, against servers on loopback.

systemctl, useradd and pip are recorders: what they would do needs a host, or a network.
"""

from __future__ import annotations

import hashlib
import io
import re
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from fraud_core.kafka import KafkaSettings
from tests.cloud_double.host_files import SETTINGS_FILE, faust_host_files
from tests.cloud_double.unit_file import parse_environment
from tests.terraform.cloud_servers import ADDRESS, TOKEN, Cloud, cloud_servers
from tests.terraform.hosts import AWKWARD, Host, files_of, made_host, user_data
from tests.terraform.policies import Plan
from tests.terraform.workspace import CONTRACT, STANDING

BUCKET = STANDING["bucket"]
KEYS = CONTRACT["bucket_keys"]


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with cloud_servers() as cloud:
        code = {
            "ca.pem": b"-----BEGIN CERTIFICATE-----\n",
            "mlflow.txt": b"mlflow==3.17.2\n",
            "faust.txt": b"faust-streaming==0.15.3\n",
            "streamgauge-0.1.0-py3-none-any.whl": b"wheel",
        }
        lines = [f"{hashlib.sha256(code[name]).hexdigest()}  {name}\n" for name in code]
        cloud.objects = {f"{BUCKET}/code/{name}": content for name, content in code.items()}
        cloud.objects[f"{BUCKET}/{KEYS['checksums']}"] = "".join(lines).encode()
        ids = STANDING["secret_ids"]
        cloud.secrets = {
            ids["kafka_faust"]: {"password": AWKWARD},
            ids["mlflow_database"]: {"password": AWKWARD},
            ids["mlflow_bucket"]: {"access_key": "key-id", "secret_key": "key-secret"},
        }
        yield cloud


@pytest.fixture
def mlflow_host(plans: dict[str, Plan], cloud: Cloud, tmp_path: Path) -> Host:
    return made_host(tmp_path, cloud, user_data(plans, "module.mlflow"))


@pytest.fixture
def faust_host(plans: dict[str, Plan], cloud: Cloud, tmp_path: Path) -> Host:
    return made_host(tmp_path, cloud, user_data(plans, "module.faust_group"))


def test_an_mlflow_host_gets_its_server_settings(mlflow_host: Host):
    answer = mlflow_host.run("mlflow.sh")

    assert answer.returncode == 0, answer.stderr
    found = mlflow_host.variables("etc/streamgauge/secrets.env")
    ca = mlflow_host.root / "etc/streamgauge/ca.pem"
    assert found["MLFLOW_BACKEND_STORE_URI"] == (
        "postgresql+psycopg2://mlflow:p%40ss%2Fw%24rd%27%22%5C%60%25%2B%20%3A@double-fqdn:6432/mlflow"
        f"?sslmode=verify-full&sslrootcert={ca}"
    )
    assert (found["AWS_ACCESS_KEY_ID"], found["AWS_SECRET_ACCESS_KEY"]) == ("key-id", "key-secret")
    assert found["MLFLOW_ARTIFACTS_DESTINATION"] == f"s3://{BUCKET}/mlflow"
    assert "systemctl restart streamgauge-mlflow.service" in mlflow_host.recorded()


def test_an_mlflow_server_answers_under_its_names_and_no_other(mlflow_host: Host):
    mlflow_host.run("mlflow.sh")

    hosts = mlflow_host.variables("etc/streamgauge/secrets.env")["MLFLOW_SERVER_ALLOWED_HOSTS"]

    assert hosts.split(",") == [
        "streamgauge-mlflow.ru-central1.internal:5000",
        f"{ADDRESS}:5000",
        "localhost:5000",
        "127.0.0.1:5000",
    ]


def test_a_faust_host_gets_settings_that_our_kafka_clients_read(faust_host: Host):
    answer = faust_host.run("faust.sh")

    assert answer.returncode == 0, answer.stderr
    settings = KafkaSettings.from_environment(faust_host.variables("etc/streamgauge/secrets.env"))
    assert settings.security_protocol == "SASL_SSL"
    assert settings.sasl_username == CONTRACT["kafka"]["users"]["faust"]
    assert settings.sasl_password.get_secret_value() == AWKWARD
    assert settings.bootstrap_servers == "double-broker:9091"
    assert "--require-hashes" in faust_host.recorded()
    assert "streamgauge-0.1.0-py3-none-any.whl" in faust_host.recorded()


@pytest.mark.parametrize("script", ["mlflow.sh", "faust.sh"])
def test_secrets_are_in_a_file_of_root_and_nowhere_else(
    plans: dict[str, Plan], cloud: Cloud, tmp_path: Path, script: str
):
    module = "module.mlflow" if script == "mlflow.sh" else "module.faust_group"
    host = made_host(tmp_path, cloud, user_data(plans, module))

    answer = host.run(script)

    assert (tmp_path / "etc/streamgauge/secrets.env").stat().st_mode & 0o777 == 0o600
    others = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "secrets.env"]
    everything = answer.stdout + answer.stderr + "".join(path.read_text() for path in others)
    assert len(others) > 8
    assert not any(secret in everything for secret in (AWKWARD, "key-secret", TOKEN))


def test_a_host_can_be_made_again(faust_host: Host):
    first, second = faust_host.run("faust.sh"), faust_host.run("faust.sh")

    assert (first.returncode, second.returncode) == (0, 0), second.stderr


def test_an_mlflow_host_is_made_by_a_unit_that_is_repeated_until_it_works(
    plans: dict[str, Plan], mlflow_host: Host
):
    name = "streamgauge-mlflow-install.service"
    unit = (mlflow_host.root / "etc/systemd/system" / name).read_text().splitlines()
    commands = yaml.safe_load(user_data(plans, "module.mlflow"))["runcmd"]

    assert {"Type=oneshot", "Restart=on-failure", "StartLimitIntervalSec=0"} <= set(unit)
    assert "ExecStart=/opt/streamgauge/mlflow.sh" in unit
    assert "WantedBy=multi-user.target" in unit
    # Not waited for: cloud-init would fail with the first try.
    assert commands[-1] == ["systemctl", "enable", "--now", "--no-block", name]


def test_an_environment_that_was_made_half_is_made_anew(mlflow_host: Host):
    python = mlflow_host.root / "opt/streamgauge/venv/bin/python"
    whole = python.read_text()
    python.write_text("#!/bin/sh\nexit 1\n")
    maker = mlflow_host.root / "bin/python3"
    maker.write_text(
        f'#!/bin/sh\n[ "$1 $2" = "-m venv" ] || exec {sys.executable} "$@"\n'
        f"cat > {python} << 'END'\n{whole}END\n"
    )
    maker.chmod(0o755)

    answer = mlflow_host.run("mlflow.sh")

    assert answer.returncode == 0, answer.stderr
    assert "--require-hashes" in mlflow_host.recorded()


def test_a_service_that_is_busy_is_asked_again(faust_host: Host):
    faust_host.cloud.busy = 1

    answer = faust_host.run("faust.sh")

    assert answer.returncode == 0, answer.stderr


def test_a_changed_lock_is_refused(mlflow_host: Host):
    mlflow_host.cloud.objects[f"{BUCKET}/{KEYS['mlflow_lock']}"] = b"something-else==1.0\n"

    answer = mlflow_host.run("mlflow.sh")

    assert answer.returncode == 1
    assert "SHA-256" in answer.stderr
    assert "upload it again" in answer.stderr


def test_a_secret_that_may_not_be_read_names_the_missing_role(faust_host: Host):
    faust_host.cloud.secrets.clear()

    answer = faust_host.run("faust.sh")

    assert answer.returncode == 1
    assert "lockbox.payloadViewer" in answer.stderr


def artifact(name: str = "model.onnx") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        member = tarfile.TarInfo(name)
        member.size = 5
        tar.addfile(member, io.BytesIO(b"model"))
    return buffer.getvalue()


def begin_run(cloud: Cloud, **changes: str) -> None:
    content = artifact()
    lines = {
        "TOPIC_PREFIX": "fraud-7-faust-2-",
        "GROUP_ID": "fraud-7-faust-2",
        "ARTIFACT_KEY": "runs/7/artifact/artifact.tar.gz",
        "ARTIFACT_SHA256": hashlib.sha256(content).hexdigest(),
    } | changes
    cloud.objects |= {
        f"{BUCKET}/{KEYS['faust_pointer']}": b"runs/7/faust.env\n",
        f"{BUCKET}/runs/7/faust.env": "".join(f"{k}={v}\n" for k, v in lines.items()).encode(),
        f"{BUCKET}/runs/7/artifact/artifact.tar.gz": content,
    }


def test_a_worker_starts_with_the_settings_and_the_artifact_of_its_run(faust_host: Host):
    begin_run(faust_host.cloud)

    answer = faust_host.run("faust-run.sh")

    assert answer.returncode == 0, answer.stderr
    found = faust_host.variables("var/lib/streamgauge/worker.env")
    assert (found["TOPIC_PREFIX"], found["GROUP_ID"]) == ("fraud-7-faust-2-", "fraud-7-faust-2")
    work = faust_host.root / "var/lib/streamgauge"
    assert (work / "artifact/model.onnx").read_bytes() == b"model"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TOPIC_PREFIX", "others-"),
        ("GROUP_ID", "fraud-$(reboot)"),
        ("ARTIFACT_KEY", "code/other.tar.gz"),
        ("ARTIFACT_SHA256", ""),
    ],
)
def test_settings_of_a_run_that_look_wrong_are_refused(faust_host: Host, name: str, value: str):
    begin_run(faust_host.cloud, **{name: value})

    answer = faust_host.run("faust-run.sh")

    assert answer.returncode == 1
    assert re.search(rf"{name} is '{re.escape(value)}' and must look like", answer.stderr)


def test_an_artifact_that_is_not_the_runs_is_refused(faust_host: Host):
    begin_run(faust_host.cloud, ARTIFACT_SHA256="0" * 64)

    answer = faust_host.run("faust-run.sh")

    assert answer.returncode == 1
    assert not (faust_host.root / "var/lib/streamgauge/worker.env").exists()


def test_a_worker_has_the_size_of_a_spark_executor(faust_host: Host):
    unit = (faust_host.root / "etc/systemd/system/streamgauge-faust.service").read_text()

    assert "CPUQuota=100%\n" in unit
    assert "MemoryMax=3072M\n" in unit
    assert "--workers 1 --topic-prefix ${TOPIC_PREFIX} --group-id ${GROUP_ID}" in unit
    assert "--health-port 6066" in unit


def test_a_start_may_take_as_long_as_its_fetches_are_tried_again(faust_host: Host):
    unit = (faust_host.root / "etc/systemd/system/streamgauge-faust.service").read_text()
    program = (faust_host.root / "opt/streamgauge/cloud_fetch.py").read_text()

    (tries,) = re.findall(r'"CLOUD_TRIES", "(\d+)"', program)
    (limit_s,) = re.findall(r"^TimeoutStartSec=(\d+)$", unit, re.MULTILINE)

    pauses_s = sum(2**attempt for attempt in range(int(tries) - 1))
    assert int(limit_s) > 2 * pauses_s


def test_hosts_of_the_executing_double_have_the_files_of_the_plan(plans: dict[str, Plan]):
    found = files_of(plans, "module.faust_group")

    assert faust_host_files(parse_environment(found[SETTINGS_FILE])) == found
