"""What an update would do to rules of EC2 that are there under another name, or go."""

from exchange_ports.clouds.aws.names import rule_name
from exchange_ports.clouds.aws.rules import AwsRuleSet, GroupRef, ListRef
from exchange_ports.planning import Plans
from exchange_ports.rollout import (
    network_pairs,
)


def list_changes_below_a_rule_that_goes(old: Plans, new: Plans) -> bool:
    """The one edit without memberships that opens something in passing: a list is edited in place."""
    return any(
        isinstance(rule.peer, ListRef)
        and rule not in pair.new.rules
        and any(
            one.key == other.key == rule.peer.key and one != other
            for one in pair.old.prefix_lists
            for other in pair.new.prefix_lists
        )
        for pair in network_pairs(old, new)
        if isinstance(pair.old, AwsRuleSet) and isinstance(pair.new, AwsRuleSet)
        for rule in pair.old.rules
    )


def duplicates(old: AwsRuleSet, new: AwsRuleSet) -> list[str]:
    """The names under which EC2 would be asked for a rule that is there under another."""
    names: dict[object, str] = {}
    found: list[str] = []
    for rule in (*old.rules, *new.rules):
        peer: object = rule.peer
        if isinstance(rule.peer, GroupRef | ListRef):
            peer = (type(rule.peer), rule.peer.key)
        key = (rule.group, rule.direction, rule.ip_protocol, rule.port_range, peer)
        if names.setdefault(key, rule_name(rule)) != rule_name(rule):
            found.append(rule_name(rule))
    return found
