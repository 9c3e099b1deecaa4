"""What the commands print."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fraud_cloud.inventory import Inventory
from fraud_cloud.resource import Resource

_COLUMNS = ("kind", "name", "id", "status", "run", "bills")


def table(resources: Sequence[Resource], run_label: str) -> str:
    """Lines with aligned columns, the head first.

    Args:
        resources: one line each.
        run_label: name of the label that the column `run` shows.
    """
    rows = [_COLUMNS, *(_row(one, run_label) for one in resources)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
    return "\n".join(_line(row, widths) for row in rows)


def report(inventory: Inventory, run_label: str) -> str:
    """Everything of ours as tables, what is denied, and what of others bills in the same folder."""
    parts = [
        _part("of sessions and runs", inventory.session, run_label),
        _part("outlives sessions", inventory.standing, run_label),
        *(f"not known: {one.kind}: {one.reason}" for one in inventory.denied),
        _others(inventory.foreign),
    ]
    return "\n".join(part for part in parts if part)


def _part(title: str, resources: Sequence[Resource], run_label: str) -> str:
    if not resources:
        return f"{title}: none"
    return f"{title}: {len(resources)}\n{table(resources, run_label)}"


def _others(foreign: Iterable[Resource]) -> str:
    billing = [str(one) for one in foreign if one.bills]
    return f"not ours, left alone: {', '.join(billing)}" if billing else ""


def _row(resource: Resource, run_label: str) -> tuple[str, ...]:
    hosts = f" {resource.hosts} hosts" if resource.size is not None else ""
    return (
        resource.kind,
        resource.name,
        resource.id,
        resource.status + hosts,
        resource.labels.get(run_label, ""),
        "yes" if resource.bills else "no",
    )


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
