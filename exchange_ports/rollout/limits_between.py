"""What a cloud would refuse in the middle of an update: limits that old and new pass together.

EC2 has no call that adds and removes, so while an update runs a group holds the rules of both (aws.md
2.2); and it deletes no group that anyone wears (aws.md 2.6). Azure is written whole, and takes no
application security group away that an interface is in.
"""

from collections.abc import Iterable, Mapping

from exchange_ports.clouds import cloud_of
from exchange_ports.clouds.base import RuleSet
from exchange_ports.findings import Finding
from exchange_ports.pipeline import Plans
from exchange_ports.rollout.interfaces import ServerInterface, network_name
from exchange_ports.rollout.network_pairs import NetworkPair

__all__ = ["Quotas", "held", "quotas_of", "refused"]

#: The quotas that a customer had raised, by place and by the name that a topology gives them.
Quotas = Mapping[str, Mapping[str, int]]


def quotas_of(plans: Plans) -> Quotas:
    """What each network declares of quotas."""
    return {
        network_name(plan): plans.topology.networks[key].quotas.raised
        for key, plan in plans.networks.items()
    }


def refused(states: Iterable[tuple[str, RuleSet]], quotas: Quotas) -> tuple[Finding, ...]:
    """Every limit that is passed in any of these states, each once."""
    found: dict[Finding, None] = {}
    for place, rules in states:
        for finding in cloud_of(rules).limits.check(rules, None, quotas.get(place, {})):
            if finding.is_error:
                found[finding] = None
    return tuple(found)


def held(pairs: Iterable[NetworkPair], bodies: Iterable[ServerInterface]) -> tuple[str, ...]:
    """The groups that would be deleted while servers of another stack may still wear them."""
    everyone = tuple(bodies)
    return tuple(
        f"{group} of {pair.place}"
        for pair in pairs
        for group in sorted({*pair.old.member_groups} - {*pair.new.member_groups})
        if any(
            body.place == pair.place and body.before and group in body.before.groups
            for body in everyone
        )
    )
