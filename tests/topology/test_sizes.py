"""A short file that asks for a great deal is refused by a count, before anything is made of it."""

import tracemalloc
from typing import Any, Final

import pytest

from exchange_ports.api import load
from exchange_ports.topology.checks import sizes
from exchange_ports.topology.checks.sizes import MOST_COMBINATIONS
from exchange_ports.topology.validate import parse_topology
from tests.support.paths import ROOT

DEV: Final = ROOT / "stacks" / "Pulumi.dev.yaml"
CODE: Final = "too-many-combinations"


def ranges(number: int, second: int) -> list[str]:
    return [f"10.{second + i // 256}.{i % 256}.0/31" for i in range(number)]


def ports(number: int) -> list[str]:
    return [f"{1000 + 2 * i}/tcp" for i in range(number)]


def stack(platform: str, **more: Any) -> dict[str, Any]:
    site = {
        "network": "lab",
        "servers": {"ex1": {"roles": ["client_access", "mailbox"], "address": "10.10.0.11"}},
        "domain_controllers": {"addresses": ["10.10.1.10"]},
    }
    return {
        "organization": "contoso",
        "networks": {"lab": {"platform": platform, "internal": ["10.10.0.0/22"]}},
        "sites": {"lab": site},
        "mail_flow": {"inbound": "none", "outbound": "none"},
        "name_servers": {"internal": "domain_controllers"},
        **more,
    }


def flow(source: object, to: object, on: list[str]) -> dict[str, Any]:
    return {
        "additional_flows": [{"from": source, "to": to, "ports": on, "reason": "administration"}]
    }


def asked(number: int) -> dict[str, dict[str, Any]]:
    """What asks for `number` times `number` combinations, or as many."""
    one, other = ranges(number, 100), ranges(number, 150)
    return {
        "ranges by ports": flow(one, "exchange", ports(number)),
        "ports to ranges": flow("exchange", one, ports(number)),
        "ranges by ranges": flow(one, other, ["3389/tcp"]),
        "ranges and a role by ranges": flow([*one, "exchange"], [*other, "mailbox"], ["443/tcp"]),
        "many flows": {
            "additional_flows": [
                {"from": one, "to": "mailbox@lab", "ports": [port], "reason": "monitoring"}
                for port in ports(number)
            ]
        },
        "many relays": {
            "mail_flow": {
                "inbound": "none",
                "outbound": "none",
                "relays": {f"r{i}": {"from": one, "port": 2000 + i} for i in range(number)},
            }
        },
        "many clients": {
            "clients": {f"c{i}": {"from": one, "services": ["https"]} for i in range(number)}
        },
    }


def codes(declared: dict[str, Any]) -> list[str]:
    return [finding.kind.code for finding in parse_topology(declared, ("topology",))[1]]


@pytest.mark.parametrize("platform", ["aws", "azure"])
@pytest.mark.parametrize("what", asked(1))
def test_a_product_that_no_cloud_takes_is_refused_alone(platform: str, what: str) -> None:
    number = int(MOST_COMBINATIONS**0.5) + 1
    assert codes(stack(platform, **asked(number)[what])) == [CODE]


@pytest.mark.parametrize("what", asked(1))
def test_a_product_below_the_limit_is_not(what: str) -> None:
    assert CODE not in codes(stack("aws", **asked(20)[what]))


def test_the_finding_names_the_count_the_limit_and_the_largest_product() -> None:
    declared = stack("aws", **flow(ranges(400, 100), "exchange", ports(300)))
    declared["clients"] = {"office": {"from": ["10.64.0.0/16"], "services": ["https", "imap"]}}
    (found,) = parse_topology(declared, ("topology",))[1]
    assert found.path == ("topology", "additional_flows", 0)
    assert found.summary.startswith("The field declares 120,000 combinations")
    assert "the topology declares 120,002." in found.summary
    assert f"The limit is {MOST_COMBINATIONS:,} combinations." in found.why


