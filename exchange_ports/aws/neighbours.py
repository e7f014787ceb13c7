"""What is opened at neighbours' own security groups, where the user gives them to us.

A neighbour's group is somebody else's: rules are added to it, and nothing that it has is read or
changed (DESIGN 5, "Both ends" and "No harm to neighbours"). Standalone rules stand beside others,
unless whoever owns the group declares its rules inline and takes away what he does not know
(aws.md 3.1).
"""

from collections.abc import Collection, Iterable, Iterator
from typing import Final

from exchange_ports.aws.names import rule_name, safe
from exchange_ports.aws.rules import Direction, GroupRef, Rule
from exchange_ports.flows import Flow, Outside, Reason, described, in_order
from exchange_ports.topology.groups import Group
from exchange_ports.traffic.ports import Ports, Protocol

__all__ = ["at_neighbours"]

#: EC2 takes 255 characters (aws.md 2.3).
_DESCRIPTION_LENGTH: Final = 255


def at_neighbours(network: str, flows: Iterable[Flow], bound: Collection[str]) -> tuple[Rule, ...]:
    """The rules at the groups of the neighbours `bound`, by their names, sorted by name.

    The group of a rule is the neighbour's name, its peer a group of ours in `network`. What our
    servers send is let in there, and what is sent to them let out; nothing that a rule for a wider
    group of ours says already.
    """
    reasons: dict[tuple[str, Direction, Group, Ports], tuple[Reason, ...]] = {}
    for flow in flows:
        for ours, theirs, direction in (
            (flow.source, flow.destination, Direction.IN),
            (flow.destination, flow.source, Direction.OUT),
        ):
            if (
                isinstance(ours, Group)
                and ours.network == network
                and isinstance(theirs, Outside)
                and theirs.name in bound
            ):
                for ports in _written(flow.ports):
                    key = (theirs.name, direction, ours, ports)
                    reasons[key] = (*reasons.get(key, ()), *flow.reasons)
    rules = [
        Rule(
            name,
            direction,
            ports,
            GroupRef(ours.key),
            in_order(why),
            safe(described(in_order(why), _DESCRIPTION_LENGTH)),
        )
        for (name, direction, ours, ports), why in reasons.items()
        if not any(
            (name, direction) == other[:2]
            and other[3].covers(ports)
            and (other[2].key in ours.wider or (other[2] == ours and other[3] != ports))
            for other in reasons
        )
    ]
    return tuple(sorted(rules, key=rule_name))


def _written(ports: Ports) -> Iterator[Ports]:
    """Ports one by one; ICMP as EC2 filters it, as two protocols."""
    if ports.protocol is Protocol.ICMP:
        yield ports
        yield Ports(Protocol.ICMPV6)
        return
    yield from ports.one_by_one()
