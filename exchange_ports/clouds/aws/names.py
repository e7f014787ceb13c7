"""Names of what AWS gets: pure functions of what a thing is, never of order or count.

A rule's logical name is EC2's own duplicate key (aws.md 3.3): same key, same resource, edited in
place; another key, another resource, created before the old one goes. Keys of groups and lists hold
no `/`, and a range always does, so two different keys never share a name.
"""

import re
from typing import Final

from exchange_ports.clouds.aws.rules import (
    Direction,
    GroupRef,
    ListRef,
    Peer,
    SecurityGroupRule,
)
from exchange_ports.traffic.ports import Ports

__all__ = ["SAFE_TEXT", "list_name", "name_of", "peer_name", "rule_name", "safe"]

#: What every field of EC2 takes: the intersection of the documented charsets (aws.md 2.3).
SAFE_TEXT: Final = re.compile(r"[A-Za-z0-9 ._\-:/()#,@\[\]+=;{}!$*]*")
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9 ._\-:/()#,@\[\]+=;{}!$*]")


def list_name(key: str) -> str:
    """The logical name of a prefix list inside its network."""
    return f"list.{key}"


def peer_name(peer: Peer) -> str:
    """A peer as it stands in a rule's name. Colons would not pass where Pulumi checks names."""
    if isinstance(peer, GroupRef):
        return peer.key
    if isinstance(peer, ListRef):
        return list_name(peer.key)
    return str(peer).replace(":", "-")


def rule_name(rule: SecurityGroupRule) -> str:
    """The logical name of a rule inside its network: `mailbox.hq/in/tcp/25/edge.hq`."""
    return name_of(rule.group, rule.direction, rule.ports, peer_name(rule.peer))


def name_of(group: str, direction: Direction, ports: Ports, peer: str) -> str:
    """The name of a rule that is still in parts; `peer` is by its own name."""
    spelt = ",".join(map(str, ports.ranges)) or "all"
    return "/".join((group, direction, ports.protocol, spelt, peer))


def safe(text: str) -> str:
    """User text in EC2's charset: what it refuses becomes a dash."""
    return _UNSAFE.sub("-", text)
