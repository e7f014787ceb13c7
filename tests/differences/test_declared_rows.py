"""What flows declare from end to end, before and now: rows of single ports, kept, opened or cut."""

from collections.abc import Iterable
from typing import Final

import pytest

from exchange_ports.differences.topology_diff import DeclaredRow, compare_declared
from exchange_ports.flows import ExternalEndpoint, Flow, Reason
from exchange_ports.flows.flow import Endpoint
from exchange_ports.topology.fields import read_ports
from exchange_ports.topology.groups import Group, GroupKind
from exchange_ports.traffic.addresses import network

OURS: Final = Group("corp", GroupKind.MAILBOX, "hq")


def flow(ports: str, *ranges: str, reason: str = "C1", out: bool = False) -> Flow:
    peer = ExternalEndpoint("peer", tuple(map(network, ranges or ("10.1.0.0/24",))), "a peer")
    ends = (OURS, peer) if out else (peer, OURS)
    return Flow(*ends, read_ports(ports), (Reason(reason),))


def ends(end: Endpoint, before: bool) -> Iterable[str]:
    del before
    return [end.key if isinstance(end, Group) else ", ".join(map(str, end.ranges))]


def shown(row: DeclaredRow[str]) -> str:
    source, target = row.ends
    why = " ".join(each.summary for each in row.reasons)
    return f"{row.effect or 'kept'}: {source} -> {target} {row.ports}: {why}"


@pytest.mark.parametrize(
    "before, now, rows",
    [
        (None, [flow("443/tcp")], ["kept: 10.1.0.0/24 -> mailbox.hq 443/tcp: C1"]),
        ([], [flow("443/tcp")], ["opened: 10.1.0.0/24 -> mailbox.hq 443/tcp: C1"]),
        ([flow("443/tcp")], [flow("443/tcp")], ["kept: 10.1.0.0/24 -> mailbox.hq 443/tcp: C1"]),
        ([flow("443/tcp")], [], ["cut: 10.1.0.0/24 -> mailbox.hq 443/tcp: C1"]),
        (
            [flow("443/tcp", reason="old")],
            [flow("443/tcp", reason="new")],
            ["kept: 10.1.0.0/24 -> mailbox.hq 443/tcp: new"],
        ),
        (
            [flow("80-90/tcp")],
            [flow("85-95/tcp")],
            [
                "cut: 10.1.0.0/24 -> mailbox.hq 80-84/tcp: C1",
                "kept: 10.1.0.0/24 -> mailbox.hq 85-90/tcp: C1",
                "opened: 10.1.0.0/24 -> mailbox.hq 91-95/tcp: C1",
            ],
        ),
        # TCP and UDP are two protocols; ICMP has no ports.
        (
            [flow("53/tcp"), flow("icmp")],
            [flow("53/udp"), flow("icmp"), flow("esp")],
            [
                "cut: 10.1.0.0/24 -> mailbox.hq 53/tcp: C1",
                "kept: 10.1.0.0/24 -> mailbox.hq icmp: C1",
                "opened: 10.1.0.0/24 -> mailbox.hq 53/udp: C1",
                "opened: 10.1.0.0/24 -> mailbox.hq esp: C1",
            ],
        ),
        # An address more opens what is new, and keeps the rest.
        (
            [flow("443/tcp", "10.1.0.0/24", out=True)],
            [flow("443/tcp", "10.1.0.0/24", "10.3.0.0/24", out=True)],
            [
                "kept: mailbox.hq -> 10.1.0.0/24 443/tcp: C1",
                "opened: mailbox.hq -> 10.3.0.0/24 443/tcp: C1",
            ],
        ),
        (
            [flow("443/tcp", "10.1.0.0/23")],
            [flow("443/tcp", "10.1.0.0/24", "10.0.0.0/24")],
            [
                "cut: 10.1.1.0/24 -> mailbox.hq 443/tcp: C1",
                "kept: 10.1.0.0/24 -> mailbox.hq 443/tcp: C1",
                "opened: 10.0.0.0/24 -> mailbox.hq 443/tcp: C1",
            ],
        ),
        (
            [flow("443/tcp", "10.1.0.0/24"), flow("443/tcp", "10.1.0.0/24", out=True)],
            [flow("443/tcp", "10.2.0.0/24"), flow("443/tcp", "10.2.0.0/24", out=True)],
            [
                "cut: 10.1.0.0/24 -> mailbox.hq 443/tcp: C1",
                "cut: mailbox.hq -> 10.1.0.0/24 443/tcp: C1",
                "opened: 10.2.0.0/24 -> mailbox.hq 443/tcp: C1",
                "opened: mailbox.hq -> 10.2.0.0/24 443/tcp: C1",
            ],
        ),
    ],
)
def test_declared_rows_are_kept_opened_or_cut(
    before: list[Flow] | None, now: list[Flow], rows: list[str]
) -> None:
    assert sorted(map(shown, compare_declared(before, now, ends))) == rows


def test_an_end_is_asked_for_at_its_own_time() -> None:
    def at_its_time(end: Endpoint, before: bool) -> Iterable[str]:
        name = end.key if isinstance(end, Group) else end.name
        return [f"{name} before"] if before else [name, "another"] if name == "peer" else [name]

    found = compare_declared([flow("443/tcp")], [flow("443/tcp")], at_its_time)
    assert sorted(map(shown, found)) == [
        "cut: peer before -> mailbox.hq before 443/tcp: C1",
        "opened: another -> mailbox.hq 443/tcp: C1",
        "opened: peer -> mailbox.hq 443/tcp: C1",
    ]
