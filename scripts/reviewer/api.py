"""A forge's REST API, as much of it as one comment needs.

Errors say what to do. What passes by itself is for trying again: limits of the rate, and the forge's own
faults. Redirects are not followed, since the token would go along.
"""

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from email.message import Message
from typing import IO, Final, NoReturn, cast
from urllib.parse import urlsplit

from saying import Stopped, note, one_line

__all__ = ["Again", "Api", "field", "listed", "pages"]

_SECONDS: Final = 30
_MOST_BYTES: Final = 32 * 1024 * 1024
#: The longest that a forge may ask us to wait; a job has few minutes.
_MOST_PATIENCE: Final = 60.0
_TOO_MANY: Final = 429
_ITS_FAULT: Final = 500

#: Comments are read in pages. Ours is among the first; no one makes us read without end by commenting
#: without end.
_PER_PAGE: Final = 100
_MOST_PAGES: Final = 50

#: Why a forge refuses, and the way out; `{needed}` is what its token has to be allowed.
#: https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api
_WHY: Final[Mapping[int, str]] = {
    301: "the repository was renamed; run this from the new name",
    401: "the token is not valid, or has expired",
    403: "the token may not do this: {needed}",
    404: "it does not exist, or the token has no access to it: {needed}",
    422: "it rejects the text",
}


class Again(Exception):
    """Not now; perhaps after so many seconds. The text is what is said when it does not get better."""

    def __init__(self, text: str, seconds: float | None) -> None:
        """`seconds`: how long we are asked to wait, if we are."""
        super().__init__(text)
        self.seconds = seconds


class Api:
    """A REST API that speaks JSON."""

    def __init__(self, base: str, headers: Mapping[str, str], name: str, needed: str) -> None:
        """`base`: its address. `headers`: with the token. `needed`: what that has to be allowed.

        :raises Stopped: that is no address of HTTP.
        """
        if urlsplit(base).scheme not in ("https", "http"):
            raise Stopped(f"The API of {name} has no address of HTTP: {one_line(base)}")
        self._base = base
        self._headers = {**headers, "User-Agent": "exchange-ports"}
        self._name, self._needed = name, needed
        self._opener = urllib.request.build_opener(_NoRedirects)

    def get(self, path: str) -> tuple[object, bool]:
        """What stands at a path, and whether there is a page after it.

        :raises Again: it is to be asked later.
        :raises Stopped: the forge refuses.
        """
        answer, links = self._ask("GET", path)
        return answer, 'rel="next"' in links

    def send(self, method: str, path: str, data: Mapping[str, object]) -> None:
        """Send some data to a path.

        :raises Again: it is to be asked later; whether it was done is not known.
        :raises Stopped: the forge refuses.
        """
        self._ask(method, path, data)

    def _ask(
        self, method: str, path: str, data: Mapping[str, object] | None = None
    ) -> tuple[object, str]:
        request = urllib.request.Request(  # noqa: S310 the scheme is checked
            f"{self._base}{path}",
            method=method,
            data=None if data is None else json.dumps(data).encode(),
            headers={**self._headers, "Content-Type": "application/json"},
        )
        what = f"{method} {path.partition('?')[0]}"
        try:
            with self._opener.open(request, timeout=_SECONDS) as answer:
                # `open` is typed as returning anything.
                answered = cast("http.client.HTTPResponse", answer)
                content = answered.read(_MOST_BYTES)
                return json.loads(content), answered.headers.get("Link", "")
        except urllib.error.HTTPError as refused:
            self._refused(what, refused)
        except (OSError, http.client.HTTPException, ValueError) as failed:
            why = one_line(str(failed))
            raise Again(f"{what}: no answer from {self._name}: {why}", None) from None

    def _refused(self, what: str, refused: urllib.error.HTTPError) -> NoReturn:
        with refused:
            summary = _message(refused)
            headers = refused.headers
        text = f"{what}: {self._name} answers {refused.code}"
        limited = refused.code == _TOO_MANY or (
            # GitHub's secondary limits come as 403, like a token that may not.
            refused.code == 403  # noqa: PLR2004
            and ("Retry-After" in headers or headers.get("X-RateLimit-Remaining") == "0")
        )
        if limited or refused.code >= _ITS_FAULT:
            why = "too many requests" if limited else "server error"
            raise Again(f"{text}, {why}. Response: {summary}", _patience(headers)) from None
        why = _WHY.get(refused.code, "it rejects the request").format(needed=self._needed)
        raise Stopped(f"{text}: {why}. Response: {summary}") from None


def pages(api: Api, path: str, more: str = "") -> Iterator[object]:
    """What is listed at a path, over all pages.

    :raises Again: it is to be asked later.
    :raises Stopped: the forge refuses.
    """
    for page in range(1, _MOST_PAGES + 1):
        answer, goes_on = api.get(f"{path}?per_page={_PER_PAGE}&page={page}{more}")
        found = listed(answer)
        if found is None:
            raise Again(f"GET {path}: the answer is not a list", None)
        yield from found
        if not goes_on:
            return


def field(answer: object, *names: str) -> object:
    """A field of an answer, through all these names; None where there is none."""
    for name in names:
        if not isinstance(answer, dict):
            return None
        # JSON: names are texts.
        answer = cast("dict[str, object]", answer).get(name)
    return answer


def listed(answer: object) -> list[object] | None:
    """A list in an answer; None where it is something else."""
    return cast("list[object]", answer) if isinstance(answer, list) else None


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> None:
        """No request: the redirect is an error."""


def _message(refused: urllib.error.HTTPError) -> str:
    try:
        content = json.loads(refused.read(_MOST_BYTES))
        return one_line(str(content["message"])) or "nothing"
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return "nothing"


def _patience(headers: Message) -> float | None:
    asked = headers.get("Retry-After")
    until = headers.get("X-RateLimit-Reset")
    try:
        if asked is not None:
            return min(max(float(asked), 0.0), _MOST_PATIENCE)
        if until is not None and headers.get("X-RateLimit-Remaining") == "0":
            return min(max(float(until) - time.time(), 0.0), _MOST_PATIENCE)
    except ValueError:
        note("The header Retry-After or X-RateLimit-Reset is not a number")
    return None
