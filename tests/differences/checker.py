"""What two proofs permit, and in what it differs: by the clouds' semantics, not by flows.

The independent checker of the laws. It reads each plan with the semantics of its cloud, every server at the
address at which it is compared, and knows nothing of how changes are found.
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from exchange_ports.differences import Change, Standing, TopologyDiff, diff_standing
from exchange_ports.differences.topology_diff import matched_servers
from exchange_ports.flows.flow_index import Way
from exchange_ports.planning import Plans
from exchange_ports.topology.inventory import ExchangeServer
from exchange_ports.traffic.addresses import Address, AddressSet
from exchange_ports.traffic.traffic import Traffic
from tests.support.rule_sets import evaluator

__all__ = ["assert_exact", "assert_exact_at", "permitted", "reported"]


WAYS: Final[tuple[Way, Way]] = ("out", "in")


class Filter(NamedTuple):
    """One direction of one server, at one of its addresses."""

    server: int
    way: Way
    own: Address


def at(server: ExchangeServer) -> AddressSet:
    found = AddressSet()
    for own in server.addresses:
        found |= AddressSet.between(own, own)
    return found


def permitted(plans: Plans, servers: Mapping[int, ExchangeServer]) -> Mapping[Filter, Traffic]:
    """What each filter of ours lets through, by the plan and the semantics of its cloud.

    `servers` are those of one topology, by the number under which they are compared.
    """
    by_name = {server.name: (number, server) for number, server in servers.items()}
    found: dict[Filter, Traffic] = {}
    for key, plan in plans.networks.items():
        declared = plans.topology.networks[key]
        members: dict[str, AddressSet] = {}
        for name, attached in plan.memberships.items():
            for group in attached:
                members[group] = members.get(group, AddressSet()) | at(by_name[name][1])
        space = AddressSet.of((*declared.internal, *declared.perimeter))
        seen = evaluator(plan, members, space)
        for name in plan.memberships:
            number, server = by_name[name]
            for way in WAYS:
                for own in server.addresses:
                    found[Filter(number, way, own)] = seen.permitted(name, way, own)
    return found


def reported(
    changes: Iterable[Change], servers: Mapping[int, ExchangeServer]
) -> Mapping[Filter, Traffic]:
    """What changes say of each filter: the boxes, but for what passed already."""
    found: dict[Filter, Traffic] = {}
    for change in changes:
        for way in change.ways:
            own = change.source if way == "out" else change.destination
            for number, server in servers.items():
                for address in server.addresses if server.managed else ():
                    if server.name in own.servers and address in own.addresses:
                        key = Filter(number, way, address)
                        box = change.at(way, AddressSet.between(address, address))
                        found[key] = found.get(key, Traffic()) | box
    return found


def permitted_at(
    standing: Standing, servers: Mapping[int, ExchangeServer]
) -> Mapping[Filter, Traffic]:
    """The same at the end of a phase, by the rules that are registered in it."""
    if standing.rules is None:
        return permitted(standing.plans, servers)
    found: dict[Filter, Traffic] = {}
    for (network, platform), (rules, space) in standing.rules.items():
        here = {
            number: server
            for number, server in servers.items()
            if (server.network, server.platform) == (network, platform)
        }
        assert {each.name for each in here.values()} == set(rules.memberships)
        members: dict[str, AddressSet] = {}
        for server in here.values():
            for group in rules.memberships[server.name]:
                members[group] = members.get(group, AddressSet()) | at(server)
        seen = evaluator(rules, members, space)
        for number, server in here.items():
            for way in WAYS:
                for own in server.addresses:
                    found[Filter(number, way, own)] = seen.permitted(server.name, way, own)
    return found


def assert_exact(old: Plans, new: Plans) -> TopologyDiff:
    """Per server, direction and address: what is said is what the proofs permit, on one side alone."""
    return assert_exact_at(Standing.of(old), Standing.of(new))


def assert_exact_at(old: Standing, new: Standing) -> TopologyDiff:
    """The same of what stands at two times."""
    found = diff_standing(old, new)
    matched = matched_servers(old.servers, new.servers)
    earlier = {number: pair.before for number, pair in enumerate(matched) if pair.before}
    later = {number: pair.after for number, pair in enumerate(matched) if pair.after}
    before, after = permitted_at(old, earlier), permitted_at(new, later)
    opened, cut = reported(found.opened, later), reported(found.cut, earlier)
    for key in {*before, *after, *opened, *cut}:
        # A server with another address is one server: its filter is held against what it was.
        was, now = whole(before, key), whole(after, key)
        assert opened.get(key, Traffic()) == (now - was if key in after else Traffic()), key
        assert cut.get(key, Traffic()) == (was - now if key in before else Traffic()), key
    if found.same_traffic:
        assert before == after
    return found


def whole(found: Mapping[Filter, Traffic], key: Filter) -> Traffic:
    """What a server's filter lets through, which is the same at each of its addresses."""
    several = {
        t for other, t in found.items() if (other.server, other.way) == (key.server, key.way)
    }
    assert len(several) <= 1
    return several.pop() if several else Traffic()
