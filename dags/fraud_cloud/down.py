"""`down`: purge by label, destroy, purge what Terraform does not know, verify."""

from __future__ import annotations

from dataclasses import dataclass

from fraud_cloud.errors import ConfigError, DeniedError, LeftoversError, SurroundingsError
from fraud_cloud.inventory import Inventory, take_inventory
from fraud_cloud.purge import purge
from fraud_cloud.records import verified
from fraud_cloud.selection import everything_of_sessions, made_by_runs
from fraud_cloud.services import BUCKET
from fraud_cloud.surroundings import Surroundings
from fraud_cloud.tables import report
from fraud_cloud.terraform import Root
from fraud_cloud.up import SESSION_FILE
from fraud_cloud.verify import require_nothing_left


@dataclass(frozen=True)
class Extent:
    """How much goes.

    Attributes:
        standing: what outlives sessions too: the bucket with all results, the passwords.
        without_terraform: by label alone, where Terraform cannot.
    """

    standing: bool = False
    without_terraform: bool = False


def down(around: Surroundings, extent: Extent) -> None:
    """Delete everything of sessions, and say at the end whether it is gone.

    Each part can be repeated after any failure.

    Raises:
        LeftoversError: something that bills is left.
        SurroundingsError: the cloud or Terraform does not do its part.
    """
    if extent.standing and extent.without_terraform:
        raise ConfigError("what outlives sessions is deleted by Terraform only: leave one out")
    means = around.means
    around.require_same_folder()
    before = look(around)
    around.agreed(_question(before, extent))
    means.tell("1/4 jobs, Spark clusters, hosts of the Faust group")
    _purged_or_told(around)
    means.tell("2/4 terraform destroy")
    is_destroyed = extent.without_terraform or _destroyed_or_told(around)
    means.tell("3/4 what Terraform does not know of")
    purge(means, everything_of_sessions())
    if not is_destroyed:
        means.tell("terraform destroy again: what it did not know of may have been in its way")
        _destroyed(around, around.session)
    if not extent.without_terraform:
        # The next session gets a name of its own.
        (around.session.folder / SESSION_FILE).unlink(missing_ok=True)
    if extent.standing:
        _standing_gone(around)
    means.tell("4/4 verify")
    verify(around, with_standing=extent.standing)


def verify(around: Surroundings, *, with_standing: bool) -> None:
    """List everything, record it, and say no where something that bills is left.

    Raises:
        DeniedError: a service could not be listed.
        LeftoversError: something is left.
    """
    around.require_same_folder()
    inventory = look(around)
    around.recorder.save("verify", verified(inventory, with_standing=with_standing))
    require_nothing_left(inventory, with_standing=with_standing)
    around.means.tell("nothing of sessions bills any more")


def look(around: Surroundings) -> Inventory:
    """Take the inventory and show it."""
    inventory = take_inventory(around.means.cloud, around.means.contract)
    around.means.tell(report(inventory, around.means.contract.run_label))
    return inventory


def _question(inventory: Inventory, extent: Extent) -> str:
    count = len(inventory.session)
    text = f"This deletes {count} things of sessions and everything of Terraform's session"
    if extent.standing:
        text += f", and {len(inventory.standing)} that stay else: the bucket WITH ALL RESULTS too"
    return f"{text}. Go on?"


def _destroyed(around: Surroundings, root: Root) -> None:
    if root.was_applied():
        root.destroy()
    else:
        around.means.tell(f"{root.folder.name}: nothing to destroy")


def _destroyed_or_told(around: Surroundings) -> bool:
    """Whether Terraform could: a cluster that it has forgotten may be in the subnet."""
    try:
        _destroyed(around, around.session)
    except SurroundingsError as error:
        around.means.tell(f"going on: {error}")
        return False
    return True


def _purged_or_told(around: Surroundings) -> None:
    """What cannot be purged must not keep the rest from being destroyed; the end tells of it."""
    try:
        purge(around.means, made_by_runs())
    except (LeftoversError, DeniedError) as error:
        around.means.tell(f"going on: {error}")


def _standing_gone(around: Surroundings) -> None:
    inventory = take_inventory(around.means.cloud, around.means.contract)
    for bucket in (one for one in inventory.standing if one.kind == BUCKET.kind):
        count = around.store.empty(bucket.id)
        around.means.tell(f"{bucket}: {count} objects deleted")
    _destroyed(around, around.standing)
