"""Whether anything that bills is left, and what may not be known."""

from __future__ import annotations

from fraud_cloud.errors import DeniedError, LeftoversError
from fraud_cloud.inventory import Inventory


def require_nothing_left(inventory: Inventory, *, with_standing: bool) -> None:
    """Say no unless everything could be listed and nothing of ours bills.

    Args:
        inventory: the folder.
        with_standing: what outlives sessions counts too.

    Raises:
        DeniedError: a service could not be listed; it is not known to be empty.
        LeftoversError: something is left.
    """
    left = inventory.billing(with_standing=with_standing)
    named = "".join(f"\n  {one}" for one in left)
    if inventory.denied:
        kinds = ", ".join(one.kind for one in inventory.denied)
        known = f"; {len(left)} others are left:{named}" if left else ""
        raise DeniedError(
            f"{len(inventory.denied)} services could not be listed and may hold something that "
            f"bills: {kinds}. Take an account with the role viewer on the folder{known}"
        )
    if left:
        raise LeftoversError(
            f"{len(left)} left that bill; run `make cloud-down` again, or delete them in the "
            f"console:{named}"
        )
