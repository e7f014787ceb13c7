"""What is wrong among the cloud ids that stand beside a topology: a table, with near misses."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import pytest

from exchange_ports.findings import Finding
from exchange_ports.topology.validate import check_bindings, check_tags
from tests.support.strategies import SMALL, declared, edited

CORP: Final = {"vpc_id": "vpc-1"}
LAB: Final = {"networks.lab": {"platform": "external", "internal": ["10.90.0.0/24"]}}
#: Two networks of ours, and neighbors that rules may be added for.
TWO: Final = edited(
    SMALL,
    {
        "networks.north": {"platform": "azure", "internal": ["10.40.0.0/20"]},
        "sites.oslo": {
            "network": "north",
            "servers": {"ex9": {"roles": ["client_access", "mailbox"], "address": "10.40.0.9"}},
            "lync": {"addresses": ["10.40.4.0/28"]},
        },
    },
)
NORTH: Final = {"resource_group_name": "rg", "location": "northeurope"}
BOTH: Final = {"corp": CORP, "north": NORTH}
DC: Final = "domain-controllers.hq"


def lines(found: Iterable[Finding]) -> list[str]:
    return sorted(f"{each.kind.code} at {'.'.join(map(str, each.path))}" for each in found)


def bound(**groups: object) -> dict[str, Any]:
    names = {name.replace("_", "."): group for name, group in groups.items()}
    return {**BOTH, "corp": {**CORP, "neighbor_security_groups": names}}


def attached(**interfaces: object) -> dict[str, Any]:
    return {**BOTH, "corp": {**CORP, "network_interfaces": interfaces}}


#: What only Pulumi knows has no value to compare.
LATER: Final = object()
#: The network under another key, with the identity that it has now.
RENAMED: Final = {
    "networks": {"old": {**SMALL["networks"]["corp"], "id": "corp"}},
    "sites.hq.network": "old",
}
TABLE: Final[Mapping[str, tuple[object, list[str]]]] = {
    "all there": (BOTH, []),
    "nothing given": (
        None,
        [
            "missing-cloud-id at networks.corp",
            "missing-cloud-id at networks.north",
            "missing-cloud-id at networks.north",
        ],
    ),
    "a list": ([], ["wrong-type at networks"]),
    "one network missing": ({"north": NORTH}, ["missing-cloud-id at networks.corp"]),
    "a network too many": ({**BOTH, "lab": {}}, ["undeclared at networks.lab"]),
    "a network as text": ({**BOTH, "corp": "vpc-1"}, ["wrong-type at networks.corp"]),
    "an empty id": ({**BOTH, "corp": {"vpc_id": ""}}, ["missing-cloud-id at networks.corp"]),
    "no id": ({**BOTH, "corp": {"vpc_id": None}}, ["missing-cloud-id at networks.corp"]),
    "a number as an id": ({**BOTH, "corp": {"vpc_id": 7}}, ["wrong-type at networks.corp.vpc_id"]),
    "an id that Pulumi knows later": ({**BOTH, "corp": {"vpc_id": object()}}, []),
    "a misspelled id": (
        {**BOTH, "corp": {"vpcid": "vpc-1"}},
        ["unknown-key at networks.corp.vpcid"],
    ),
    "an id and a misspelled one": (
        {**BOTH, "corp": {**CORP, "vpcid": "vpc-1"}},
        ["unknown-key at networks.corp.vpcid"],
    ),
    "an id of another cloud": (
        {**BOTH, "corp": {**CORP, "location": "x"}},
        ["unknown-key at networks.corp.location"],
    ),
    "the group of a neighbor": (bound(**{DC: "sg-1"}), []),
    "groups of two neighbors": (bound(**{DC: "sg-1", "lync.oslo": "sg-2"}), []),
    "one group for two neighbors": (
        bound(**{DC: "sg-1", "lync.oslo": "sg-1"}),
        ["group-bound-twice at networks.corp.neighbor_security_groups.lync.oslo"],
    ),
    "a neighbor that is none": (
        bound(**{"domain-controllers.oslo": "sg-1"}),
        ["undeclared at networks.corp.neighbor_security_groups.domain-controllers.oslo"],
    ),
    "an empty group": (
        bound(**{DC: ""}),
        [f"wrong-type at networks.corp.neighbor_security_groups.{DC}"],
    ),
    "no group": (
        bound(**{DC: None}),
        [f"wrong-type at networks.corp.neighbor_security_groups.{DC}"],
    ),
    "a number as a group": (
        bound(**{DC: 7}),
        [f"wrong-type at networks.corp.neighbor_security_groups.{DC}"],
    ),
    "a group that Pulumi knows later": (bound(**{DC: object()}), []),
    "two that Pulumi knows later": (bound(**{DC: LATER, "lync.oslo": LATER}), []),
    "network interfaces": (attached(ex1="eni-1"), []),
    "a network interface that Pulumi knows later": (attached(ex1=LATER), []),
    "a server of another network": (
        attached(ex9="eni-1"),
        ["undeclared at networks.corp.network_interfaces.ex9"],
    ),
    "a misspelled server": (
        attached(ex11="eni-1"),
        ["undeclared at networks.corp.network_interfaces.ex11"],
    ),
    "no network interface": (
        attached(ex1=""),
        ["wrong-type at networks.corp.network_interfaces.ex1"],
    ),
    "network interfaces as text": (
        {**BOTH, "corp": {**CORP, "network_interfaces": "eni-1"}},
        ["wrong-type at networks.corp.network_interfaces"],
    ),
    "network interfaces on Azure": (
        {**BOTH, "north": {**NORTH, "network_interfaces": {"ex9": "nic"}}},
        ["unknown-key at networks.north.network_interfaces"],
    ),
    "neighbors as a list": (
        {**BOTH, "corp": {**CORP, "neighbor_security_groups": [DC]}},
        ["wrong-type at networks.corp.neighbor_security_groups"],
    ),
}


@pytest.mark.parametrize("case", TABLE)
def test_cloud_ids_have_these_findings(case: str) -> None:
    given, expected = TABLE[case]
    assert lines(check_bindings(declared(TWO), given)) == expected


def test_the_words_of_these_findings_are_those_that_were_read(
    golden: Callable[[str, str], None],
) -> None:
    lines: list[str] = ["# What is said of the cloud ids of `tests/topology/test_bindings.py`", ""]
    for case, (given, _) in TABLE.items():
        found = check_bindings(declared(TWO), given)
        lines += [f"## {case}", ""]
        lines += [f"* {e.kind.code}: {e.summary} / {e.why} / {e.fix}" for e in found]
        lines.append("")
    golden("findings/bindings.md", "\n".join(lines))


@pytest.mark.parametrize(
    "given, stepwise, expected",
    [
        # The other network may be given, and must be where an update goes step by step.
        ({"corp": CORP}, False, []),
        (BOTH, False, []),
        (BOTH, True, []),
        ({"corp": CORP}, True, ["missing-cloud-id at networks.north"] * 2),
        ({**BOTH, "north": {"place": 7}}, False, ["unknown-key at networks.north.place"]),
        # A neighbor that goes still has its group.
        (
            {
                **BOTH,
                "corp": {
                    **CORP,
                    "neighbor_security_groups": {"lync.oslo": "sg-1", "lync.hq": "sg-2"},
                },
            },
            False,
            ["undeclared at networks.corp.neighbor_security_groups.lync.hq"],
        ),
    ],
)
def test_a_network_that_goes_may_still_be_bound(
    given: object, stepwise: bool, expected: list[str]
) -> None:
    found = check_bindings(declared(SMALL), given, previous=declared(TWO), stepwise=stepwise)
    assert lines(found) == expected


@pytest.mark.parametrize(
    "edit, given, expected",
    [
        # The same identity under another key, on the same cloud, is one network.
        ({"networks.corp.id": "old"}, {"corp": CORP}, []),
        # Under another key it is the same one, which is not bound twice.
        (RENAMED, {"corp": CORP}, []),
        (RENAMED, {"corp": CORP, "old": CORP}, ["undeclared at networks.old"]),
        # On another cloud it has the ids of both.
        ({"networks.corp.platform": "azure"}, {"corp": {**CORP, **NORTH}}, []),
        (
            {"networks.corp.platform": "azure"},
            {"corp": CORP},
            ["missing-cloud-id at networks.corp"] * 2,
        ),
    ],
)
def test_a_network_that_changes_its_cloud_is_bound_to_both(
    edit: Mapping[str, Any], given: object, expected: list[str]
) -> None:
    before = edited(SMALL, edit)
    found = check_bindings(declared(SMALL), given, previous=declared(before), stepwise=True)
    assert lines(found) == expected


@pytest.mark.parametrize(
    "given, expected",
    [
        (None, []),
        ({}, []),
        ({"team": "mail"}, []),
        ({"team": object()}, []),
        ({"team": None, "cost": 7}, ["wrong-type at tags.cost", "wrong-type at tags.team"]),
        ("team", ["wrong-type at tags"]),
    ],
)
def test_tags_are_text_under_text(given: object, expected: list[str]) -> None:
    assert lines(check_tags(given)) == expected


def test_two_servers_do_not_share_a_network_interface() -> None:
    second = {"roles": ["mailbox"], "address": "10.20.0.12"}
    data = edited(SMALL, {"sites.hq.servers.ex2": second})
    given = {"corp": {**CORP, "network_interfaces": {"ex1": "eni-1", "ex2": "eni-1"}}}
    assert lines(check_bindings(declared(data), given)) == [
        "interface-bound-twice at networks.corp.network_interfaces.ex2"
    ]
