"""The SDK's servicer classes, with methods that look limits and failures up before they answer."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import grpc
from yandex.cloud.endpoint import api_endpoint_pb2, api_endpoint_service_pb2
from yandex.cloud.endpoint import api_endpoint_service_pb2_grpc as endpoint_grpc
from yandex.cloud.iam.v1 import iam_token_service_pb2
from yandex.cloud.iam.v1 import iam_token_service_pb2_grpc as iam_grpc
from yandex.cloud.operation import operation_service_pb2_grpc as operation_grpc

from fraud_cloud.services import SERVICES, Service
from tests.cloud_double.behaviour import Behaviour, RefusalError, service_descriptor
from tests.cloud_double.limits import problems_of
from tests.cloud_double.objects import TOKEN
from tests.cloud_double.state import CODES, Fault

JOBS = Service("job", "yandex.cloud.spark.v1.JobService", "jobs", "job_id", False, ())
METHODS = ("List", "Get", "Create", "Update", "Delete", "Start", "Stop", "Cancel", "ListLog")
ENDPOINTS = (
    "iam",
    "operation",
    "endpoint",
    "managed-spark",
    "managed-kafka",
    "managed-postgresql",
    "managed-airflow",
    "compute",
    "vpc",
    "lockbox",
    "storage-api",
    "logging",
    "resource-manager",
)

Method = Callable[[Any, Any], Any]


def add_everything(server: grpc.Server, behaviour: Behaviour, address: str) -> None:
    """Serve every service.

    Args:
        server: not yet started.
        behaviour: what the methods do.
        address: where all of them are, which the list of endpoints tells.
    """
    for service in (*SERVICES, JOBS):
        grpc_module = import_module(f"{service.module}_pb2_grpc")
        name = service.api.rpartition(".")[2]
        known = service_descriptor(service).methods_by_name
        methods = {
            method: _method(behaviour, service, method) for method in METHODS if method in known
        }
        double = type(f"{name}Double", (getattr(grpc_module, f"{name}Servicer"),), methods)
        getattr(grpc_module, f"add_{name}Servicer_to_server")(double(), server)
    operation_grpc.add_OperationServiceServicer_to_server(_operations(behaviour), server)
    endpoint_grpc.add_ApiEndpointServiceServicer_to_server(_endpoints(address), server)
    iam_grpc.add_IamTokenServiceServicer_to_server(_tokens(), server)


def _method(behaviour: Behaviour, service: Service, name: str) -> Method:
    def answer(_: object, request: Any, context: grpc.ServicerContext) -> Any:
        state = behaviour.state
        try:
            with state.lock:
                state.calls.append((service.kind, name, request))
                fault = state.fault(service.kind, name)
                _refuse(request, fault)
                done = _done(behaviour, service, name, request, fault)
        except RefusalError as error:
            context.abort(error.code, str(error))
        if fault is not None and fault.how == "answer lost":
            context.abort(fault.code or grpc.StatusCode.UNAVAILABLE, "connection reset by peer")
        return done

    return answer


def _done(
    behaviour: Behaviour, service: Service, name: str, request: Any, fault: Fault | None
) -> Any:
    if service is JOBS:
        return behaviour.answer_about_jobs(name, request, fault)
    return behaviour.answer(service, name, request, fault)


def _refuse(request: Any, fault: Fault | None) -> None:
    if fault is not None and fault.how in CODES:
        raise RefusalError(fault.code or CODES[fault.how], f"told to be {fault.how}")
    problems = list(problems_of(request))
    if problems:
        raise RefusalError(grpc.StatusCode.INVALID_ARGUMENT, "; ".join(problems))


def _operations(behaviour: Behaviour) -> Any:
    class Operations(operation_grpc.OperationServiceServicer):
        def Get(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
            try:
                with behaviour.state.lock:
                    return behaviour.operation(request.operation_id)
            except RefusalError as error:
                context.abort(error.code, str(error))

    return Operations()


def _endpoints(address: str) -> Any:
    listed = [api_endpoint_pb2.ApiEndpoint(id=one, address=address) for one in ENDPOINTS]

    class Endpoints(endpoint_grpc.ApiEndpointServiceServicer):
        def List(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
            return api_endpoint_service_pb2.ListApiEndpointsResponse(endpoints=listed)

    return Endpoints()


def _tokens() -> Any:
    class Tokens(iam_grpc.IamTokenServiceServicer):
        def Create(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
            return iam_token_service_pb2.CreateIamTokenResponse(iam_token=TOKEN)

    return Tokens()
