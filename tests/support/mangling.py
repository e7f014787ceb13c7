"""Stack files spoilt at random, and what must come of each: a plan, or findings.

The same seed spoils a file in the same way. Must not know what is right or wrong in a stack file.
"""

import json
import sys
from collections.abc import Callable, Iterator
from copy import deepcopy
from random import Random
from typing import Any, Final, cast

from exchange_ports.findings import Finding, Refused, render
from exchange_ports.planning import Plans, compile_plans
from exchange_ports.reports.plan_report import plan_report
from exchange_ports.reports.text_writer import to_text
from exchange_ports.reports.writers import to_json
from exchange_ports.stackfile.stack_file import NAMESPACE, read_stack_file
from exchange_ports.topology.validate import check_bindings, check_tags, parse_topology
from tests.support.paths import ROOT

__all__ = [
    "STACKS",
    "outcome_of_data",
    "outcome_of_file",
    "settings_of",
    "spoilt_data",
    "spoilt_file",
]

#: The stacks that are spoilt, by name.
STACKS: Final = {
    path.stem.removeprefix("Pulumi."): path.read_bytes()
    for path in sorted((ROOT / "stacks").glob("Pulumi.*.yaml"))
}
_OURS: Final = ("topology", "networks", "tags")

#: Values that somebody writes by mistake, or that break what takes them for granted.
AWKWARD: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 25, 65535, 65536, 2**31, 2**53, 2**64, 10**40),
    *(0.5, 25.0, -0.0, 1e308, 1e-7, "", " ", "\t", "\n", "a\nb", "x" * 300, "é", "\u202e", "\x00"),
    *("internet", "none", "edge", "exchange", "mailbox@hq", "@", "mailbox@", "<word>", "<list>"),
    *(
        "<mapping>",
        "[key]",
        "cloud_resolver",
        "domain_controllers",
        "on",
        "010",
        "~",
        "null",
        "{}",
        "[]",
    ),
    *("0.0.0.0/0", "::/0", "10.20.0.11", "10.20.0.11/24", "10.0.0.0/8", "10.20.0.0/33", "1.2.3"),
    *("224.0.0.1", "255.255.255.255", "127.0.0.1", "0.0.0.0", "::", "::1", "fe80::1%eth0"),  # noqa: S104
    *("2001:db8::1%eth0", "2001:db8::%1/64", "::ffff:10.20.0.11", "2001:db8::/32", "10.20.0.11%1"),
    *(
        "10.20.0.11/255.255.255.0",
        "10.20.0.0/0.0.15.255",
        "010.20.0.1",
        "1/1",
        "1",
        "1:2",
        "/",
        ":",
    ),
    *(
        "any",
        "icmp",
        "25/tcp",
        "0/tcp",
        "65536/udp",
        "9-1/tcp",
        "00000443/tcp",
        "443/sctp",
        "1-/tcp",
    ),
    *("99999999999999999999999/tcp", "٣/tcp", "²/udp", "2027-02-31", "hunter2", "$(id)", "{{x}}"),
    *("{x}", "%s", "ex1", "hq", "corp", "EX1", "_x", "x-", "a.b", "sg-1", "${a.b}"),
    *(
        [],
        {},
        [[]],
        [None],
        [""],
        [[[[]]]],
        {"": ""},
        {"a": {"a": {"a": None}}},
        {"secure": "swordfish"},
    ),
    *(
        {"<word>": 1},
        {"[key]": []},
        {"<list>": {"<mapping>": "x"}},
        ["internet"],
        ["10.20.0.0/16"] * 3,
    ),
)
_KEYS: Final = (
    *(
        "",
        " ",
        "<word>",
        "<list>",
        "<mapping>",
        "[key]",
        "id",
        "to",
        "from",
        "roles",
        "secure",
        "0",
    ),
    *("ex1", "EX1", "edge", "internet", "x" * 300, "é", "a.b", "x-", "{x}", "external", "on"),
)
_BYTES: Final = (
    b"\x00",
    b"\xff",
    b"\xc3",
    b"\t",
    b"\n",
    b"\r",
    b":",
    b": ",
    b"- ",
    b"[",
    b"]",
    b"{",
)
_MORE_BYTES: Final = (
    b"}",
    b",",
    b"#",
    b"&a ",
    b"*a",
    b"!x ",
    b"|",
    b">",
    b"'",
    b'"',
    b"<<: ",
    b"---\n",
)


def _places(value: Any, holder: Any = None, key: Any = None) -> Iterator[tuple[Any, Any]]:
    """Every value in a tree, as its holder and key."""
    if holder is not None:
        yield holder, key
    below: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        below = list(cast("dict[Any, Any]", value).items())
    elif isinstance(value, list):
        below = list(enumerate(cast("list[Any]", value)))
    for at, each in below:
        yield from _places(each, cast("Any", value), at)


def _drop(random: Random, holder: Any, key: Any) -> None:
    del random, holder[key]


def _replace(random: Random, holder: Any, key: Any) -> None:
    holder[key] = deepcopy(random.choice(AWKWARD))


def _rename(random: Random, holder: Any, key: Any) -> None:
    if isinstance(holder, dict):
        name = str(key)
        slips = (name[:-1], name + name[-1:], name.upper(), name.replace("_", "-"), *_KEYS)
        holder[random.choice(slips)] = cast("dict[str, object]", holder).pop(key)


def _wrap(random: Random, holder: Any, key: Any) -> None:
    held = holder[key]
    holder[key] = random.choice(
        ([held], [held, held], {"a": held}, str(held), [[held]], [held, None])
    )


