"""Seven edits as people make them in a pull request, each with the comment that a person approved of.

The comments are goldens in `tests/goldens/comment/`, under the edit's name.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from exchange_ports.cli.stacks import compiled
from exchange_ports.findings import Refused, in_order
from exchange_ports.reports.comment import Links, comment
from exchange_ports.reports.review import Stack, compared, review
from exchange_ports.stackfile.stack_file import read_stack_file

__all__ = ["CASES", "Replaced", "shown", "stack_of"]

_HERE: Final = Path(__file__).parents[1] / "fixtures" / "comment"
_FLOWS: Final = "    additional_flows:\n"
_BLOB: Final = "https://github.example/contoso/mail/blob"


class Replaced(NamedTuple):
    """In one stack file, one text in place of another."""

    stack: str
    old: str
    new: str


_DOMAIN_CONTROLLER: Final = Replaced("fabrikam", "10.30.1.6]", "10.30.1.7]")
_RENAMED: Final = Replaced("fabrikam", "          ex2:", "          exch2:")
_BERLIN: Final = """\
      berlin:
        network: main
        servers:
          ex5: {roles: [mailbox, client_access], address: 10.30.3.11}
          ex6: {roles: [mailbox, client_access], address: 10.30.3.12}
        domain_controllers: {addresses: [10.30.3.5]}
"""
_MBX3: Final = "          mbx3: {roles: [mailbox], address: 10.20.0.22}         # added after the Edge subscriptions\n"

CASES: Final[Mapping[str, tuple[Replaced, ...]]] = {
    "mailbox-server-added": (
        Replaced(
            "prod-aws", _MBX3, f"{_MBX3}          mbx5: {{roles: [mailbox], address: 10.20.0.23}}\n"
        ),
    ),
    "clients-lose-imap": (Replaced("prod-azure", "services: [https, imap]", "services: [https]"),),
    "remote-desktop-from-the-internet": (
        Replaced(
            "both",
            _FLOWS,
            f"{_FLOWS}      - {{from: internet, to: edge, ports: [3389/tcp], reason: vendor support, "
            "accept_risk: true}\n",
        ),
    ),
    "smart-host-moved": (Replaced("prod-azure", "address: 203.0.113.25", "address: 203.0.113.77"),),
    "one-stack-is-not-valid": (
        _DOMAIN_CONTROLLER,
        _RENAMED,
        Replaced("prod-aws", "services: [https, imap]", "services: [https, imapp]"),
    ),
    "domain-controller-moved-and-server-renamed": (_DOMAIN_CONTROLLER, _RENAMED),
    "site-added": (Replaced("fabrikam", "    edge_servers:\n", f"{_BERLIN}    edge_servers:\n"),),
    "private-blocks-widened": (
        Replaced(
            "prod-azure",
            "private_blocks: [10.0.0.0/8]",
            "private_blocks: [10.0.0.0/8, 172.16.0.0/12]",
        ),
    ),
}


def stack_of(text: str, file: str) -> Stack:
    """A stack file, compiled; or with the findings that refuse it."""
    try:
        read = read_stack_file(text.encode(), file)
    except Refused as refused:
        return Stack(file, None, refused.findings, lambda _: None)
    try:
        plans, warnings = compiled(read)
    except Refused as refused:
        located = in_order(each.located(read.locate) for each in refused.findings)
        return Stack(file, None, located, read.locate)
    return Stack(file, plans, warnings, read.locate)


@cache
def shown(name: str) -> str:
    """The comment of an edit."""
    links = Links(f"{_BLOB}/{'b' * 40}", f"{_BLOB}/{'a' * 40}")
    reviews = [review(stack_of(old, file), stack_of(new, file)) for file, old, new in _edited(name)]
    return comment(compared(reviews, "a" * 40, "b" * 40), links)


def _edited(name: str) -> Iterator[tuple[str, str, str]]:
    """Each stack file of an edit, before and after."""
    for file in sorted({each.stack for each in CASES[name]}):
        old = new = (_HERE / f"Pulumi.{file}.yaml").read_text("utf-8")
        for each in CASES[name]:
            if each.stack == file:
                assert new.count(each.old) == 1, each
                new = new.replace(each.old, each.new)
        yield f"stacks/Pulumi.{file}.yaml", old, new
