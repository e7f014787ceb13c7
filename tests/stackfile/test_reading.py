"""Reading stack files: every fault has its words and its line, and both ways in agree.

The checkers are from outside: Pulumi's own reader, whose answers are recorded in
fixtures/reading/pulumi.json, and PyYAML's own loader, a YAML 1.1 reader.
"""

import json
import re
import string
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, cast

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from exchange_ports.findings import Finding, Place, Refused, Severity
from exchange_ports.findings import file_kinds as kinds
from exchange_ports.stackfile import nodes
from exchange_ports.stackfile.stack_file import NAMESPACE, StackFile, read_stack_file
from exchange_ports.stackfile.yaml_values import Doubt, doubt, meaning

FILE: Final = "stacks/Pulumi.prod.yaml"
PULUMI: Final = Path(__file__).parents[1] / "fixtures" / "reading" / "pulumi.json"
OURS: Final = "config:\n  exchange-ports:topology:\n"


def ours(*lines: str) -> bytes:
    """A stack file whose topology is these lines."""
    return (OURS + "".join(f"    {line}\n" for line in lines)).encode()


def value_of(written: str) -> object:
    """What we read for `value: <written>` in a topology."""
    return topology(f"{OURS}    value: {written}\n".encode())["value"]


def topology(content: bytes) -> dict[str, object]:
    return cast("dict[str, object]", read_stack_file(content, FILE).config["topology"])


def findings_of(content: bytes) -> tuple[Finding, ...]:
    with pytest.raises(Refused) as refused:
        read_stack_file(content, FILE)
    return refused.value.findings


def refusals(content: bytes) -> tuple[Finding, ...] | None:
    """Why the file is refused, None when it is read."""
    try:
        read_stack_file(content, FILE)
    except Refused as fault:
        return fault.findings
    return None


def same(one: object, other: object) -> bool:
    """Equal, and of the same types: 1 is not True, and 25.0 is not 25."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        a, b = cast("dict[str, object]", one), cast("dict[str, object]", other)
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(one, list):
        c, d = cast("list[object]", one), cast("list[object]", other)
        return len(c) == len(d) and all(map(same, c, d))
    return one == other


GOOD: Final = b"""\
# one environment
encryptionsalt: v1:abc=:v1:def
config:
  aws:region: eu-west-1
  other:list: [010, on, 1e3, 2026-11-23, ~]
  other:secret: {secure: AAABAHunter2}
  exchange-ports:networks:
    corp: {vpc_id: vpc-0123456789abcdef0}
  exchange-ports:topology:
    organization: contoso # AG
    sites:
      hq:
        network: corp #routed
        servers:
          ex1:
            roles: [client_access,
                    mailbox]
        lync: &addresses {addresses: [10.20.4.0/28]}
        other_exchange: *addresses
    clients:
      branches: {from: [10.64.0.0/12, "2001:db8:10::/48"]}
    proxy: {port: 1080, used: true, weight: 1.5, note: null}
