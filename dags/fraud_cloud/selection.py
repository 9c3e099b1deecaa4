"""Which things a purge takes away."""

from __future__ import annotations

from dataclasses import dataclass

from fraud_cloud.contract import Contract
from fraud_cloud.resource import Resource, expired, owner_of
from fraud_cloud.services import BUCKET, GROUP, SERVICES, SPARK, Service


@dataclass(frozen=True)
class Selection:
    """What is meant.

    Attributes:
        kinds: services in which to look.
        run: value of the run's label; None means every session and run, and never what is standing.
        group_id: this instance group too, whatever run its label names: its hosts work for the run.
        before_s: only what is past its end at this time, Unix seconds.
        groups_stay: an instance group is emptied and not deleted, as Terraform expects to find it.
    """

    kinds: tuple[Service, ...]
    run: str | None = None
    group_id: str | None = None
    before_s: float | None = None
    groups_stay: bool = True

    def takes(self, resource: Resource, contract: Contract) -> bool:
        """Whether this is meant."""
        if owner_of(resource, contract) != "session":
            return False
        if resource.id == self.group_id:
            return True
        if self.run is not None and resource.labels.get(contract.run_label) != self.run:
            return False
        return self.before_s is None or expired(resource, contract, self.before_s)


def made_by_runs(
    run: str | None = None, *, group_id: str | None = None, before_s: float | None = None
) -> Selection:
    """What DAGs make: Spark clusters with their jobs, and hosts of the Faust group.

    Args:
        run: of this run only.
        group_id: the group whose hosts worked for that run.
        before_s: only what is past its end.
    """
    return Selection((SPARK, GROUP), run=run, group_id=group_id, before_s=before_s)


def everything_of_sessions(run: str | None = None) -> Selection:
    """Whatever bears the label of a session, of any kind: for what Terraform knows nothing of.

    Buckets are left out: what they hold may be all that is left of a measurement.
    """
    kinds = tuple(one for one in SERVICES if one is not BUCKET)
    return Selection(kinds, run=run, groups_stay=False)


def is_done(resource: Resource, selection: Selection) -> bool:
    """Whether nothing is to be done about it any more, though it is there."""
    if resource.kind != GROUP.kind or not selection.groups_stay:
        return False
    return resource.hosts == 0 and (resource.size == 0 or resource.status == "STOPPED")
