"""What to declare so that blocked traffic is allowed: a field of the topology, or an additional flow to paste."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Final, cast

from exchange_ports.proof.network_model import NetworkModel
from exchange_ports.rehearsal.rows import Row, RowEnd
from exchange_ports.rehearsal.verdicts import Verdict, address_of
from exchange_ports.topology.fields import INTERNET_WORD
from exchange_ports.traffic.addresses import AddressSet, brief
from exchange_ports.traffic.services import AH, ESP, ICMP, ICMPV6, TCP, UDP, protocol_name

#: More hosts than these are written as ranges.
_MOST_HOSTS: Final = 4
#: The ranges that hosts are written as, by IP version.
_BITS: Final = {4: 24, 6: 64}
#: More ranges than these are the Internet, where all are public.
_MOST_RANGES: Final = 16

_DOMAIN_CONTROLLER: Final = frozenset((88, 389, 636, 3268, 3269, 464))
_LYNC: Final = frozenset((5060, 5061, 5065, 5067, 5068))
#: A range of so many ports says nothing of what it is for.
_WIDE: Final = 1000
#: What an additional flow looks like, by a port at the server's end.
_LOOKS: Final = {
    "a backup server": (
        1556,
        13724,
        10000,
        5718,
        5719,
        8400,
        6101,
        6106,
        6160,
        6162,
        2500,
        9392,
        1501,
        1500,
    ),
    "a monitoring system": (5723, 161, 10050, 10051, 9100, 9182, 5666, 12489),
    "an update server": (8530, 8531),
    "remote administration": (3389, 5985, 5986, 22),
    "a file server": (445, 139),
    "a log collector": (514, 6514, 1514, 9997, 5044),
    "a time server": (123,),
    "a mail system": (25, 465, 587),
    "a web server or proxy": (80, 443, 8080, 3128, 1080),
}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A declaration that would allow some blocked rows."""

    #: A field of the topology by its path, with what is added to it; or `additional_flows` with an entry.
    field: str
    value: object
    #: What the traffic looks like.
    why: str
    #: Whether it needs somebody's decision: an end in the perimeter, or the Internet.
    risky: bool = False

    @property
    def is_flow(self) -> bool:
        """Whether it is an additional flow."""
        return self.field == "additional_flows"


def suggestions(rows: Iterable[Row], model: NetworkModel) -> tuple[Suggestion, ...]:
    """What would allow the blocked rows: what looks like a neighbor first, then additional flows."""
    blocked = [row for row in rows if row.verdict is Verdict.BLOCKED]
    controllers = _hosts_like(blocked, _DOMAIN_CONTROLLER)
    fields = list(
        _neighbors(blocked, controllers, model, "domain_controllers", "a domain controller")
    )
    lync = _hosts_like(blocked, _LYNC) - controllers
    fields += _neighbors(blocked, lync, model, "lync", "a Lync or Skype for Business server")
    known = controllers | lync
    rest = [
        row
        for row in blocked
        if not (_hosts(row) and _hosts(row) <= known)
        or "edge" in (row.source.name, row.destination.name)
    ]
    return (*fields, *_flows(rest, model))


def _hosts(row: Row) -> frozenset[str]:
    """The hosts of a row that are no servers of ours."""
    return frozenset[str]().union(
        *(end.hosts for end in (row.source, row.destination) if not end.managed)
    )


def _hosts_like(rows: Iterable[Row], ports: frozenset[int]) -> set[str]:
    """The hosts that internal servers use two or more of these ports of."""
    used: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        if row.source.managed and not row.destination.managed and row.source.name != "edge":
            seen = {port for port in ports for first, last in row.ports if first <= port <= last}
            for host in row.destination.hosts:
                if not address_of(host).is_global:
                    used[host] |= seen
    return {host for host, seen in used.items() if len(seen) > 1}


