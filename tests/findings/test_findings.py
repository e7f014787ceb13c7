"""Every finding: the pages docs/findings/CODE.md are the test, each block of them is run.

A wrong stack file gets the answer that stands below it, to the letter, and a right one is not
refused. The answers are rewritten by `--update-goldens`; review the difference as text that people
read at 3 a.m.
"""

import json
import re
import shlex
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, cast

import pytest
import yaml
from pydantic import BaseModel, TypeAdapter, ValidationError

from exchange_ports.cli import main
from exchange_ports.findings import (
    Kind,
    command_kinds,
    endpoint_kinds,
    file_kinds,
    hybrid_kinds,
    rehearsal_kinds,
    topology_kinds,
)
from exchange_ports.findings.finding import PAGES as PAGES_BASE
from exchange_ports.stackfile.stack_file import read_stack_file
from exchange_ports.topology import models
from tests.support.paths import UPDATE
from tests.support.repository import Repository
from tests.support.words import misused, too_long

HERE: Final = Path(__file__).parent
FOLDER: Final = HERE.parents[1] / "docs" / "findings"
INDEX: Final = FOLDER / "index.md"
PAGES: Final = sorted({*FOLDER.glob("*.md")} - {INDEX})
ALL_AT_ONCE: Final = HERE / "all_at_once.md"
TWELVE: Final = HERE / "twelve_mistakes.md"
FILE: Final = "stacks/Pulumi.prod.yaml"

KINDS: Final[dict[str, Kind]] = {
    kind.code: kind
    for table in (
        *(topology_kinds, command_kinds, file_kinds, endpoint_kinds, hybrid_kinds),
        rehearsal_kinds,
    )
    for kind in table.KINDS
}

# --- The page -------------------------------------------------------------------------------

_SECTION: Final = re.compile(
    r"^#(?:##)? (?P<code>\S+)\n(?P<text>.*?)(?=^##|\Z)", re.DOTALL | re.MULTILINE
)
_BLOCK: Final = re.compile(
    r"^```(?P<language>\w+)(?: (?P<words>[^\n]*))?\n(?P<body>.*?)^```\n", re.DOTALL | re.MULTILINE
)


@dataclass(frozen=True)
class Case:
    """A block, with the answer that the page has for it."""

    page: Path
    code: str
    #: Where the block begins and ends, and which line of the page that is.
    span: tuple[int, int]
    line: int
    language: str
    words: tuple[str, ...]
    body: str
    right: bool
    #: The text below it, and where that stands; none where it has to be written first.
    answer: str | None
    answer_span: tuple[int, int] | None

    @property
    def name(self) -> str:
        """How the test is called."""
        return f"{self.code}, line {self.line}"


def cases_of(path: Path) -> Iterator[Case]:
    page = path.read_text("utf-8")
    for section in _SECTION.finditer(page):
        begin, end = section.span("text")
        blocks = list(_BLOCK.finditer(page, begin, end))
        right_from = page.find("\nRight:", begin, end)
        for at, block in enumerate(blocks):
            right = -1 < right_from < block.start()
            following = blocks[at + 1] if at + 1 < len(blocks) else None
            answer = following if following and following["language"] == "text" else None
            if block["language"] == "text":
                if at and blocks[at - 1]["language"] != "text":
                    continue
                # What cannot stand on a page is made below; the page has only the answer.
                answer = block
            yield Case(
                path,
                section["code"],
                block.span(),
                page.count("\n", 0, block.start()) + 1,
                block["language"],
                tuple((block["words"] or "").split()),
                block["body"],
                right,
                None if right or answer is None else answer["body"],
                None if right or answer is None else answer.span(),
            )


INDEX_TEXT: Final = INDEX.read_text("utf-8")
CASES: Final = [case for page in (*PAGES, ALL_AT_ONCE, TWELVE) for case in cases_of(page)]
BASES: Final = [block for block in _BLOCK.finditer(INDEX_TEXT) if "base" in (block["words"] or "")]
#: The words that select a base, the first being for a block with none of them.
_BASES: Final = ("", "edge", "hybrid")
_TOPOLOGY: Final = "  exchange-ports:topology:\n"
_NETWORKS: Final = "  exchange-ports:networks:\n"


