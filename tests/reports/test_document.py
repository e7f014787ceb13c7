"""A report is defined once and has every format; every command that reports offers its formats."""

import csv
import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any, Final

import pytest
from markdown_it import MarkdownIt

from exchange_ports import __version__
from exchange_ports.cli import main
from exchange_ports.reports.document import (
    Code,
    Document,
    Facts,
    Items,
    Look,
    Paragraph,
    Row,
    Section,
    Table,
    Text,
    shortened,
    spaced,
    stacked,
)
from exchange_ports.reports.writers import FORMATS, write
from tests.support.paths import ROOT, STACKS

DEV: Final = "stacks/Pulumi.dev.yaml"


def small(words: str = "a reason") -> Document:
    """A new report: this is all that has to be written for one."""
    rows = (
        Row(("ex1", 25, words), id="row-1"),
        Row(("ex2", 443, stacked("two", "lines")), Look.RISK),
    )
    return Document(
        (
            Section("Ports", (Paragraph(words), Table(("server", "port", "why"), rows)), "ports"),
            Section(
                "Rest",
                (
                    Items(shortened(["one", "two", "three"], 2), "Of three"),
                    Facts((("name", spaced("see", Text("ports", to="#ports"))),)),
                    Code(("+ as it is",)),
                ),
            ),
        ),
        "A small report",
    )


#: How the second row of the table, the list and the fact read in each format.
SMALL: Final = {
    "text": (
        "A small report\n\nPorts\n",
        "  ex2     443   two\n                lines\n",
        "\nRest\nOf three\n  one\n  two\n  and 1 more\n  name         see ports\n+ as it is\n",
    ),
    "markdown": (
        "# A small report\n\n## Contents\n\n* [Ports](#ports)\n",
        "| ex2 | 443 | two<br>lines |\n",
        "\n* one\n* two\n* and 1 more\n\n|  |  |\n|---|---|\n| name | see [ports](#ports) |\n",
    ),
    "html": (
        "<h1>A small report</h1>",
        '<tr class="risk"><td>ex2</td><td>443</td><td>two<br>lines</td></tr>',
        "<ul><li>one</li><li>two</li><li>and 1 more</li></ul>",
        '<dt>name</dt><dd>see <a href="#ports">ports</a></dd>',
    ),
    "csv": ("section,server,port,why\r\n", "Ports,ex2,443,two lines\r\n"),
    "json": ('"title": "A small report"', '"server": "ex2",', '"port": 443,', '"and 1 more"'),
}


@pytest.mark.parametrize("format_", FORMATS)
def test_a_new_report_is_defined_once_and_has_every_format(format_: str) -> None:
    written = write(small(), format_)
    assert written.endswith("\n")
    for part in SMALL[format_]:
        assert part in written


def structure(markdown: str) -> list[tuple[str, object]]:
    """What a reader of Markdown makes of a page, but for the words."""
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    tokens = [each for token in parser.parse(markdown) for each in (token, *(token.children or ()))]
    ours = [each for each in tokens if each.type not in ("text", "text_special")]
    return [(each.type, each.attrs.get("href")) for each in ours]


@pytest.mark.parametrize(
    "words", ["<b>&", "**b**", "=1+1", "[a](https://evil.example)", "a|b", "@somebody", "`x`"]
)
def test_words_are_words_in_every_format(words: str) -> None:
    assert write(small(words), "html").count(f">{escape(words, quote=False)}<") == 2
    shown, plain = (structure(write(small(each), "markdown")) for each in (words, "plain"))
    assert shown == plain
    table = list(csv.reader(io.StringIO(write(small(words), "csv"), newline="")))
    assert table[1][3] == (f"'{words}" if words.startswith(("=", "@")) else words)
    assert json.loads(write(small(words), "json"))["sections"][0]["blocks"][0] == words


def test_a_terminal_obeys_no_word() -> None:
    written = write(small("\x1b[31mred\x9b2J"), "text")
    assert written.count("?[31mred?2J") == 2
    assert written.replace("\n", "").isprintable()


