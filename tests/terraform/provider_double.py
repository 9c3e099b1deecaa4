"""A double of the cloud's Terraform provider that knows its schema and nothing else.

It speaks Terraform's plugin protocol 6 on a unix socket and serves `provider-schema.json`, which is
what the real provider 0.218 reports for the types that we use. Names, types, and what is required
are therefore checked as with the real one. What a server would refuse (a preset that does not
exist, a role that is missing) is not: nothing here knows it.

A plan already has made-up texts for what the real provider knows after an apply only, so that what
is built from them (user-data of hosts) can be looked at. Nothing is applied. It
runs in the environment of `requirements/terraform.txt`, whose package `tf` has the protocol's
messages.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import msgpack
from tf.gen import tfplugin_pb2 as pb
from tf.gen import tfplugin_pb2_grpc as rpc

SOURCE = "yandex-cloud/yandex"
UNKNOWN = msgpack.ExtType(0, b"\x00")
BROKER = {
    "assign_public_ip": False,
    "health": "ALIVE",
    "name": "double-broker",
    "role": "KAFKA",
    "subnet_id": "",
    "zone_id": "",
}
# One password for every key that our secrets have: a plan reads them through the data source.
PASSWORD = "Double-of-a-secret-1"  # noqa: S105 - it opens nothing
KEYS = ("password", "access_key", "secret_key")
MADE_UP = {
    "entries": [{"key": key, "text_value": PASSWORD} for key in KEYS],
    "host": [BROKER],
}
NESTING = {"single": 1, "list": 2, "set": 3, "map": 4}


def as_block(block: dict[str, Any]) -> pb.Schema.Block:
    """A block of the schema file as the protocol's message."""
    nested = [
        pb.Schema.NestedBlock(
            type_name=name,
            block=as_block(inner["block"]),
            nesting=NESTING[inner["nesting_mode"]],
            min_items=inner.get("min_items", 0),
            max_items=inner.get("max_items", 0),
        )
        for name, inner in sorted(block.get("block_types", {}).items())
    ]
    return pb.Schema.Block(attributes=as_attributes(block), block_types=nested)


def as_attributes(holder: dict[str, Any]) -> list[pb.Schema.Attribute]:
    """The attributes of a block or of a nested type, sorted as Terraform wants them."""
    return [
        as_attribute(name, attribute)
        for name, attribute in sorted(holder.get("attributes", {}).items())
    ]


def as_attribute(name: str, attribute: dict[str, Any]) -> pb.Schema.Attribute:
    """One attribute, whose type is a plain one or an object of attributes."""
    flags = ("required", "optional", "computed", "sensitive")
    message = pb.Schema.Attribute(name=name, **{flag: attribute.get(flag, False) for flag in flags})
    if "nested_type" not in attribute:
        message.type = json.dumps(attribute["type"]).encode()
        return message
    nested = attribute["nested_type"]
    shape = pb.Schema.Object(
        attributes=as_attributes(nested), nesting=NESTING[nested["nesting_mode"]]
    )
    message.nested_type.CopyFrom(shape)
    return message


def as_schema(schema: dict[str, Any]) -> pb.Schema:
    """One resource, data source, or the provider's own settings."""
    return pb.Schema(version=schema.get("version", 0), block=as_block(schema["block"]))


Fill = Callable[[dict[str, Any]], Any]


def filled(value: dict[str, Any], holder: dict[str, Any], fill: Fill) -> dict[str, Any]:
    """The value with each computed attribute that the configuration leaves out filled in."""
    result = dict(value)
    for name, attribute in holder.get("attributes", {}).items():
        if result.get(name) is None:
            result[name] = fill({"name": name} | attribute) if attribute.get("computed") else None
        elif "nested_type" in attribute:
            inner = attribute["nested_type"]
            result[name] = each(result[name], inner["nesting_mode"], inner, fill)
    for name, inner in holder.get("block_types", {}).items():
        result[name] = each(result.get(name), inner["nesting_mode"], inner["block"], fill)
    return result


