"""Rule sets that no one in his senses would write, and that a cloud takes: for every checker of the semantics.

Overlapping and nested ranges, denies between allows, groups without members, lists without entries,
rules about our own side by address, several protocols by number.
"""

from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from typing import Final

from hypothesis import strategies as st

from exchange_ports.clouds.aws import rules as aws
from exchange_ports.clouds.azure import evaluator as azure_semantics
from exchange_ports.clouds.azure import rules as azure
from exchange_ports.traffic.addresses import Address, AddressSet, Network
from exchange_ports.traffic.ports import ANY_PORTS, PortRange, Ports, Protocol, tcp, udp

__all__ = [
    "GROUPS",
    "LISTS",
    "MEMBERS",
    "OWN",
    "PORTS",
    "RANGES",
    "TAGS",
    "MEMBERSHIPS",
    "aws_sets",
    "azure_sets",
]

#: Overlapping, nested, adjacent, single, all; of both families.
RANGES: Final[tuple[Network, ...]] = tuple(
    map(
        ip_network,
        (
            *("0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/9", "10.0.0.0/30", "10.0.0.2/31", "10.0.0.3/32"),
            *("168.63.129.16/32", "::/0", "2001:db8::/64", "2001:db8::2/128"),
        ),
    )
)
PORTS: Final = (
    ANY_PORTS,
    tcp(25),
    tcp((25, 80)),
    tcp((80, 65535)),
    Ports(Protocol.TCP, (PortRange(0, 65535),)),
    udp(25),
    *(Ports(protocol) for protocol in (Protocol.ICMP, Protocol.ESP, Protocol.AH)),
)
#: Groups: the last has no members, the one before has a server without an address.
GROUPS: Final = ("a", "b", "bare", "empty")
MEMBERSHIPS: Final = {"s": ("a",), "t": ("a", "b"), "u": (), "v": ("bare",)}
OWN: Final[Mapping[str, tuple[Address, ...]]] = {
    "s": (ip_address("10.0.0.1"),),
    "t": (ip_address("10.0.0.2"), ip_address("2001:db8::2")),
    "u": (ip_address("11.0.0.0"),),
    "v": (),
}
MEMBERS: Final = {
    key: AddressSet.of(
        ip_network(address)
        for server, attached in MEMBERSHIPS.items()
        if key in attached
        for address in OWN[server]
    )
    for key in GROUPS[:-1]
}

# ---- AWS ----

LISTS: Final = (aws.PrefixList("nothing", ()), aws.PrefixList("some", RANGES[2:5]))
_AWS_PEERS: Final[tuple[aws.Peer, ...]] = (
    *RANGES,
    *map(aws.GroupRef, GROUPS),
    *(aws.ListRef(one.key) for one in LISTS),
)
#: A type with one code, and a type with all its codes (-1), as EC2 writes them.
_ICMP: Final = tuple(
    Ports(protocol, (PortRange(*one),))
    for protocol in (Protocol.ICMP, Protocol.ICMPV6)
    for one in ((3, 4), (3, -1), (-1, -1))
)

aws_rules = st.builds(
    aws.SecurityGroupRule,
    st.sampled_from(GROUPS),
    st.sampled_from(aws.Direction),
    st.sampled_from((*PORTS, *_ICMP)),
    st.sampled_from(_AWS_PEERS),
    st.just(()),
)
aws_sets = st.lists(aws_rules, max_size=8).map(
    lambda rules: aws.AwsRuleSet(
        "n", tuple(aws.SecurityGroup(key, "") for key in GROUPS), LISTS, tuple(rules), MEMBERSHIPS
    )
)


# ---- Azure ----

TAGS: Final = azure_semantics.usual_tags(AddressSet.of([ip_network("10.0.0.0/8")]))
_PREFIXES: Final = (
    *(azure.Prefixes((one,)) for one in RANGES),
    azure.Prefixes((RANGES[3], RANGES[6], RANGES[8])),
)
_SIDES: Final[tuple[azure.Side, ...]] = (
    azure.Anything(),
    *_PREFIXES,
    *map(azure.GroupRef, GROUPS),
    *map(azure.Tag, sorted(TAGS)),
)
_ZONES: Final = {
    "s": azure.Zone.INTERNAL,
    "t": azure.Zone.INTERNAL,
    "u": azure.Zone.INTERNAL,
    "v": azure.Zone.PERIMETER,
}


@st.composite
def azure_sets(draw: st.DrawFn) -> azure.AzureRuleSet:
    """Denies between allows, own sides by address, priorities at both bounds; sorted by nothing."""
    count = draw(st.integers(0, 8))
    priorities = draw(
        st.lists(
            st.integers(100, 108) | st.sampled_from((4095, 4096)),
            min_size=count,
            max_size=count,
            unique=True,
        )
    )
    rules = tuple(
        azure.SecurityRule(
            f"r{priority}",
            priority,
            draw(st.sampled_from(azure.Direction)),
            draw(st.sampled_from(azure.Access)),
            draw(st.sampled_from(PORTS)),
            draw(st.sampled_from(_SIDES)),
            draw(st.sampled_from(_SIDES)),
            (),
        )
        for priority in priorities
    )
    return azure.AzureRuleSet(
        "n",
        (azure.NetworkSecurityGroup(azure.Zone.INTERNAL, rules),),
        tuple(map(azure.ApplicationGroup, GROUPS)),
        MEMBERSHIPS,
        _ZONES,
    )
