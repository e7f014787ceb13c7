"""Findings for pipelines: SARIF, JUnit, and the annotations of GitHub, GitLab and Azure DevOps.

Each format says the same: the code, the severity, the place, and what is wrong, why, and what to write
instead. Nothing of a user's words is obeyed by the reader of a format. Must not know: where a
repository begins; the caller gives that.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Final, NamedTuple
from urllib.parse import quote

from exchange_ports import __version__
from exchange_ports.findings import Finding, in_order

_TOOL: Final = "exchange-ports"


class Annotation(NamedTuple):
    """A finding as every format has it. The file is by its path from the top of the repository."""

    finding: Finding
    code: str
    #: `error` or `warning`.
    level: str
    file: str
    line: int
    text: str


def findings_as(
    format_: str, findings: Sequence[Finding], path: Callable[[str], str], command: str, file: str
) -> str:
    """The findings in one of `FORMATS`, ending with a line end.

    `path` leads from a file as it was named to its path in the repository; `file` is where findings
    stand that are about no line.
    """
    found = [_annotation(each, path, file) for each in in_order(findings)]
    return FORMATS[format_](found, command)


def _annotation(finding: Finding, path: Callable[[str], str], file: str) -> Annotation:
    text = "\n".join((finding.summary, *_remedy(finding.why, finding.fix)))
    where = path(finding.place.file or file)
    level = finding.kind.severity.value
    return Annotation(finding, finding.kind.code, level, where, finding.place.line or 1, text)


def _remedy(why: str, fix: str) -> Iterator[str]:
    """The lines below the summary. Where the reason is obvious, there is no `why`."""
    if why:
        yield f"why: {why}"
    yield f"fix: {fix}"


# ---- SARIF 2.1.0 ----

_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_FACT: Final = re.compile(r"\{(\w+)\}")


def _sarif(found: Sequence[Annotation], command: str) -> str:
    kinds = {each.code: each.finding.kind for each in found}
    rules = [
        {
            "id": code,
            "shortDescription": {"text": _template(kind.summary)},
            "help": {
                "text": "\n".join((*_remedy(_template(kind.why), _template(kind.fix)), kind.page))
            },
            "defaultConfiguration": {"level": kind.severity.value},
        }
        for code, kind in kinds.items()
    ]
    results = [
        {
            "ruleId": each.code,
            "ruleIndex": [*kinds].index(each.code),
            "level": each.level,
            # A text in brackets before one in parentheses would be a link (SARIF 2.1.0, 3.11.6).
            "message": {"text": each.text.replace("](", "]\\(")},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": quote(each.file), "uriBaseId": "%SRCROOT%"},
                        "region": {"startLine": each.line},
                    }
                }
            ],
            "partialFingerprints": {"findingHash/v1": _fingerprint(each)},
        }
        for each in found
    ]
    driver = {"name": _TOOL, "version": __version__, "rules": rules}
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"{_TOOL}/{command}/"},
        "results": results,
    }
    return _json({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _template(text: str) -> str:
    """The text of a kind, with the names of its facts where a finding has the facts."""
    return _FACT.sub(r"<\1>", text)


def _fingerprint(each: Annotation) -> str:
    """What a finding is known by from one run to the next: not its line, which moves with the lines above."""
    known = (each.code, each.file, each.finding.field, each.finding.summary)
    return sha256("\0".join(known).encode()).hexdigest()[:32]


def _json(data: object) -> str:
    return json.dumps(data, indent=2) + "\n"


# ---- JUnit ----


def _junit(found: Sequence[Annotation], command: str) -> str:
    """A failed test for each error; a warning fails no test, and stands in the output of one that passes."""
    from xml.etree import ElementTree as Xml  # what no other format needs

    failures = sum(each.finding.is_error for each in found)
    # A report without a test would be read as a broken one.
    counts = {"tests": str(len(found) or 1), "failures": str(failures), "errors": "0"}
    top = Xml.Element("testsuites", {"name": _TOOL, **counts})
    suite = Xml.SubElement(top, "testsuite", {"name": f"{_TOOL} {command}", **counts})
    if not found:
        Xml.SubElement(suite, "testcase", name="no findings", classname=command)
    for each in found:
        name = f"{each.code}: {each.finding.field or each.finding.summary}"
        place = {"classname": each.file, "file": each.file, "line": str(each.line)}
        case = Xml.SubElement(suite, "testcase", {"name": name, **place})
        text = f"{each.file}:{each.line}\n{each.text}"
        if each.finding.is_error:
            element = Xml.SubElement(case, "failure", type=each.code, message=each.finding.summary)
        else:
            element = Xml.SubElement(case, "system-out")
        element.text = text
    Xml.indent(top)
    written = Xml.tostring(top, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{written}\n'


# ---- annotations ----


def _escaped(text: str, escapes: Mapping[str, str]) -> str:
    return "".join(escapes.get(char, char) for char in text)


#: docs.github.com, "Workflow commands": a value ends at a comma, a colon or the line's end.
_GITHUB_TEXT: Final = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_GITHUB_VALUE: Final = {**_GITHUB_TEXT, ":": "%3A", ",": "%2C"}


def _github(found: Sequence[Annotation], command: str) -> str:
    return "".join(
        f"::{each.level} file={_escaped(each.file, _GITHUB_VALUE)},line={each.line},"
        f"title={_TOOL} {command} ({each.code})::{_escaped(each.text, _GITHUB_TEXT)}\n"
        for each in found
    )


#: learn.microsoft.com, "Logging commands": a value ends at a semicolon or a bracket.
_AZURE_TEXT: Final = {"%": "%AZP25", "\r": "%0D", "\n": "%0A"}
_AZURE_VALUE: Final = {**_AZURE_TEXT, ";": "%3B", "]": "%5D"}


def _azure(found: Sequence[Annotation], command: str) -> str:
    return "".join(
        f"##vso[task.logissue type={each.level};sourcepath={_escaped(each.file, _AZURE_VALUE)};"
        f"linenumber={each.line};code={each.code};]"
        f"{_escaped(f'{command}: {each.text}', _AZURE_TEXT)}\n"
        for each in found
    )


_GITLAB_SEVERITY: Final = {"error": "major", "warning": "minor"}


def _gitlab(found: Sequence[Annotation], command: str) -> str:
    """A Code Quality report."""
    return _json(
        [
            {
                "check_name": each.code,
                # GitLab shows the description alone.
                "description": f"{command}: {each.finding.summary} ({each.code})",
                "content": {"body": each.text},
                "fingerprint": _fingerprint(each),
                "severity": _GITLAB_SEVERITY[each.level],
                "location": {"path": each.file, "lines": {"begin": each.line}},
            }
            for each in found
        ]
    )


FORMATS: Final[Mapping[str, Callable[[Sequence[Annotation], str], str]]] = {
    "sarif": _sarif,
    "junit": _junit,
    "github": _github,
    "gitlab": _gitlab,
    "azure": _azure,
}
