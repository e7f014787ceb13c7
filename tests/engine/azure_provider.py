"""`pulumi-resource-azure-native` for tests: calls to ARM are logged, and disturbed where a test wants that.

Knows: how azure-native asks ARM, waits and tries again, and how it compares (azure.md 5;
pulumi/pulumi-azure-native, `provider/pkg/{azure/client_azcore,provider/provider,provider/diff}.go`).
Must not know: what the calls are for (tests/engine/azure_kinds.py).

`python -m tests.engine.azure_provider ENGINE` is the plugin. Where ARM is, the environment says.
"""

import hashlib
import http.client
import json
import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import urlsplit

from pulumi.runtime.proto import provider_pb2

from tests.engine.arm import SUBSCRIPTION
from tests.engine.azure_interfaces import NetworkInterface
from tests.engine.azure_kinds import (
    ApplicationSecurityGroup,
    ArmClient,
    ArmError,
    ArmKind,
    Json,
    NetworkSecurityGroup,
)
from tests.engine.control import CONTROL, Control, Fault
from tests.engine.provider import DEFAULTS, Kind, Provider, Values, plain, serve, struct
from tests.support.paths import PATIENCE

__all__ = ["API_VERSION", "ENDPOINT", "VERSION", "AzureProvider"]

#: The version of the SDK, and so of the provider that our program asks for.
VERSION: Final = "3.29.0"

#: Of all three resources that the SDK has for network security groups.
API_VERSION: Final = "2024-05-01"

#: The environment variable with ARM's address.
ENDPOINT: Final = "EXCHANGE_PORTS_TEST_ARM"

#: Among the inputs: a replacement creates first. The provider says so only where it chose the name
#: itself (provider.go `createBeforeDeleteFlag`).
CREATE_FIRST: Final = "__createBeforeDelete"

_AUTONAME_DIGITS: Final = 8

#: Seconds before an attempt is repeated: the real ones are 20, 60 and 120 (azure.md 5).
_WAITS: Final = (0.02, 0.06, 0.12)
_AGAIN: Final = (408, 429, 500, 502, 503, 504)
_BUSY: Final = "AnotherOperationInProgress"


class AzureProvider(Provider):
    """The provider, with ARM at `endpoint`."""

    version = VERSION
    refusals = (ArmError, OSError, RuntimeError)

    def __init__(self, control: Control, endpoint: str) -> None:
        super().__init__()
        self._client = _Client(control, endpoint)

    def connect(self, settings: Values) -> Iterable[Kind]:
        self._client.subscription = str(settings.get("subscriptionId") or SUBSCRIPTION)
        kinds = (ApplicationSecurityGroup, NetworkSecurityGroup, NetworkInterface)
        return [kind(self._client) for kind in kinds]

    def Check(self, request: Any, context: Any) -> Any:
        answer = super().Check(request, context)
        kind = self._kind(request.urn, context)
        inputs, olds = plain(answer.inputs), plain(request.olds)
        if kind.named is not None and kind.named in inputs[DEFAULTS]:
            if kind.named not in olds:
                name = str(request.urn).rpartition("::")[2]
                digits = hashlib.sha256(cast(bytes, request.randomSeed)).hexdigest()
                # Without a dash, unlike the bridge's.
                inputs[kind.named] = f"{name}{digits[:_AUTONAME_DIGITS]}"
                inputs[CREATE_FIRST] = True
            elif CREATE_FIRST in olds:
                inputs[CREATE_FIRST] = olds[CREATE_FIRST]
            answer.inputs.CopyFrom(struct(inputs))
        return answer

    def Diff(self, request: Any, context: Any) -> Any:
        # Inputs are compared with inputs: what ARM adds is no difference.
        asked = provider_pb2.DiffRequest()
        asked.CopyFrom(request)
        asked.olds.CopyFrom(request.old_inputs)
        answer = super().Diff(asked, context)
        created_first = plain(request.old_inputs).get(CREATE_FIRST, False)
        answer.deleteBeforeReplace = bool(answer.replaces) and not created_first
        return answer

    def Read(self, request: Any, context: Any) -> Any:
        answer = super().Read(request, context)
        kind = self._kind(request.urn, context)
        if not answer.id or not isinstance(kind, ArmKind):
            return answer
        inputs, state = plain(request.inputs), plain(request.properties)
        found = kind.projected(plain(answer.properties))
        if state:
            # Only what changed since the last look, laid over what the program wrote: what ARM makes
            # of an input is no drift (provider.go `Read`, diff.go `applyDiff`).
            found = _laid_over(inputs, kind.projected(state), found)
        else:
            nothing: list[str] = []
            kept = {key: _without_empty(value) for key, value in found.items()}
            found = {**kind.inputs_of_path(request.id), **kept, DEFAULTS: nothing}
        answer.inputs.CopyFrom(struct(found))
        return answer


