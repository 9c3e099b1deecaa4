import copy

import pytest

from fraud_cloud.contract import load_contract
from fraud_cloud.errors import ConfigError
from fraud_yandex.session import LONGEST_RUN_S, Session, cluster_spec

NOW_S = 1_700_000_000.0
HOUR_S = 3600
VARIABLE = {
    "folder_id": "folder",
    "zone": "ru-central1-d",
    "labels": {"project": "streamgauge", "run": "s1", "expires": str(int(NOW_S) + 4 * HOUR_S)},
    "bucket": "bucket",
    "subnet_id": "subnet",
    "log_group_id": "log-group",
    "faust_group": "group",
    "faust_workers": 4,
    "instance": {"cpu": 0.5, "memory_mb": 3072},
    "spark": {
        "service_account_id": "account",
        "security_group_id": "security-group",
        "version": "3.5.7",
        "pip_packages": ["orjson==3.11.4"],
    },
}


def session(**changes):
    return Session.from_variable(copy.deepcopy(VARIABLE) | changes, load_contract())


def test_a_run_ends_with_the_session_at_the_latest():
    assert session().end_of_run_s(NOW_S) == int(NOW_S) + 4 * HOUR_S
    endless = session(labels={"expires": "never"})
    assert endless.end_of_run_s(NOW_S) == int(NOW_S) + LONGEST_RUN_S


def test_no_run_begins_shortly_before_the_sessions_end():
    session().require_time(NOW_S + 2.9 * HOUR_S)
    with pytest.raises(ConfigError, match=r"ends in 54 min .* `make cloud-up HOURS=4`"):
        session().require_time(NOW_S + 3.1 * HOUR_S)


def test_more_faust_hosts_than_the_group_may_have_are_refused_before_anything_is_made():
    session().require_hosts(["faust", "spark"], [1, 4])
    session().require_hosts(["spark"], [12])
    with pytest.raises(ConfigError, match=r"5 Faust instances .* may have 4"):
        session().require_hosts(["faust"], [1, 5])


@pytest.mark.parametrize("name", ["bucket", "spark", "instance", "labels", "faust_group"])
def test_a_variable_that_lacks_something_is_named_with_what_is_missing(name):
    lacking = {key: value for key, value in VARIABLE.items() if key != name}
    with pytest.raises(ConfigError, match=f"fraud_cloud cannot be used .*{name}.*cloud-up"):
        Session.from_variable(lacking, load_contract())


def test_a_cluster_has_the_sessions_place_and_what_the_job_imports():
    spec = cluster_spec(session(), "spark-r1", {"run": "r1"}, 2)
    assert (spec.name, spec.executors, spec.version) == ("spark-r1", 2, "3.5.7")
    assert (spec.subnet_id, spec.security_group_id) == ("subnet", "security-group")
    assert spec.pip_packages == ("orjson==3.11.4",)
