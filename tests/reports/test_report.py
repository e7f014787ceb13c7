"""`report`: every rule stands in it once a zone with its reasons, and a user's words are words."""

import csv
import io
import json
import re
import subprocess
from base64 import b64decode, b64encode
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from shutil import which
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from exchange_ports import proof
from exchange_ports.cli import main
from exchange_ports.planning import Plans, compile_plans
from exchange_ports.proof import Failure, Figures, Proof, prove
from exchange_ports.proof.explain import Explainer
from exchange_ports.reports.document import Origin
from exchange_ports.reports.html_script import FILTER
from exchange_ports.reports.rulebook import Book, rulebook
from exchange_ports.reports.rulebook_page import rulebook_report
from exchange_ports.reports.writers import write
from exchange_ports.topology.validate import load_topology
from tests.support.command import run, run_apart
from tests.support.hostile_words import HOSTILE, MARKUP
from tests.support.paths import PATIENCE, ROOT, STACKS
from tests.support.planning import planned, slow
from tests.support.repository import Repository
from tests.support.strategies import WITH_EDGE, edited, topologies

BOTH: Final = "stacks/Pulumi.both.yaml"


@pytest.mark.slow
@pytest.mark.parametrize("format_", ["markdown", "html", "csv"])
def test_a_report_is_the_same_bytes_each_time(format_: str) -> None:
    first, second = (
        run_apart("report", BOTH, "--format", format_, PYTHONHASHSEED=seed).stdout
        for seed in ("1", "2")
    )
    assert first == second


def test_a_report_names_the_file_by_its_hash() -> None:
    expected = sha256((ROOT / BOTH).read_bytes()).hexdigest()
    for format_ in ("markdown", "html", "csv"):
        assert expected.encode() in run("report", BOTH, "--format", format_).stdout