def _add(random: Random, holder: Any, key: Any) -> None:
    value = deepcopy(random.choice(AWKWARD))
    if isinstance(holder, list):
        cast("list[object]", holder).insert(key, value)
    else:
        holder[random.choice(_KEYS)] = value


def _double(random: Random, holder: Any, key: Any) -> None:
    copy = deepcopy(holder[key])
    if isinstance(holder, list):
        cast("list[object]", holder).append(copy)
    else:
        holder[random.choice((f"{key}2", str(key).upper()))] = copy


_SLIPS: Final[tuple[Callable[[Random, Any, Any], None], ...]] = (
    *(_drop, _replace, _replace, _replace, _rename, _wrap, _add, _double),
)


def settings_of(stack: str) -> dict[str, Any]:
    """Our settings of a stack, as a program gets them."""
    config = read_stack_file(STACKS[stack], stack).config
    return {name: deepcopy(config[name]) for name in _OURS if name in config}


def spoilt_data(stack: str, seed: int) -> dict[str, Any]:
    """Our settings of a stack, with one to four slips in them."""
    random = Random(f"data {stack} {seed}")  # noqa: S311
    settings = settings_of(stack)
    donor = settings_of(random.choice(list(STACKS)))
    for _ in range(random.choice((1, 1, 2, 3, 4))):
        places = list(_places(settings))
        if not places:
            break
        holder, key = random.choice(places)
        if random.random() < 0.2:
            # A value of the right kind in the wrong place.
            other, at = random.choice(list(_places(donor)))
            holder[key] = deepcopy(other[at])
        else:
            random.choice(_SLIPS)(random, holder, key)
    return settings


def spoilt_file(stack: str, seed: int) -> bytes:
    """A stack file with bytes flipped, lines lost or doubled, words exchanged."""
    random = Random(f"file {stack} {seed}")  # noqa: S311
    if random.random() < 0.3:
        settings = spoilt_data(stack, seed)
        config = {f"{NAMESPACE}:{name}": value for name, value in settings.items()}
        return json.dumps({"config": config}, indent=random.choice((None, 1))).encode()
    content = bytearray(STACKS[stack])
    for _ in range(random.choice((1, 1, 2, 4, 8))):
        at = random.randrange(len(content) + 1)
        match random.randrange(7):
            case 0 if at < len(content):
                content[at] ^= 1 << random.randrange(8)
            case 1:
                content[at:at] = random.choice(_BYTES + _MORE_BYTES)
            case 2:
                del content[at : at + random.choice((1, 1, 2, 5, 50))]
            case 3:
                del content[at:]
            case 4:
                lines = bytes(content).splitlines(keepends=True)
                one, other = (random.randrange(len(lines)) for _ in range(2)) if lines else (0, 0)
                if lines:
                    lines[one], lines[other] = lines[other], random.choice((lines[one], b""))
                content = bytearray(b"".join(lines))
            case _:
                words = bytes(content).split(b" ")
                word = random.choice(AWKWARD)
                shown = word if isinstance(word, str) else json.dumps(word)
                words[random.randrange(len(words))] = shown.encode()
                content = bytearray(b" ".join(words))
        if not content:
            break
    return bytes(content)


Outcome = Plans | tuple[Finding, ...]


def _outcome(config: dict[str, Any]) -> Outcome:
    """What `plan` makes of settings: a plan, shown in both ways, or findings.

    :raises AssertionError: an answer that no one could use.
    """
    topology, declared = parse_topology(config.get("topology"))
    findings = [*declared, *check_tags(config.get("tags"))]
    if topology is not None:
        findings += check_bindings(topology, config.get("networks"))
    if any(finding.is_error for finding in findings):
        return tuple(findings)
    assert topology is not None, "refused without a reason"
    try:
        plans = compile_plans(topology)
    except Refused as refused:
        return refused.findings
    report = plan_report(plans, findings)
    assert to_json(report)
    assert to_text(report)
    return plans


def _usable(outcome: Outcome) -> Outcome:
    if isinstance(outcome, Plans):
        return outcome
    assert outcome
    text = render(outcome)
    assert all(line.isprintable() for line in text.splitlines())
    assert "swordfish" not in text
    for finding in outcome:
        json.dumps(finding.as_data())
    return outcome


def outcome_of_data(config: dict[str, Any]) -> Outcome:
    """A plan, or findings that can be shown, for settings as a program gets them."""
    return _usable(_outcome(config))


def outcome_of_file(content: bytes) -> Outcome:
    """The same for a stack file; every finding then has its place."""
    try:
        stack = read_stack_file(content, "stacks/Pulumi.x.yaml")
    except Refused as refused:
        findings: Outcome = refused.findings
    else:
        findings = _outcome(dict(stack.config))
        if not isinstance(findings, Plans):
            findings = tuple(finding.located(stack.locate) for finding in findings)
            assert all(finding.place.line for finding in findings)
    if not isinstance(findings, Plans):
        assert all(finding.place.file for finding in findings)
    return _usable(findings)


def _try(seeds: int) -> int:
    """Spoil each stack in both ways with so many seeds, beginning where the tests end."""
    failed = 0
    for seed in range(1_000, 1_000 + seeds):
        for stack in STACKS:
            for spoil, outcome in ((spoilt_data, outcome_of_data), (spoilt_file, outcome_of_file)):
                try:
                    cast("Callable[[Any], Outcome]", outcome)(spoil(stack, seed))
                except Exception as fault:
                    failed += 1
                    print(f"{spoil.__name__}({stack!r}, {seed}): {fault!r}")
    return failed


if __name__ == "__main__":
    sys.exit(1 if _try(int(sys.argv[1]) if sys.argv[1:] else 100) else 0)
