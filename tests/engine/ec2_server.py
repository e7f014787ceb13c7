"""The guarded EC2 as something to talk to: in this process, or as a server process of its own.

Knows: HTTP. Must not know: what EC2 refuses.

`python -m tests.engine.ec2_server REGION [JOURNAL]` prints one line, its port on 127.0.0.1, and ends
when its standard input does: so it never outlives the test that started it, however that ended. Into
JOURNAL goes what EC2 holds after each call that changed something.
"""

import copy
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import parse_qs

# Neither boto3 nor botocore has types of its own: whoever needs something of them takes it from here.
import boto3  # pyright: ignore[reportMissingTypeStubs]
from botocore.awsrequest import AWSResponse  # pyright: ignore[reportMissingTypeStubs]
from botocore.config import Config  # pyright: ignore[reportMissingTypeStubs]
from botocore.exceptions import (  # pyright: ignore[reportMissingTypeStubs]
    BotoCoreError,
    ClientError,
)
from moto.core.request import Request
from moto.ec2.models import ec2_backends
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.engine.ec2 import Guard
from tests.engine.ec2_lists import ONE_AT_A_TIME
from tests.engine.snapshots import READS, Snapshot, taken
from tests.support.paths import PATIENCE, ROOT

__all__ = [
    "ACCOUNT",
    "REFUSED",
    "REGION",
    "ROOT",
    "AWSResponse",
    "BotoCoreError",
    "ClientError",
    "client",
    "forget_everything",
    "kept",
    "response",
    "served",
    "watched",
]

ACCOUNT: Final = "123456789012"
REGION: Final = "eu-west-1"

#: The header of a request that somebody else has answered.
REFUSED: Final = "x-test-refused"

#: botocore wants some; the guard asks for none.
_KEYS: Final = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}


@cache
def _session() -> Any:
    """One for all clients: each session reads the model of EC2 again, megabytes of JSON."""
    return cast(Any, boto3).session.Session(**_KEYS)


def client(endpoint: str | None = None, region: str = REGION, attempts: int = 4) -> Any:
    """A boto3 client of the guarded EC2: at an endpoint, or of the one in this process.

    `attempts` is how often botocore tries a call that is throttled.
    """
    made = _session().client(
        "ec2",
        region_name=region,
        endpoint_url=endpoint or "http://ec2.invalid",
        config=Config(
            retries={"mode": "standard", "total_max_attempts": attempts},
            proxies={},
            parameter_validation=False,
        ),
    )
    if endpoint is None:
        # Last, so that whoever watches or disturbs the calls comes before.
        made.meta.events.register_last("before-send.ec2.*", _answered_here)
    return made


def forget_everything(region: str = REGION) -> None:
    """Leave nothing of what was made in this process but what every account has.

    moto's own `reset` reads the catalogue of images again, for a second each time.
    """
    backend: Any = ec2_backends[ACCOUNT][region]
    home = backend.default_vpc.id
    for made in (backend.enis, backend.vpc_pcxs):
        made.clear()
    for vpc_id in [one for one in backend.vpcs if one != home]:
        del backend.vpcs[vpc_id]
        backend.groups.pop(vpc_id, None)
        for subnets in backend.subnets.values():
            for one in [one for one, subnet in subnets.items() if subnet.vpc_id == vpc_id]:
                del subnets[one]
    for one, group in list(backend.groups[home].items()):
        if not group.is_default:
            del backend.groups[home][one]
    for one, prefixes in list(backend.managed_prefix_lists.items()):
        if prefixes.resource_owner_id != "AWS":
            del backend.managed_prefix_lists[one]
    # moto looks for a thing's tags among those of all things.
    backend.tags.clear()


def kept(region: str = REGION) -> Callable[[], None]:
    """Keep what EC2 holds in this process. What is given back makes it hold that again, and nothing else.

    To make a stack takes hundreds of calls, and tests begin with the same few stacks.
    """
    backend: Any = ec2_backends[ACCOUNT][region]

    def copied(held: dict[str, Any]) -> dict[str, Any]:
        # Together, since interfaces hold their groups; the backend that each thing knows is still this one.
        return copy.deepcopy(held, {id(backend): backend})

    held = copied({each: getattr(backend, each) for each in _HELD})

    def again() -> None:
        for each, value in copied(held).items():
            setattr(backend, each, value)

    return again