def _laid_over(inputs: Any, before: Any, after: Any) -> Any:
    """`inputs` with what changed from `before` to `after`; lists are compared place by place."""
    if before == after:
        return inputs
    if isinstance(inputs, dict) and isinstance(before, dict) and isinstance(after, dict):
        ours, old, new = cast("tuple[Json, Json, Json]", (inputs, before, after))
        merged = {key: value for key, value in ours.items() if key in new or key not in old}
        for key, value in new.items():
            if key not in old or (key in old and old[key] != value):
                merged[key] = _laid_over(ours[key], old.get(key), value) if key in ours else value
        return merged
    if isinstance(inputs, list) and isinstance(before, list) and isinstance(after, list):
        lists = cast("tuple[list[Any], list[Any], list[Any]]", (inputs, before, after))
        known = min(len(lists[0]), len(lists[1]))
        return [
            _laid_over(lists[0][at], lists[1][at], value) if at < known else value
            for at, value in enumerate(lists[2])
        ]
    return after


def _without_empty(value: Any) -> Any:
    """What an import takes as written by a program: no empty list or map, at any depth; None if nothing
    is left (convert.go `removeEmptyCollections`)."""
    if isinstance(value, dict):
        each = ((key, _without_empty(item)) for key, item in cast(Json, value).items())
        return {key: item for key, item in each if item is not None} or None
    if isinstance(value, list):
        items = (_without_empty(item) for item in cast("list[Any]", value))
        return [item for item in items if item is not None] or None
    return value


class _Client(ArmClient):
    """ARM by plain HTTP. Every attempt is logged, and disturbed where a test wants that."""

    subscription = SUBSCRIPTION

    def __init__(self, control: Control, endpoint: str) -> None:
        self._control = control
        self._host = urlsplit(endpoint).netloc

    def call(self, method: str, path: str, body: Json | None = None) -> Json:
        status, answer, operation = self._tried(method, path, body)
        if status >= 400:
            raise _error(status, answer)
        while operation is not None:
            _, answer_of_it, _ = self._tried("GET", operation, None)
            state = answer_of_it.get("status")
            if state == "Succeeded":
                break
            if state != "InProgress":
                raise _error(status, answer_of_it)
            time.sleep(_WAITS[0])
        return answer

    def _tried(self, method: str, path: str, body: Json | None) -> tuple[int, Json, str | None]:
        for wait in (*_WAITS, None):
            status, answer, operation = self._once(method, path, body)
            busy = status == 409 and _code(answer) == _BUSY
            if wait is None or not (busy or status in _AGAIN):
                return status, answer, operation
            time.sleep(wait)
        raise AssertionError("unreachable: the last attempt returns")

    def _once(self, method: str, path: str, body: Json | None) -> tuple[int, Json, str | None]:
        number, fault = self._control.before(
            method, {"path": path, **({"body": body} if body else {})}
        )
        if fault is not None:
            status, answer = _refusal(fault)
            self._control.after(number, _code(answer))
            return status, answer, None
        try:
            status, answer, operation = self._sent(method, path, body)
        except OSError as broken:
            self._control.after(number, str(broken))
            raise
        self._control.after(number, _code(answer) if status >= 400 else None)
        return status, answer, operation

    def _sent(self, method: str, path: str, body: Json | None) -> tuple[int, Json, str | None]:
        connection = http.client.HTTPConnection(self._host, timeout=PATIENCE)
        try:
            query = "" if "?" in path else f"?api-version={API_VERSION}"
            connection.request(
                method,
                f"{path}{query}",
                None if body is None else json.dumps(body),
                {"content-type": "application/json; charset=utf-8"},
            )
            response = connection.getresponse()
            text = response.read()
            operation = response.getheader("Azure-AsyncOperation")
        finally:
            connection.close()
        parts = urlsplit(operation) if operation else None
        return (
            response.status,
            cast(Json, json.loads(text)) if text else {},
            f"{parts.path}?{parts.query}" if parts else None,
        )


def _code(answer: Mapping[str, Any]) -> str | None:
    return cast(Json, answer.get("error") or {}).get("code")


def _error(status: int, answer: Json) -> ArmError:
    reported = cast(Json, answer.get("error") or {})
    return ArmError(status, str(reported.get("code")), str(reported.get("message")))


def _refusal(fault: Fault) -> tuple[int, Json]:
    code, status = ("RetryableError", 429) if fault.do == "throttle" else (fault.code, 403)
    return status, {"error": {"code": code, "message": "as the test wants it"}}


def main() -> None:
    control = Control(Path(os.environ[CONTROL]))
    serve(AzureProvider(control, os.environ[ENDPOINT]), control)


if __name__ == "__main__":
    main()
