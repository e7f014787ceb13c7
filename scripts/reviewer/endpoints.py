"""Whether Microsoft publishes newer endpoints that change a rule: the step `endpoints` of a scheduled pipeline.

It asks the web service for its version, and for the endpoints if that is newer, and has `exchange-ports endpoints
diff` compare them. Environment: INSTANCE (worldwide, china, gcc_high, dod), SNAPSHOT (the snapshot in use: a file,
which need not exist yet), WORK (a folder, with the installed libraries in `venv`). What it writes: WORK/out/ with
`snapshot.yaml`, `title` and `difference.md`, and the verdict as an output: `changed`, `same`, or `kept` where there
is no answer. The list in use is never touched. This step has no token.
"""

import http.client
import json
import re
import subprocess
import urllib.error
import urllib.request
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

from forge import setting
from saying import Stopped, note, one_line, show, warning

__all__ = ["newer_endpoints"]

#: https://learn.microsoft.com/microsoft-365/enterprise/microsoft-365-ip-web-service
_SERVICE: Final = "https://endpoints.office.com"
#: What the service calls the instances of ours.
_INSTANCES: Final[Mapping[str, str]] = {
    "worldwide": "Worldwide",
    "china": "China",
    "gcc_high": "USGovGCCHigh",
    "dod": "USGovDoD",
}
_VERSION: Final = re.compile(r"[0-9]{10}")
#: Bytes. The answer for one instance has about 60,000.
_MOST_BYTES: Final = 1024 * 1024
_SECONDS: Final = 30
_SECONDS_OF_THE_TOOL: Final = 120
#: Characters. GitHub refuses longer texts of pull requests.
_MOST_OF_A_TEXT: Final = 60_000
_CHANGED: Final = 1

_WHY: Final[Mapping[int, str]] = {
    400: "it refuses the request, such as a missing or blocked GUID",
    429: "too many requests",
}


class _NoAnswer(Exception):
    """The service gives no list now."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Whoever else answers is not the service."""

    def redirect_request(self, *_: object, **__: object) -> None:
        return None


class _Tool(NamedTuple):
    """`exchange-ports`, as this repository has it."""

    python: str

    def __call__(self, *words: str) -> tuple[int, str]:
        """The exit code and standard output of `exchange-ports endpoints WORDS`.

        :raises Stopped: it cannot be started, or refuses.
        """
        try:
            # No shell. What is given are files, versions and words of ours.
            done = subprocess.run(
                [self.python, "-P", "-m", "exchange_ports", "endpoints", *words],
                env={
                    "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
                    "PYTHONUTF8": "1",
                    "LC_ALL": "C.UTF-8",
                },
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                timeout=_SECONDS_OF_THE_TOOL,
            )
        except OSError as failed:
            raise Stopped(f"exchange-ports cannot be started: {failed.strerror}") from None
        except subprocess.TimeoutExpired:
            raise Stopped(f"exchange-ports did not end in {_SECONDS_OF_THE_TOOL} seconds") from None
        if done.returncode not in (0, _CHANGED) or not done.stdout:
            reported = done.stderr.decode("utf-8", "replace").strip()[-2_000:]
            raise Stopped(
                f"exchange-ports endpoints {words[0]} refuses ({done.returncode}): {reported}"
            )
        return done.returncode, done.stdout.decode("utf-8")