secretsprovider: passphrase
"""

# --- What is read ---------------------------------------------------------------------------


def test_a_stack_file_gives_our_settings_as_plain_data() -> None:
    read = read_stack_file(GOOD, FILE)
    assert read.file == FILE
    assert read.config == {
        "networks": {"corp": {"vpc_id": "vpc-0123456789abcdef0"}},
        "topology": {
            "organization": "contoso",
            "sites": {
                "hq": {
                    "network": "corp",
                    "servers": {"ex1": {"roles": ["client_access", "mailbox"]}},
                    "lync": {"addresses": ["10.20.4.0/28"]},
                    "other_exchange": {"addresses": ["10.20.4.0/28"]},
                }
            },
            "clients": {"branches": {"from": ["10.64.0.0/12", "2001:db8:10::/48"]}},
            "proxy": {"port": 1080, "used": True, "weight": 1.5, "note": None},
        },
    }


def test_the_other_settings_are_what_pulumi_makes_of_them() -> None:
    assert read_stack_file(GOOD, FILE).others == {
        "aws:region": "eu-west-1",
        "other:list": [8, "on", 1000, "2026-11-23 00:00:00 +0000 UTC", None],
        "other:secret": None,
    }


def test_the_old_form_of_another_program_s_key_is_its_own_affair() -> None:
    content = ours("a: 1") + b"  aws:config:region: eu-west-1\n"
    assert read_stack_file(content, FILE).others == {"aws:config:region": "eu-west-1"}


def test_merges_keys_and_secrets_of_other_settings_are_read_as_pulumi_reads_them() -> None:
    other = b"  x:y: {<<: [&a {p: 1, q: 2}, {q: 3, r: 4}], p: 0, deep: [{secure: hunter2}, {<<: {secure: x}}], 25: x,"
    other += b" true: y, ~: z, tagged: !!str 5}\n"
    assert read_stack_file(ours("a: 1") + other, FILE).others == {
        "x:y": {
            **{"p": 0, "q": 2, "r": 4, "deep": [None, None], "tagged": "5"},
            **{"25": "x", "true": "y", "<nil>": "z"},
        }
    }


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + ours("a: 1"),
        ours("a: 1").replace(b"\n", b"\r\n"),
        b"---\n" + ours("a: 1") + b"...\n",
        b'{"config": {"exchange-ports:topology": {"a": 1}}}',
        b"config: {'exchange-ports:topology': {a: 1}}",
        b"environment: [x]\nencryptedkey: x\n" + ours("a: 1"),
        b"anchors: &a 1\n".replace(b"anchors", b"encryptionsalt") + ours("a: *a"),
    ],
    ids=["byte order mark", "CRLF", "document marks", "JSON", "flow", "other keys", "alias"],
)
def test_what_pulumi_accepts_in_form_is_accepted(content: bytes) -> None:
    assert topology(content) == {"a": 1}


def test_the_pure_parser_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    with_c = read_stack_file(GOOD, FILE)
    monkeypatch.setattr(nodes, "_LOADER", yaml.SafeLoader)
    assert read_stack_file(GOOD, FILE) == with_c
    assert [finding.kind for finding in findings_of(ours("a: [010, *x]"))] == [kinds.UNKNOWN_ALIAS]
    assert findings_of(ours("a: [010"))[0].kind is kinds.NOT_YAML


# --- Both ways in agree ---------------------------------------------------------------------

RECORDED: Final = cast("list[tuple[str, dict[str, object]]]", json.loads(PULUMI.read_text("utf-8")))


@pytest.mark.parametrize("written, pulumi", RECORDED, ids=[repr(row[0]) for row in RECORDED])
def test_what_is_accepted_is_what_pulumi_reads(written: str, pulumi: dict[str, object]) -> None:
    try:
        read = value_of(written)
    except Refused:
        return
    assert "error" not in pulumi
    assert same(read, pulumi["value"])


#: Nothing may be refused needlessly: these are what people write.
PLAIN: Final[dict[str, object]] = {
    "10.20.0.11": "10.20.0.11",
    "10.0.0.0/8": "10.0.0.0/8",
    "2001:db8::/32": "2001:db8::/32",
    "::1": "::1",
    "3389/tcp": "3389/tcp",
    "1024-65535": "1024-65535",
    "client_access": "client_access",
    "none": "none",
    "0bad": "0bad",
    "_10": "_10",
    "tRUE": "tRUE",
    "25": 25,
    "0": 0,
    "-1": -1,
    "9007199254740992": 2**53,
    "1.5": 1.5,
    "true": True,
    "False": False,
    "~": None,
    "": None,
    "NULL": None,
    "'on'": "on",
    '"010"': "010",
    "'<<'": "<<",
    r'"\\/"': "\\/",
    "what?": "what?",
    "2026-11-23 ticket 42": "2026-11-23 ticket 42",
    "|-\n      a\n      b": "a\nb",
}


@pytest.mark.parametrize("written, meant", PLAIN.items(), ids=PLAIN)
def test_what_every_reader_reads_alike_is_read(written: str, meant: object) -> None:
    assert same(value_of(written), meant)


DOUBTFUL: Final[dict[str, tuple[Doubt, object]]] = {
    **{
        text: (Doubt.TRUTH, text)
        for word in ("on", "off", "yes", "no", "y", "n")
        for text in (word, word.title(), word.upper())
    },
    **dict.fromkeys(
        ("010", "0o10", "0b1000", "0x8", "+8", "08", "8.0", "8.", "8_", "0_10"), (Doubt.NUMBER, 8)
    ),
    "1_000": (Doubt.NUMBER, 1000),
    "-010": (Doubt.NUMBER, -8),
    "-_10": (Doubt.NUMBER, -10),
    "0b-1": (Doubt.NUMBER, -1),
    "0o-7": (Doubt.NUMBER, -7),
    "-0": (Doubt.NUMBER, 0),
    "1e3": (Doubt.NUMBER, 1000),
    ".5": (Doubt.NUMBER, 0.5),
    "10.20": (Doubt.NUMBER, 10.2),
    "9007199254740993.5": (Doubt.NUMBER, 9007199254740994),
    "1e-05": (Doubt.NUMBER, 1e-05),
    "1e400": (Doubt.NUMBER, "1e400"),
    ".inf": (Doubt.NUMBER, ".inf"),
    "-.INF": (Doubt.NUMBER, "-.INF"),
    ".NaN": (Doubt.NUMBER, ".NaN"),
    "9007199254740993": (Doubt.TOO_BIG, 9007199254740993),
    "-9007199254740993": (Doubt.TOO_BIG, -9007199254740993),
    "9" * 5000: (Doubt.TOO_BIG, "9" * 5000),
    "2026-11-23": (Doubt.TIME, "2026-11-23 00:00:00 +0000 UTC"),
    "2026-1-2": (Doubt.TIME, "2026-01-02 00:00:00 +0000 UTC"),
    "2026-11-23T10:20:30Z": (Doubt.TIME, "2026-11-23T10:20:30Z"),
    "2026-11-23 10:20:30": (Doubt.TIME, "2026-11-23 10:20:30"),
    "12:30": (Doubt.TIME, "12:30"),
    "1:2:3:4:5:6:7:8": (Doubt.TIME, "1:2:3:4:5:6:7:8"),
    "12:30.5": (Doubt.TIME, "12:30.5"),
    "=": (Doubt.SYMBOL, "="),
    "<<": (Doubt.SYMBOL, "<<"),
}


@pytest.mark.parametrize("text, expected", DOUBTFUL.items(), ids=[text[:30] for text in DOUBTFUL])
def test_what_readers_read_differently_is_refused(
    text: str, expected: tuple[Doubt, object]
) -> None:
    why, pulumi = expected
    assert doubt(text) is why
    assert same(meaning(text), pulumi)
    (finding,) = findings_of(f"{OURS}    value: {text}\n".encode())
    assert finding.path == ("topology", "value")
    assert finding.place == Place(FILE, 3)


@pytest.mark.parametrize(
    "text", [text for text in DOUBTFUL if len(text) < 100] + ["25", "1.5", "true", "~", "null"]
)
def test_a_name_is_text_for_every_reader(text: str) -> None:
    (finding,) = findings_of(ours(f"{text}: 1"))
    assert finding.kind in (kinds.KEY_NOT_TEXT, kinds.MERGE_KEY)
    if text != "<<":
        assert topology(ours(f"'{text}': 1")) == {text: 1}


SOUP: Final = st.one_of(
    st.text("0123456789._-+:eExobTZ/naifys~", min_size=1, max_size=9),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=6),
    st.sampled_from([row[0] for row in RECORDED]),
)


@given(st.lists(SOUP, min_size=1, max_size=4), st.booleans())
@example(["1:2"], True)
def test_what_is_accepted_is_what_a_yaml_1_1_reader_reads(texts: list[str], flow: bool) -> None:
    if flow:
        content = f"{OURS}    value: [{', '.join(texts)}]\n".encode()
    else:
        content = ours(*(f"k{index}: {text}" for index, text in enumerate(texts)))
    try:
        read = read_stack_file(content, FILE).config
    except Refused:
        return
    plain = cast("dict[str, dict[str, object]]", yaml.load(content, yaml.CSafeLoader))["config"]
    assert all(same(value, plain[f"{NAMESPACE}:{name}"]) for name, value in read.items())


JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | SOUP,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(SOUP, inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.slow
@given(st.dictionaries(SOUP, JSON, max_size=4), st.sampled_from([True, False, None]))
@example({"a": ["\ud7ff", "\x85", "\n a", "on", "010", 2**60, 1e300, 0.1]}, None)
def test_plain_data_that_yaml_wrote_is_read_back_or_refused(
    data: dict[str, object], flow: bool | None
) -> None:
    written = yaml.safe_dump(
        {"config": {"exchange-ports:topology": data}}, default_flow_style=flow, allow_unicode=True
    )
    try:
        read = topology(written.encode())
    except Refused:
        return
    assert same(read, data)


WORDS: Final = st.text(string.ascii_letters + "_./ ", min_size=1, max_size=9).filter(
    # PyYAML writes YeS and y without quotes; they are refused in any case.
    lambda word: word.lower() not in ("y", "n", "yes", "no", "on", "off", "secure")
)


@given(st.dictionaries(WORDS, st.lists(st.integers(0, 65535) | WORDS | st.booleans())))
def test_common_data_that_yaml_wrote_is_never_refused(data: dict[str, object]) -> None:
    dumped = yaml.safe_dump({"config": {"exchange-ports:topology": data}})
    assert same(topology(dumped.encode()), data)


# --- Nothing but Refused --------------------------------------------------------------------


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_at_most(content: bytes) -> None:
    assert refusals(content) is None or refusals(content)


EDITS: Final = st.lists(
    st.tuples(
        st.integers(0, len(GOOD) - 1),
        st.integers(0, 20),
        st.binary(max_size=4) | SOUP.map(str.encode),
    ),
    min_size=1,
    max_size=4,
)


@given(EDITS)
def test_a_mangled_file_is_read_or_refused_with_places(edits: list[tuple[int, int, bytes]]) -> None:
    content = GOOD
    for start, length, put in edits:
        content = content[:start] + put + content[start + length :]
    for finding in refusals(content) or ():
        assert finding.place.file == FILE
        assert finding.place.line is None or (
            1 <= finding.place.line <= len(content.splitlines()) + 1
        )
        assert "AAABAHunter2" not in str(finding)


# --- Bounds ---------------------------------------------------------------------------------


def laughs(levels: int, each: int) -> bytes:
    lines = ["a0: &a0 [x]"]
    for level in range(1, levels):
        lines.append(f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * each)}]")
    return ours(*lines)


def padded(size: int) -> bytes:
    return ours("a: " + "x" * (size - len(ours("a: "))))


BOUNDS: Final[dict[str, tuple[bytes, str | None]]] = {
    "as many bytes as the limit": (padded(1024 * 1024), None),
    "a byte more": (padded(1024 * 1024 + 1), "file-too-big"),
    "as deep as the limit": (ours("a: " + "[" * 37 + "]" * 37), None),
    "a level deeper": (ours("a: " + "[" * 38 + "]" * 38), "nested-too-deep"),
    "a chain of aliases as deep": (
        ours("a0: &a0 []", *(f"a{at}: &a{at} [*a{at - 1}]" for at in range(1, 37))),
        None,
    ),
    "a chain of aliases deeper": (
        ours("a0: &a0 []", *(f"a{at}: &a{at} [*a{at - 1}]" for at in range(1, 38))),
        "nested-too-deep",
    ),
    "deep without end": (ours("a: " + "[" * 900_000), "not-yaml"),
    "block mappings without end": (
        b"".join(b" " * at + b"a:\n" for at in range(1000)),
        "nested-too-deep",
    ),
    "as many values as the limit": (ours("a: [" + "1," * 99_993 + "]"), None),
    "a value more": (ours("a: [" + "1," * 99_994 + "]"), "too-many-values"),
    "a billion laughs": (laughs(12, 9), "too-many-values"),
    "a hundred laughs": (laughs(3, 9), None),
    "several hundred laughs": (laughs(4, 7), None),
    "aliases alone": (laughs(5, 9), "too-many-aliases"),
    "aliases and more": (
        ours("b: &b [" + "x," * 1000 + "]", "a: [" + "*b," * 15 + "]"),
        None,
    ),
    "aliases and too little more": (
        ours("b: &b [" + "x," * 1000 + "]", "a: [" + "*b," * 25 + "]"),
        "too-many-aliases",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("content, code", BOUNDS.values(), ids=BOUNDS)
def test_reading_is_bounded(content: bytes, code: str | None) -> None:
    if code is None:
        assert topology(content)
    else:
        assert [finding.kind.code for finding in findings_of(content)] == [code]


# --- Lines ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path, line",
    [
        ((), 3),
        (("topology",), 9),
        (("topology", "organization"), 10),
        (("topology", "organization", "deeper"), 10),
        (("topology", "sites", "hq"), 12),
        (("topology", "sites", "hq", "network"), 13),
        (("topology", "sites", "hq", "missing"), 12),
        (("topology", "sites", "hq", "missing", "deeper"), 12),
        (("topology", "sites", "hq", "servers", "ex1", "roles"), 16),
        (("topology", "sites", "hq", "servers", "ex1", "roles", 0), 16),
        (("topology", "sites", "hq", "servers", "ex1", "roles", 1), 17),
        (("topology", "sites", "hq", "servers", "ex1", "roles", 2), 16),
        (("topology", "sites", "hq", "servers", "ex1", "roles", -1), 16),
        (("topology", "sites", "hq", "other_exchange"), 19),
        (("topology", "sites", "hq", "other_exchange", "addresses"), 18),
        (("networks", "corp", "vpc_id"), 8),
        (("networks", "gone"), 7),
        (("tags",), 3),
        (("tags", "deeper"), 3),
        (("aws:region",), 4),
    ],
)
def test_a_field_is_found_in_the_file(path: tuple[str | int, ...], line: int) -> None:
    assert read_stack_file(GOOD, FILE).locate(path) == Place(FILE, line)


def test_what_was_not_read_from_a_file_has_no_line() -> None:
    assert StackFile(FILE, {}, {}).locate(("topology", "a")) == Place(FILE, None)


# --- Every kind, in full --------------------------------------------------------------------

#: What is wrong -> the file. Shown with the whole answer in goldens/reading.md.
REFUSED: Final[dict[str, bytes]] = {
    "too many bytes": b"#" * (1024 * 1024 + 1),
    "Latin-1": ours("name: x", "organization: Böhm").decode().encode("latin-1"),
    "UTF-16": ours("a: 1").decode().encode("utf-16"),
    "a NUL byte": ours("a: 1", "b: a\0b"),
    "text that is shown in another order": ours("a: 1", "b: x\u202ey"),
    "a line break that editors do not count": ours("a: 1 # x\u2028y"),
    "an empty file": b"",
    "only a comment": b"# nothing yet\n",
    "only null": b"---\n~\n",
    "a ticket that begins a comment": ours("reason: RDP #4711", "ticket: #4711"),
    "a number that begins a comment": ours("reason: Ticket # 4711", "accept_risk: {x: since # 7}"),
    "an acknowledgment cut by a comment": ours("acknowledge: {x: MAIL-1 #b", "}"),
    "a list at the top": b"- config\n",
    "a word at the top": b"config\n",
    "a tab": ours("a:", "\tb: 1"),
    "a colon too many": ours("a: b: c"),
    "a bracket that is not closed": ours("a: [1, 2"),
    "a question mark inside brackets": ours("a: [what?]"),
    "a slash with a backslash": ours(r'a: "x\\\/y"'),
    "two documents": ours("a: 1") + b"---\n{}\n",
    "nested too deep": ours("a: " + "[" * 60 + "]" * 60),
    "too many values": ours("a: [" + "1," * 100_000 + "]"),
    "a billion laughs, almost": laughs(5, 9),
    "an alias of nothing": ours("a: *b"),
    "two values marked with one name": ours("a: &hunter2 1", "b: &hunter2 2"),
    "an alias in itself": ours("a: &a [1, [*a]]"),
    "a misspelled key beside config": b"encryptionsolt: x\n" + ours("a: 1"),
    "an unknown key beside config": b"outputs: x\n" + ours("a: 1"),
    "CONFIG": b"CONFIG:\n  exchange-ports:topology: {}\n",
    "no config": b"encryptionsalt: v1\n",
    "config is forgotten": b"exchange-ports:topology: {a: 1}\ntags: {}\n",
    "config is a list": b"config:\n- exchange-ports:topology\n",
    "config is text": b"config: topology\n",
    "config is empty": b"config:\nencryptionsalt: v1\n",
    "no topology": b"config:\n  aws:region: eu-west-1\n  exchange-ports:networks: {}\n",
    "no namespace": b"config:\n  topology: {a: 1}\n  Networks: {}\n",
    "an underscore in the namespace": b"config:\n  exchange_ports:topology: {a: 1}\n",
    "another case of the namespace": b"config:\n  Exchange-Ports:Topology: {a: 1}\n",
    "a letter left out of the namespace": b"config:\n  exchange-port:topology: {a: 1}\n",
    "the old form of a key": b"config:\n  exchange-ports:config:topology: {a: 1}\n",
    "the namespace as a mapping": b"config:\n  exchange-ports:\n    topology: {a: 1}\n",
    "a setting that nothing reads": ours("a: 1") + b"  exchange-ports:color: red\n",
    "a misspelled setting": ours("a: 1") + b"  exchange-ports:netwroks: {}\n",
    "a misspelled topology": b"config:\n  exchange-ports:topolgy: {}\n",
    "another program's tags, and a namespace like ours": (
        ours("a: 1") + b"  aws:tags: {}\n  exchange_ports:color: red\n  x:y: {b: 1, b: 2}\n"
    ),
    "a key with two colons": ours("a: 1") + b"  a:b:c: 1\n",
    "a topology that is a list": b"config:\n  exchange-ports:topology:\n  - sites\n",
    "a topology that is text": b"config:\n  exchange-ports:topology: '{}'\n",
    "a topology that is empty": b"config:\n  exchange-ports:topology:\n",
    "a key twice": ours("a: 1", "b: 2", "'a': 3", "a: 4"),
    "a key twice in what is not ours": ours("a: 1") + b"  x:y: [{a: 1, a: 2}]\n",
    "a key twice beside config": b"environment: {a: 1, a: 2}\n" + ours("a: 1"),
    "a topology twice": ours("a: 1") + b"  exchange-ports:topology: {b: 1}\n",
    "config twice": ours("a: 1") + b"config: {}\n",
    "keys that are no text": ours("25: 1", "on: 2", "~: 3", "2026-11-23:", "  ?", "  : 4"),
    "keys that are no scalars": ours("? [a]", ": 1", "? {b: c}", ": 2"),
    "a key that is an alias": ours("a: &x b", "*x : 1"),
    "a key of config that is a number": ours("a: 1") + b"  25: x\n",
    "a list as a key of what is not ours": ours("a: 1") + b"  x:y: {[a]: 1}\n",
    "merge keys": ours("a: &a {b: 1}", "c: {<<: *a}", "d: {'<<': *a}"),
    "tags": ours("a: !!str 5", "b: !foo {c: ! d}", "!!str e: [!!set {f}]"),
    "tags on the frame": b"!x\nconfig: !y\n  exchange-ports:topology: {}\n",
    "secrets": ours("a: {secure: hunter2}", "b: [{c: 1, secure: {d: 010, hunter2: !x 1}}]"),
    "the topology as a secret": b"config:\n  exchange-ports:topology: {secure: hunter2}\n",
    "a secret that looks like an alias": b"config:\n  x:y: {secure: *hunter2}\n",
    "a secret of another program, and a fault": (
        ours("a: 010") + b"  x:y: {secure: {hunter2: 1, hunter2: 2}}\n"
    ),
    "truths": ours("a: on", "b: [No, Y]", "reason: off"),
    "numbers": ours("a: 010", "b: 10.20", "c: 1e400", "d: -.inf", "e: 0x1F"),
    "times": ours("a: 2026-11-23", "b: 12:30", "c: 1:2:3:4:5:6:7:8"),
    "symbols": ours("a: =", "b: [<<]"),
    "a number too big": ours("a: 9007199254740993"),
    "text that begins with a line break": ours(r'a: "\nb"', "c: |", "", "  d", r'"\te\n": 1'),
    "a fault that an alias repeats": ours("a: &x [010]", "b: *x", "c: [*x, *x]"),
    "many faults at once": (
        b"foo: 1\nconfig:\n  aws:a: {b: 1, b: 2}\n  exchange-ports:networks: {c: yes, d: 1}\n"
        b"  exchange-ports:topology:\n    e: {secure: hunter2}\n    f: 010\n  tags: {}\n"
    ),
}


def shown(content: bytes) -> str:
    """A file as the page shows it: long lines cut, what cannot be seen escaped."""

    def line(text: str) -> str:
        escaped = "".join(
            char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
        )
        return escaped if len(escaped) <= 90 else f"{escaped[:80]}... ({len(text)} characters)"

    text = content.decode("utf-8", "backslashreplace")
    return "\n".join(line(part) for part in text.removesuffix("\n").split("\n"))


def page() -> Iterator[str]:
    yield "# Stack files that are refused, and what is said of them\n"
    yield "Written by tests/stackfile/test_reading.py; review it as text that people read at 3 a.m.\n"
    for name, content in REFUSED.items():
        with pytest.raises(Refused) as refused:
            read_stack_file(content, FILE)
        yield f"## {name}\n\n```yaml\n{shown(content)}\n```\n```\n{refused.value}\n```\n"


@pytest.mark.slow
def test_every_fault_is_reported_in_these_words(golden: Callable[[str, str], None]) -> None:
    golden("reading.md", "\n".join(page()))


@pytest.mark.slow
def test_every_kind_has_a_code_of_its_own_and_is_shown() -> None:
    codes = [kind.code for kind in kinds.KINDS]
    assert len(codes) == len(set(codes))
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code) for code in codes)
    raised = {finding.kind for content in REFUSED.values() for finding in findings_of(content)}
    # What a project file can be refused by is tested with `diff`, which alone reads it.
    assert raised == set(kinds.KINDS) - {kinds.NOT_REVIEWED}
    assert all(kind.severity is Severity.ERROR for kind in kinds.KINDS)


@pytest.mark.parametrize("name", REFUSED)
def test_no_finding_shows_a_secret_or_lacks_its_file(name: str) -> None:
    for finding in findings_of(REFUSED[name]):
        assert finding.place.file == FILE
        assert finding.place.line is not None or finding.kind is kinds.FILE_TOO_BIG
        assert "hunter2" not in str(finding)
        assert "hunter2" not in json.dumps(finding.as_data())


def test_all_faults_are_reported_at_once() -> None:
    content = REFUSED["many faults at once"]
    assert [(finding.kind.code, finding.place.line) for finding in findings_of(content)] == [
        ("unknown-stack-key", 1),
        ("duplicate-key", 3),
        ("unquoted-boolean", 4),
        ("secret-in-setting", 6),
        ("unquoted-number", 7),
        ("misspelled-setting", 8),
    ]


def test_faults_of_syntax_are_reported_together_while_it_is_clear_how_to_read_on() -> None:
    lines = [
        "a: [::/0]",
        'b: {reason: "x: y", note: change: ticket}',
        "c: {reason: Ticket #4711}",
        "d: @",
    ]
    with pytest.raises(Refused) as refused:
        nodes.compose("\n".join((*lines, "e: [::/0]")).encode(), FILE)
    found = [(each.kind.code, each.place.line) for each in refused.value.findings]
    assert found == [("not-yaml", line) for line in (1, 2, 3, 4)]
    many = "\n".join(f"k{number}: [::/0]" for number in range(30))
    with pytest.raises(Refused) as refused:
        nodes.compose(many.encode(), FILE)
    assert len(refused.value.findings) == 10


def test_reading_imports_nothing_of_pulumi_and_no_models() -> None:
    program = (
        "import sys, exchange_ports.stackfile.stack_file;"
        "print(sorted({name.split('.')[0] for name in sys.modules}"
        " & {'pulumi', 'pydantic', 'rich', 'difflib', 'typing_extensions'}))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"
