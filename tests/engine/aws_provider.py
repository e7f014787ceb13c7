"""`pulumi-resource-aws` for tests: boto3's calls are logged, and disturbed where a test wants that.

Knows: how boto3 sends a call. Must not know: what the calls are for (tests/engine/aws_kinds.py).

`python -m tests.engine.aws_provider ENGINE` is the plugin. Where EC2 is, the environment says.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from threading import local
from typing import Any, ClassVar, Final
from urllib.parse import parse_qsl

from tests.engine import ec2_server
from tests.engine.aws_interfaces import NetworkInterface, NetworkInterfaceAttachment
from tests.engine.aws_kinds import (
    Ec2Kind,
    EgressRule,
    IngressRule,
    ManagedPrefixList,
    RulesExclusive,
    SecurityGroup,
)
from tests.engine.aws_places import Subnet, Vpc
from tests.engine.control import CONTROL, Control, Fault
from tests.engine.ec2_server import AWSResponse, BotoCoreError, ClientError
from tests.engine.provider import Kind, Provider, Values, serve

__all__ = ["ENDPOINT", "VERSION", "AwsProvider"]

#: The version of the SDK, and so of the provider that our program asks for.
VERSION: Final = "7.51.1"

#: The environment variable with EC2's address; without it, EC2 is in this process.
ENDPOINT: Final = "EXCHANGE_PORTS_TEST_EC2"


class AwsProvider(Provider):
    """The provider, with EC2 at `endpoint`, or in this process."""

    version = VERSION
    refusals = (ClientError, BotoCoreError, RuntimeError)
    kinds: ClassVar[tuple[type[Ec2Kind], ...]] = (
        SecurityGroup,
        IngressRule,
        EgressRule,
        ManagedPrefixList,
        NetworkInterface,
        NetworkInterfaceAttachment,
        RulesExclusive,
        Vpc,
        Subnet,
    )

    def schema(self) -> dict[str, Any]:
        """As much of it as programs in YAML need: names and the types of inputs."""
        return _schema(self.kinds)

    def __init__(self, control: Control, endpoint: str | None = None) -> None:
        super().__init__()
        self._control = control
        self._endpoint = endpoint

    def connect(self, settings: Values) -> Iterable[Kind]:
        ec2 = ec2_server.client(self._endpoint, settings.get("region", ec2_server.REGION))
        _Watched(self._control).listen(ec2)
        return [kind(ec2) for kind in self.kinds]


#: Inputs that are no texts.
_TYPES: Final = {
    "cidrBlocks": {"type": "array", "items": {"type": "string"}},
    "privateIps": {"type": "array", "items": {"type": "string"}},
    "securityGroups": {"type": "array", "items": {"type": "string"}},
    "tags": {"type": "object", "additionalProperties": {"type": "string"}},
}


def _schema(kinds: Iterable[type[Kind]]) -> dict[str, Any]:
    resources: dict[str, Any] = {}
    for kind in kinds:
        inputs = {name: _TYPES.get(name, {"type": "string"}) for name in sorted(kind.inputs)}
        resources[kind.token] = {
            "inputProperties": inputs,
            "requiredInputs": sorted(kind.required),
            "properties": inputs,
        }
    # `aws:ec2:Vpc` is short for `aws:ec2/vpc:Vpc`.
    module = {"moduleFormat": "(.*)(?:/[^/]*)"}
    return {"name": "aws", "version": VERSION, "meta": module, "resources": resources}


class _Watched:
    """Every attempt of a client is logged, and disturbed where a test wants that."""

    def __init__(self, control: Control) -> None:
        self._control = control
        #: The call that this thread makes.
        self._now = local()

    def listen(self, ec2: Any) -> None:
        ec2.meta.events.register_first("before-send.ec2.*", self._before)
        ec2.meta.events.register("response-received.ec2.*", self._after)

    def _before(self, request: Any, event_name: str, **_: object) -> AWSResponse | None:
        body = request.body
        sent = dict(parse_qsl(body.decode() if isinstance(body, bytes) else str(body or "")))
        for always in ("Action", "Version"):
            sent.pop(always, None)
        self._now.call, fault = self._control.before(event_name.rpartition(".")[2], sent)
        if fault is None:
            return None
        # botocore asks all who listen, so the EC2 of this process must be told to keep quiet.
        request.headers[ec2_server.REFUSED] = "yes"
        return _refusal(str(request.url), fault)

    def _after(self, parsed_response: Any, exception: Any, **_: object) -> None:
        code: Any = parsed_response["Error"]["Code"] if "Error" in (parsed_response or ()) else None
        self._control.after(self._now.call, code or (str(exception) if exception else None))


def _refusal(url: str, fault: Fault) -> AWSResponse:
    code, status = ("RequestLimitExceeded", 503) if fault.do == "throttle" else (fault.code, 403)
    body = (
        f"<Response><Errors><Error><Code>{code}</Code><Message>as the test wants it</Message>"
        "</Error></Errors><RequestID>0</RequestID></Response>"
    )
    return ec2_server.response(url, status, {"content-type": "text/xml"}, body.encode())


def main() -> None:
    control = Control(Path(os.environ[CONTROL]))
    serve(AwsProvider(control, os.environ[ENDPOINT]), control)


if __name__ == "__main__":
    main()