def newer_endpoints(environment: Mapping[str, str]) -> int:
    """Compare the list in use with the newest one, and write what a pull request needs.

    :raises Stopped: the step was not given what it needs, or one of both lists cannot be read.
    """
    instance = setting(environment, "INSTANCE")
    if instance not in _INSTANCES:
        raise Stopped(f"INSTANCE takes {', '.join(_INSTANCES)}, and not {json.dumps(instance)}")
    work = Path(setting(environment, "WORK"))
    out = work / "out"
    out.mkdir(parents=True, exist_ok=True)
    for old in out.iterdir():
        old.unlink()
    tool = _Tool(str(work / "venv" / "bin" / "python"))
    used, version = _in_use(tool, instance, Path(setting(environment, "SNAPSHOT")))
    service = environment.get("ENDPOINTS_URL") or _SERVICE
    try:
        latest = _latest(service, instance)
        if latest[:8] < version.replace("-", "")[:8] or latest == version:
            note(f"The version in use is {version}, and the latest one is {latest}")
            return _done(environment, "same")
        answer = _asked(service, f"endpoints/{_INSTANCES[instance]}")
    except _NoAnswer as none:
        warning(f"The endpoints in use stay in use, version {version}: {none}")
        return _done(environment, "kept")
    (work / "answer.json").write_bytes(answer)
    snapshot = out / "snapshot.yaml"
    words = (str(work / "answer.json"), "--instance", instance, "--version", latest)
    snapshot.write_text(tool("import", *words)[1], encoding="utf-8", newline="\n")
    words = (used, str(snapshot), "--instance", instance, "--format", "markdown")
    code, text = tool("diff", *words)
    (out / "difference.md").write_text(_text(text), encoding="utf-8", newline="\n")
    title = f"Microsoft 365 endpoints ({instance}): {version} to {latest}"
    (out / "title").write_text(f"{title}\n", encoding="utf-8", newline="\n")
    show(out / "difference.md", environment)
    return _done(environment, "changed" if code == _CHANGED else "same")


def _in_use(tool: _Tool, instance: str, file: Path) -> tuple[str, str]:
    """The snapshot in use, by its file or its version, and its version."""
    if file.is_file():
        _, shown = tool("show", "--version", str(file), "--instance", instance, "--json")
        version = cast("dict[str, Any]", json.loads(shown))["version"]
        return str(file), str(version)
    _, shown = tool("list", "--json")
    listed = cast("list[dict[str, Any]]", json.loads(shown))
    version = [str(each["version"]) for each in listed if each["instance"] == instance][-1]
    note(
        f"There is no {one_line(str(file))} yet: the snapshot {version} of exchange-ports is compared"
    )
    return version, version


def _latest(service: str, instance: str) -> str:
    """The version of the newest list.

    :raises _NoAnswer: the service does not tell.
    """
    name = _INSTANCES[instance]
    try:
        answer: object = json.loads(_asked(service, f"version/{name}"))
    except ValueError:
        raise _NoAnswer("the service does not answer with JSON") from None
    found: object = (
        cast("dict[str, Any]", answer).get("latest") if isinstance(answer, dict) else None
    )
    if not isinstance(found, str) or not _VERSION.fullmatch(found):
        raise _NoAnswer("the answer of the service has no version")
    return found


def _asked(service: str, path: str) -> bytes:
    """What the service answers.

    :raises _NoAnswer: it answers nothing, an error, or too much.
    """
    # The service wants one GUID for each client, and blocks the one of its documentation.
    url = f"{service}/{path}?clientrequestid={uuid.uuid4()}"
    if not url.startswith(("https://", "http://127.0.0.1:")):
        raise Stopped("The address of the web service must begin with https://")
    request = urllib.request.Request(url, headers={"User-Agent": "exchange-ports"})  # noqa: S310
    opener = urllib.request.build_opener(_NoRedirects)
    try:
        with opener.open(request, timeout=_SECONDS) as answer:
            content = cast("http.client.HTTPResponse", answer).read(_MOST_BYTES + 1)
    except urllib.error.HTTPError as refused:
        with refused:
            why = _WHY.get(refused.code, "it has a fault, or is elsewhere")
        raise _NoAnswer(f"the service answers {refused.code}: {why}") from None
    except (OSError, http.client.HTTPException) as failed:
        raise _NoAnswer(f"the service does not answer: {one_line(str(failed))}") from None
    if len(content) > _MOST_BYTES:
        raise _NoAnswer(f"the answer of the service has more than {_MOST_BYTES} bytes")
    return content


def _text(difference: str) -> str:
    """The text of a pull request: the difference, and what to do."""
    if len(difference) > _MOST_OF_A_TEXT:
        difference = "The difference is too long to be shown here: see the file.\n"
    return (
        f"{difference}\nThis adds a file, and changes no rule. To use this snapshot, replace the value of "
        "`endpoints` in the stack file by the content of the file. The review of that change shows the traffic "
        "that is newly allowed or blocked.\n"
    )


def _done(environment: Mapping[str, str], verdict: str) -> int:
    if "GITHUB_OUTPUT" in environment:
        with Path(environment["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as file:
            file.write(f"verdict={verdict}\n")
    note(f"Verdict: {verdict}")
    return 0
