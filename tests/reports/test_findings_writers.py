"""Findings for pipelines: each format is what its reader takes, says the same, and obeys no word of a user."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, cast
from urllib.parse import quote, unquote
from xml.etree import ElementTree as Xml

import pytest
from jsonschema import Draft7Validator

from exchange_ports.cli.arguments import FINDINGS
from exchange_ports.findings import Finding, Kind, Place, Severity
from exchange_ports.reports.findings_writers import FORMATS, findings_as
from tests.support.hostile_words import HOSTILE

BAD: Final = Kind(
    "bad-thing", summary="Unknown {thing}", why="because of {thing}", fix="write {thing}"
)
UNWISE: Final = Kind(
    "unwise-thing",
    summary="{thing} is unwise",
    why="so it is",
    fix="drop it",
    severity=Severity.WARNING,
)
FILE: Final = "stacks/Pulumi.dev.yaml"


def finding(thing: str, kind: Kind = BAD, file: str | None = FILE, line: int | None = 7) -> Finding:
    return kind.at(("topology", "sites"), thing=thing).located(lambda _: Place(file, line))


def written(format_: str, *findings: Finding) -> str:
    return findings_as(format_, findings, lambda file: f"infra/{file}", "prove", FILE)


def texts(each: Finding) -> str:
    return f"{each.summary}\nwhy: {each.why}\nfix: {each.fix}"


# ---- what each reader finds: level, code, file, line, and the whole text ----

Read = tuple[str, str, str, int, str]


def _sarif(text: str) -> Iterator[Read]:
    (run,) = json.loads(text)["runs"]
    for result in run["results"]:
        place = result["locations"][0]["physicalLocation"]
        rule = run["tool"]["driver"]["rules"][result["ruleIndex"]]
        assert rule["id"] == result["ruleId"]
        yield (
            result["level"],
            rule["id"],
            unquote(place["artifactLocation"]["uri"]),
            place["region"]["startLine"],
            result["message"]["text"].replace("]\\(", "]("),
        )


def _junit(text: str) -> Iterator[Read]:
    for case in Xml.fromstring(text).iter("testcase"):  # noqa: S314 - it is our own
        for reported in case:
            level = {"failure": "error", "system-out": "warning"}[reported.tag]
            code = case.attrib["name"].partition(":")[0]
            first, _, rest = (reported.text or "").partition("\n")
            assert first == f"{case.attrib['file']}:{case.attrib['line']}"
            yield level, code, case.attrib["file"], int(case.attrib["line"]), rest


def _unescaped(text: str, escapes: Mapping[str, str]) -> str:
    return re.sub("|".join(map(re.escape, escapes)), lambda found: escapes[found[0]], text)


_GITHUB: Final = re.compile(r"::(\w+) file=([^:,\n]*),line=(\d+),title=[^,:\n]*\((\S+)\)::([^\n]*)")
_GITHUB_ESCAPES: Final = {"%25": "%", "%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ","}


def _github(text: str) -> Iterator[Read]:
    for line in text.split("\n")[:-1]:
        found = _GITHUB.fullmatch(line)
        assert found, line
        file, reported = (_unescaped(found[at], _GITHUB_ESCAPES) for at in (2, 5))
        yield found[1], found[4], file, int(found[3]), reported


_AZURE: Final = re.compile(
    r"##vso\[task\.logissue type=(\w+);sourcepath=([^;\]\n]*);linenumber=(\d+);code=([^;\]\n]*);\]prove: ([^\n]*)"
)
_AZURE_ESCAPES: Final = {"%AZP25": "%", "%0D": "\r", "%0A": "\n", "%3B": ";", "%5D": "]"}


def _azure(text: str) -> Iterator[Read]:
    for line in text.split("\n")[:-1]:
        found = _AZURE.fullmatch(line)
        assert found, line
        file, reported = (_unescaped(found[at], _AZURE_ESCAPES) for at in (2, 5))
        yield found[1], found[4], file, int(found[3]), reported


def _gitlab(text: str) -> Iterator[Read]:
    for each in json.loads(text):
        level = {"major": "error", "minor": "warning"}[each["severity"]]
        place = each["location"]
        yield (
            level,
            each["check_name"],
            place["path"],
            place["lines"]["begin"],
            each["content"]["body"],
        )


READERS: Final = {
    "sarif": _sarif, "junit": _junit, "github": _github, "gitlab": _gitlab, "azure": _azure,
}  # fmt: skip


def test_the_command_line_offers_the_formats_there_are() -> None:
    assert FINDINGS == tuple(FORMATS) == tuple(READERS)


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("words", [*HOSTILE, "[a](https://x)", "%0A::error::x", "a;b]c", "]]>&<b>"])
def test_every_format_says_all_of_a_finding_and_obeys_no_word(format_: str, words: str) -> None:
    several = [finding(words), finding(words, UNWISE, line=3), finding("x", file=None, line=None)]
    file = f"stacks/Pulumi.{words if format_ not in ('junit',) else 'dev'}.yaml".replace("\0", "")
    several.append(finding("y", file=file, line=1))
    found = [*READERS[format_](written(format_, *several))]
    wanted = [
        (
            each.kind.severity.value,
            each.kind.code,
            f"infra/{each.place.file or FILE}",
            each.place.line or 1,
            texts(each),
        )
        for each in several
    ]
    assert sorted(found) == sorted(wanted)


@pytest.mark.parametrize("format_", FORMATS)
def test_without_findings_a_format_is_still_one(format_: str) -> None:
    text = written(format_)
    assert [*READERS[format_](text)] == []
    if format_ == "junit":
        (suite,) = Xml.fromstring(text)  # noqa: S314 - it is our own
        assert (suite.attrib["tests"], len(suite)) == ("1", 1)


def test_junit_fails_for_errors_alone() -> None:
    top = Xml.fromstring(written("junit", finding("a"), finding("b", UNWISE)))  # noqa: S314
    assert (top.attrib["tests"], top.attrib["failures"]) == ("2", "1")


def test_a_finding_is_known_again_when_its_line_moves() -> None:
    def prints(line: int) -> set[str]:
        code_quality = json.loads(written("gitlab", finding("a", line=line), finding("b")))
        return {each["fingerprint"] for each in code_quality}

    assert len(prints(7)) == 2
    assert prints(7) == prints(9)


# ---- SARIF 2.1.0: what of the standard's schema we use, closed against everything else ----


def _object(required: str, more: str = "", **properties: object) -> dict[str, object]:
    assert properties.keys() == {*required.split(), *more.split()}
    return {
        "type": "object",
        "additionalProperties": False,
        "required": required.split(),
        "properties": properties,
    }


_TEXT: Final = {"type": "string", "minLength": 1}
_MESSAGE: Final = _object("text", text=_TEXT)
_LEVEL: Final = {"enum": ["none", "note", "warning", "error"]}
_REGION: Final = _object("startLine", startLine={"type": "integer", "minimum": 1})
_ARTIFACT: Final = _object(
    "uri uriBaseId",
    uri={"type": "string", "pattern": r"^[A-Za-z0-9/._~%!$&'()*+,;=:@-]+$"},
    uriBaseId=_TEXT,
)
_PLACE: Final = _object(
    "physicalLocation",
    physicalLocation=_object("artifactLocation region", artifactLocation=_ARTIFACT, region=_REGION),
)
_RESULT: Final = _object(
    "ruleId ruleIndex level message locations partialFingerprints",
    ruleId=_TEXT,
    ruleIndex={"type": "integer", "minimum": 0},
    level=_LEVEL,
    message=_MESSAGE,
    locations={"type": "array", "items": _PLACE, "minItems": 1},
    partialFingerprints={"type": "object", "additionalProperties": _TEXT},
)
_RULE: Final = _object(
    "id shortDescription help defaultConfiguration",
    id=_TEXT,
    shortDescription=_MESSAGE,
    help=_MESSAGE,
    defaultConfiguration=_object("level", level=_LEVEL),
)
_DRIVER: Final = _object(
    "name version rules",
    name=_TEXT,
    version=_TEXT,
    rules={"type": "array", "items": _RULE, "uniqueItems": True},
)
_RUN: Final = _object(
    "tool automationDetails results",
    tool=_object("driver", driver=_DRIVER),
    automationDetails=_object("id", id=_TEXT),
    results={"type": "array", "items": _RESULT},
)
_SARIF_SCHEMA: Final = _object(
    "$schema version runs",
    "",
    **{"$schema": _TEXT, "version": {"const": "2.1.0"}, "runs": {"type": "array", "items": _RUN}},
)


@pytest.mark.parametrize("number", [0, 1, 3])
def test_sarif_is_valid(number: int) -> None:
    several = [finding(f"thing {each}", (BAD, UNWISE)[each % 2]) for each in range(number)]
    data: dict[str, Any] = json.loads(written("sarif", *several))
    validator = cast("Any", Draft7Validator)(_SARIF_SCHEMA)
    assert not [*validator.iter_errors(data)]
    rules = data["runs"][0]["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["bad-thing", "unwise-thing"][:number]
    for rule in rules:
        assert "{" not in json.dumps(rule["help"]["text"])
    assert not number or rules[0]["shortDescription"]["text"] == "Unknown <thing>"


def test_a_path_is_a_uri() -> None:
    name = "stacks/Pulumi.a b#ü.yaml"
    data = json.loads(written("sarif", finding("a", file=name)))
    place = data["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == quote(f"infra/{name}")


@pytest.mark.parametrize("format_", FORMATS)
def test_a_finding_whose_reason_is_obvious_has_no_empty_line_for_it(format_: str) -> None:
    obvious = Kind("obvious-thing", summary="Unknown {thing}.", why="", fix="Write {thing}.")
    text = written(format_, finding("x", obvious))
    assert [each[4] for each in READERS[format_](text)] == ["Unknown x.\nfix: Write x."]
    assert "why:" not in text
