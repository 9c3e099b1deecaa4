"""`down` and `verify` as a person runs them: purge, Terraform's part, purge of the rest, verify."""

from __future__ import annotations

import json

import pytest
from yandex.cloud.spark.v1 import job_pb2

from fraud_cloud.services import BUCKET, KAFKA, SECRET, SPARK, SUBNET
from fraud_cloud.terraform import TRIES
from tests.cloud.conftest import Commands
from tests.cloud_double import leftovers
from tests.cloud_double.double import CloudDouble
from tests.cloud_double.leftovers import (
    CLUSTER_OF_A_RUN,
    left,
    of_sessions,
    plant_failures,
    require_others_untouched,
    require_standing_gone,
    require_standing_untouched,
)


def fill(cloud: CloudDouble) -> None:
    """Leftovers of every kind, and a run's cluster whose job pretends to run."""
    cluster = cloud.add(SPARK, CLUSTER_OF_A_RUN, cloud.labels("r1"))
    cloud.add_job(cluster, "scoring", job_pb2.Job.Status.RUNNING)
    leftovers.fill(cloud)


def test_nothing_of_sessions_is_missed_and_nothing_else_is_touched(
    cloud: CloudDouble, commands: Commands
):
    fill(cloud)
    plant_failures(cloud)

    done = commands.down("--yes", "--retry-s", "0")

    assert done.returncode == 0, done.stdout + done.stderr
    assert of_sessions(cloud) == set()
    require_others_untouched(cloud)
    require_standing_untouched(cloud)
    assert cloud.terraform.commands("session") == ["init", "destroy", "destroy"]
    assert cloud.terraform.commands("persistent") == []
    assert "outlives sessions: 3" in done.stdout
    assert "nothing of sessions bills any more" in done.stdout


def test_with_all_our_bucket_is_emptied_and_what_stays_goes_too(
    cloud: CloudDouble, commands: Commands
):
    fill(cloud)

    done = commands.down("--yes", "--all")

    assert done.returncode == 0, done.stdout + done.stderr
    require_standing_gone(cloud)
    require_others_untouched(cloud)


def test_a_destroy_that_keeps_failing_is_named_and_a_repetition_goes_on(
    cloud: CloudDouble, commands: Commands
):
    fill(cloud)
    cloud.terraform.fails["destroy"] = 6

    first = commands.down("--yes", "--retry-s", "0")
    again = commands.down("--yes", "--retry-s", "0")

    assert first.returncode == 5
    assert "terraform destroy failed 3 times" in first.stderr
    assert left(cloud, "session-") | left(cloud, "lost-") == set(), "nothing bills meanwhile"
    assert "Traceback" not in first.stderr
    assert again.returncode == 0, again.stdout + again.stderr


def test_a_cluster_that_terraform_has_forgotten_does_not_stand_in_its_way_for_ever(
    cloud: CloudDouble, commands: Commands
):
    fill(cloud)
    named = commands.roots / "session/session.auto.tfvars.json"
    named.write_text('{"run": "s1", "expires": 1}')
    # As long as the cluster is in the subnet: until what Terraform does not know of is purged.
    cloud.terraform.fails["destroy"] = TRIES

    done = commands.down("--yes", "--retry-s", "0")

    assert done.returncode == 0, done.stdout + done.stderr
    assert left(cloud, "session-") | left(cloud, "lost-") == set()
    tried = ["init", *["destroy"] * TRIES]
    assert cloud.terraform.commands("session") == [*tried, "init", "destroy"]
    assert not named.exists()


def test_without_terraform_everything_of_sessions_goes_by_label_alone(
    cloud: CloudDouble, commands: Commands
):
    fill(cloud)

    done = commands.down("--yes", "--without-terraform")

    assert done.returncode == 0, done.stdout + done.stderr
    assert left(cloud, "session-") | left(cloud, "lost-") == set()
    assert cloud.terraform.runs == []


def test_what_was_never_applied_is_not_destroyed_and_leftovers_go_all_the_same(
    cloud: CloudDouble, commands: Commands
):
    fill(cloud)
    (commands.roots / "session/terraform.tfstate").write_text('{"resources": []}')

    done = commands.down("--yes")

    assert done.returncode == 0, done.stdout + done.stderr
    assert cloud.terraform.runs == []
    assert left(cloud, "session-") == set()


def test_all_of_it_can_be_deleted_again_where_terraforms_state_is_in_a_bucket(
    cloud: CloudDouble, commands: Commands
):
    fill(cloud)
    for root in ("persistent", "session"):
        (commands.roots / root / "terraform.tfstate").unlink()
        (commands.roots / root / "backend.tf").touch()

    first = commands.down("--yes", "--all")
    before = len(cloud.terraform.runs)
    again = commands.down("--yes", "--all")

    assert (first.returncode, again.returncode) == (0, 0), again.stdout + again.stderr
    assert left(cloud, "session-") | left(cloud, "standing-") == set()
    # The session reads outputs that are gone by now: its destroy would fail.
    assert "destroy" not in [command for _, command, _ in cloud.terraform.runs[before:]]
    assert "persistent: nothing to destroy" in again.stdout


