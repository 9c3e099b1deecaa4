"""A group of Faust workers under a stream, and the account of what came of it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections import defaultdict
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import orjson
import pyarrow.parquet as pq

from fraud_core.artifact import load_artifact
from fraud_core.features import FEATURE_NAMES
from fraud_core.instances_file import Instance, read_instances
from fraud_core.scorer import OnnxScorer
from fraud_core.topics import PARTITIONS
from tests.engine_process import STARTS_WITHIN_S, EngineProcess
from tests.outputs import read_topic, wait_until


class Output(NamedTuple):
    """One output record: when the broker had it, when it was due, and what it says."""

    appended_ms: int
    due_ms: int
    instance: str | None
    content: dict | bytes | None


class Account:
    """Every record in and every record out of the topics of a test."""

    def __init__(self, kafka, topics, ledger: Path):
        self._ledger = pq.read_table(ledger).to_pandas().set_index(["partition", "offset"])["seq"]
        records = read_topic(kafka, topics.transactions, PARTITIONS)
        self.inputs = {(record.partition(), record.offset()) for record in records}
        self.outputs: dict[tuple[int, int], list[Output]] = defaultdict(list)
        self.predictions = self.dead_letters = 0
        for record in read_topic(kafka, topics.predictions, PARTITIONS):
            content = orjson.loads(record.value())
            content.pop("scored_ms")
            self._add(record, content.pop("instance"), content)
            self.predictions += 1
        for record in read_topic(kafka, topics.dead_letters, PARTITIONS):
            self._add(record, None, record.value())
            self.dead_letters += 1

    def _add(self, record, instance, content):
        headers = dict(record.headers())
        source = int(headers["src_partition"]), int(headers["src_offset"])
        _, appended_ms = record.timestamp()
        self.outputs[source].append(Output(appended_ms, int(headers["due_ms"]), instance, content))

    @property
    def missing(self) -> int:
        return len(self.inputs - set(self.outputs))

    @property
    def repeated(self) -> dict[tuple[int, int], list[Output]]:
        """Sources with more than one output, those in the order in which the broker had them."""
        return {
            source: sorted(found, key=lambda one: one.appended_ms)
            for source, found in self.outputs.items()
            if len(found) > 1
        }

    @property
    def repeated_s(self) -> float:
        """How long it took to give the answers that were repeated: tenths of a second with one.

        Not how many they are: after a pause the backlog comes at many times the rate.
        """
        tenths = {found[0].appended_ms // 100 for found in self.repeated.values()}
        return len(tenths) / 10

    def longest_gap_s(self, partitions=range(PARTITIONS)) -> float:
        """Longest time between two neighbouring answers to records of some partitions."""
        times = sorted(
            one.appended_ms
            for (partition, _), found in self.outputs.items()
            if partition in partitions
            for one in found
        )
        return float(np.diff(times).max()) / 1000

    def longest_wait_s(self) -> float:
        """Longest time from a record's due time to its first answer."""
        waits = [min(o.appended_ms for o in found) - found[0].due_ms for found in self]
        return max(waits) / 1000

    def __str__(self) -> str:
        counts = f"in={len(self.inputs)} out={self.predictions} dead={self.dead_letters}"
        faults = f"missing={self.missing} repeated={len(self.repeated)} in_s={self.repeated_s:.1f}"
        times = f"gap_s={self.longest_gap_s():.1f} wait_s={self.longest_wait_s():.1f}"
        return f"{counts} {faults} {times}"

    def __iter__(self):
        return iter(self.outputs.values())

    def check(self, rows: int, trained: Path, offline: Path) -> None:
        """Nothing is missing, repeats are identical, features and scores are the offline ones."""
        assert (len(self.inputs), self.missing, len(self.outputs)) == (rows, 0, rows)
        assert self.dead_letters > 0, "the stream has dirt in it"
        for found in self:
            assert all(one.content == found[0].content for one in found)
        sources = [source for source, found in self.outputs.items() if found[0].instance]
        contents = [self.outputs[source][0].content for source in sources]
        assert all(content["labels_complete"] for content in contents)
        table = pq.read_table(offline).to_pandas().set_index("seq")
        expected = table.loc[self._ledger.loc[sources], list(FEATURE_NAMES)]
        online = np.array([content["features"] for content in contents])
        assert np.array_equal(online.view(np.int64), expected.to_numpy().view(np.int64))
        scores = OnnxScorer(load_artifact(trained).model_path).score(expected.to_numpy(np.float32))
        found = np.array([content["fraud_probability"] for content in contents])
        assert np.array_equal(found, scores.astype(np.float64))


class GroupUnderTest:
    """A group runner with its workers, by its command line, its files and its signals."""

    def __init__(self, kind: str, folder: Path, environment: dict[str, str]):
        self.engine = EngineProcess(kind, folder, environment)
        self._instances, self._workers = folder / "instances.json", folder / "workers"

    def start(self, trained, topics, *more: str, workers: int) -> None:
        self._instances.unlink(missing_ok=True)  # of a runner that was killed
        files = ("--instances-file", str(self._instances), "--workers-file", str(self._workers))
        options = ("--label-wait-s", "60", *files, *more)
        self.engine.start(trained, topics.prefix, *options, workers=workers)
        self.wait_ready(workers)

    def ready(self) -> dict[str, Instance]:
        return {one.name: one for one in read_instances(self._instances) or [] if one.ready}

    def wait_ready(self, count: int) -> None:
        wait_until(
            lambda: len(self.ready()) == count,
            within_s=STARTS_WITHIN_S,
            what=f"{count} workers are ready",
            alive=lambda: self.engine.is_alive,
        )

    def scale(self, workers: int) -> None:
        self._workers.write_text(str(workers))

    def health_url(self, name: str) -> str:
        """Where a worker that is ready serves its health, as the runner's log says."""
        found = re.findall(rf"worker ready name={name} .* health=(\S+)", self.engine.log())
        return found[-1]


class Stream:
    """A producer that sends a part of the simulated files."""

    def __init__(self, folder: Path, dirty_files, trained, topics, environment):
        self.ledger = folder / "ledger.parquet"
        self._command = [
            *(sys.executable, "-m", "producer", "--transactions", str(dirty_files)),
            *("--artifact", str(trained), "--topic-prefix", topics.prefix),
            *("--ledger", str(self.ledger)),
        ]
        self._environment = os.environ | environment

    @contextmanager
    def sending(self, rows: int, rate_eps: int):
        """Send while the body runs, and let it end; the body may ask `sent_all` before."""
        options = ("--rate", str(rate_eps), "--limit", str(rows))
        process = subprocess.Popen(
            [*self._command, *options],
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield
            assert process.wait(180) == 0
        finally:
            process.kill()
            process.wait()


def now_ms() -> int:
    return round(time.time() * 1000)