def each(value: Any, mode: str, holder: dict[str, Any], fill: Fill) -> Any:
    """`filled` for what a nested block or type holds: one object, or a list, set or map of them."""
    if value is None or isinstance(value, msgpack.ExtType):
        return value
    if mode == "single":
        return filled(value, holder, fill)
    if mode == "map":
        return {key: filled(item, holder, fill) for key, item in value.items()}
    return [filled(item, holder, fill) for item in value]


def made_up(attribute: dict[str, Any]) -> Any:
    """A value that only the cloud knows: a text that names itself, a broker, a secret's entries."""
    if attribute["name"] in MADE_UP:
        return MADE_UP[attribute["name"]]
    return f"double-{attribute['name']}" if attribute.get("type") == "string" else UNKNOWN


def known(attribute: dict[str, Any]) -> Any:
    """The same for a data source, which may leave nothing unknown."""
    value = made_up(attribute)
    return None if value is UNKNOWN else value


class ProviderDouble(rpc.ProviderServicer):
    """Answers what validate, test and plan ask of a provider."""

    def __init__(self, schemas: dict[str, Any]) -> None:
        self._resources = schemas["resource_schemas"]
        self._data_sources = schemas["data_source_schemas"]
        self._answer = pb.GetProviderSchema.Response(
            provider=as_schema(schemas["provider"]),
            resource_schemas={name: as_schema(one) for name, one in self._resources.items()},
            data_source_schemas={name: as_schema(one) for name, one in self._data_sources.items()},
        )

    def GetProviderSchema(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's
        return self._answer

    def ValidateProviderConfig(self, request: Any, context: Any) -> Any:  # noqa: N802
        return pb.ValidateProviderConfig.Response()

    def ValidateResourceConfig(self, request: Any, context: Any) -> Any:  # noqa: N802
        return pb.ValidateResourceConfig.Response()

    def ValidateDataResourceConfig(self, request: Any, context: Any) -> Any:  # noqa: N802
        return pb.ValidateDataResourceConfig.Response()

    def ConfigureProvider(self, request: Any, context: Any) -> Any:  # noqa: N802
        return pb.ConfigureProvider.Response()

    def StopProvider(self, request: Any, context: Any) -> Any:  # noqa: N802
        return pb.StopProvider.Response()

    def PlanResourceChange(self, request: Any, context: Any) -> Any:  # noqa: N802
        block = self._resources[request.type_name]["block"]
        proposed = unpacked(request.proposed_new_state)
        planned = proposed and filled(proposed, block, made_up)
        return pb.PlanResourceChange.Response(planned_state=packed(planned))

    def ReadDataSource(self, request: Any, context: Any) -> Any:  # noqa: N802
        block = self._data_sources[request.type_name]["block"]
        answer = filled(unpacked(request.config), block, known)
        return pb.ReadDataSource.Response(state=packed(answer))


def unpacked(value: Any) -> Any:
    """A value of the protocol as plain Python; unknown ones stay `UNKNOWN`."""
    return msgpack.unpackb(value.msgpack, ext_hook=msgpack.ExtType)


def packed(value: Any) -> Any:
    """The reverse of `unpacked`."""
    return pb.DynamicValue(msgpack=msgpack.packb(value))


def reattach(socket: Path) -> str:
    """The value of TF_REATTACH_PROVIDERS with which Terraform uses this process as the provider."""
    return json.dumps(
        {
            SOURCE: {
                "Protocol": "grpc",
                "ProtocolVersion": 6,
                "Pid": os.getpid(),
                "Test": True,
                "Addr": {"Network": "unix", "String": str(socket)},
            }
        }
    )


def main(schema_file: str, socket: str) -> None:
    """Serve until the standard input closes; print how to reach it once it can be reached."""
    schemas = json.loads(Path(schema_file).read_text())["provider_schemas"][SOURCE]
    server = grpc.server(
        ThreadPoolExecutor(max_workers=8), options=[("grpc.max_send_message_length", -1)]
    )
    rpc.add_ProviderServicer_to_server(ProviderDouble(schemas), server)
    server.add_insecure_port(f"unix://{socket}")
    server.start()
    print(reattach(Path(socket)), flush=True)  # noqa: T201 - the answer to whoever started it
    sys.stdin.read()
    server.stop(grace=0).wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