def test_the_next_session_gets_a_name_of_its_own(cloud: CloudDouble, commands: Commands):
    named = commands.roots / "session/session.auto.tfvars.json"
    named.write_text('{"run": "s1", "expires": 1}')

    commands.down("--yes", "--without-terraform")
    assert named.exists()
    commands.down("--yes")
    assert not named.exists()


def test_a_cluster_that_cannot_be_purged_does_not_keep_the_rest_from_being_destroyed(
    cloud: CloudDouble, commands: Commands
):
    fill(cloud)
    cloud.fail(SPARK, "List", "denied", times=10**6)

    done = commands.down("--yes")

    assert done.returncode == 5
    assert "going on: spark-cluster: ClusterService.List" in done.stdout
    assert left(cloud, "session-") == set()
    assert cloud.terraform.commands("session") == ["init", "destroy"]


def test_another_folder_than_terraforms_is_refused(cloud: CloudDouble, commands: Commands):
    fill(cloud)
    values = commands.roots / "session/terraform.tfvars"
    values.write_text('# mine\nfolder_id = "b1g00000000000000009"\n')

    for done in (commands.down("--yes"), commands.run("verify", "--roots", str(commands.roots))):
        assert done.returncode == 2
        assert "session/terraform.tfvars has folder_id b1g00000000000000009" in done.stderr
    assert cloud.asked("Delete") == []


def test_everything_by_label_alone_is_refused_before_anything_is_deleted(
    cloud: CloudDouble, commands: Commands
):
    fill(cloud)

    done = commands.down("--yes", "--all", "--without-terraform")

    assert done.returncode == 2
    assert cloud.asked("Delete") == []
    assert len(cloud.state.objects["standing-bucket"]) == 5


def test_who_does_not_agree_changes_nothing(cloud: CloudDouble, commands: Commands):
    fill(cloud)
    before = cloud.state.names()

    done = commands.down(typed="n\n")

    assert done.returncode == 2
    assert "This deletes" in done.stderr
    assert cloud.state.names() == before
    assert cloud.asked("Delete") == []


def test_verify_says_3_and_names_what_is_left(cloud: CloudDouble, commands: Commands):
    cloud.add(KAFKA, "forgotten")
    cloud.add(BUCKET, "stays", cloud.standing())
    cloud.add(SUBNET, "free")

    done = commands.run("verify", "--records", str(commands.records))

    assert done.returncode == 3
    assert "kafka-cluster forgotten" in done.stderr
    assert "stays" not in done.stderr
    record = json.loads((commands.records / "verify.json").read_text())
    assert [one["name"] for one in record["left"]] == ["forgotten"]


def test_verify_of_everything_counts_what_stays(cloud: CloudDouble, commands: Commands):
    cloud.add(BUCKET, "stays", cloud.standing())

    done = commands.run("verify", "--all", "--records", str(commands.records))

    assert done.returncode == 3
    assert "bucket stays" in done.stderr


@pytest.mark.parametrize("service", [SPARK, SECRET], ids=lambda one: one.kind)
def test_verify_says_5_for_a_service_that_it_may_not_list(
    cloud: CloudDouble, commands: Commands, service: object
):
    cloud.add(KAFKA, "forgotten")
    cloud.fail(service, "List", "denied")  # type: ignore[arg-type]

    done = commands.run("verify", "--records", str(commands.records))

    assert done.returncode == 5
    assert f"could not be listed and may hold something that bills: {service.kind}" in done.stderr  # type: ignore[attr-defined]
    assert "kafka-cluster forgotten" in done.stderr


def test_verify_of_an_empty_folder_says_so_and_records_it(cloud: CloudDouble, commands: Commands):
    cloud.add(SPARK, "of-others", {})

    done = commands.run("verify", "--records", str(commands.records))

    assert done.returncode == 0, done.stderr
    assert "not ours, left alone: spark-cluster of-others" in done.stdout
    record = json.loads((commands.records / "verify.json").read_text())
    assert (record["left"], record["denied"]) == ([], [])


def test_the_token_is_in_no_line_and_in_no_record(cloud: CloudDouble, commands: Commands):
    fill(cloud)

    done = commands.down("--yes")

    token = cloud.environment["YC_TOKEN"]
    records = "".join(path.read_text() for path in commands.records.iterdir())
    assert token not in done.stdout + done.stderr + records
