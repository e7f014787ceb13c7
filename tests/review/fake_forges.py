"""The forges' APIs on loopback: as much of them as the comment needs, with the faults they have on bad days."""

import json
import re
from base64 import b64encode
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Final, TypeVar
from urllib.parse import parse_qs, urlsplit

__all__ = ["BOT", "FakeAzureDevOps", "FakeForge", "FakeGitHub", "FakeGitLab", "Fault", "running"]

BOT: Final = "github-actions[bot]"
#: https://docs.github.com/en/rest/issues/comments
_MOST_CHARACTERS: Final = 65_536


@dataclass(frozen=True)
class Fault:
    """An answer in place of the right one; `done`: the request was carried out all the same."""

    status: int
    message: str = "no"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    method: str = ""
    done: bool = False
    #: Hang up without an answer.
    silent: bool = False


Answer = tuple[int, Any, dict[str, str]]
_NO: Final[Answer] = (404, {"message": "Not Found"}, {})


@dataclass
class FakeForge:
    """One pull request of one repository."""

    head: str
    number: int = 7
    token: str = "the-token-of-the-job"  # noqa: S105 no secret
    comments: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    faults: list[Fault] = field(default_factory=list[Fault])
    asked: list[str] = field(default_factory=list[str])
    url: str = ""

    def allowed(self, headers: Message) -> bool:
        return headers["Authorization"] == f"Bearer {self.token}"

    def answer(self, method: str, target: str, data: Mapping[str, Any]) -> Answer:
        raise NotImplementedError

    def forge(self, body: str) -> None:
        """A comment that somebody else writes as if it were ours."""
        raise NotImplementedError

    def page(self, target: str) -> Answer:
        query = parse_qs(urlsplit(target).query)
        size, page = int(query["per_page"][0]), int(query["page"][0])
        assert size <= 100
        found = self.comments[(page - 1) * size : page * size]
        more = page * size < len(self.comments)
        link = f'<{self.url}{urlsplit(target).path}?page={page + 1}>; rel="next"' if more else ""
        return 200, found, {"Link": link} if link else {}

    def changed(self, number: int, text: str, key: str = "body") -> Answer:
        for each in self.comments:
            if each["id"] == number:
                each[key] = text
                return 200, each, {}
        return _NO

    @property
    def written(self) -> list[str]:
        return [line for line in self.asked if not line.startswith("GET")]


@dataclass
class FakeGitHub(FakeForge):
    repository: str = "contoso/mail"

    def forge(self, body: str) -> None:
        self.add(body, "mallory")

    def add(self, body: str, login: str = BOT) -> int:
        number = 1_000 + len(self.comments)
        self.comments.append({"id": number, "body": body, "user": {"login": login}})
        return number

    def body(self, number: int) -> str:
        return next(each["body"] for each in self.comments if each["id"] == number)

    def answer(self, method: str, target: str, data: Mapping[str, Any]) -> Answer:
        path = urlsplit(target).path
        base = f"/repos/{self.repository}"
        listing = f"{base}/issues/{self.number}/comments"
        if (method, path) == ("GET", f"{base}/pulls/{self.number}"):
            return 200, {"number": self.number, "head": {"sha": self.head}}, {}
        if (method, path) == ("GET", listing):
            return self.page(target)
        if len(data.get("body", "")) > _MOST_CHARACTERS:
            return 422, {"message": "Validation Failed: body is too long"}, {}
        if (method, path) == ("POST", listing):
            self.add(data["body"])
            return 201, self.comments[-1], {}
        one = re.fullmatch(rf"{re.escape(base)}/issues/comments/([0-9]+)", path)
        return self.changed(int(one[1]), data["body"]) if method == "PATCH" and one else _NO