_THREE: Final = {
    name: {"network": "lab", "servers": {f"s{i}": {"roles": ["client_access", "mailbox"]}}}
    for i, name in enumerate(("hq", "paris", "rome"))
}
_OTHER: Final = {
    "lab": {"platform": "aws", "internal": ["10.10.0.0/22"]},
    "north": {"platform": "aws", "internal": ["10.11.0.0/22"]},
}
_MANY: Final = ranges(20, 100)
#: What is declared beside three sites in two networks, and how many combinations that is.
COUNTS: Final[dict[str, tuple[dict[str, Any], int]]] = {
    "a role is one end at each site": (flow(_MANY, "mailbox", ["1/tcp"]), 60),
    "all servers are one end in each network": (
        flow([*_MANY, *_MANY], "exchange", ["1/tcp"]),
        80,
    ),
    "a role at a site": (flow(_MANY, ["mailbox@hq", "client_access@hq"], ports(2)), 80),
    "a range": (flow(_MANY, ["mailbox@hq", "10.9.0.0/16", "10.8.0.0/16"], ["1/tcp"]), 60),
    "several ranges of ports": (flow(_MANY, "mailbox@hq", ["1-2/tcp", "4/tcp", "5/udp"]), 60),
    "a protocol without ports": (flow(_MANY, "mailbox", ["icmp"]), 60),
    "a need": (
        {"additional_flows": [{"from": "mailbox", "to": _MANY, "need": "windows_update"}]},
        60,
    ),
    "clients of all sites": ({"clients": {"c": {"from": _MANY, "services": ["https"]}}}, 60),
    "clients of one site": (
        {"clients": {"c": {"from": _MANY, "services": ["https", "imap", "pop"], "to": ["hq"]}}},
        60,
    ),
    "a relay of all sites": ({"mail_flow": {"relays": {"r": {"from": _MANY}}}}, 60),
    "a relay of some sites": (
        {"mail_flow": {"relays": {"r": {"from": [*_MANY, *_MANY], "sites": ["hq", "rome"]}}}},
        80,
    ),
}


@pytest.mark.parametrize("declared, count", COUNTS.values(), ids=list(COUNTS))
def test_each_field_counts_as_many_combinations(
    declared: dict[str, Any], count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = stack("aws", networks=_OTHER, sites=_THREE, **declared)
    monkeypatch.setattr(sizes, "MOST_COMBINATIONS", count)
    assert CODE not in codes(many)
    monkeypatch.setattr(sizes, "MOST_COMBINATIONS", count - 1)
    (found,) = (each for each in parse_topology(many)[1] if each.kind.code == CODE)
    assert found.summary.startswith(f"The field declares {count} combinations")
    assert f"the topology declares {count}." in found.summary


@pytest.mark.parametrize("what", ["ranges by ports", "ranges by ranges"])
def test_memory_grows_with_the_file_and_not_with_the_product(what: str) -> None:
    """Four times the lengths are sixteen times the product, and four times the file."""

    def peak(number: int) -> int:
        declared = stack("aws", **asked(number)[what])
        parse_topology(declared, ("topology",))
        tracemalloc.start()
        parse_topology(declared, ("topology",))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(2000) < 6 * peak(500)
    assert peak(2000) < 20_000_000


def test_what_is_wrong_in_many_ways_at_one_place_is_counted() -> None:
    declared = stack("aws", **flow(ranges(40, 100), ranges(40, 150), ["3389/tcp"]))
    found = [
        each
        for each in parse_topology(declared, ("topology",))[1]
        if each.kind.code == "flow-without-managed-server"
    ]
    assert len(found) == 20
    assert found[-1].summary.endswith("There are 1580 more in this field.")


def test_the_stacks_of_this_repository_are_far_below_the_limit() -> None:
    for file in sorted((ROOT / "stacks").glob("Pulumi.*.yaml")):
        assert CODE not in [each.kind.code for each in load(str(file)).findings]


def test_clients_of_the_internet_are_one_source_a_service() -> None:
    # One group with the Internet, and just as many combinations as are allowed beside it.
    flows = flow(ranges(100, 100), ranges(MOST_COMBINATIONS // 100, 150), ["3389/tcp"])
    beside = stack("aws", **flows, clients={"world": {"services": ["https"], "to": ["lab"]}})
    (found,) = (f for f in parse_topology(beside, ())[1] if f.kind.code == CODE)
    assert f"{MOST_COMBINATIONS + 1:,}" in found.summary
