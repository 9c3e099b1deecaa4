"""The cloud through its SDK: the only module that imports it."""

from __future__ import annotations

import json
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import grpc
import yandexcloud
from google.protobuf.json_format import ParseDict
from google.protobuf.message_factory import GetMessageClass
from yandex.cloud.iam.v1.iam_token_service_pb2_grpc import IamTokenServiceStub
from yandexcloud.auth import get_auth_token_requester

from fraud_cloud.cloud import Operation
from fraud_cloud.errors import (
    CloudError,
    ConfigError,
    DeniedError,
    GoneError,
    RefusedError,
)
from fraud_cloud.resource import Job, Resource
from fraud_cloud.sdk_values import job_of, resource_of
from fraud_cloud.services import BUCKET, GROUP, SERVICE_OF_KIND, SPARK, Service
from fraud_cloud.spark_spec import ClusterSpec, JobSpec, cluster_request, job_request

PAGE_SIZE = 100
_CALL_S = 30.0
_TRIES = 4
_FIRST_PAUSE_S = 0.5

_JOBS = Service(
    "job", "yandex.cloud.spark.v1.JobService", "jobs", "job_id", bills=False, terraform=()
)
_OPERATIONS = Service(
    "operation",
    "yandex.cloud.operation.OperationService",
    "operations",
    "operation_id",
    bills=False,
    terraform=(),
)
_DENIED = (grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNAUTHENTICATED)


