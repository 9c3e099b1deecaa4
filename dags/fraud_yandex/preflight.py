"""Before the first cell: everything that a run needs is tried where it will be used.

Each finding is a line of the task's log; the last of a failed task names the values and remedies.
"""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from itertools import takewhile
from typing import Final

from fraud_cloud.errors import CloudError, ConfigError, SurroundingsError
from fraud_cloud.faust_hosts import set_hosts
from fraud_cloud.spark import Started, ended_by_itself, log_of, stop_all, submit
from fraud_dag.desk import STREAMGAUGE
from fraud_yandex.cell import ELSEWHERE
from fraud_yandex.desk import Desk
from fraud_yandex.engines import (
    FAUST,
    SPARK,
    cluster_id_of,
    files_of,
    put_kafka_file,
    stop_everything,
    tell_faust,
)
from fraud_yandex.inputs import have_model
from fraud_yandex.names import PREFLIGHT

PROBES: Final = 12
"""One record in each partition."""
PROBE_JOB_WITHIN_S: Final = 900.0
FAUST_WITHIN_S: Final = 1500.0
MARK: Final = "preflight "
PROBE_PROGRAM: Final = '''\
"""What the preflight's job runs; everything else is in packages.zip."""

from spark_scorer.preflight import main

main()
'''
_MLFLOW_WITHIN_S: Final = 20.0


def worker(desk: Desk) -> None:
    """This worker reaches the bucket, MLflow and Kafka, and its clock is the broker's.

    Raises:
        ConfigError: something is not there; names every value and remedy.
        StepFailedError: Kafka's part says so.
    """
    failed = [line for line in _findings(desk) if line.startswith("FAIL")]
    if failed:
        raise ConfigError("\n".join(["this worker cannot measure:", *failed]))
    topics = desk.names.topics(PREFLIGHT)
    looked = desk.run_module(ELSEWHERE, "look", "--topic-prefix", topics)
    where = desk.around.contract.connections["kafka"]
    what = f"preflight of the worker, whose KAFKA_* settings are Airflow's connection {where},"
    desk.programs.must(what, looked, only_answered=True)


def spark(desk: Desk) -> str:
    """A job on the run's cluster reports versions, opens the artifact and reads Kafka twice.

    Raises:
        ConfigError: it found something that is not well; with its lines.
    """
    if SPARK not in desk.saved().engines:
        return _passed_over(desk, SPARK)
    with_topics = _Topics(desk)
    try:
        with_topics.make()
        with_topics.probe()
        put_kafka_file(desk)
        desk.bucket.put(desk.names.probe_file, PROBE_PROGRAM.encode())
        return _judged(desk, _run_probe_job(desk))
    finally:
        with_topics.delete()


def faust(desk: Desk) -> str:
    """A Faust host joins its group, tells its versions there and answers with the run's model.

    Raises:
        StepFailedError: it does not.
    """
    if FAUST not in desk.saved().engines:
        return _passed_over(desk, FAUST)
    group = desk.session.faust_group
    with_topics = _Topics(desk)
    desk.on_kill.append(lambda: stop_everything(desk))
    try:
        set_hosts(desk.means, group, 0)
        with_topics.make()
        tell_faust(desk, PREFLIGHT)
        set_hosts(desk.means, group, 1)
        with_topics.await_answers()
    finally:
        set_hosts(desk.means, group, 0)
        with_topics.delete()
    return "one host has joined its group and answered with the run's model"


def failures(lines: Iterable[str]) -> list[str]:
    """What the probe job's log says is not well. Pure."""
    found = (line.removeprefix(MARK) for line in lines if line.startswith(MARK))
    return [line for line in found if line.startswith("FAIL")]


def marked(log: str) -> list[str]:
    """The probe job's own lines among Spark's. Pure."""
    return [line for line in log.splitlines() if line.startswith(MARK)]


def _findings(desk: Desk) -> Iterator[str]:
    looks: dict[str, Callable[[], str]] = {
        "bucket": lambda: _bucket(desk),
        "MLflow": lambda: _mlflow(desk.around.mlflow_uri),
        "Faust group": lambda: _faust_group(desk),
    }
    for what, look in looks.items():
        try:
            line = f"ok   {what}: {look()}"
        except CloudError as error:
            line = f"FAIL {what}: {error}"
        desk.say(line)
        yield line


