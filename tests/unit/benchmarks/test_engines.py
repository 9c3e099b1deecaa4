import sys
from pathlib import Path
from typing import get_args

import pytest

from benchmarks.cluster import broker_port
from benchmarks.engines import BASELINES_VARIABLE, MODULES, EngineStart, program_of
from benchmarks.plan import EXTERNAL, EngineName
from benchmarks.producing import LoadFiles, producer_command
from fraud_core.errors import ConfigError
from fraud_core.topics import TopicNames


def test_every_engine_is_started_with_the_same_options():
    start = EngineStart(program_of("spark"), Path("a"), 2, "run-")
    assert start.command() == [
        *(sys.executable, "-m", "spark_scorer", "--artifact", "a", "--workers", "2"),
        *("--topic-prefix", "run-", "--label-wait-s", "5"),
    ]


def test_the_tuned_variant_is_the_same_program_with_an_option():
    assert program_of("faust-tuned") == [*program_of("faust"), "--tuned"]


def test_every_engine_of_a_plan_but_the_external_one_can_be_started():
    assert set(MODULES) == set(get_args(EngineName)) - {EXTERNAL}


def test_quixstreams_runs_in_its_own_environment(monkeypatch):
    monkeypatch.setenv(BASELINES_VARIABLE, sys.executable)
    assert program_of("quix") == [sys.executable, "-m", "benchmarks.baselines.quix_loop"]


def test_an_environment_that_is_not_there_is_named_with_the_remedy(monkeypatch):
    monkeypatch.setenv(BASELINES_VARIABLE, "/nowhere/python")
    with pytest.raises(ConfigError, match=r"/nowhere/python is no Python; .* `make baselines`"):
        program_of("quix")


def test_the_producer_reads_every_path():
    command = producer_command(
        LoadFiles([Path("a"), Path("b")], Path("m")), TopicNames("p-"), Path("f"), ("--rate", "5")
    )
    text = " ".join(command)
    assert "--transactions a --transactions b --artifact m --topic-prefix p-" in text
    assert text.endswith("--ledger f/ledger.parquet --report f/load.json --rate 5")


def test_only_a_broker_of_this_machine_has_a_port_to_look_for():
    assert broker_port("127.0.0.1:19092") == 19092
    assert broker_port("localhost:1,other:2") == 1
    assert broker_port("kafka.example.net:9092") is None


def test_a_size_is_given_to_an_engine_only_where_one_is_asked():
    start = EngineStart(program_of("plain"), Path("a"), 2, "run-", cpu=0.25, memory_mb=1500)
    told = EngineStart(program_of("plain"), Path("a"), 2, "run-", instances_file=Path("f.json"))

    assert start.command()[-4:] == ["--cpu", "0.25", "--memory-mb", "1500"]
    assert told.command()[-2:] == ["--instances-file", "f.json"]
    assert "--cpu" not in told.command()