def parts(stack: str) -> dict[str, str]:
    """The lines of each key of a topology, by key."""
    lines = stack.partition(_TOPOLOGY)[2]
    return {part[1]: part[0] for part in re.finditer(r"^    (\w+):.*\n(?:     .*\n)*", lines, re.M)}


def whole(case: Case) -> str:
    """The stack file that a block stands for: what it does not show follows as in the base.

    It follows behind the block, so that the lines of the block are the lines of the file.
    """
    if "whole" in case.words:
        return case.body
    left_out = case.words[case.words.index("without") + 1 :] if "without" in case.words else ()
    named = next((at for at, word in enumerate(_BASES) if word in case.words), 0)
    return completed(case.body, BASES[named]["body"], left_out)


def completed(text: str, base: str, left_out: Iterable[str] = ()) -> str:
    """A stack file that begins with this text, and has the rest of the base."""
    text = text if _TOPOLOGY in text else text + _TOPOLOGY
    shown = parts(text)
    for key, lines in parts(base).items():
        if key not in shown and key not in left_out:
            text += lines
    if _NETWORKS not in text:
        text += _NETWORKS + base.partition(_NETWORKS)[2].partition(_TOPOLOGY)[0]
    return text


# --- What is run ----------------------------------------------------------------------------

#: What cannot stand on a page: the file, by the code that it raises.
MADE: Final[dict[str, Callable[[], bytes]]] = {
    "file-too-big": lambda: b"#" * (1024 * 1024 + 1),
    "not-utf8": lambda: "config:\n  exchange-ports:topology:\n    organization: Böhm\n".encode(
        "latin-1"
    ),
    "invisible-character": lambda: b"config:\n  exchange-ports:topology:\n    a: x\xe2\x80\xaey\n",
    "too-many-combinations": lambda: completed(
        "config:\n  exchange-ports:topology:\n    additional_flows:\n      - {reason: monitoring, "
        f"from: [{', '.join(f'10.9.{n // 256}.{n % 256}' for n in range(400))}], to: exchange, "
        f"ports: [{', '.join(f'{1000 + 2 * n}/tcp' for n in range(300))}]}}\n",
        BASES[0]["body"],
    ).encode(),
    "too-many-values": lambda: (
        b"config:\n  exchange-ports:topology:\n    a: [" + b"1," * 100_000 + b"]\n"
    ),
    "too-many-aliases": lambda: (
        b"config:\n  exchange-ports:topology:\n    a: &a ["
        + b"1," * 99
        + b"1]\n    b: ["
        + b"*a," * 99
        + b"*a]\n"
    ),
}


@dataclass
class Desk:
    """A folder in which a command is run, and what it said."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """The exit code, standard output and standard error."""
        self.monkeypatch.chdir(self.folder)
        self.capsys.readouterr()
        code = main(arguments)
        reported = self.capsys.readouterr()
        return code, reported.out, reported.err

    def write(self, name: str, content: bytes) -> None:
        """A file in the folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


@pytest.fixture
def desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Desk:
    return Desk(tmp_path, monkeypatch, capsys)


def _project(desk: Desk, program: bytes) -> None:
    desk.write("Pulumi.yaml", b"name: exchange-ports\nruntime: python\nstackConfigDir: stacks\n")
    desk.write("__main__.py", program)


def _without_pulumi(desk: Desk) -> None:
    _project(desk, b"")
    desk.monkeypatch.setitem(sys.modules, "pulumi", None)
    for name in [name for name in sys.modules if name.startswith("exchange_ports.offline")]:
        desk.monkeypatch.delitem(sys.modules, name)


def _committed(desk: Desk) -> None:
    Repository(desk.folder).commit({})


def _with_two_projects(desk: Desk) -> None:
    repository = Repository(desk.folder)
    repository.commit({"Pulumi.yaml": "name: mail\n"})
    repository.write({"Pulumi.yaml": "name: mail\n---\nname: other\n"})


def _with_a_review(desk: Desk) -> None:
    more = (
        'reason: administration, owner: Messaging team, ticket: MAIL-204, review_by: "2027-03-31"'
    )
    base = BASES[0]["body"].replace("reason: administration", more)
    desk.write(FILE, base.encode())


