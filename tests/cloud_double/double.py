"""The double as a whole: started, filled, told to fail, and reached."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.message_factory import GetMessageClass
from yandex.cloud.spark.v1 import job_pb2

from fraud_cloud.contract import Contract, load_contract
from fraud_cloud.services import BUCKET, GROUP, Service
from sandbox.certificate import Issued, issue_certificate
from tests.cloud_double.behaviour import Behaviour, service_descriptor
from tests.cloud_double.hosts import Hosts, PretendedHosts
from tests.cloud_double.jobs import Jobs, PretendedJobs
from tests.cloud_double.objects import TOKEN, object_server
from tests.cloud_double.servicers import add_everything
from tests.cloud_double.state import Fault, How, State
from tests.cloud_double.terraform_recorder import Recorder

Objects = MutableMapping[str, MutableMapping[str, bytes]]

FOLDER = "folder-of-the-tests"
EXPIRES_S = 2_000_000_000
_GIB = 1 << 30


@dataclass
class CloudDouble:
    """A cloud of one folder.

    Attributes:
        state: everything in it.
        behaviour: what requests do to it.
        jobs: who runs Spark's jobs.
        terraform: what stands for Terraform.
        environment: variables with which our commands reach all of it.
    """

    state: State
    behaviour: Behaviour
    jobs: Jobs
    terraform: Recorder
    environment: dict[str, str] = field(default_factory=dict)
    contract: Contract = field(default_factory=load_contract)

    def add(
        self,
        service: Service,
        name: str,
        labels: Mapping[str, str] | None = None,
        *,
        root: str = "",
        **fields: Any,
    ) -> str:
        """Put one thing there.

        Args:
            service: its kind.
            name: its name.
            labels: its labels; None gives those of the session "first".
            root: Terraform's root that declares it.
            fields: more of its message.

        Returns:
            Its id.
        """
        given = self.labels() if labels is None else dict(labels)
        item = _item_class(service)(name=name, folder_id=FOLDER, **fields)
        if service is BUCKET:
            for key, value in given.items():
                item.tags.add(key=key, value=value)
        else:
            item.labels.update(given)
        status = item.DESCRIPTOR.fields_by_name.get("status")
        if status is not None and not item.status:
            names = status.enum_type.values_by_name
            item.status = next(
                names[one].number for one in ("RUNNING", "ACTIVE", "READY") if one in names
            )
        return self.state.put(service, item, root=root)

    def add_group(self, name: str, hosts: int, **more: Any) -> str:
        """Put an instance group with so many running hosts there."""
        identifier = self.add(GROUP, name, **more)
        group = self.state.of(GROUP.kind)[identifier]
        _fill_template(group)
        group.scale_policy.fixed_scale.size = hosts
        with self.state.lock:
            self.behaviour.set_hosts(group, hosts)
        return identifier

    def add_job(self, cluster_id: str, name: str, status: int) -> str:
        """Put a job into a Spark cluster."""
        job = job_pb2.Job(
            id=self.state.new_id("job"), cluster_id=cluster_id, name=name, status=status
        )
        self.state.jobs.setdefault(cluster_id, {})[job.id] = job
        return str(job.id)

    def labels(self, run: str = "first") -> dict[str, str]:
        """Labels of a session or of a run."""
        return self.contract.labels(run, EXPIRES_S)

    def standing(self) -> dict[str, str]:
        """Labels of what outlives sessions."""
        return self.contract.labels(self.contract.standing_run, 0) | {
            self.contract.expires_label: self.contract.never_expires
        }

    def fail(self, service: Service | str, method: str, how: How, times: int = 1) -> None:
        """Let the next requests of a kind fail."""
        kind = service if isinstance(service, str) else service.kind
        self.state.faults.append(Fault(kind, method, how, times))

    def asked(self, method: str) -> list[tuple[str, Any]]:
        """Every request of a method so far, as (kind, message)."""
        return [(kind, one) for kind, name, one in self.state.calls if name == method]


@contextmanager
def cloud_double(
    folder: Path,
    jobs: Jobs | None = None,
    hosts: Hosts | None = None,
    objects_of: Objects | None = None,
) -> Iterator[CloudDouble]:
    """An empty cloud until the block ends.

    Args:
        folder: gets the certificate and the recorder that stands for Terraform.
        jobs: who runs Spark's jobs; by default they only pretend.
        hosts: who runs the hosts of instance groups; the same.
        objects_of: content of the buckets; by default nothing but this process sees it.
    """
    state, runner = State(), jobs or PretendedJobs()
    if objects_of is not None:
        state.objects = objects_of
    behaviour = Behaviour(state, runner, hosts or PretendedHosts())
    recorder = Recorder(state, folder / "bin")
    with (
        object_server(state, recorder.answer) as objects,
        _api(behaviour, folder) as (address, authority),
    ):
        recorder.install(objects)
        yield CloudDouble(
            state, behaviour, runner, recorder, _environment(address, authority, objects, recorder)
        )


def _fill_template(group: Any) -> None:
    """What the API requires of every update, as our Terraform code sets it."""
    template = group.instance_template
    template.labels.update(dict(group.labels))
    template.platform_id = "standard-v3"
    template.resources_spec.cores = 2
    template.resources_spec.memory = 4 * _GIB
    template.boot_disk_spec.mode = template.boot_disk_spec.Mode.READ_WRITE
    template.boot_disk_spec.disk_spec.type_id = "network-ssd"
    template.boot_disk_spec.disk_spec.size = 20 * _GIB
    template.network_interface_specs.add(network_id="network", subnet_ids=["subnet"])
    group.deploy_policy.max_unavailable = 1
    group.allocation_policy.zones.add(zone_id="ru-central1-d")
    group.service_account_id = "account-of-the-group"


@cache
def _certificate() -> Issued:
    """One for the whole run of pytest: gRPC reads the authority once in a process."""
    return issue_certificate()


@contextmanager
def _api(behaviour: Behaviour, folder: Path) -> Iterator[tuple[str, Path]]:
    issued = _certificate()
    pem = issued.keystore_pem
    split = pem.index("-----BEGIN CERTIFICATE")
    credentials = grpc.ssl_server_credentials([(pem[:split].encode(), pem[split:].encode())])
    authority = folder / "authority.pem"
    authority.write_text(issued.authority_pem)
    server = grpc.server(ThreadPoolExecutor(max_workers=4))
    port = server.add_secure_port("127.0.0.1:0", credentials)
    address = f"localhost:{port}"
    add_everything(server, behaviour, address)
    server.start()
    try:
        yield address, authority
    finally:
        server.stop(grace=None).wait()


def _environment(address: str, authority: Path, objects: str, recorder: Recorder) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("YC_", "TF_", "AWS_"))
    }
    return kept | {
        "PATH": f"{recorder.folder}{os.pathsep}{os.environ['PATH']}",
        "YC_ENDPOINT": address,
        "YC_FOLDER_ID": FOLDER,
        "YC_TOKEN": TOKEN,
        "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": str(authority),
        "CLOUD_STORAGE": objects,
        "CLOUD_AUTHORITY": f"{objects}/CA.pem",
    }


def _item_class(service: Service) -> Any:
    return GetMessageClass(service_descriptor(service).methods_by_name["Get"].output_type)
