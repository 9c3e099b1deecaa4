"""`run`: the preflight, then the campaign, followed; results here, and the campaign's exit code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fraud_cloud.airflow_api import AirflowApi
from fraud_cloud.asking import (
    CAMPAIGN,
    NAMES_THE_RUN,
    POOL,
    PREFLIGHT,
    most_instances,
    new_run_id,
    parameters,
    summary,
    those_of,
)
from fraud_cloud.costs import announcement, load_prices
from fraud_cloud.errors import (
    EXIT_SURROUNDINGS,
    ConfigError,
    LeftGoingError,
    SurroundingsError,
)
from fraud_cloud.following import ENDS, End, Watch, follow
from fraud_cloud.run_results import Place, answer_of, fetch, rebuild_report
from fraud_cloud.surroundings import Surroundings
from fraud_cloud.up import run_sizes

READ_WITHIN_S = 600.0
"""Airflow looks into the bucket for new DAG files every few minutes (estimate)."""


@dataclass(frozen=True)
class Errand:
    """What `run` and its siblings work with.

    Attributes:
        around: the folder of the cloud, the bucket, the person.
        api: the session's Airflow.
        watch: how a run is looked at.
        results: folder of all campaigns of this machine.
    """

    around: Surroundings
    api: AirflowApi
    watch: Watch
    results: Path


def run(errand: Errand, words: Sequence[str]) -> int:
    """Measure in the cloud, once the preflight has passed.

    Args:
        errand: with what.
        words: parameters, `name=value` each.

    Returns:
        the exit code of the campaign; that of missing surroundings where there is no answer.

    Raises:
        ConfigError: a parameter is not usable, a run is under way, or the person does not agree.
        SurroundingsError: Airflow does not know the DAGs, or the preflight fails.
    """
    for dag_id in (PREFLIGHT, CAMPAIGN):
        _require_dag(errand, dag_id)
    _require_idle(errand.api)
    form = errand.api.form(CAMPAIGN)
    conf = parameters(words, form)
    _agreed(errand, summary(form, conf), most_instances(form, conf))
    errand.api.have_pool(POOL, 1, "one load at a time")
    run_id = new_run_id(errand.around.recorder.now_s)
    preflight = those_of(errand.api.form(PREFLIGHT), conf)
    _passed(errand, f"{run_id}-preflight", preflight)
    errand.api.trigger(CAMPAIGN, run_id, conf)
    _record(errand, run_id, "running")
    errand.watch.tell(f"{CAMPAIGN}: {errand.api.page(CAMPAIGN, run_id)}")
    return _to_its_end(errand, run_id)


def follow_run(errand: Errand, run_id: str) -> int:
    """Follow a campaign that was begun before, and end as `run` does.

    Raises:
        ConfigError: there is no such run.
    """
    _state_of(errand.api, run_id)
    return _to_its_end(errand, run_id)


def stop_run(errand: Errand, run_id: str) -> int:
    """Have a campaign end, wait for its teardown, and bring what was measured.

    Returns:
        0: it was to end, and has.

    Raises:
        ConfigError: there is no such run, or it has ended.
    """
    state = _state_of(errand.api, run_id)
    if state in ENDS:
        raise ConfigError(
            f"{run_id} has ended ({state}): `make cloud-run FOLLOW={run_id}` brings it"
        )
    errand.api.stop(CAMPAIGN, run_id)
    errand.watch.tell(f"{run_id} is stopping; its teardown deletes what it made")
    _to_its_end(errand, run_id, stopped=True)
    return 0


def exit_code(end: End, measured: int | None) -> int:
    """The exit code of a campaign.

    Args:
        end: state of the DAG run.
        measured: what its saved results deserve; None where there are none.
    """
    if measured is None or (end == "failed" and measured == 0):
        return EXIT_SURROUNDINGS
    return measured


def _require_dag(errand: Errand, dag_id: str) -> None:
    watch, said = errand.watch, ""
    began_s = watch.clock.now_s()
    while not errand.api.knows(dag_id):
        broken = "".join(f"\n  {one}" for one in errand.api.import_errors())
        reason = f"files that it cannot read:{broken}" if broken else "no file is broken"
        waited_s = watch.clock.now_s() - began_s
        if waited_s > READ_WITHIN_S:
            raise SurroundingsError(
                f"Airflow does not know {dag_id} after {waited_s / 60:.0f} minutes ({reason}): run "
                "`make cloud-upload`"
            )
        if reason != said:
            watch.tell(f"waiting until Airflow has read {dag_id}; {reason}")
            said = reason
        watch.clock.pause(watch.poll_s)


def _state_of(api: AirflowApi, run_id: str) -> str:
    state = api.state(CAMPAIGN, run_id)
    if state is None:
        raise ConfigError(f"{CAMPAIGN} has no run {run_id}: Airflow's page lists them")
    return state


def _require_idle(api: AirflowApi) -> None:
    busy = api.under_way(CAMPAIGN)
    if busy:
        raise ConfigError(f"{busy[0]} is under way; {_how_to_go_on(busy[0])}")


def _agreed(errand: Errand, asked: str, instances: int) -> None:
    tell = errand.watch.tell
    tell(f"{PREFLIGHT}, then {CAMPAIGN}: {asked}")
    tell(f"it makes a Spark cluster and Faust hosts for up to {instances}, and deletes them again:")
    tell(announcement(run_sizes(instances), load_prices(), 1))
    errand.around.agreed("Run it, beside the session that is up and bills anyway?")


def _passed(errand: Errand, run_id: str, conf: dict[str, object]) -> None:
    errand.api.trigger(PREFLIGHT, run_id, conf)
    errand.watch.tell(f"{PREFLIGHT}: {errand.api.page(PREFLIGHT, run_id)}")
    try:
        end = follow(errand.api, PREFLIGHT, run_id, errand.watch)
    except KeyboardInterrupt:
        raise LeftGoingError(
            f"the preflight {run_id} ends by itself, no campaign was begun; run the same again"
        ) from None
    if end != "success":
        raise SurroundingsError(
            "the preflight fails, so nothing is measured: the log of the failed task says why, "
            f"{errand.api.page(PREFLIGHT, run_id)}"
        )


def _to_its_end(errand: Errand, run_id: str, *, stopped: bool = False) -> int:
    try:
        end = follow(errand.api, CAMPAIGN, run_id, errand.watch)
        if stopped:
            # Airflow calls it a success where nothing ran but what waited.
            end = "failed"
        errand.watch.tell(f"{run_id}: {end}")
        return _brought(errand, run_id, end)
    except KeyboardInterrupt:
        raise LeftGoingError(f"the run goes on; {_how_to_go_on(run_id)}") from None
    except SurroundingsError:
        errand.watch.tell(f"not brought here yet; {_how_to_go_on(run_id)}")
        raise


def _how_to_go_on(run_id: str) -> str:
    return (
        f"`make cloud-run FOLLOW={run_id}` follows it, "
        f"`make cloud-run STOP={run_id}` ends it with its clusters"
    )


def _brought(errand: Errand, run_id: str, end: End) -> int:
    around, tell = errand.around, errand.watch.tell
    name = errand.api.result(CAMPAIGN, run_id, NAMES_THE_RUN) or run_id
    place = Place(
        bucket=str(around.standing.outputs()["bucket"]),
        prefix=f"{around.means.contract.prefixes['runs']}{name}/results/",
        folder=errand.results / name,
    )
    if not fetch(around.store, place, tell):
        tell(f"nothing was measured: s3://{place.bucket}/{place.prefix} holds no run.json")
        _record(errand, run_id, end)
        return exit_code(end, None)
    code = exit_code(end, rebuild_report(place.folder, around.environment, tell))
    _record(errand, run_id, end, results=name, code=code)
    tell(answer_of(place.folder))
    tell(f"report   {place.folder / 'report.html'}")
    tell(f"airflow  {errand.api.page(CAMPAIGN, run_id)}")
    tell("mlflow   `make cloud-mlflow`, then http://localhost:5000")
    return code


def _record(
    errand: Errand, run_id: str, state: str, *, results: str = "", code: int | None = None
) -> None:
    values = {
        "dag_id": CAMPAIGN,
        "dag_run_id": run_id,
        "state": state,
        "results": results,
        "exit_code": code,
        "page": errand.api.page(CAMPAIGN, run_id),
    }
    # One for each: what an earlier run has shown still holds while the next one is under way.
    errand.around.recorder.save("run", values, of=run_id)
