"""A provider as an engine starts it: a process that says its port, and is asked by gRPC."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from tests.engine.control import CONTROL
from tests.support.paths import PATIENCE, ROOT

__all__ = ["Plugin"]


class Plugin:
    """The provider of a module; `cloud` is the environment by which it finds its cloud."""

    def __init__(self, module: str, directory: Path, **cloud: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, "127.0.0.1:1"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT), CONTROL: str(directory), **cloud},
        )
        assert self.process.stdout is not None
        port = int(self.process.stdout.readline())
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self.ask: Any = provider_pb2_grpc.ResourceProviderStub(self._channel)

    def close(self) -> None:
        self._channel.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE)
        assert self.process.stdout is not None
        self.process.stdout.close()