_RULE: Final = {
    "SecurityGroupRuleId": "sgr-1",
    "GroupId": "sg-1",
    "IsEgress": True,
    "IpProtocol": "-1",
    "CidrIpv4": "0.0.0.0/0",
}
_GROUP: Final = {
    "GroupId": "sg-1",
    "GroupName": "default",
    "Description": "default VPC security group",
    "VpcId": "vpc-0123456789abcdef0",
    "IpPermissions": [],
    "IpPermissionsEgress": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
}
_STACK: Final = "urn:pulumi:dev::exchange-ports::pulumi:pulumi:Stack::exchange-ports-dev"
#: What lies about: files that commands printed, right and wrong ones.
_PRINTED: Final[dict[str, object]] = {
    "state.json": {"version": 3, "deployment": {"manifest": {}}},
    "state-of-dev.json": {"deployment": {"resources": [{"urn": _STACK, "type": "x"}]}},
    "groups.json": {"SecurityGroups": [_GROUP]},
    "groups-of-another-vpc.json": {"SecurityGroups": [{**_GROUP, "VpcId": "vpc-2"}]},
    "groups-first-page.json": {"SecurityGroups": [_GROUP], "NextToken": "eyJ="},
    "rules.json": {"SecurityGroupRules": [_RULE]},
    "rules-of-a-filter.json": {"SecurityGroupRules": []},
    "rules-old.json": {"SecurityGroupRules": [{**_RULE, "IsEgress": "true"}]},
    "interfaces.json": {"NetworkInterfaces": []},
}


def _adopting(desk: Desk) -> None:
    for name, data in _PRINTED.items():
        desk.write(name, json.dumps(data).encode())
    desk.write("groups.yaml", b"SecurityGroups:\n- GroupId: sg-1\n")


_MAIL: Final = {
    **{"id": 10, "serviceArea": "Exchange", "category": "Allow", "required": True},
    **{"tcpPorts": "25", "urls": ["*.mx.microsoft"], "ips": ["40.92.0.0/15"]},
}
_ANSWER: Final = [
    {
        **{"id": 1, "serviceArea": "Exchange", "category": "Optimize", "required": True},
        **{"tcpPorts": "80,443", "urls": ["outlook.office365.com"], "ips": ["40.96.0.0/13"]},
    },
    _MAIL,
    {
        **{"id": 56, "serviceArea": "Common", "category": "Allow", "required": True},
        **{"tcpPorts": "80,443", "urls": ["graph.microsoft.com"], "ips": ["20.190.128.0/18"]},
    },
]
_SNAPSHOT: Final = """\
instance: worldwide
version: "2026081400"
source: endpoints.office.com
sets:
  hybrid_mail:
    ranges: [40.92.0.0/15]
"""
#: Answers of the web service and snapshots, right and wrong ones.
_ENDPOINTS: Final[dict[str, str]] = {
    "answer.json": json.dumps(_ANSWER),
    "answer-of-another-area.json": json.dumps([each for each in _ANSWER if each != _MAIL]),
    "answer-with-semicolon.json": json.dumps([*_ANSWER, {**_MAIL, "id": 11, "tcpPorts": "25;443"}]),
    "answer-with-url.json": json.dumps([*_ANSWER, {**_MAIL, "id": 11, "urls": ["https://x.y/"]}]),
    "answers-of-all.json": json.dumps(_ANSWER * 400),
    "endpoints.yaml": _SNAPSHOT,
    "endpoints-wide.yaml": _SNAPSHOT.replace("40.92.0.0/15", "40.0.0.0/7, 10.0.0.0/8"),
    "endpoints-latest.yaml": _SNAPSHOT.replace("2026081400", "latest"),
    "endpoints-china.yaml": _SNAPSHOT.replace("worldwide", "china"),
    "ranges.txt": "40.92.0.0/15\n",
}


def _with_endpoints(desk: Desk) -> None:
    for name, text in _ENDPOINTS.items():
        desk.write(name, text.encode())


