"""The plugin's process: an engine asks it for the schema, and to construct the component.

Built on the SDK's own server, which knows how an engine is spoken to. What differs: how inputs are read
(`values`), and that findings are the whole error, without a traceback and without words of the SDK.
"""

import argparse
import asyncio
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final, cast

import grpc
import pulumi
from google.protobuf import struct_pb2
from pulumi.provider import Provider
from pulumi.provider.provider import ConstructResult
from pulumi.provider.server import ProviderServicer
from pulumi.resource import DependencyProviderResource
from pulumi.runtime import proto
from pulumi.runtime.proto import provider_pb2_grpc

from exchange_ports import __version__
from exchange_ports.component import TYPE, ExchangeFirewall, ExchangeFirewallArgs
from exchange_ports.component.arguments import AwsNetworkArgs, AzureNetworkArgs
from exchange_ports.plugin.schema import plugin_schema
from exchange_ports.plugin.spelling import camel_case, topology_fields, with_fields
from exchange_ports.plugin.values import inputs_of

#: The arguments that are mappings with fields of their own, by network, and these fields.
_FIELDS: Final[Mapping[str, Mapping[str, Any]]] = {
    "aws_networks": AwsNetworkArgs.__annotations__,
    "azure_networks": AzureNetworkArgs.__annotations__,
}
#: The arguments that must be known before anything is registered.
_TOPOLOGIES: Final = ("topology", "previous")


class ExchangeFirewallProvider(Provider):
    """Constructs the component for programs in any language."""

    def __init__(self) -> None:
        """Take version and schema of this package."""
        super().__init__(__version__, plugin_schema())

    def construct(
        self,
        name: str,
        resource_type: str,
        inputs: Mapping[str, Any],
        options: pulumi.ResourceOptions | None = None,
    ) -> ConstructResult:
        """Construct one ExchangeFirewall.

        :raises TopologyError: as the component.
        """
        if resource_type != TYPE:
            raise pulumi.RunError(f"Unknown resource type {resource_type}; there is {TYPE}.")
        args = cast("ExchangeFirewallArgs", arguments(inputs))
        made = ExchangeFirewall(name, args, options)
        return ConstructResult(made.urn, outputs(made))


def arguments(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The component's arguments, from those of another language."""
    args = cast("dict[str, Any]", with_fields(inputs, ExchangeFirewallArgs.__annotations__))
    for argument, fields in _FIELDS.items():
        networks: Any = args.get(argument)
        if isinstance(networks, Mapping):
            several = cast("Mapping[str, Any]", networks)
            args[argument] = {key: with_fields(each, fields) for key, each in several.items()}
    for argument in _TOPOLOGIES:
        if argument in args:
            args[argument] = topology_fields(args[argument])
    return args


def outputs(made: ExchangeFirewall) -> dict[str, Any]:
    """The component's outputs under the names of the schema."""
    return {
        "servers": {
            server: groups.apply(_in_camel_case) for server, groups in made.servers.items()
        },
        "zones": {network: dict(zones) for network, zones in made.zones.items()},
        "groups": {network: dict(groups) for network, groups in made.groups.items()},
        "handover": [_in_camel_case(entry) for entry in made.handover],
    }


def _in_camel_case(data: Any) -> Any:
    """A record with its fields in the case of the schema; fields without a value are left out."""
    if isinstance(data, Mapping):
        record = cast("Mapping[str, Any]", data)
        return {camel_case(k): _in_camel_case(v) for k, v in record.items() if v is not None}
    if isinstance(data, list | tuple):
        return [_in_camel_case(each) for each in cast("list[Any]", data)]
    return data


class _Servicer(ProviderServicer):
    """The SDK's server, with inputs and errors as described above."""

    @staticmethod
    async def _construct_inputs(
        inputs: struct_pb2.Struct, input_dependencies: Any
    ) -> dict[str, Any]:
        return inputs_of(inputs, {key: each.urns for key, each in input_dependencies.items()})

    @staticmethod
    def _construct_options(request: proto.ConstructRequest) -> pulumi.ResourceOptions:
        """As the SDK, but providers by their references: it would look each up, with its SDK."""
        asked = proto.ConstructRequest()
        asked.CopyFrom(request)
        asked.ClearField("providers")
        options = ProviderServicer._construct_options(asked)
        options.providers = {
            package: DependencyProviderResource(ref) for package, ref in request.providers.items()
        }
        return options

    async def Construct(  # noqa: N802 - a method of the protocol
        self, request: proto.ConstructRequest, context: Any
    ) -> proto.ConstructResponse:
        try:
            return await cast("Any", super())._construct(request, context)
        except pulumi.RunError as refused:
            # Findings, or what Pulumi refuses: the message is all there is to know.
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(refused))
            raise


def serve() -> None:
    """Answer an engine until it ends this process."""
    parser = argparse.ArgumentParser(description="The Pulumi plugin exchange-ports")
    parser.add_argument("engine", help="the address of the engine")
    asked, _ = parser.parse_known_args()

    async def answer() -> None:
        server = grpc.aio.server(options=_NO_LIMITS)
        servicer = _Servicer(ExchangeFirewallProvider(), sys.argv[1:], asked.engine)
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        print(port, flush=True)
        await server.wait_for_termination()

    # How an engine ends a plugin that does not end by itself.
    with suppress(KeyboardInterrupt):
        asyncio.run(answer())


#: As the SDK sets it for its own servers: topologies and states may be large.
_NO_LIMITS: Final = [("grpc.max_receive_message_length", 400 * 2**20)]
