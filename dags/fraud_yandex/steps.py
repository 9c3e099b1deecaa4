"""What each task does. Each may be repeated: what is done already is found and left as it is."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import replace

from fraud_cloud.errors import SurroundingsError
from fraud_cloud.purge import take_away
from fraud_cloud.selection import made_by_runs
from fraud_cloud.spark import cluster_of_run, request_cluster, running_cluster
from fraud_dag import reports
from fraud_dag.asked import Asked
from fraud_dag.desk import STREAMGAUGE
from fraud_dag.failures import NothingToDoError
from fraud_dag.programs import stop_leftovers
from fraud_dag.variables import MARK
from fraud_yandex.cell import forget_run, measure, tried
from fraud_yandex.desk import Desk
from fraud_yandex.engines import SPARK
from fraud_yandex.form import cells_in_cloud, plan_in_cloud
from fraud_yandex.inputs import chosen_transactions, have_inputs, have_plan, unpack
from fraud_yandex.names import Cell
from fraud_yandex.session import cluster_spec


def reserve(desk: Desk) -> str:
    """Name the run and keep its form; the session must last and have the hosts that are asked for.

    Returns:
        the name, which is also the label of all that the run makes.
    """
    desk.session.require_time(time.time())
    if not desk.asked.resume_run:
        desk.session.require_hosts(desk.asked.engines, desk.asked.instances)
        desk.bucket.put(desk.names.asked, _form_of(desk).as_json().encode())
    desk.saved()
    desk.say(f"run {desk.run}: s3://{desk.bucket.name}/{desk.names.folder}")
    return desk.run


def _form_of(desk: Desk) -> Asked:
    """The form of a new run, with the set of transactions that all of its cells read."""
    is_there = desk.bucket.find(desk.names.asked) is not None
    # another set may have been uploaded since an earlier try
    chosen = desk.saved().transactions if is_there else chosen_transactions(desk)
    return replace(desk.asked, transactions=chosen)


def environment(desk: Desk) -> str:
    """Have the benchmark's environment on this worker."""
    return str(desk.make_environment())


def model(desk: Desk) -> str:
    """Resolve the model once; every cell uses the copy that the bucket then has.

    Returns:
        SHA-256 of the packed artifact.
    """
    if desk.bucket.find(desk.names.artifact_sums) is not None:
        desk.say(f"the run has its model already: {desk.names.artifact}")
        return desk.bucket.get(desk.names.artifact_sums).decode().split()[0]
    reference = desk.asked.model
    fetched, packed = desk.folder / "fetched", desk.folder / "packed"
    done = desk.run_module("model_export", "fetch", reference, str(fetched))
    desk.programs.must(f"fetch {reference}", done, only_answered=True)
    arguments = ("--artifact", str(fetched), "--out", str(packed))
    done = desk.run_module("spark_scorer.bundle", *arguments)
    desk.programs.must("pack the model", done, only_answered=True)
    content = (packed / "artifact.tar.gz").read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    desk.bucket.put(desk.names.artifact, content)
    desk.bucket.put(desk.names.artifact_sums, f"{sha256}  artifact.tar.gz\n".encode())
    unpack(content, desk.artifact)
    desk.say(f"model {reference}: artifact.tar.gz {sha256}")
    return sha256


def plan(desk: Desk) -> list[str]:
    """Write the plan of all cells and have it checked.

    Returns:
        the cells, in the order in which they are measured.
    """
    asked = desk.saved()
    if desk.bucket.find(desk.names.plan) is None:
        desk.bucket.put(desk.names.plan, json.dumps(plan_in_cloud(asked), indent=2).encode())
    have_plan(desk)
    checked = desk.run_module(STREAMGAUGE, "plan", str(desk.plan), *asked.set_options)
    desk.programs.must("plan", checked, only_answered=True)
    return cells_in_cloud(asked)


def create_cluster(desk: Desk) -> str:
    """Ask for the run's Spark cluster, labelled, with as many executors as the largest cell has.

    Returns:
        its name; empty where Spark is not asked for.
    """
    asked = desk.saved()
    if SPARK not in asked.engines:
        desk.say("Spark is not asked for: no cluster")
        return ""
    labels = desk.around.contract.labels(desk.run, desk.session.end_of_run_s(time.time()))
    spec = cluster_spec(desk.session, desk.names.cluster, labels, max(asked.instances))
    request_cluster(desk.means, spec)
    return spec.name


def cluster_runs(desk: Desk) -> bool:
    """Whether the run's Spark cluster is ready, or none is asked for.

    Raises:
        SurroundingsError: it was not made.
    """
    if SPARK not in desk.saved().engines:
        return True
    found = running_cluster(desk.means, desk.run)
    seen = found or cluster_of_run(desk.means, desk.run)
    desk.say(f"{seen}: {seen.status}" if seen else f"no cluster with the label run={desk.run} yet")
    return found is not None


def cell(desk: Desk, name: str) -> int:
    """Measure a cell; the exit code, where that is an answer."""
    return measure(desk, Cell.parse(name))


def speed(desk: Desk) -> None:
    """Write the report, and judge every step again from its raw samples: they must agree."""
    with desk.campaign():
        reports.speed(desk)


def quality(desk: Desk) -> int:
    """Judge the model on what became of the run's transactions."""
    with desk.campaign():
        reports.require_results(desk)
        have_inputs(desk)
        return reports.quality(desk)


def publish(desk: Desk) -> None:
    """Publish the run to MLflow."""
    if not desk.saved().publish:
        raise NothingToDoError("publish is switched off in the form")
    with desk.campaign():
        reports.publish(desk)


def answer(desk: Desk) -> list[str]:
    """Say what the comparison found."""
    return reports.say_answer(desk, desk.bucket.get(f"{desk.names.results}{reports.RUN_FILE}"))


def all_is_well(desk: Desk) -> list[str]:
    """What a preflight answers, where nothing has failed."""
    said = f"{', '.join(desk.saved().engines)}: a run can begin"
    desk.say(said)
    return [said]


def is_cleaned_up(desk: Desk) -> bool:
    """Take away what the run has made, by its label: whatever was asked for and never heard of too.

    Neither of cloud and bucket keeps the other's part from going: a cluster bills, and in the
    bucket is a password.

    Returns:
        False while something is being deleted.

    Raises:
        SurroundingsError: all is gone that bills, and the password is not.
    """
    stop_leftovers(MARK, str(desk.worker.folder), desk.say)
    selection = made_by_runs(desk.run, group_id=desk.session.faust_group)
    try:
        left = take_away(desk.means, selection)
    finally:
        password_is_gone = _password_is_deleted(desk)
    for one in left:
        desk.say(f"{one}: {one.status}, {one.hosts} hosts" if one.hosts else f"{one}: {one.status}")
    if left:
        return False
    forget_run(desk)  # nobody is a member of a group any more
    if not password_is_gone:
        raise SurroundingsError(
            f"Kafka's password is still in s3://{desk.bucket.name}/{desk.names.kafka_file}, the "
            "reason is above: delete it, or clear this task once the bucket takes requests"
        )
    return True


def _password_is_deleted(desk: Desk) -> bool:
    key = desk.names.kafka_file
    return tried(desk, "Kafka's password is left", lambda: desk.bucket.delete(key))
