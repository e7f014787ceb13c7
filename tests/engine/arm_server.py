"""The small ARM as something to talk to: over HTTP on loopback, and Azure's own client for it.

Knows: HTTP, and how ARM tells of operations that go on. Must not know: what ARM refuses.

It is served by a thread of the test, so it ends with the test, however that ends. Plugins of other
processes reach it as they would Azure.

HTTP without TLS: azure-mgmt-network sends no token then, and none is asked for (azure.md 6).
"""

import json
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, cast

from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from tests.engine.arm import SUBSCRIPTION, Answer, Arm, error
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from azure.mgmt.network import NetworkManagementClient

__all__ = ["ROOT", "client", "serving"]


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


class _Application:
    def __init__(self, arm: Arm) -> None:
        self._arm = arm

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        request = Request(environ)
        return self._response(request, self._answer(request))(environ, start)

    def _answer(self, request: Request) -> Answer:
        if "api-version" not in request.args:
            return error(400, "MissingApiVersionParameter", "The api-version query is required.")
        try:
            body = json.loads(request.get_data() or b"null")
        except ValueError:
            return error(400, "InvalidRequestContent", "The request content was invalid.")
        return self._arm.answer(request.method, request.path, body)

    def _response(self, request: Request, answer: Answer) -> Response:
        text = "" if answer.body is None else json.dumps(answer.body)
        response = Response(text, answer.status, content_type="application/json; charset=utf-8")
        if answer.operation is not None:
            at = (
                f"{request.host_url}subscriptions/{SUBSCRIPTION}/providers/Microsoft.Network/"
                "locations/anywhere"
            )
            version = request.args["api-version"]
            response.headers["Azure-AsyncOperation"] = (
                f"{at}/operations/{answer.operation}?api-version={version}"
            )
            response.headers["Retry-After"] = "0"
            if request.method == "DELETE":
                response.headers["Location"] = (
                    f"{at}/operationResults/{answer.operation}?api-version={version}"
                )
        return response


@contextmanager
def serving(arm: Arm) -> Generator[str]:
    """The endpoint of that ARM, served by a thread of this process while the block runs."""
    server: Any = make_server(
        "127.0.0.1", 0, _Application(arm), threaded=True, request_handler=_Quiet
    )
    # So that closing it waits for whoever is still being answered.
    server.daemon_threads = False
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _NoToken:
    """azure-mgmt-network wants a credential; without TLS it sends none."""

    def get_token(self, *_scopes: str, **_: Any) -> Any:
        from azure.core.credentials import AccessToken

        return AccessToken("none", int(time.time()) + 3600)


#: No one waits for an operation that has ended, and nothing is tried twice: a test wants the answer.
_AT_ONCE: Final[dict[str, Any]] = {
    "polling_interval": 0,
    "retry_total": 0,
    "use_env_settings": False,
}


@contextmanager
def client(endpoint: str) -> "Generator[NetworkManagementClient]":
    """Azure's own client, as one who knows nothing of the provider."""
    from azure.core.pipeline.policies import SansIOHTTPPolicy
    from azure.mgmt.network import NetworkManagementClient

    with NetworkManagementClient(
        _NoToken(),
        SUBSCRIPTION,
        base_url=endpoint,
        authentication_policy=cast(Any, SansIOHTTPPolicy()),
        **_AT_ONCE,
    ) as made:
        yield made