def _neighbors(
    rows: Iterable[Row], hosts: set[str], model: NetworkModel, field: str, looks: str
) -> Iterator[Suggestion]:
    """The hosts as neighbors of the site that exchanges most with them; each host at one site only."""
    weights: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        ours = row.source if row.source.managed else row.destination
        for host in _hosts(row) & hosts:
            for server in ours.hosts:
                site = model.servers[server].site
                if site and not model.servers[server].is_edge:
                    weights[host][site] += row.bytes + 1
    by_site: dict[str, list[str]] = defaultdict(list)
    for host, sites in weights.items():
        by_site[min(sites, key=lambda site: (-sites[site], site))].append(host)
    for site, several in sorted(by_site.items()):
        addresses = [str(each) for each in sorted(map(address_of, several), key=AddressSet.place)]
        yield Suggestion(f"sites.{site}.{field}", addresses, f"this looks like {looks}")


def _flows(rows: Iterable[Row], model: NetworkModel) -> Iterator[Suggestion]:
    together: dict[tuple[str, str], list[tuple[Row, list[str], list[str]]]] = defaultdict(list)
    for row in rows:
        one, other = _end(row.source, model), _end(row.destination, model)
        together[repr(one), repr(other)].append((row, one, other))
    for several in together.values():
        row, one, other = several[0]
        ports = list(dict.fromkeys(each for row, _, _ in several for each in _ports(row)))
        outside = [end for end in (row.source, row.destination) if not end.managed]
        risky = "edge" in (row.source.name, row.destination.name) or one == [INTERNET_WORD]
        risky = risky or (
            not row.source.managed and any(address_of(host).is_global for host in row.source.hosts)
        )
        looks = _look(each for row, _, _ in several for each in row.ports)
        value: dict[str, object] = {
            "from": one[0] if len(one) == 1 else one,
            "to": other[0] if len(other) == 1 else other,
            "ports": ports,
            "reason": f"TODO: {looks or 'why is this needed?'}",
        }
        if risky:
            value["accept_risk"] = True
        named = "" if not outside else f"{outside[0].name}: "
        yield Suggestion(
            "additional_flows",
            value,
            f"{named}{f'this looks like {looks}' if looks else 'not known'}",
            risky,
        )


def _look(ports: Iterable[tuple[int, int]]) -> str:
    found = list(ports)
    return next(
        (
            what
            for what, known in _LOOKS.items()
            if any(
                first <= port <= last
                for port in known
                for first, last in found
                if last - first < _WIDE
            )
        ),
        "",
    )


def _end(end: RowEnd, model: NetworkModel) -> list[str]:
    """An end as an additional flow names it."""
    if end.managed:
        return [end.name]
    addresses = end.addresses
    own = AddressSet()
    for server in model.servers.values():
        own |= server.address_set
    if len(end.hosts) <= _MOST_HOSTS:
        return [brief(each) for each in addresses.prefixes()]
    wide = AddressSet.of(
        ip_network((host, _BITS[address_of(host).version]), strict=False) for host in end.hosts
    )
    if end.name == INTERNET_WORD and len(wide.spans) > _MOST_RANGES:
        return [INTERNET_WORD]
    zones = AddressSet.of(
        zone
        for place in model.places.values()
        for zone in (*place.declared.internal, *place.declared.perimeter)
    )
    # A range must not hold servers, nor reach into a zone further than the hosts do.
    narrow = (wide - zones - own) | addresses
    return [brief(each) for each in narrow.prefixes()]


def _ports(row: Row) -> list[str]:
    if row.protocol in (TCP, UDP):
        name = protocol_name(row.protocol)
        return [f"{a}/{name}" if a == b else f"{a}-{b}/{name}" for a, b in row.ports] or [
            f"1-65535/{name}"
        ]
    if row.protocol in (ICMP, ICMPV6):
        return ["icmp"]
    return [protocol_name(row.protocol)] if row.protocol in (ESP, AH) else ["any"]


def as_yaml(flows: Iterable[Suggestion]) -> list[str]:
    """Additional flows as lines to paste below `additional_flows:` of a topology."""
    lines: list[str] = []
    for each in flows:
        entry = cast("dict[str, str | list[str] | bool]", each.value)
        begin = "- "
        for name in ("from", "to", "ports"):
            lines.append(f"{begin}{name}: {_yaml(entry[name])}")
            begin = "  "
        lines.append(f'  reason: "{entry["reason"]}"')
        if each.risky:
            lines.append("  accept_risk: true  # TODO: who accepts it?")
    return lines


def _yaml(value: str | list[str] | bool) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_yaml, value))}]"
    text = str(value)
    return f'"{text}"' if ":" in text else text
