"""The plugin as an engine starts it: a process of its own, before a recording engine in this process."""

import subprocess
import sys
from collections.abc import Callable, Collection, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast

import grpc
from google.protobuf import struct_pb2
from pulumi.runtime.proto import (
    engine_pb2_grpc,
    provider_pb2,
    provider_pb2_grpc,
    resource_pb2_grpc,
)

from exchange_ports.component import TYPE
from exchange_ports.offline import Registration
from exchange_ports.offline.engine import Engine, Monitor, Tape, plain
from exchange_ports.offline.recording import Logged
from tests.support.paths import PATIENCE, ROOT

__all__ = ["Host", "hosted", "struct"]

PROJECT: Final = "sample"
STACK: Final = "dev"


def struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    made = struct_pb2.Struct()
    made.update(values)
    return made


def _answering(of: Callable[[], object]) -> Callable[[str], Callable[[Any, Any, Any], Any]]:
    """What a gRPC servicer calls, from an object whose methods are named as those of the protocol."""

    def method(name: str) -> Callable[[Any, Any, Any], Any]:
        return lambda _self, request, _context: getattr(of(), name)(request)

    return method


@dataclass
class Host:
    """A running plugin. Each component is constructed before an empty tape."""

    plugin: Any
    engine: str
    tape: Tape = field(default_factory=lambda: Tape(PROJECT, STACK, {}))

    def construct(
        self,
        inputs: Mapping[str, Any],
        dependencies: Mapping[str, Collection[str]] | None = None,
        **fields: Any,
    ) -> dict[str, object]:
        """Construct the component `exchange`, as an engine asks for it. The outputs, as plain data.

        :raises grpc.RpcError: the plugin refuses.
        """
        self.tape = Tape(PROJECT, STACK, {})
        kind = provider_pb2.ConstructRequest.PropertyDependencies
        asked: dict[str, Any] = {"type": TYPE, "name": "exchange", **fields}
        request = provider_pb2.ConstructRequest(
            project=PROJECT,
            stack=STACK,
            dryRun=True,
            monitorEndpoint=self.engine,
            parent=self.tape.stack_urn,
            inputs=struct(inputs),
            inputDependencies={k: kind(urns=v) for k, v in (dependencies or {}).items()},
            **asked,
        )
        answer = self.plugin.Construct(request, timeout=PATIENCE)
        return plain(answer.state)[0]

    def refused(self, inputs: Mapping[str, Any]) -> str:
        """What the plugin says of inputs that it refuses."""
        try:
            self.construct(inputs)
        except grpc.RpcError as refused:
            found: Any = refused
            return str(found.details())
        raise AssertionError("the plugin constructed a component")

    @property
    def registrations(self) -> tuple[Registration, ...]:
        return self.tape.registrations()

    @property
    def logs(self) -> list[Logged]:
        return self.tape.logs


@contextmanager
def hosted(directory: Path = ROOT / "plugin") -> Generator[Host]:
    """A plugin while the block runs."""
    server = grpc.server(ThreadPoolExecutor(4))
    found: list[Host] = []
    monitor = _answering(lambda: Monitor(found[0].tape))
    engine = _answering(lambda: Engine(found[0].tape))
    stub: Any = resource_pb2_grpc.ResourceMonitorServicer
    names = [name for name in cast("Mapping[str, Any]", vars(stub)) if name[0].isupper()]
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(
        type("M", (stub,), {name: monitor(name) for name in names})(), server
    )
    base: Any = engine_pb2_grpc.EngineServicer
    engine_pb2_grpc.add_EngineServicer_to_server(
        type("E", (base,), {name: engine(name) for name in ("Log", "RequirePulumiVersion")})(),
        server,
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    address = f"127.0.0.1:{port}"
    process = subprocess.Popen(
        [sys.executable, str(directory), address], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        channel = grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}")
        found.append(Host(provider_pb2_grpc.ResourceProviderStub(channel), address))
        yield found[0]
        channel.close()
    finally:
        process.kill()
        process.wait(PATIENCE)
        assert process.stdout is not None
        process.stdout.close()
        server.stop(None).wait()
