"""Identity (DESIGN 5): what the repository's program registers is called by what it says, and only so.

Held on recorded programs: logical names and inputs, as an engine and the clouds would see them. What
tells two rules apart for EC2 is written here from aws.md 2.2, for Azure from azure.md 1.
"""

import json
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, Final, NamedTuple, cast

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from exchange_ports.stackfile.stack_file import read_stack_file
from tests.support.edits import edited_topologies
from tests.support.planning import planned_or_none as planned
from tests.support.recordings import run_with
from tests.support.resource_types import NSG
from tests.support.strategies import Data, shuffled, topologies

pytestmark = pytest.mark.slow

#: A program is run twice for each example.
slow = settings(
    max_examples=max(settings().max_examples // 10, 10),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)


class Made(NamedTuple):
    """A resource of a recorded program, by what the engine knows it by."""

    type: str
    name: str


def made(data: Data) -> dict[Made, Mapping[str, Any]]:
    """The inputs of all that is made in a cloud."""
    recording = run_with(data, "dev")
    found = {Made(r.type, r.name): r.inputs for r in recording.registrations if r.custom}
    assert len(found) == sum(r.custom for r in recording.registrations)
    return found


def made_of_any(data: Data) -> dict[Made, Mapping[str, Any]]:
    """The same of what can be planned; what is over a limit is another matter."""
    assume(planned(data) is not None)
    return made(data)


RULE: Final = re.compile(r"aws:vpc/securityGroup(Ingress|Egress)Rule:")
PEERS: Final = ("referencedSecurityGroupId", "prefixListId", "cidrIpv4", "cidrIpv6")
#: What may change of a thing that stays.
WORDS: Final = {"description", "tags"}
#: What is a list of other things: it changes when one of these comes or goes.
HOLDS: Final = {"entries", "securityRules", "maxEntries", "ingressRuleIds", "egressRuleIds"}


def duplicate_key(made: Made, inputs: Mapping[str, Any]) -> tuple[object, ...]:
    """By what EC2 takes two rules for one: group, direction, protocol, ports, peer."""
    ports = (inputs.get("fromPort"), inputs.get("toPort"))
    (peer,) = ((kind, inputs[kind]) for kind in PEERS if kind in inputs)
    return (made.type, inputs["securityGroupId"], str(inputs["ipProtocol"]), ports, peer)


def aws_rules(*programs: Mapping[Made, Mapping[str, Any]]) -> Iterator[tuple[str, object]]:
    for program in programs:
        for one, inputs in program.items():
            if RULE.match(one.type):
                yield one.name, duplicate_key(one, inputs)


def azure_rules(program: Mapping[Made, Mapping[str, Any]]) -> dict[object, Mapping[str, Any]]:
    """The rules of each group by their names without the priority in them."""
    found: dict[object, Mapping[str, Any]] = {}
    for one, inputs in program.items():
        for rule in inputs["securityRules"] if one.type == NSG else ():
            direction, priority, summary = rule["name"].split("-", maxsplit=2)
            assert int(priority) == rule["priority"]
            key = (one, direction, summary)
            assert key not in found
            found[key] = rule
    return found


def assert_one_to_one(pairs: Iterator[tuple[str, object]]) -> None:
    names: dict[str, object] = {}
    keys: dict[object, str] = {}
    for name, key in pairs:
        assert names.setdefault(name, key) == key, f"{name} is two rules"
        assert keys.setdefault(key, name) == name, f"{key} is {name} and {keys[key]}"


def assert_same_where_both_are(
    before: Mapping[Made, Mapping[str, Any]], after: Mapping[Made, Mapping[str, Any]]
) -> None:
    """No physical property of what stays changes: so it is never replaced, and never means another thing."""
    for one in before.keys() & after.keys():
        kept, now = (
            {key: value for key, value in inputs.items() if key not in WORDS | HOLDS}
            for inputs in (before[one], after[one])
        )
        assert kept == now, one


# ---- laws over pairs ----


def edited_pair(draw: st.DataObject) -> tuple[Data, Data]:
    """A topology before and after edits."""
    data = draw.draw(topologies())
    return data, draw.draw(edited_topologies(data))[0]


@slow
@given(topologies(), topologies())
def test_two_rules_of_any_two_organizations_share_a_name_only_if_they_say_the_same(
    one: Data, other: Data
) -> None:
    assert_one_to_one(aws_rules(made_of_any(one), made_of_any(other)))


@slow
@given(st.data())
def test_an_edit_changes_no_name_no_physical_property_and_no_priority_of_what_stays(
    draw: st.DataObject,
) -> None:
    # The laws are held on the same programs: to run these takes nearly all of the time.
    before, after = map(made_of_any, edited_pair(draw))
    assert_one_to_one(aws_rules(before, after))
    assert_same_where_both_are(before, after)
    assert_moved_for_a_reason(azure_rules(before), azure_rules(after))


def assert_moved_for_a_reason(
    before: Mapping[object, Mapping[str, Any]], after: Mapping[object, Mapping[str, Any]]
) -> None:
    """An Azure rule that stays has its name and priority, unless its place is taken."""
    stays = before.keys() & after.keys()
    moved = {key for key in stays if before[key]["priority"] != after[key]["priority"]}
    # Whoever moves makes room for, or takes the room of, a rule that is there on one side only.
    others = (before.keys() ^ after.keys()) | moved
    for key in moved:
        places = {rules[key]["priority"] for rules in (before, after)}
        assert any(
            rules[other]["priority"] in places
            for other in others - {key}
            for rules in (before, after)
            if other in rules
        ), key


@slow
@given(topologies(), st.data())
def test_another_site_that_comes_or_goes_changes_nothing_of_what_stays(
    data: Data, draw: st.DataObject
) -> None:
    alone = deepcopy(data)
    assume(len(alone["sites"]) > 1)
    gone = draw.draw(st.sampled_from(sorted(alone["sites"])))
    del alone["sites"][gone]
    assume(json.dumps(gone) not in json.dumps(alone))
    some, every = made_of_any(alone), made_of_any(data)
    assert_one_to_one(aws_rules(some, every))
    assert_same_where_both_are(some, every)
    assert all(one in every for one in some if not RULE.match(one.type))


# ---- what is no edit at all ----


@slow
@given(topologies(), st.data())
def test_names_order_comments_and_the_way_it_is_written_change_nothing(
    data: Data, draw: st.DataObject
) -> None:
    text = written(draw.draw(shuffled(data)), draw)
    config = read_stack_file(text.encode(), "stacks/Pulumi.dev.yaml").config
    other = renamed(data)
    before = made_of_any(data)
    assert made(cast("Data", config["topology"])) == before
    # Each keeps its `id`.
    assert made(other) == before


def renamed(data: Data) -> Data:
    """Every network, site and server under another name, with the old one as its `id`."""
    changed = deepcopy(data)
    places = [changed["networks"], changed["sites"], changed.get("edge_servers", {})]
    places += [site.get("servers", {}) for site in changed["sites"].values()]
    names: list[str] = []
    for place in places:
        for key, thing in place.items():
            thing.setdefault("id", key)
            names.append(key)
    # A name of two things would be two renames, and nothing else may be called so.
    assume(len(names) == len(set(names)))
    known = {name: f"n{number}" for number, name in enumerate(names)}

    def other(value: Any) -> Any:
        if isinstance(value, dict):
            items = cast("Data", value).items()
            return {
                known.get(key, key): each if key == "id" else other(each) for key, each in items
            }
        if isinstance(value, list):
            return [other(each) for each in cast("list[Any]", value)]
        if not isinstance(value, str):
            return value
        # `mailbox@hq` are those of a site.
        who, at, site = value.rpartition("@")
        return f"{who}{at}{known.get(site, site)}"

    return cast("Data", other(changed))


def written(data: Data, draw: st.DataObject) -> str:
    """A stack file in which each mapping is a block or in braces, with comments and empty lines."""
    lines = ["config:", "  exchange-ports:topology:"]

    def write(value: Any, indent: str) -> None:
        for key, each in cast("Data", value).items():
            if draw.draw(st.booleans()):
                lines.append(
                    draw.draw(st.sampled_from(["", f"{indent}# said of {key}", "# at the left"]))
                )
            if isinstance(each, dict) and each and draw.draw(st.booleans()):
                lines.append(f"{indent}{key}:  # here")
                write(each, indent + draw.draw(st.sampled_from(["  ", "    "])))
            else:
                lines.append(f"{indent}{key}: {json.dumps(each)}")

    write(data, "    ")
    return "\n".join(lines) + "\n"


# ---- no threshold ----


@pytest.mark.parametrize("platform", ["aws", "azure"])
def test_however_many_ranges_there_are_rules_are_of_one_kind(platform: str) -> None:
    """From one range to forty of a client, and of the platform's own list: the rules of the first stay."""

    def program(ranges: int) -> dict[Made, Mapping[str, Any]]:
        data: Data = {
            "organization": "contoso",
            "networks": {"corp": {"platform": platform, "internal": ["10.20.0.0/20"]}},
            "private_blocks": [f"10.{number}.0.0/16" for number in range(20, 20 + ranges)],
            "sites": {
                "hq": {
                    "network": "corp",
                    "servers": {"ex1": {"roles": ["client_access", "mailbox"]}},
                    "domain_controllers": {"addresses": ["10.20.2.10"]},
                }
            },
            "clients": {
                "internet": {"services": ["https"]},
                "office": {"from": [f"10.64.{number * 2}.0/24" for number in range(ranges)]},
            },
            "name_servers": {"internal": "domain_controllers"},
        }
        return made(data)

    few = program(1)
    for ranges in (2, 5, 20):
        many = program(ranges)
        assert {each.type for each in many} == {each.type for each in few}
        assert few.keys() <= many.keys()
        assert_same_where_both_are(few, many)
        if platform == "azure":
            names = [
                {str(rule["name"]) for rule in azure_rules(each).values()} for each in (few, many)
            ]
            assert names[0] == names[1]
