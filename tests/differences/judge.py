"""What two proofs permit, and in what it differs: by the clouds' semantics, not by flows.

The judge of the laws. It reads each plan with the semantics of its cloud, every server at the
address at which it is compared, and knows nothing of how changes are found.
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from exchange_ports.differences import Change
from exchange_ports.flows.flow_index import Way
from exchange_ports.planning import Plans
from exchange_ports.topology.inventory import ExchangeServer
from exchange_ports.traffic.addresses import Address, AddressSet
from exchange_ports.traffic.traffic import Traffic
from tests.support.rule_sets import evaluator

__all__ = ["Filter", "permitted", "said"]


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
        for name, worn in plan.memberships.items():
            for group in worn:
                members[group] = members.get(group, AddressSet()) | at(by_name[name][1])
        space = AddressSet.of((*declared.internal, *declared.perimeter))
        seen = evaluator(plan, members, space)
        for name in plan.memberships:
            number, server = by_name[name]
            for way in WAYS:
                for own in server.addresses:
                    found[Filter(number, way, own)] = seen.permitted(name, way, own)
    return found


def said(
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
