"""What each method of the API does to the state. Every function is called with the lock held."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import grpc
from google.protobuf.message_factory import GetMessageClass
from yandex.cloud.compute.v1 import instance_pb2
from yandex.cloud.compute.v1.instancegroup import instance_group_pb2
from yandex.cloud.operation import operation_pb2
from yandex.cloud.spark.v1 import job_pb2, job_service_pb2

from fraud_cloud.services import BUCKET, GROUP, INSTANCE, NETWORK, SPARK, SUBNET, Service
from tests.cloud_double.hosts import Hosts, Phase
from tests.cloud_double.jobs import Jobs
from tests.cloud_double.state import Doing, Fault, State

_FOREVER = 10**9
_LONGEST_PAGE = 1000
_LONGEST_LOG = 200_000
_HOST = instance_pb2.Instance.Status
_STATUS_OF_HOST: Mapping[Phase, int] = {
    "starting": _HOST.STARTING,
    "running": _HOST.RUNNING,
    "stopping": _HOST.DELETING,
}


class RefusalError(Exception):
    """The API says no."""

    def __init__(self, code: grpc.StatusCode, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True)
class Behaviour:
    """The methods of the API.

    Attributes:
        state: what they change.
        jobs: who runs Spark's jobs.
        hosts: who runs the hosts of instance groups.
    """

    state: State
    jobs: Jobs
    hosts: Hosts

    def answer(self, service: Service, method: str, request: Any, fault: Fault | None) -> Any:
        """Do what a request asks and answer it.

        Raises:
            RefusalError: the API says no.
        """
        handlers: dict[str, Callable[..., Any]] = {
            "List": self._list,
            "Get": self._get,
            "Create": self._create,
            "Update": self._update,
            "Delete": self._delete,
            "Stop": self._stop,
            "Start": self._start,
        }
        handler = handlers.get(method)
        if handler is None:
            raise RefusalError(grpc.StatusCode.UNIMPLEMENTED, f"the double has no {method}")
        return handler(service, request, fault)

    def answer_about_jobs(self, method: str, request: Any, fault: Fault | None) -> Any:
        """The same for jobs, which belong to a cluster and not to a folder."""
        if request.cluster_id not in self.state.of("spark-cluster"):
            raise RefusalError(grpc.StatusCode.NOT_FOUND, f"no cluster {request.cluster_id}")
        jobs = self.state.jobs.setdefault(request.cluster_id, {})
        if method == "List":
            items, following = _page(list(jobs.values()), request, self.state.page)
            for job in items:
                self.jobs.looked_at(job)
            return job_service_pb2.ListJobsResponse(jobs=items, next_page_token=following)
        if method == "Create":
            return self._job_created(request, jobs, fault)
        job = jobs.get(request.job_id)
        if job is None:
            raise RefusalError(grpc.StatusCode.NOT_FOUND, f"no job {request.job_id}")
        if method == "Cancel":
            self.jobs.cancelled(job)
            return self._operation(job.id, "job", fault, effect=lambda: None)
        if method == "ListLog":
            return _log_page(self.jobs.log(job), request)
        self.jobs.looked_at(job)
        return job

    def operation(self, identifier: str) -> operation_pb2.Operation:
        """How far an operation has come, after a look at it."""
        doing = self.state.operations.get(identifier)
        if doing is None:
            raise RefusalError(grpc.StatusCode.NOT_FOUND, f"no operation {identifier}")
        self.state.look(doing)
        return self._as_message(identifier, doing)

    def _list(self, service: Service, request: Any, _: Fault | None) -> Any:
        if not request.page_token:
            self.state.look_at_all(service.kind)
            self._look_at_groups()
        inside = [
            one
            for one in self.state.of(service.kind).values()
            if one.folder_id == request.folder_id
        ]
        items, following = _page(inside, request, self.state.page)
        if service is BUCKET:
            items = [type(one)(name=one.name, folder_id=one.folder_id) for one in items]
        answer = _answer_class(service, "List")(next_page_token=following)
        getattr(answer, service.items).extend(items)
        return answer

    def _get(self, service: Service, request: Any, _: Fault | None) -> Any:
        self._look_at_groups()
        return self._thing(service, request)

    def _create(self, service: Service, request: Any, fault: Fault | None) -> Any:
        item = _answer_class(service, "Get")()
        for field, value in request.ListFields():
            if field.name in item.DESCRIPTOR.fields_by_name:
                _set(item, field.name, value)
        _set_status(item, "CREATING")
        identifier = self.state.put(service, item)
        if fault is not None and fault.how == "operation fails":
            _set_status(item, "ERROR")
        return self._operation(
            identifier, service.kind, fault, effect=lambda: _set_status(item, "RUNNING", "ACTIVE")
        )

    def _update(self, service: Service, request: Any, fault: Fault | None) -> Any:
        item = self._free_thing(service, request)
        if service is not GROUP or list(request.update_mask.paths) != ["scale_policy"]:
            raise RefusalError(grpc.StatusCode.UNIMPLEMENTED, "the double updates sizes only")
        size = request.scale_policy.fixed_scale.size
        if size == 0 and self.state.refuses_no_hosts:
            raise RefusalError(grpc.StatusCode.INVALID_ARGUMENT, "size: must be greater than 0")
        item.scale_policy.fixed_scale.size = size
        return self._operation(
            item.id,
            service.kind,
            fault,
            effect=lambda: self.set_hosts(item, size),
            settled=lambda: self._has_hosts(item, size),
        )

    def _delete(self, service: Service, request: Any, fault: Fault | None) -> Any:
        item = self._free_thing(service, request)
        self._refuse_while_used(service, item)
        identifier = item.name if service is BUCKET else item.id

        def gone() -> None:
            if service is SPARK:
                self.jobs.cluster_deleted(identifier)
            if service is GROUP:
                self.set_hosts(item, 0)
            self.state.remove(identifier)

        return self._operation(identifier, service.kind, fault, effect=gone)

    def _stop(self, service: Service, request: Any, fault: Fault | None) -> Any:
        item = self._free_thing(service, request)

        def stopping() -> None:
            if service is GROUP:
                self.set_hosts(item, 0)
            _set_status(item, "STOPPING", "STOPPED")

        def stopped() -> bool:
            if service is GROUP and not self._has_hosts(item, 0):
                return False
            _set_status(item, "STOPPED")
            return True

        return self._operation(item.id, service.kind, fault, effect=stopping, settled=stopped)

    def _start(self, service: Service, request: Any, fault: Fault | None) -> Any:
        item = self._free_thing(service, request)

        def started() -> None:
            _set_status(item, "RUNNING", "ACTIVE")
            if service is GROUP:
                self.set_hosts(item, item.scale_policy.fixed_scale.size)

        def settled() -> bool:
            return service is not GROUP or self._has_hosts(item, item.scale_policy.fixed_scale.size)

        return self._operation(item.id, service.kind, fault, effect=started, settled=settled)

    def set_hosts(self, group: Any, count: int) -> None:
        """Let an instance group have so many hosts, soon."""
        mine = [one for one in self.state.hosts_of(group) if one.status != _HOST.DELETING]
        for host in mine[count:]:
            host.status = _HOST.DELETING
            self.hosts.ended(host)
        for index in range(len(mine), count):
            host = instance_pb2.Instance(
                name=f"{group.name}-host-{index}",
                folder_id=group.folder_id,
                labels=dict(group.instance_template.labels),
                status=_HOST.STARTING,
            )
            self.state.put(INSTANCE, host)
            self.hosts.made(host)
        group.status = instance_group_pb2.InstanceGroup.Status.ACTIVE
        self._look_at(group)

    def _look_at_groups(self) -> None:
        for group in self.state.of(GROUP.kind).values():
            self._look_at(group)

    def _look_at(self, group: Any) -> None:
        """Bring an instance group up to date with its hosts."""
        phases = {}
        for host in self.state.hosts_of(group):
            phase = self.hosts.phase(host)
            if phase == "gone":
                self.state.remove(host.id)
            else:
                phases[host.id] = phase
                host.status = _STATUS_OF_HOST[phase]
        running = list(phases.values()).count("running")
        group.managed_instances_state.running_actual_count = running
        group.managed_instances_state.processing_count = len(phases) - running

    def _has_hosts(self, group: Any, count: int) -> bool:
        self._look_at(group)
        found = group.managed_instances_state
        return (found.running_actual_count, found.processing_count) == (count, 0)

    def _job_created(self, request: Any, jobs: dict[str, Any], fault: Fault | None) -> Any:
        job = job_pb2.Job(
            id=self.state.new_id("job"), cluster_id=request.cluster_id, name=request.name
        )
        if request.HasField("pyspark_job"):
            job.pyspark_job.CopyFrom(request.pyspark_job)
        jobs[job.id] = job
        self.jobs.started(job, self.state.of(SPARK.kind)[request.cluster_id])
        return self._operation(job.id, "job", fault, effect=lambda: None)

    def _thing(self, service: Service, request: Any) -> Any:
        identifier = getattr(request, service.identifier)
        item = self.state.of(service.kind).get(identifier)
        if item is None:
            raise RefusalError(grpc.StatusCode.NOT_FOUND, f"no {service.kind} {identifier}")
        return item

    def _free_thing(self, service: Service, request: Any) -> Any:
        item = self._thing(service, request)
        if self.state.busy(getattr(request, service.identifier)):
            text = f"{item.name}: another operation is in progress"
            raise RefusalError(grpc.StatusCode.FAILED_PRECONDITION, text)
        return item

    def _refuse_while_used(self, service: Service, item: Any) -> None:
        if service is BUCKET and self.state.objects.get(item.name):
            raise RefusalError(grpc.StatusCode.FAILED_PRECONDITION, "the bucket is not empty")
        subnets = self.state.of(SUBNET.kind).values()
        if service is NETWORK and any(one.network_id == item.id for one in subnets):
            raise RefusalError(grpc.StatusCode.FAILED_PRECONDITION, "the network has subnets")
        if getattr(item, "deletion_protection", False):
            raise RefusalError(grpc.StatusCode.FAILED_PRECONDITION, "protected from deletion")

    def _operation(
        self,
        about: str,
        kind: str,
        fault: Fault | None,
        effect: Callable[[], None],
        settled: Callable[[], bool] = lambda: True,
    ) -> operation_pb2.Operation:
        how = fault.how if fault is not None else ""
        looks = _FOREVER if how == "never ends" else self.state.looks
        fails = how == "operation fails"
        doing = Doing(about, kind, looks, effect, settled)
        if fails:
            doing = Doing(about, kind, looks, None, error=f"{kind} {about}: internal error")
        return self._as_message(self.state.start(doing), doing)

    def _as_message(self, identifier: str, doing: Doing) -> operation_pb2.Operation:
        message = operation_pb2.Operation(id=identifier, done=doing.done)
        if doing.done and doing.error:
            message.error.code = 13
            message.error.message = doing.error
        return message


def _page(items: list[Any], request: Any, longest: int) -> tuple[list[Any], str]:
    start = int(request.page_token or 0)
    count = min(request.page_size or _LONGEST_PAGE, longest)
    following = start + count
    return items[start:following], str(following) if following < len(items) else ""


def _log_page(text: str, request: Any) -> Any:
    """A page of a log, which may be longer than gRPC takes; the last one names a next one too."""
    start = int(request.page_token or 0)
    content = text[start : start + _LONGEST_LOG]
    return job_service_pb2.ListJobLogResponse(
        content=content, next_page_token=str(start + len(content))
    )


def _answer_class(service: Service, method: str) -> Any:
    return GetMessageClass(service_descriptor(service).methods_by_name[method].output_type)


def service_descriptor(service: Service) -> Any:
    """Descriptor of the API's service."""

    name = service.api.rpartition(".")[2]
    return import_module(f"{service.module}_pb2").DESCRIPTOR.services_by_name[name]


def _set(item: Any, name: str, value: Any) -> None:
    if hasattr(value, "MergeFrom"):
        getattr(item, name).MergeFrom(value)
    else:
        setattr(item, name, value)


def _set_status(item: Any, *names: str) -> None:
    """The first of these that a kind of thing knows."""
    field = item.DESCRIPTOR.fields_by_name.get("status")
    if field is None:
        return
    known = [name for name in names if name in field.enum_type.values_by_name]
    if known:
        item.status = field.enum_type.values_by_name[known[0]].number