class SdkCloud:
    """One folder of the real cloud, or of whatever speaks its API."""

    def __init__(
        self,
        sdk: yandexcloud.SDK,
        folder_id: str,
        *,
        page_size: int = PAGE_SIZE,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._sdk = sdk
        self._folder_id = folder_id
        self._page_size = page_size
        self._pause = pause
        self._stubs: dict[str, Any] = {}

    def resources(self, service: Service) -> Iterator[Resource]:
        """Everything of one kind in the folder, to the last page."""
        for item in self._items(service, folder_id=self._folder_id):
            if service is BUCKET:
                # A list of buckets tells no tags.
                item = self._read(service, "Get", name=item.name, view="VIEW_FULL")
            yield resource_of(service, item)

    def jobs(self, cluster_id: str) -> Iterator[Job]:
        """Every job of a Spark cluster, to the last page."""
        for item in self._items(_JOBS, cluster_id=cluster_id):
            yield job_of(item)

    def job(self, cluster_id: str, job_id: str) -> Job:
        """One job as it is now."""
        return job_of(self._read(_JOBS, "Get", cluster_id=cluster_id, job_id=job_id))

    def job_log(self, cluster_id: str, job_id: str) -> str:
        """What a job has written so far, to the last page."""
        token, text = "", ""
        while True:
            page = self._read(
                _JOBS, "ListLog", cluster_id=cluster_id, job_id=job_id, page_token=token
            )
            text += str(page.content)
            # An empty page is the end of what there is, though it may name a next one.
            if not page.content or page.next_page_token in ("", token):
                return text
            token = page.next_page_token

    def create_cluster(self, spec: ClusterSpec) -> str:
        """Make a Spark cluster."""
        return str(self._call(SPARK, "Create", **cluster_request(spec, self._folder_id)).id)

    def create_job(self, cluster_id: str, spec: JobSpec) -> str:
        """Submit a job to a Spark cluster."""
        return str(self._call(_JOBS, "Create", **job_request(spec, cluster_id)).id)

    def cancel_job(self, cluster_id: str, job_id: str) -> str:
        """Stop a job."""
        return str(self._call(_JOBS, "Cancel", cluster_id=cluster_id, job_id=job_id).id)

    def delete(self, resource: Resource) -> str:
        """Delete one thing."""
        service = SERVICE_OF_KIND[resource.kind]
        return str(self._call(service, "Delete", **{service.identifier: resource.id}).id)

    def start(self, resource: Resource) -> str:
        """Start what was stopped."""
        service = SERVICE_OF_KIND[resource.kind]
        return str(self._call(service, "Start", **{service.identifier: resource.id}).id)

    def stop(self, resource: Resource) -> str:
        """Stop an instance group or a cluster; it can be started again."""
        service = SERVICE_OF_KIND[resource.kind]
        return str(self._call(service, "Stop", **{service.identifier: resource.id}).id)

    def resize(self, group: Resource, size: int) -> str:
        """Set the number of hosts of an instance group.

        The request carries all that the group has: the API calls the template and the policies
        required, though the mask names the size alone.
        """
        found = self._read(GROUP, "Get", instance_group_id=group.id, view="FULL")
        request = _message(GROUP, "Update")(instance_group_id=group.id)
        _copied(found, request)
        request.scale_policy.fixed_scale.size = size
        request.update_mask.paths.append("scale_policy")
        return str(self._send(GROUP, "Update", request).id)

    def operation(self, operation_id: str) -> Operation:
        """How far an operation has come."""
        found = self._read(_OPERATIONS, "Get", operation_id=operation_id)
        if not found.done:
            return Operation("running")
        if found.HasField("error"):
            return Operation("failed", found.error.message)
        return Operation("done")

    def _items(self, service: Service, **fields: str) -> Iterator[Any]:
        token = ""
        while True:
            page = self._read(
                service, "List", page_size=self._page_size, page_token=token, **fields
            )
            yield from getattr(page, service.items)
            token = page.next_page_token
            if not token:
                return

    def _read(self, service: Service, method: str, **fields: object) -> Any:
        """A request that changes nothing: a passing failure is worth another try."""
        for attempt in range(_TRIES):
            try:
                return self._call(service, method, **fields)
            except RefusedError as error:
                if error.final or attempt == _TRIES - 1:
                    raise
                self._pause(_FIRST_PAUSE_S * 2**attempt)
        raise AssertionError

    def _call(self, service: Service, method: str, **fields: object) -> Any:
        # Plain values become messages, however deep.
        return self._send(service, method, ParseDict(fields, _message(service, method)()))

    def _send(self, service: Service, method: str, request: Any) -> Any:
        what = f"{service.api.rpartition('.')[2]}.{method}"
        try:
            return getattr(self._stub(service), method)(request, timeout=_CALL_S)
        except grpc.RpcError as error:
            raise _as_ours(error, f"{service.kind}: {what}") from error

    def _stub(self, service: Service) -> Any:
        if service.api not in self._stubs:
            module = import_module(f"{service.module}_pb2_grpc")
            name = service.api.rpartition(".")[2]
            self._stubs[service.api] = self._sdk.client(getattr(module, f"{name}Stub"))
        return self._stubs[service.api]


def connect(environment: Mapping[str, str]) -> SdkCloud:
    """The folder that the environment names, with the variables that Terraform reads too.

    Args:
        environment: YC_FOLDER_ID; YC_TOKEN or YC_SERVICE_ACCOUNT_KEY_FILE; YC_ENDPOINT where the
            API is not where the SDK looks for it.

    Raises:
        ConfigError: a variable is missing.
    """
    folder = environment.get("YC_FOLDER_ID", "")
    if not folder:
        raise ConfigError(
            "YC_FOLDER_ID is not set: `export YC_FOLDER_ID=$(yc config get folder-id)`"
        )
    endpoint = environment.get("YC_ENDPOINT")
    where = {"endpoint": endpoint} if endpoint else {}
    return SdkCloud(yandexcloud.SDK(**_identity(environment), **where), folder)


def iam_token(sdk: yandexcloud.SDK, credentials: Mapping[str, Any], endpoint: str | None) -> str:
    """A token of IAM for whoever an SDK acts as, good for hours: the bucket asks for one.

    Args:
        sdk: which exchanges a key or another token for it.
        credentials: token or service_account_key, as Airflow's hook holds them; with none of them
            the metadata service of this host is asked.
        endpoint: of the API, where it is not the usual one.

    Raises:
        CloudError: there is no answer.
    """
    with warnings.catch_warnings():
        # The SDK warns of OAuth tokens, which the connection of a person may still hold.
        warnings.simplefilter("ignore", DeprecationWarning)
        requester = get_auth_token_requester(**credentials, endpoint=endpoint)
    if hasattr(requester, "get_token"):
        try:
            return str(requester.get_token())
        except OSError as error:
            raise DeniedError(
                f"the metadata service gives no token ({error}): fill in the connection, or give "
                "this host a service account"
            ) from error
    try:
        stub = sdk.client(IamTokenServiceStub)
        return str(stub.Create(requester.get_token_request(), timeout=_CALL_S).iam_token)
    except grpc.RpcError as error:
        raise _as_ours(error, "iam-token: Create") from error


def _identity(environment: Mapping[str, str]) -> dict[str, Any]:
    token = environment.get("YC_TOKEN", "")
    if token:
        # The same variable holds either; tokens of IAM begin so.
        return {"iam_token" if token.startswith("t1.") else "token": token}
    key = environment.get("YC_SERVICE_ACCOUNT_KEY_FILE", "")
    if not key:
        raise ConfigError(
            "neither YC_TOKEN nor YC_SERVICE_ACCOUNT_KEY_FILE is set: "
            "`export YC_TOKEN=$(yc iam create-token)`"
        )
    try:
        return {"service_account_key": json.loads(Path(key).read_text(encoding="utf-8"))}
    except (OSError, ValueError) as error:
        raise ConfigError(f"YC_SERVICE_ACCOUNT_KEY_FILE is {key}: {error}") from error


def _message(service: Service, method: str) -> Any:
    described = import_module(f"{service.module}_pb2").DESCRIPTOR.services_by_name
    name = service.api.rpartition(".")[2]
    return GetMessageClass(described[name].methods_by_name[method].input_type)


def _copied(source: Any, target: Any) -> None:
    """Set in one message whatever is set in another and has the same name there."""
    for field, value in source.ListFields():
        if field.name not in target.DESCRIPTOR.fields_by_name:
            continue
        if hasattr(value, "MergeFrom"):
            getattr(target, field.name).MergeFrom(value)
        else:
            setattr(target, field.name, value)


def _as_ours(error: grpc.RpcError, what: str) -> CloudError:
    code, detail = error.code(), error.details()
    text = f"{what} is answered with {code.name}: {detail}"
    if code in _DENIED:
        return DeniedError(text)
    if code is grpc.StatusCode.NOT_FOUND:
        return GoneError(text)
    return RefusedError(text, final=code is grpc.StatusCode.INVALID_ARGUMENT)