#: What each command that reports can be asked for; the first is the default.
OFFERED: Final[Mapping[tuple[str, ...], Sequence[str]]] = {
    ("plan",): ("text", "json"),
    ("prove",): ("text", "json"),
    ("check", "internet", "any", "25/tcp"): ("text", "json"),
    ("explain", "443"): ("text", "json"),
    ("matrix",): ("text", "markdown", "html", "csv", "json"),
    ("handover",): ("markdown", "text", "html", "csv", "json"),
    ("report",): ("markdown", "text", "html", "csv", "json"),
    ("diagram",): ("svg", "mermaid", "json"),
}


def answer(capsys: pytest.CaptureFixture[str], command: tuple[str, ...], *words: str) -> str:
    name, *others = command
    main([name, str(ROOT / DEV), *others, *words])
    return capsys.readouterr().out


@pytest.mark.parametrize("command", OFFERED, ids=lambda command: command[0])
def test_every_command_that_reports_offers_its_formats(
    command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    formats = OFFERED[command]
    first = answer(capsys, command)
    if len(formats) > 2:
        several = {each: answer(capsys, command, "--format", each) for each in formats}
        assert several[formats[0]] == first
        assert len(set(several.values())) == len(formats)
        assert several["json"] == answer(capsys, command, "--json")
    data = answer(capsys, command, "--json")
    assert json.loads(data)
    assert data != first


#: One stack in the other formats is enough to read.
READ: Final = (
    *(("matrix", stack, "text") for stack in STACKS),
    *(("handover", stack, "markdown") for stack in STACKS),
    *(("report", stack, "markdown") for stack in STACKS),
    *((command, "Pulumi.both.yaml", "csv") for command in ("matrix", "handover", "report")),
    ("matrix", "Pulumi.both.yaml", "markdown"),
    ("report", "Pulumi.both.yaml", "html"),
    *((command, "Pulumi.dev.yaml", "text") for command in ("handover", "report")),
    *((command, "Pulumi.dev.yaml", "json") for command in ("handover", "report", "diagram")),
)


@pytest.mark.parametrize("command,stack,format_", READ)
def test_the_report_of_a_stack_is_the_one_that_was_read(
    command: str,
    stack: str,
    format_: str,
    golden: Callable[[str, str], None],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)
    assert main([command, f"stacks/{stack}", "--format", format_]) == 0
    reported = capsys.readouterr()
    assert reported.err == ""
    # A new version or a comment in a stack file is no other report.
    file = "OF THE FILE" if command == "handover" else "OF-THE-FILE"
    text = re.sub(r"\b[0-9a-f]{64}\b", file, reported.out)
    version = re.escape(__version__)
    text = re.sub(rf'(exchange-ports |"version": "|,){version}', r"\1VERSION", text)
    # Pictures have goldens of their own.
    text = re.sub(r"```mermaid\n.*?```", "```mermaid\nPICTURE\n```", text, flags=re.S)
    text = re.sub(r"(data:image/svg\+xml;base64,)[A-Za-z0-9+/=]+", r"\1PICTURE", text)
    ending = {"markdown": "md", "text": "txt"}.get(format_, format_)
    golden(f"{command}/{stack.split('.')[1]}.{ending}", text)


@pytest.mark.parametrize("stack", STACKS)
def test_data_of_a_report_and_of_a_picture_have_every_row(
    stack: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def asked(command: str, format_: str) -> str:
        assert main([command, str(ROOT / "stacks" / stack), "--format", format_]) == 0
        return capsys.readouterr().out

    report: dict[str, Any] = json.loads(asked("report", "json"))
    records = list(csv.DictReader(io.StringIO(asked("report", "csv"), newline="")))
    assert [
        (zone["network"], zone["zone"], rule["name"])
        for zone in report["zones"]
        for rule in zone["rules"]
    ] == [(each["network"], each["zone"], each["rule"]) for each in records]
    handed: dict[str, Any] = json.loads(asked("handover", "json"))
    records = list(csv.DictReader(io.StringIO(asked("handover", "csv"), newline="")))
    assert [(row["source"]["name"], row["ports"]) for row in handed["rows"]] == [
        (each["source"], each["ports"]) for each in records
    ]
    picture: dict[str, Any] = json.loads(asked("diagram", "json"))
    for section in picture["sections"]:
        columns = {
            (zone["title"], column["title"])
            for zone in section["zones"]
            for column in zone["columns"]
        }
        assert section["rows"]
        for end in (end for row in section["rows"] for end in (*row["from"], *row["to"])):
            assert (end["zone"], end["column"]) in columns
            assert end["servers"] or end["ranges"]