def _bucket(desk: Desk) -> str:
    key, content = desk.names.key("preflight.txt"), desk.run.encode()
    desk.bucket.put(key, content)
    if desk.bucket.get(key) != content:
        raise SurroundingsError(f"s3://{desk.bucket.name}/{key} does not give what was written")
    desk.bucket.delete(key)
    for name in ("packages.zip", "main.py"):
        if desk.bucket.find(desk.names.code(name)) is None:
            raise ConfigError(f"code/{name} is not there: run `make cloud-upload`")
    return f"s3://{desk.bucket.name} is written and read; the code is there"


def _mlflow(uri: str) -> str:
    url = f"{uri.rstrip('/')}/health"
    try:
        with urllib.request.urlopen(url, timeout=_MLFLOW_WITHIN_S) as answer:  # noqa: S310
            return f"{uri} answers {answer.status}"
    except (OSError, ValueError) as error:
        raise SurroundingsError(
            f"{url}: {error}: see whether the host runs and allows this name in its Host header"
        ) from None


def _faust_group(desk: Desk) -> str:
    asked = desk.saved()
    desk.session.require_hosts(asked.engines, asked.instances)
    return f"at most {desk.session.faust_workers} hosts"


def _run_probe_job(desk: Desk) -> Started:
    names = desk.names
    arguments = ("--topic-prefix", names.topics(PREFLIGHT), "--expect", str(PROBES))
    spec = files_of(desk).job(names.job(PREFLIGHT, desk.attempt), names.probe_file, arguments, 1)
    cluster_id = cluster_id_of(desk)
    stop_all(desk.means, cluster_id)  # what a killed run has left holds the executors
    started = submit(desk.means, cluster_id, spec)

    def cancel() -> None:
        desk.means.cloud.cancel_job(started.cluster_id, started.job.id)

    desk.on_kill.append(cancel)
    clock = desk.means.clock
    begin_s = clock.now_s()
    while ended_by_itself(desk.means, started) is None:
        if clock.now_s() - begin_s > PROBE_JOB_WITHIN_S:
            cancel()
            raise SurroundingsError(
                f"Spark job {spec.name} has not ended after {PROBE_JOB_WITHIN_S:g} s:\n"
                f"{_tail(log_of(desk.means, started))}"
            )
        clock.pause(desk.means.limits.poll_s)
    return started


def _judged(desk: Desk, started: Started) -> str:
    log = log_of(desk.means, started)
    for line in marked(log):
        desk.say(line)
    job = desk.means.cloud.job(started.cluster_id, started.job.id)
    if failed := failures(marked(log)):
        raise ConfigError("\n".join(["Spark's cluster cannot run the job:", *failed]))
    if job.status != "DONE" or not marked(log):
        raise SurroundingsError(
            f"Spark job {job.name} ended with {job.status} and told nothing:\n{_tail(log)}"
        )
    return f"{len(marked(log))} findings, all well"


def _tail(log: str) -> str:
    return "\n".join(log.splitlines()[-40:])


def _passed_over(desk: Desk, engine: str) -> str:
    desk.say(f"{engine} is not asked for")
    return f"{engine} is not asked for"


class _Topics:
    """Topics of the preflight, and records in them."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._prefix = desk.names.topics(PREFLIGHT)
        have_model(desk)

    def make(self) -> None:
        """Have them, empty."""
        self.delete()
        self._run(STREAMGAUGE, "topics", "create", "--prefix", self._prefix)

    def probe(self) -> None:
        """Write a record to each partition."""
        self._run(ELSEWHERE, "probe", *self._where())

    def await_answers(self) -> None:
        """Write a record to each partition and see who answers, with which model."""
        group = ("--group-id", self._desk.names.group(PREFLIGHT))
        within = ("--within-s", f"{FAUST_WITHIN_S:g}")
        self._run(ELSEWHERE, "answered", *self._where(), *group, *within)

    def delete(self) -> None:
        """Delete them and the group."""
        group = self._desk.names.group(PREFLIGHT)
        self._run(ELSEWHERE, "forget", "--topic-prefix", self._prefix, "--group-id", group)

    def _where(self) -> tuple[str, ...]:
        return ("--topic-prefix", self._prefix, "--artifact", str(self._desk.artifact))

    def _run(self, module: str, *arguments: str) -> None:
        outcome = self._desk.run_module(module, *arguments)
        command = " ".join(takewhile(lambda word: not word.startswith("-"), arguments))
        self._desk.programs.must(command, outcome, only_answered=True)