def test_a_report_of_a_failed_proof_says_so_and_answers_no(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = Failure("permitted = required", "a packet", "nothing means it")

    def fails(_: Plans) -> Proof:
        return Proof(Figures(1, 2), (broken,))

    monkeypatch.setattr(proof, "prove", fails)
    for format_, told in (
        ("markdown", "**The proof fails.**"),
        ("html", '<span class="bad">The proof fails.</span>'),
        ("csv", ",fails\r\n"),
    ):
        assert main(["report", str(ROOT / BOTH), "--format", format_]) == 1
        out = capsys.readouterr().out
        assert told in out
        assert "The proof holds." not in out
        assert ("nothing means it" in out) == (format_ != "csv")


def test_the_commit_is_asked_of_git_or_given_by_the_caller(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = Repository(tmp_path)
    text = (ROOT / "stacks/Pulumi.dev.yaml").read_text("utf-8")
    made.commit({"stacks/Pulumi.dev.yaml": text.replace("10.64.0.0/16", "10.65.0.0/16")})
    changed = made.commit({"stacks/Pulumi.dev.yaml": text})
    made.commit({"README.md": "Of no stack file."})
    monkeypatch.chdir(tmp_path / "stacks")

    def commit(*words: str) -> object:
        assert main(["report", "Pulumi.dev.yaml", *words]) == 0
        return json.loads(capsys.readouterr().out)["commit"]

    assert commit("--json", "--commit") == changed
    assert commit("--json", "--commit", "release-7") == "release-7"
    assert commit("--json") is None
    made.write({"stacks/Pulumi.dev.yaml": f"{text}# Edited.\n"})
    assert main(["report", "Pulumi.dev.yaml", "--commit"]) == 2
    assert "has changes that are not committed" in capsys.readouterr().err


# ---- every rule is in it ----


def book_of(plans: Plans, file: str = "stacks/Pulumi.prod.yaml") -> Book:
    return rulebook(plans, prove(plans), plans.warnings, Origin(file, "0" * 64, "1.0"))


def planned_book(data: Any) -> tuple[Plans, Book]:
    """The plans of a topology, and their report."""
    plans = planned(data)
    return plans, book_of(plans)


@pytest.mark.slow
@slow
@given(topologies())
def test_every_rule_stands_in_each_zone_that_has_it_with_its_reasons(data: Any) -> None:
    plans, book = planned_book(data)
    zones = {
        (key, group): {w.in_perimeter for w in plans.inventory.servers if w.name in names}
        for key, plan in plans.networks.items()
        for group in {group for attached in plan.memberships.values() for group in attached}
        for names in [{name for name, attached in plan.memberships.items() if group in attached}]
    }
    listed = {
        (r.network, r.zone, r.name, r.allows, r.inward, r.passes, r.reasons) for r in book.rules
    }
    assert len(listed) == len(book.rules)
    expected: set[Any] = set()
    for rule in Explainer(plans).rules:
        attached = zones.get((rule.network, rule.group or ""), set())
        names = {"perimeter" if each else "internal" for each in attached} or {"no zone"}
        for zone in {rule.place} if rule.place else names:
            key = (rule.network, zone, rule.name, rule.allows, rule.way == "in")
            expected.add((*key, str(rule.ports), rule.reasons))
    assert listed == expected


@pytest.mark.slow
@slow
@given(topologies())
def test_all_three_formats_have_every_rule_and_every_accepted_risk(data: Any) -> None:
    plans, book = planned_book(data)
    table = list(csv.reader(io.StringIO(write(rulebook_report(book), "csv"), newline="")))
    assert {len(cells) for cells in table} == {25}
    named = [(cells[0], cells[2], cells[20]) for cells in table[1:]]
    assert named == [(rule.network, rule.zone, rule.name) for rule in book.rules]
    page = rulebook_report(book)
    seen = Seen.of(write(page, "html"))
    markdown = write(page, "markdown")
    for rule in book.rules:
        assert rule.name in seen.codes
    # What is accepted stands once in its own table, and marks each of its rules.
    accepted = len(plans.origins.accepted_risks(plans.flows))
    # Rules that differ in the addresses of the other end alone are one row.
    risky = sum(rule.is_risky for rule in book.rules)
    rows = markdown.count("accepted risk**")
    assert bool(risky) <= rows <= risky
    assert seen.marked == accepted + rows


# ---- HTML: well formed, by itself, and safe ----

_VOID: Final = frozenset(("meta", "br", "wbr", "col", "img", "input"))
_KNOWN: Final = _VOID.union(
    ("html", "head", "title", "style", "body", "header", "nav", "main", "section"),
    ("h1", "h2", "h3", "h4", "p", "a", "span", "strong", "code", "div", "dl", "dt", "dd"),
    ("figure", "figcaption", "script", "form", "label", "select", "option", "button", "output"),
    ("ol", "ul", "li", "table", "caption", "colgroup", "thead", "tbody", "tr", "th", "td"),
)
_PICTURE: Final = "data:image/svg+xml;base64,"
_OURS: Final = ("https://learn.microsoft.com/", "https://docs.aws.amazon.com/", "#")


class Seen(HTMLParser):
    """What a parser sees: the tree as tags with attributes, and texts; faults are errors."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.texts: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.pictures: list[str] = []
        self.codes: list[str] = []
        self.marked = 0

    @classmethod
    def of(cls, page: str) -> "Seen":
        assert page.startswith("<!DOCTYPE html>\n<html lang=")
        assert page.isascii()
        seen = cls()
        seen.feed(page)
        seen.close()
        assert seen.open == []
        return seen

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in _KNOWN
        # Words of a user are in a picture too, and change no more than its letters.
        self.tags.append((tag, tuple(each for each in attrs if each[0] != "src")))
        if tag == "code":
            self.codes.append("")
        if tag not in _VOID:
            self.open.append(tag)
        for name, value in attrs:
            assert value is not None
            assert not name.startswith("on")
            if name == "id":
                self.ids.append(value)
            if name == "href":
                assert tag == "a"
                assert value.startswith(_OURS), value
                self.links.append(value)
            if name == "src":
                assert tag == "img"
                assert value.startswith(_PICTURE), value
                self.pictures.append(b64decode(value.removeprefix(_PICTURE)).decode())
            if (tag, name, value) == ("tr", "class", "risk"):
                self.marked += 1

    def handle_endtag(self, tag: str) -> None:
        assert tag not in _VOID
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append(data)
        if "code" in self.open:
            self.codes[-1] += data

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(data)

    def handle_pi(self, data: str) -> None:
        raise AssertionError(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)


@pytest.mark.parametrize("stack", STACKS)
def test_the_page_is_well_formed_and_needs_nothing_else(stack: str) -> None:
    page = run("report", f"stacks/{stack}", "--format", "html").stdout.decode()
    seen = Seen.of(page)
    assert len(seen.ids) == len(set(seen.ids))
    inner = {link[1:] for link in seen.links if link.startswith("#")}
    assert inner <= set(seen.ids)
    # Every section can be reached from the contents, and every row from a rule.
    assert {name for name in seen.ids if name.startswith("row-")} <= inner
    # What a style could fetch.
    assert not re.search(r"url\(|@import|@font-face|expression", page)
    assert ("meta", "default-src 'none'") in [
        (tag, (value or "").split(";")[0])
        for tag, attributes in seen.tags
        for _, value in attributes
        if "default-src" in (value or "")
    ]


def test_the_picture_of_a_report_is_the_one_that_diagram_draws() -> None:
    page = run("report", BOTH, "--format", "html").stdout.decode()
    (picture,) = Seen.of(page).pictures
    assert picture == run("diagram", BOTH).stdout.decode()
    chart = run("diagram", BOTH, "--format", "mermaid").stdout.decode()
    assert f"```mermaid\n{chart}```\n" in run("report", BOTH).stdout.decode()


def test_every_rule_of_a_page_has_an_address_and_values_to_filter_by() -> None:
    rules = [
        rule
        for zone in json.loads(run("report", BOTH, "--json").stdout)["zones"]
        for rule in zone["rules"]
    ]
    seen = Seen.of(run("report", BOTH, "--format", "html").stdout.decode())
    assert len([name for name in seen.ids if name.startswith("rule-")]) == len(rules)
    rows = [dict(attributes) for _, attributes in seen.tags if "data-port" in dict(attributes)]
    assert 0 < len(rows) < len(rules)
    for name in ("server", "zone", "port", "reason", "risk"):
        assert all(row[f"data-{name}"] for row in rows), name


def test_rules_that_differ_in_addresses_alone_are_one_row() -> None:
    page = run("report", BOTH).stdout.decode()
    (row,) = [
        line
        for line in page.splitlines()
        if "10.20.2.10 (domain controllers of hq)" in line and "exchange/in/" in line
    ]
    assert "10.20.3.10 (domain controllers of hq)" in row
    assert "10.40.2.10 (domain controllers of oslo)" in row
    (row_of_servers,) = [
        line for line in page.splitlines() if "exchange/in/any/all/10.40.0.11/32" in line
    ]
    assert "exchange/in/any/all/10.40.0.12/32" in row_of_servers
    # A group, and other reasons, are rows of their own.
    assert "Lync" not in row


@pytest.mark.skipif(which("node") is None, reason="no Node.js is here")
def test_the_filter_finds_rows_by_port_and_by_value() -> None:
    cases = [
        (["5985-5986/tcp"], "5986", True),
        (["5985-5986/tcp"], "5986/udp", False),
        (["5985-5986/tcp"], " TCP/5985 ", True),
        (["5985-5986/tcp"], "598", False),
        (["143/tcp", "993/tcp"], "993", True),
        (["any"], "3389", True),
        (["icmp"], "3389", False),
        (["icmp"], "icmp", True),
        (["53/udp"], "", True),
    ]
    rows = [
        ({"server": "edge1\nedge2", "port": "25/tcp"}, {"server": "edge2", "port": "25"}, True),
        ({"server": "edge1\nedge2", "port": "25/tcp"}, {"server": "edge", "port": ""}, False),
        ({"server": "edge1", "port": "25/tcp"}, {"server": "", "port": ""}, True),
        ({"server": "edge1", "port": "25/tcp"}, {"server": "edge1", "port": "443"}, False),
    ]
    asked = (
        f"console.log(JSON.stringify([{json.dumps(cases)}.map(c => allowsPort(c[0], c[1])), "
        f"{json.dumps(rows)}.map(c => isShown(c[0], c[1]))]))"
    )
    answer = subprocess.run(
        ["node", "-e", f"{FILTER}\n{asked}"], capture_output=True, check=True, timeout=PATIENCE
    ).stdout
    assert json.loads(answer) == [[each[2] for each in cases], [each[2] for each in rows]]


def test_the_page_allows_its_own_script_and_no_other() -> None:
    page = run("report", BOTH, "--format", "html").stdout.decode()
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.S)
    digest = b64encode(sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'\"" in page
    # Without it nothing is hidden but the filter.
    assert re.findall(r"<(\w+)[^>]* hidden=", page) == ["form"]


def spoken(words: str, file: str = "stacks/Pulumi.prod.yaml") -> Book:
    """A book in which an operator says this wherever he may say something."""
    flow = {
        "from": "10.20.6.0/24",
        "to": "edge",
        "ports": ["3389/tcp"],
        "reason": words,
        "accept_risk": True,
        "owner": words,
        "ticket": words,
        "review_by": "2027-03-31",
    }
    edit = {"additional_flows": [flow], "acknowledge": {"port-25-blocked": words}}
    return book_of(compile_plans(load_topology(edited(WITH_EDGE, edit))[0]), file)


MORE: Final = (
    "</td></tr></table><script>alert(1)</script>",
    '" onmouseover="alert(1)',
    "&lt;b&gt;&amp;",
    "]]> <!-- x --> <?php ?>",
    "</style><img src=x>",
    "javascript:alert(1)",
    "_soft_ __hard__ ~~gone~~ ![p](q)",
    "Bür\u00f6 \U0001f600 \u05e9",
)


@pytest.mark.slow
@pytest.mark.parametrize("words", [*HOSTILE, *MARKUP, *MORE])
def test_no_word_of_an_operator_is_html(words: str) -> None:
    plain, hostile = (
        Seen.of(write(rulebook_report(spoken(w)), "html")) for w in ("plain words", words)
    )
    assert hostile.tags == plain.tags
    assert "".join(hostile.texts).count(words) >= 7


def test_the_name_of_a_file_is_not_html_either() -> None:
    name = "stacks/<b>&\"'.yaml"
    plain, hostile = (
        Seen.of(write(rulebook_report(spoken("why", file)), "html")) for file in ("x.yaml", name)
    )
    # A slash in a name is where a browser may break the line.
    assert [tag for tag in hostile.tags if tag[0] != "wbr"] == [
        tag for tag in plain.tags if tag[0] != "wbr"
    ]
    assert name in hostile.codes


@pytest.mark.slow
@settings(max_examples=50)
@given(
    st.text(
        st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=40
    ).filter(str.isprintable)
)
def test_whatever_an_operator_says_is_text_and_nothing_else(words: str) -> None:
    book = spoken(words)
    page = rulebook_report(book)
    seen = Seen.of(write(page, "html"))
    assert seen.tags == PLAIN_HTML
    assert "".join(seen.texts).count(words) >= 7
    assert structure(write(page, "markdown")) == PLAIN_MARKDOWN
    table = list(csv.reader(io.StringIO(write(rulebook_report(book), "csv"), newline="")))
    assert not [cell for cells in table for cell in cells if cell.startswith(("=", "+", "-", "@"))]


def structure(markdown: str) -> list[tuple[str, object]]:
    """What a reader of Markdown makes of a page, but for the words."""
    found: list[tuple[str, object]] = []
    # Links are made of bare addresses as well, as GitHub does.
    parser = MarkdownIt("commonmark", {"html": True, "linkify": False}).enable(
        ["table", "strikethrough"]
    )
    for token in parser.parse(markdown):
        found.append((token.type, token.attrs.get("href")))
        for each in token.children or ():
            if each.type in ("text", "text_special", "softbreak"):
                continue
            told = each.content if each.type == "html_inline" else each.attrs.get("href")
            found.append((each.type, told))
    return found


PLAIN_HTML: Final = Seen.of(write(rulebook_report(spoken("plain")), "html")).tags
PLAIN_MARKDOWN: Final = structure(write(rulebook_report(spoken("plain")), "markdown"))


@pytest.mark.parametrize("words", [*HOSTILE, *MARKUP, *MORE])
def test_no_word_of_an_operator_is_markdown(words: str) -> None:
    page = write(rulebook_report(spoken(words)), "markdown")
    assert structure(page) == PLAIN_MARKDOWN
    # What GitHub makes a link or a mention of, though CommonMark does not.
    told = re.sub(r"\]\(https://[^)]*\)|&#\d+;|(?s:```mermaid.*?```)", "", page)
    assert not re.search(r"(?<!\()https?://evil|www\.evil|@somebody", told)
