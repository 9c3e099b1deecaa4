"""Messages of the cloud's SDK turned into our values."""

from __future__ import annotations

from typing import Any

from fraud_cloud.resource import Job, Resource
from fraud_cloud.services import ADDRESS, BUCKET, DISK, GROUP, Service

_VERSION_FIELDS = ("spark_version", "airflow_version", "version", "version_id")


def resource_of(service: Service, message: Any) -> Resource:
    """One item of a list.

    Args:
        service: whose item it is.
        message: the item; a bucket with its tags.
    """
    hosts = _hosts(message) if service is GROUP else 0
    size = message.scale_policy.fixed_scale.size if service is GROUP else None
    return Resource(
        kind=service.kind,
        id=message.name if service is BUCKET else message.id,
        name=message.name,
        labels=_labels(service, message),
        status=enum_name(message, "status"),
        health=enum_name(message, "health"),
        version=_version(message),
        bills=_bills(service, message, bool(size or hosts)),
        size=size,
        hosts=hosts,
        parents=tuple(message.instance_ids) if service is DISK else (),
    )


def job_of(message: Any) -> Job:
    """One job of a Spark cluster."""
    return Job(message.id, message.name, enum_name(message, "status"))


def enum_name(message: Any, field: str) -> str:
    """Name of an enumeration's value; empty where the message has no such field."""
    described = message.DESCRIPTOR.fields_by_name.get(field)
    if described is None or described.enum_type is None:
        return ""
    value = described.enum_type.values_by_number.get(getattr(message, field))
    # A newer API may know more values than this SDK.
    return str(getattr(message, field)) if value is None else str(value.name)


def _labels(service: Service, message: Any) -> dict[str, str]:
    if service is BUCKET:
        return {tag.key: tag.value for tag in message.tags}
    return dict(message.labels)


def _version(message: Any) -> str:
    config = getattr(message, "config", None)
    if config is None:
        return ""
    values = (getattr(config, name, "") for name in _VERSION_FIELDS)
    return next((str(value) for value in values if value), "")


def _hosts(group: Any) -> int:
    state = group.managed_instances_state
    return int(state.running_actual_count + state.running_outdated_count + state.processing_count)


def _bills(service: Service, message: Any, has_hosts: bool) -> bool:
    if service is GROUP:
        return has_hosts
    if service is ADDRESS:
        # One that is not reserved goes with its host.
        return bool(message.reserved)
    return service.bills