#: Flow logs, a right one and others.
_FLOW_LOGS: Final[dict[str, str]] = {
    "flows.csv": "client,server,port,protocol\n10.20.2.10,10.20.0.11,443,tcp\n",
    "notes.txt": "to do: copy the flow logs\n",
    "cut.csv": "client,server,port,protocol\n10.20.2.10,10.20.0.11,443,tcp\n10.20.0.11,10.20.2.1\n",
}


def _with_flow_logs(desk: Desk) -> None:
    for name, text in _FLOW_LOGS.items():
        desk.write(name, text.encode())
    unplaced = re.sub(r", address: [0-9.]+", "", BASES[0]["body"])
    desk.write("stacks/Pulumi.new.yaml", unplaced.encode())


#: What a command needs around it to fail as the page says.
AROUND: Final[dict[str, Callable[[Desk], None]]] = {
    "unknown-stack": lambda desk: _project(desk, b""),
    "no-revision": _committed,
    "not-reviewed": _with_two_projects,
    **{kind.code: _with_endpoints for kind in endpoint_kinds.KINDS},
    **{kind.code: _with_flow_logs for kind in rehearsal_kinds.KINDS},
    **{kind.code: _adopting for kind in command_kinds.ADOPTION_KINDS},
    "missing-extra": _without_pulumi,
    "review-overdue": _with_a_review,
    "program-failed": lambda desk: _project(
        desk, b"import pulumi\n\nraise pulumi.RunError('there is no VPC of that name')\n"
    ),
}


def _secret_topology() -> str:
    """What a program says whose topology is a secret."""
    import pulumi
    from pulumi.runtime import set_all_config

    from exchange_ports.component import ExchangeFirewall, TopologyError

    key = "exchange-ports:topology"
    set_all_config({key: '{"organization": "hunter2"}'}, [key])
    try:
        with pytest.raises(TopologyError) as refused:
            ExchangeFirewall.from_config("exchange", pulumi.Config("exchange-ports"))
    finally:
        set_all_config({}, [])
    assert "hunter2" not in str(refused.value)
    return str(refused.value)


def _long_name() -> str:
    """What a program says whose component has a name too long for Azure."""
    from exchange_ports.component import ExchangeFirewall, TopologyError

    base = read_stack_file(BASES[0]["body"].encode(), FILE).config
    topology: Any = base["topology"]
    topology["networks"]["corp"]["platform"] = "azure"
    with pytest.raises(TopologyError) as refused:
        ExchangeFirewall(
            "exchange-of-contoso-and-of-all-its-subsidiaries-in-the-nordic-countries",
            topology=topology,
            networks={"corp": {"resource_group_name": "rg", "location": "westeurope"}},
        )
    return str(refused.value)


def _known_later() -> str:
    """What a program says that gives an output as an address."""
    import pulumi

    from exchange_ports.component import ExchangeFirewall, TopologyError

    topology: Any = read_stack_file(BASES[0]["body"].encode(), FILE).config["topology"]
    site = next(iter(topology["sites"].values()))
    name = next(iter(site["servers"]))
    site["servers"][name]["address"] = pulumi.Output.from_input("10.20.0.11")
    with pytest.raises(TopologyError) as refused:
        ExchangeFirewall("exchange", topology=topology, networks={"corp": {"vpc_id": "vpc-1"}})
    return str(refused.value)


def _name_taken() -> str:
    """What a program says that has two components of one name."""
    from exchange_ports.component import ExchangeFirewall
    from exchange_ports.offline import ProgramFailed, record

    topology: Any = read_stack_file(BASES[0]["body"].encode(), FILE).config["topology"]

    def program() -> None:
        for _ in range(2):
            ExchangeFirewall("exchange", topology=topology, networks={"corp": {"vpc_id": "vpc-1"}})

    with pytest.raises(ProgramFailed) as failed:
        record(program, project="sample", stack="prod", config={})
    return failed.value.text


def _other_address() -> str:
    """What a program says that gives a server another address than the declared one."""
    return _with_address("10.20.0.99")


def _undeclared_address() -> str:
    """What a program says that gives the address of a server that declares none."""
    return _with_address("10.20.0.11", declared=False)