#: Where moto keeps what programs of ours make.
_HELD: Final = ("enis", "vpcs", "groups", "subnets", "managed_prefix_lists", "tags", "vpc_pcxs")


def _answered_here(request: Any, **_: object) -> AWSResponse | None:
    if REFUSED in request.headers:
        return None
    status, headers, body = _answer(
        Request.from_primitives(
            str(request.method), str(request.url), _text(request.headers), _bytes(request.body)
        )
    )
    return response(str(request.url), status, headers, body)


def response(url: str, status: int, headers: Mapping[str, str], body: bytes) -> AWSResponse:
    """An answer as botocore takes it from the wire."""
    return AWSResponse(url, status, cast(Any, headers), cast(Any, _Body(body)))


class _Body:
    """What botocore reads a body from."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: object) -> Iterator[bytes]:
        yield self._body


def _bytes(body: object) -> bytes:
    return body if isinstance(body, bytes) else str(body or "").encode()


def _text(headers: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: value.decode() if isinstance(value, bytes) else str(value)
        for name, value in headers.items()
    }


#: Each is told of every call that EC2 took and that changed something, and of the group that it named,
#: before EC2 takes another one.
_WATCHING: Final[list[Callable[[str, str], None]]] = []


def _answer(request: Any) -> tuple[int, dict[str, str], bytes]:
    asked = parse_qs(_bytes(request.get_data()).decode())
    call, group = (asked.get(each, [""])[0] for each in ("Action", "GroupId"))
    with ONE_AT_A_TIME:
        status, headers, body = Guard.dispatch(request, request.url, request.headers)
        if int(status) < 400 and not call.startswith(READS):
            for tell in _WATCHING:
                tell(call, group)
    return int(status), headers, _bytes(body)


@contextmanager
def watched(region: str = REGION) -> Generator[list[Snapshot]]:
    """What the EC2 of this process holds after each call, from now to the end of this block."""
    seen: list[Snapshot] = []
    ec2 = client(region=region)

    def tell(call: str, group: str) -> None:
        seen.append(taken(ec2, call, seen[-1] if seen else None, group))

    _WATCHING.append(tell)
    try:
        yield seen
    finally:
        _WATCHING.remove(tell)


# ---- as a process ----


@contextmanager
def served(region: str = REGION, journal: Path | None = None) -> Generator[str]:
    """The endpoint of a guarded EC2 in a process of its own, which ends with this block.

    `journal` gets what it holds after each call (tests/engine/snapshots.py, `kept_in`).
    """
    with subprocess.Popen(
        [
            *(sys.executable, "-m", "tests.engine.ec2_server", region),
            *([] if journal is None else [str(journal)]),
        ],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            port = int(process.stdout.readline())
            yield f"http://127.0.0.1:{port}"
        finally:
            process.stdin.close()
            process.wait(PATIENCE)


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


def _application(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
    status, _, body = _answer(Request(environ))
    start(
        f"{status} {'OK' if status < 400 else 'Refused'}",
        [("content-type", "text/xml"), ("content-length", str(len(body)))],
    )
    return [body]


def main() -> None:
    region, *journals = sys.argv[1:]
    ec2 = client(region=region)
    for journal in map(Path, journals):
        last: list[Snapshot] = []

        def tell(
            call: str, group: str, journal: Path = journal, last: list[Snapshot] = last
        ) -> None:
            last[:] = [taken(ec2, call, last[0] if last else None, group)]
            with journal.open("a") as file:
                file.write(f"{last[0]}\n")

        _WATCHING.append(tell)
    server = make_server("127.0.0.1", 0, _application, threaded=True, request_handler=_Quiet)
    print(server.port, flush=True)
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    sys.stdin.buffer.read()
    server.shutdown()
    serving.join()
    server.server_close()


if __name__ == "__main__":
    main()