@dataclass
class FakeGitLab(FakeForge):
    project: int = 42
    us: int = 99

    def allowed(self, headers: Message) -> bool:
        return headers["PRIVATE-TOKEN"] == self.token

    def forge(self, body: str) -> None:
        self.add(body, self.us + 1)

    def add(self, body: str, author: int | None = None) -> None:
        who = {"id": self.us if author is None else author}
        self.comments.append({"id": 500 + len(self.comments), "body": body, "author": who})

    def answer(self, method: str, target: str, data: Mapping[str, Any]) -> Answer:
        path = urlsplit(target).path.removeprefix("/api/v4")
        request = f"/projects/{self.project}/merge_requests/{self.number}"
        one = re.fullmatch(rf"{request}/notes/([0-9]+)", path)
        match method, path:
            case "GET", "/user":
                return 200, {"id": self.us}, {}
            case "GET", _ if path == request:
                return 200, {"iid": self.number, "sha": self.head}, {}
            case "GET", _ if path == f"{request}/notes":
                assert "sort=asc" in target
                return self.page(target)
            case "POST", _ if path == f"{request}/notes":
                self.add(data["body"])
                return 201, self.comments[-1], {}
            case "PUT", _ if one:
                return self.changed(int(one[1]), data["body"])
            case _:
                return _NO


@dataclass
class FakeAzureDevOps(FakeForge):
    """`comments` are the first ones of the threads."""

    repository: str = "0a1b"
    project: str = "Mail%20Systems"
    us: str = "b6e1"

    def allowed(self, headers: Message) -> bool:
        # A personal access token is a password without a user.
        password = b64encode(f":{self.token}".encode()).decode()
        return headers["Authorization"] == f"Basic {password}"

    def forge(self, body: str) -> None:
        self.add(body, "somebody")

    def add(self, body: str, author: str | None = None) -> None:
        who = {"id": author or self.us}
        self.comments.append({"id": 300 + len(self.comments), "content": body, "author": who})

    def answer(self, method: str, target: str, data: Mapping[str, Any]) -> Answer:
        parts = urlsplit(target)
        path = parts.path.removeprefix("/contoso")
        request = (
            f"/{self.project}/_apis/git/repositories/{self.repository}/pullRequests/{self.number}"
        )
        one = re.fullmatch(rf"{request}/threads/([0-9]+)/comments/1", path)
        found: Any = None
        if (method, path) == ("GET", "/_apis/connectionData"):
            return 200, {"authenticatedUser": {"id": self.us}}, {}
        assert parts.query == "api-version=7.1"
        if (method, path) == ("GET", request):
            found = {"lastMergeSourceCommit": {"commitId": self.head}}
        elif (method, path) == ("GET", f"{request}/threads"):
            threads = [{"id": each["id"], "comments": [each | {"id": 1}]} for each in self.comments]
            # Of the system, without comments, and deleted.
            system: list[dict[str, Any]] = [{"id": 1, "comments": []}, {"id": 2}]
            found = {"value": [*system, *threads]}
        elif (method, path) == ("POST", f"{request}/threads"):
            (comment,) = data["comments"]
            assert (data["status"], comment["commentType"]) == (4, 1)
            self.add(comment["content"])
            found = {}
        elif method == "PATCH" and one:
            return self.changed(int(one[1]), data["content"], "content")
        return (200, found, {}) if found is not None else _NO


Fake = TypeVar("Fake", bound=FakeForge)


@contextmanager
def running(forge: Fake) -> Generator[Fake]:
    """The API at `forge.url`, as long as the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        def handle_one(self, method: str) -> None:
            data = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
            forge.asked.append(f"{method} {self.path}")
            fault = next((each for each in forge.faults if each.method in ("", method)), None)
            if not forge.allowed(self.headers):
                status, answer, headers = 401, {"message": "Bad credentials"}, dict[str, str]()
            elif fault is not None:
                forge.faults.remove(fault)
                if fault.done:
                    forge.answer(method, self.path, data)
                if fault.silent:
                    self.close_connection = True
                    return
                status, answer = fault.status, {"message": fault.message}
                headers = dict(fault.headers)
            else:
                status, answer, headers = forge.answer(method, self.path, data)
            content = json.dumps(answer).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def do_GET(self) -> None:
            self.handle_one("GET")

        def do_POST(self) -> None:
            self.handle_one("POST")

        def do_PATCH(self) -> None:
            self.handle_one("PATCH")

        def do_PUT(self) -> None:
            self.handle_one("PUT")

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 its name there
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    forge.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield forge
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