def _with_address(real: str, *, declared: bool = True) -> str:
    from exchange_ports.component import ExchangeFirewall, TopologyError

    topology: Any = read_stack_file(BASES[0]["body"].encode(), FILE).config["topology"]
    if not declared:
        del topology["sites"]["hq"]["servers"]["ex1"]["address"]
    networks: Any = {"corp": {"vpc_id": "vpc-1"}}
    with pytest.raises(TopologyError) as refused:
        ExchangeFirewall("exchange", topology=topology, networks=networks, addresses={"ex1": real})
    return str(refused.value)


def _other_cloud() -> str:
    """What a program says that gives a VPC for a network in Azure."""
    from exchange_ports.component import ExchangeFirewall, TopologyError

    topology: Any = read_stack_file(BASES[0]["body"].encode(), FILE).config["topology"]
    topology["networks"]["corp"]["platform"] = "azure"
    with pytest.raises(TopologyError) as refused:
        ExchangeFirewall(
            "exchange", {"topology": topology, "aws_networks": {"corp": {"vpc_id": "vpc-1"}}}
        )
    return str(refused.value)


#: Where the question was fine and the answer is no.
_ANSWERED: Final = {"not-reviewed": 2, "review-overdue": 1}

#: Where it is not the command line that answers, but a program.
_REPORTED_BY_A_PROGRAM: Final = {
    "secret-topology": _secret_topology,
    "name-too-long": _long_name,
    "unresolved-output": _known_later,
    "component-name-taken": _name_taken,
    "network-of-other-cloud": _other_cloud,
    "address-differs": _other_address,
    "address-not-declared": _undeclared_address,
}


def answer_to(case: Case, desk: Desk) -> tuple[int, str]:
    """The exit code and the findings that the command line shows for a case."""
    if case.code in _REPORTED_BY_A_PROGRAM:
        return 2, _REPORTED_BY_A_PROGRAM[case.code]()
    if case.language == "console":
        base = BASES[0]["body"]
        desk.write(FILE, base.encode())
        AROUND.get(case.code, lambda _: None)(desk)
        command, *arguments = shlex.split(case.body.removeprefix("$ "))
        assert command == "exchange-ports"
    else:
        desk.write(FILE, MADE[case.code]() if case.language == "text" else whole(case).encode())
        arguments = ["plan", FILE]
    code, out, err = desk.run(*arguments)
    assert bool(out) == (code in (0, _ANSWERED.get(case.code, 0)))
    # Above the findings stands what a failing program said.
    first = re.search(r"^(?:error|warning)\[", err, re.M)
    return code, err[first.start() :].rstrip("\n") if first else err


@pytest.fixture(scope="module")
def written(pytestconfig: pytest.Config) -> Iterator[dict[Case, str] | None]:
    """Where a case leaves its answer when the pages are to be rewritten; otherwise none."""
    if not pytestconfig.getoption(UPDATE):
        yield None
        return
    answers: dict[Case, str] = {}
    yield answers
    for path in {case.page for case in answers}:
        page = path.read_text("utf-8")
        for case, answer in sorted(answers.items(), key=lambda item: -item[0].span[0]):
            if case.page == path:
                begin, end = case.answer_span or (case.span[1], case.span[1])
                gap = "" if case.answer_span else "\n"
                page = f"{page[:begin]}{gap}```text\n{answer}\n```\n{page[end:]}"
        path.write_text(page, "utf-8")


def named(cases: list[Case]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", cases, ids=[case.name for case in cases])


@pytest.mark.slow
@named([case for case in CASES if not case.right])
def test_what_is_wrong_gets_the_answer_on_the_page(
    case: Case, desk: Desk, written: dict[Case, str] | None
) -> None:
    code, answer = answer_to(case, desk)
    assert f"[{case.code}]" in answer
    refused = _ANSWERED.get(case.code, 2)
    assert code == (refused if re.search(r"^error\[", answer, re.M) else 0)
    if written is not None:
        written[case] = answer
        return
    assert answer == (case.answer or "").rstrip("\n")


@pytest.mark.slow
@named([case for case in CASES if case.right])
def test_what_is_right_is_not_refused(case: Case, desk: Desk) -> None:
    code, answer = answer_to(case, desk)
    assert code == 0, answer
    assert f"[{case.code}]" not in answer


# --- The tables -----------------------------------------------------------------------------

TABLES: Final = {
    "topology_kinds": topology_kinds,
    "command_kinds": command_kinds,
    "file_kinds": file_kinds,
    "endpoint_kinds": endpoint_kinds,
    "hybrid_kinds": hybrid_kinds,
    "rehearsal_kinds": rehearsal_kinds,
}


def test_no_two_kinds_have_one_code() -> None:
    assert len(KINDS) == sum(len(table.KINDS) for table in TABLES.values())


def test_every_file_of_kinds_is_walked() -> None:
    files = {path.stem for path in Path(topology_kinds.__file__).parent.glob("*.py")}
    assert files == {*TABLES, "__init__", "finding", "failed_checks"}


@pytest.mark.parametrize("table", TABLES)
def test_a_table_has_every_kind_of_its_file(table: str) -> None:
    module = TABLES[table]
    there = {each for each in vars(module).values() if isinstance(each, Kind)}
    assert there <= set(module.KINDS)


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_a_kind_has_whole_sentences(kind: Kind) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", kind.code)
    for text in filter(None, (kind.summary, kind.why, kind.fix)):
        assert text.strip() == text
        # A whole sentence, or a fact that is one.
        assert re.match(r'["A-Z`{]', text)
        assert text.endswith((".", "?", "blocked", "{fix}", "{why}", "{remedy}"))
    assert kind.summary
    assert kind.fix
    assert "\n" not in kind.summary + kind.why


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_a_kind_is_in_plain_words(kind: Kind) -> None:
    for text in (kind.summary, kind.why, kind.fix):
        assert not [*misused(text), *too_long(text)]


@pytest.mark.parametrize("page", [INDEX, *PAGES], ids=lambda page: page.stem)
def test_a_page_is_in_plain_words(page: Path) -> None:
    assert not [*misused(page.read_text("utf-8"))]


def test_words_are_found_and_code_is_left_out() -> None:
    assert [*misused("Nobody wears `nobody` and the witness server.")] == [
        "'wears': write attach, member, attached to",
        "'Nobody': write no rule, no server, the operator",
    ]
    assert [*too_long("word " * 26 + ". Short.")]
    assert not [*too_long("word " * 24 + ". Short.")]


def test_every_kind_has_its_page_with_its_code_as_heading() -> None:
    assert {page.stem for page in PAGES} == set(KINDS)
    for page in PAGES:
        assert page.read_text("utf-8").startswith(f"# {page.stem}\n")
        assert KINDS[page.stem].page == f"{PAGES_BASE}{page.stem}.md"


@pytest.mark.parametrize("heading", ["By area", "By code"])
def test_the_index_lists_each_code_once(heading: str) -> None:
    part = INDEX_TEXT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    links = re.findall(r"\[(\S+)\]\((\S+)\.md\)", part)
    assert sorted(code for code, _ in links) == sorted(KINDS)
    assert all(code == page for code, page in links)
    if heading == "By code":
        assert [code for code, _ in links] == sorted(KINDS)


@pytest.mark.parametrize("code", KINDS)
def test_a_page_has_words_a_wrong_case_and_what_is_right(code: str) -> None:
    text = (FOLDER / f"{code}.md").read_text("utf-8").partition("\n")[2]
    words = _BLOCK.sub("", text).partition("\nRight:")
    assert words[0].strip()
    wrong = [
        case
        for case in CASES
        if case.code == code and case.page.parent == FOLDER and not case.right
    ]
    assert wrong
    right = [case for case in CASES if case.code == code and case.right]
    assert right or words[2].strip()


#: What a template leaves when a fact is empty, missing, or not made for people.
_BROKEN: Final = re.compile(
    r"\S {2,}\S|\bNone\b|\(\)|\[\]|`{2}| [,;:)]| \.(?!\.)|\( |<\w+>|\[key\]|\{\w+\}|\b(\w{3,}) \1\b"
)


@named([case for case in CASES if case.answer])
def test_no_answer_is_a_broken_sentence(case: Case) -> None:
    for line in (case.answer or "").splitlines():
        place = re.match(r"  \S+(?:\.json|:\d+)(?:  \S+)?$", line)
        assert place or not _BROKEN.search(line), line
        assert len(line) <= 300


# --- All at once ----------------------------------------------------------------------------


def test_a_dozen_mistakes_are_told_in_one_go_errors_first() -> None:
    (case,) = (case for case in CASES if case.page == ALL_AT_ONCE)
    heads = re.findall(r"^(error|warning)\[(\S+)\]", case.answer or "", re.M)
    errors = [code for severity, code in heads if severity == "error"]
    assert len(set(errors)) >= 12
    # Of shape, across fields, and beside the topology.
    assert {"unknown-key", "zones-overlap", "missing-cloud-id"} <= set(errors)
    assert [severity for severity, _ in heads] == sorted(severity for severity, _ in heads)


# --- As a new user would --------------------------------------------------------------------

#: What every round of mending starts from: the file and the answer to it; the last has none.
ROUNDS: Final = [
    (match["file"], match["answer"])
    for match in re.finditer(
        r"^```yaml whole\n(?P<file>.*?)^```\n(?:\n```text\n(?P<answer>.*?)^```\n)?",
        TWELVE.read_text("utf-8"),
        re.DOTALL | re.MULTILINE,
    )
]


def test_twelve_kinds_of_mistakes_are_mended_by_the_messages_alone(desk: Desk) -> None:
    kinds: set[str] = set()
    for (wrong, answer), (mended, _) in pairwise(ROUNDS):
        kinds |= set(re.findall(r"^error\[(\S+)\]", answer, re.M))
        named = {int(line) for line in re.findall(rf"^  {re.escape(FILE)}:(\d+)", answer, re.M)}
        # A server may also be named in words: "add `own_group: true` to ex1".
        told = set(re.findall(r"\w+", " ".join(re.findall(r"^  fix: (.*)", answer, re.M))))
        for line in touched(wrong, mended) - named:
            assert wrong.splitlines()[line - 1].strip().partition(":")[0] in told
    assert len(kinds) == 12
    desk.write(FILE, ROUNDS[-1][0].encode())
    code, _, err = desk.run("plan", FILE)
    assert (code, err) == (0, "")


def touched(before: str, after: str) -> set[int]:
    """The lines of a file that another one has no more, counted from 1."""
    matcher = SequenceMatcher(None, before.splitlines(), after.splitlines(), autojunk=False)
    return {
        line + 1
        for what, first, last, *_ in matcher.get_opcodes()
        if what in ("replace", "delete")
        for line in range(first, last)
    }


# --- What is suggested ----------------------------------------------------------------------

_SUGGESTED: Final = re.compile(r"`(\{?[a-z_]+: [^`]*)`")


def _suggestions() -> Iterator[str]:
    """Each line of a stack file that a fix on the pages shows, once."""
    for case in CASES:
        for fix in re.findall(r"^  fix: (.*(?:\n +`.*)*)", case.answer or "", re.M):
            yield from _SUGGESTED.findall(fix)


def _fields() -> Iterator[tuple[str, Any]]:
    """Every key that a topology may have, with the type of its value."""
    for model in vars(models).values():
        if isinstance(model, type) and issubclass(model, BaseModel):
            for name, field in model.model_fields.items():
                yield field.alias or name, field.rebuild_annotation()


def _fits(annotation: Any, value: object) -> bool:
    try:
        TypeAdapter(annotation).validate_json(json.dumps(value))
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("line", sorted(set(_suggestions())))
def test_a_suggested_line_can_be_written_so(line: str) -> None:
    read: object = yaml.safe_load(line.replace("REASON", "reason"))
    assert isinstance(read, dict)
    data = cast("dict[str, object]", read)
    flow = {"from", "to", "ports", "reason", "accept_risk", "need"}
    if data.keys() <= flow and len(data) > 1:
        assert _fits(models.AdditionalFlow, data)
        return
    for key, value in data.items():
        types = [each for name, each in _fields() if name == key]
        # Other keys are names, such as that of a network.
        assert "..." in line or not types or any(_fits(each, value) for each in types), line
