"""Traffic that other firewalls must allow: for whoever runs central firewalls, network ACLs and neighbors' filters.

A place is one zone of one network. What a plan opens at our ends and leaves the place, or has somebody
outside at its other end, meets filters that are not ours: each such row says from where, to where, on
which ports and why. Rows come from flows, which is what the proof holds the rules against.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from exchange_ports.findings import Finding, counted
from exchange_ports.flows import ExternalEndpoint, Flow, Reason
from exchange_ports.flows.between_others import OtherHosts, between_others
from exchange_ports.flows.labels import EndpointLabels, LabeledEnd
from exchange_ports.planning import Plans
from exchange_ports.reports import document as doc
from exchange_ports.reports import reasons as words
from exchange_ports.topology.groups import Group, identity
from exchange_ports.topology.inventory import ExchangeServer
from exchange_ports.topology.models import Attachment
from exchange_ports.traffic.addresses import Network, brief, covers
from exchange_ports.traffic.ports import ANY_PORTS, Ports, joined
from exchange_ports.traffic.regroup import regroup

#: More ranges than this are listed once, below the tables: the Internet has up to 30.
_MOST_RANGES: Final = 8

_NOT_DECLARED: Final = "not declared"


class Crossing(StrEnum):
    """What a row crosses, and so whose filters it meets."""

    NETWORKS = "networks"
    ZONES = "zones"
    NEIGHBORS = "neighbors"
    INTERNET = "internet"
    OTHERS = "others"
    """Both ends are hosts of others."""


class HandoverPlace(NamedTuple):
    """One zone of one network, by the name that people use."""

    network: str
    zone: str

    def __str__(self) -> str:
        return f"{self.network}, {self.zone}"


class HandoverSide(NamedTuple):
    """One end of a row. `addresses` are what a filter elsewhere must name, in CIDR form or alone."""

    name: str
    servers: tuple[str, ...]
    addresses: tuple[str, ...]
    #: Servers of the end whose address is not declared: no rule can be written for them.
    unknown: tuple[str, ...]
    place: HandoverPlace | None

    @property
    def where(self) -> str:
        """Its place; of a neighbor, the zone of ours that it stands in, if any."""
        return str(self.place or "outside")


class HandoverRow(NamedTuple):
    """What must pass from one end to another, for the same reasons."""

    crossing: Crossing
    source: HandoverSide
    destination: HandoverSide
    ports: tuple[Ports, ...]
    reasons: tuple[Reason, ...]

    @property
    def passes(self) -> str:
        """Protocols and ports."""
        return ", ".join(map(str, self.ports))


@dataclass(frozen=True, slots=True)
class _HandoverCell:
    crossing: Crossing
    source_place: HandoverPlace | None
    destination_place: HandoverPlace | None
    source: LabeledEnd
    destination: LabeledEnd
    ports: frozenset[Ports]
    reasons: tuple[Reason, ...]


def handover(plans: Plans) -> tuple[HandoverRow, ...]:
    """Everything that the plans open and that meets filters of others, by what it crosses.

    What two servers of one place say to each other is not in it, nor what none of our filters sees:
    servers of an `external` network among themselves and with others.
    """
    places = _HandoverPlaces(plans)
    cells: Iterable[_HandoverCell] = (
        cell for flow in plans.usable_flows for cell in places.cells(flow)
    )
    # Ports of one pair and one reason together, then whoever has the same with the same others.
    # Two places or two reasons are never put into one row.
    for column in ("ports", "source", "destination"):
        cells = regroup(cells, column)
    return tuple(map(places.row, sorted(cells, key=places.order)))


def rows_of_others(plans: Plans) -> tuple[HandoverRow, ...]:
    """What only firewalls of others can allow: neither end is a server of ours, so no plan has it."""
    places = _HandoverPlaces(plans)
    return tuple(
        HandoverRow(
            Crossing.OTHERS,
            places.side_of(each.source),
            places.side_of(each.destination),
            each.ports,
            (each.reason,),
        )
        for each in between_others(plans.topology)
    )


class FilteredSubnets(NamedTuple):
    """A zone whose subnets may have groups of others, which filter the traffic of our servers too."""

    place: HandoverPlace
    ranges: tuple[str, ...]
    #: Why these groups count beside ours.
    why: str


def filtered_subnets(plans: Plans) -> tuple[FilteredSubnets, ...]:
    """The zones of servers whose subnets may have groups of others beside ours."""
    found: list[FilteredSubnets] = []
    for key, plan in plans.networks.items():
        declared = plans.topology.networks[key]
        why = declared.platform.facts.also_at_subnets
        zones = {
            each.zone.value for each in plans.inventory.servers if each.network == plan.network
        }
        if not why or declared.attach_to is Attachment.SUBNETS:
            continue
        for zone in sorted(zones):
            ranges = tuple(map(brief, getattr(declared, zone)))
            found.append(FilteredSubnets(HandoverPlace(key, zone), ranges, why))
    return tuple(found)


_CROSSINGS: Final = tuple(Crossing)


class _HandoverPlaces:
    """Who stands where."""

    def __init__(self, plans: Plans) -> None:
        self._labels = EndpointLabels(plans.inventory)
        self._networks = {
            identity(key, declared): (key, declared)
            for key, declared in plans.topology.networks.items()
        }
        self._managed = {plan.network for plan in plans.networks.values()}
        self._servers = {member.name: member for member in plans.inventory.servers}
        self._members: dict[Group, dict[HandoverPlace, set[str]]] = {}
        for member in self._servers.values():
            for group in member.groups:
                here = self._members.setdefault(group, {})
                here.setdefault(self._place(member), set()).add(member.name)

    def _place(self, member: ExchangeServer) -> HandoverPlace:
        return HandoverPlace(self._networks[member.network][0], member.zone.value)

    def cells(self, flow: Flow) -> Iterator[_HandoverCell]:
        """A flow between every two places that it joins, where one end at least is ours."""
        ends = (flow.source, flow.destination)
        if not any(isinstance(end, Group) and end.network in self._managed for end in ends):
            return
        for source_place, source in self._parts(flow.source):
            for target_place, target in self._parts(flow.destination):
                outside = [end for end in ends if isinstance(end, ExternalEndpoint)]
                if not outside and source_place == target_place:
                    continue
                if not self._versions(source_place, source) & self._versions(target_place, target):
                    # No packet goes from IPv4 to IPv6, so none has to be allowed.
                    continue
                yield _HandoverCell(
                    _crossing(outside, source_place, target_place),
                    source_place,
                    target_place,
                    source,
                    target,
                    frozenset([flow.ports]),
                    flow.reasons,
                )

    def _versions(self, place: HandoverPlace | None, end: LabeledEnd) -> set[int]:
        """The IP versions of an end: servers have those of their network."""
        found = {r.version for one in end if isinstance(one, ExternalEndpoint) for r in one.ranges}
        for key, declared in self._networks.values():
            if place is not None and key == place.network and not found:
                found |= {r.version for r in (*declared.internal, *declared.perimeter)}
        return found

    def _parts(
        self, end: Group | ExternalEndpoint
    ) -> Iterator[tuple[HandoverPlace | None, LabeledEnd]]:
        if isinstance(end, ExternalEndpoint):
            yield self._around(end.ranges), frozenset([end])
            return
        for place, names in self._members.get(end, {}).items():
            yield place, frozenset(names)

    def side_of(self, hosts: OtherHosts) -> HandoverSide:
        """An end that is no server of ours, and no end of a flow."""
        place = self._around(hosts.ranges)
        return HandoverSide(hosts.name, (), tuple(map(brief, hosts.ranges)), (), place)

    def _around(self, inside: Sequence[Network]) -> HandoverPlace | None:
        """The zone of ours that holds all of a neighbor."""
        for key, declared in self._networks.values():
            for zone, ranges in (
                ("internal", declared.internal),
                ("perimeter", declared.perimeter),
            ):
                if covers(ranges, inside):
                    return HandoverPlace(key, zone)
        return None

    def row(self, cell: _HandoverCell) -> HandoverRow:
        ports = (ANY_PORTS,) if ANY_PORTS in cell.ports else joined(sorted(cell.ports))
        return HandoverRow(
            cell.crossing,
            self._side(cell.source, cell.source_place),
            self._side(cell.destination, cell.destination_place),
            tuple(ports),
            cell.reasons,
        )

    def _side(self, end: LabeledEnd, place: HandoverPlace | None) -> HandoverSide:
        servers = sorted(one for one in end if isinstance(one, str))
        outside = sorted(one for one in end if isinstance(one, ExternalEndpoint))
        declared = [range_ for name in servers for range_ in self._servers[name].ranges]
        declared += [range_ for one in outside for range_ in one.ranges]
        return HandoverSide(
            self._labels.name(end, ranges=False),
            tuple(servers),
            tuple(map(brief, dict.fromkeys(declared))),
            tuple(name for name in servers if not self._servers[name].has_address),
            place,
        )

    def order(self, cell: _HandoverCell) -> tuple[object, ...]:
        """By what is crossed, then by places, then as in every report: the outside first."""
        return (
            _CROSSINGS.index(cell.crossing),
            str(cell.source_place or ""),
            str(cell.destination_place or ""),
            self._labels.rank(cell.source),
            self._labels.name(cell.source),
            self._labels.rank(cell.destination),
            self._labels.name(cell.destination),
            sorted(map(str, cell.ports)),
            [str(reason) for reason in cell.reasons],
        )


def _crossing(
    outside: Sequence[ExternalEndpoint], source: HandoverPlace | None, target: HandoverPlace | None
) -> Crossing:
    if any(end.is_everyone for end in outside):
        return Crossing.INTERNET
    if outside or source is None or target is None:
        return Crossing.NEIGHBORS
    return Crossing.ZONES if source.network == target.network else Crossing.NETWORKS


# ---- as a report ----

_RECORD: Final = (
    "boundary",
    *("source", "source location", "source addresses"),
    *("destination", "destination location", "destination addresses"),
    *("ports", "reason", "published row", "document"),
    *("risk accepted", "owner", "ticket", "review by"),
)
_COLUMNS: Final = ("from", "its addresses", "to", "its addresses", "ports", "why")
#: Of a page, in hundredths.
_SHARES: Final = (17, 17, 17, 17, 10, 22)
#: Characters of a line of text.
_WIDTH: Final = 140

_HEADINGS: Final = {
    Crossing.NETWORKS: (
        "Between networks",
        "Central firewalls, gateways and network ACLs between the networks.",
    ),
    Crossing.ZONES: (
        "Between zones of a network",
        "Network ACLs of the subnets, and any firewall between the zones.",
    ),
    Crossing.NEIGHBORS: (
        "Neighbors",
        "The neighbors' own groups and host firewalls, and the filters between the networks.",
    ),
    Crossing.INTERNET: (
        "The Internet",
        "Internet gateways, the perimeter's firewall, and network ACLs of the subnets.",
    ),
    Crossing.OTHERS: (
        "Between other hosts",
        "No server of ours is an end of this traffic. The plan has no rule for it.",
    ),
}

_NOTES: Final = (
    doc.spaced(
        "Each row has the direction in which a connection is opened. A stateless filter, such as a network "
        "ACL, also needs the reverse direction: from these ports to the ports that the source uses.",
        doc.Text(str(ANY_PORTS), doc.Look.KEYWORD),
        "is every IP protocol on every port.",
    ),
    doc.spaced(
        "Not listed: traffic between servers of one zone, traffic between servers of",
        doc.Text("external", doc.Look.KEYWORD),
        "networks, and traffic to name servers of the platform, which no rule filters.",
    ),
)


def handover_report(
    rows: Sequence[HandoverRow],
    organization: str,
    origin: doc.Origin,
    unusable: Sequence[Finding] = (),
    servers: Sequence[ExchangeServer] = (),
    subnets: Sequence[FilteredSubnets] = (),
) -> doc.Document:
    """The rows by what they cross; for programs each with all of its reasons.

    `unusable` are the findings about flows that cannot work as declared: no row has them. `servers` are all
    servers of ours. `subnets` are the zones at which groups of others must allow the same.
    """
    labels = words.row_labels(reason for row in rows for reason in row.reasons)
    return doc.Document(
        lambda: (*_sections(rows, labels, unusable), *_at_subnets(subnets), *_versions(servers)),
        f"Traffic that other firewalls must allow: {organization}",
        f"Made by exchange-ports {origin.version} from {origin.file} (SHA-256 {origin.sha256}). "
        f"{counted(len(rows), 'row')}.",
        references={label: url for (_, url), label in labels.items()},
        width=_WIDTH,
        records=lambda: doc.Records(_RECORD, map(_record, rows)),
        data=lambda: {
            "organization": organization,
            "file": origin.file,
            "sha256": origin.sha256,
            "version": origin.version,
            "rows": list(map(_row_data, rows)),
            "servers": [
                {
                    "name": each.name,
                    "version": each.version.value,
                    "addresses": list(map(brief, each.ranges)) if each.has_address else [],
                }
                for each in servers
            ],
            "subnets": [
                {
                    "network": each.place.network,
                    "zone": each.place.zone,
                    "ranges": list(each.ranges),
                    "why": each.why,
                }
                for each in subnets
            ],
            "not_usable": [finding.as_data() for finding in unusable],
        },
    )


def _sections(
    rows: Sequence[HandoverRow], labels: words.RowLabels, unusable: Sequence[Finding]
) -> Iterator[doc.Section]:
    lists = _Lists()
    yield from (doc.Section("", (doc.Paragraph(note),)) for note in _NOTES)
    for crossing, (heading, who) in _HEADINGS.items():
        here = tuple(_row(row, lists, labels) for row in rows if row.crossing is crossing)
        if here:
            table = doc.Table(_COLUMNS, here, shares=_SHARES, indent=0)
            yield doc.Section(heading, (doc.Paragraph(who), table))
    unknown = sorted({n for row in rows for s in (row.source, row.destination) for n in s.unknown})
    if unknown:
        summary = "Other firewalls need the address of each server"
        yield doc.Section(
            "Addresses to declare", (doc.Paragraph(f"{summary}: {', '.join(unknown)}."),)
        )
    if lists.named:
        listed = (f"{name}: {', '.join(ranges)}" for ranges, name in lists.named.items())
        yield doc.Section("Ranges", (doc.Items(listed),))
    if unusable:
        yield words.not_usable(unusable)


def _at_subnets(subnets: Sequence[FilteredSubnets]) -> Iterator[doc.Section]:
    for why in dict.fromkeys(each.why for each in subnets):
        text = (
            f"{why} If others associate one with these subnets, it must allow all traffic of the servers that this "
            "page lists, and all protocols between internal servers of one zone."
        )
        listed = (f"{each.place}: {', '.join(each.ranges)}" for each in subnets if each.why == why)
        blocks = (doc.Paragraph(text), doc.Items(listed))
        yield doc.Section("Groups of others at subnets", blocks)


def _versions(servers: Sequence[ExchangeServer]) -> Iterator[doc.Section]:
    if servers:
        rows = (
            doc.Row(
                (
                    each.name,
                    each.version.full_name,
                    ", ".join(map(brief, each.ranges)) if each.has_address else _NOT_DECLARED,
                )
            )
            for each in sorted(servers, key=lambda one: one.name)
        )
        table = doc.Table(("server", "version", "addresses"), tuple(rows), indent=0)
        yield doc.Section("Servers", (table,))


def _row(row: HandoverRow, lists: "_Lists", labels: words.RowLabels) -> doc.Row:
    sides = (cell for side in (row.source, row.destination) for cell in lists.cells(side))
    why = words.linked(row.reasons, labels)
    return doc.Row((*sides, row.passes, why), words.risk_look(row.reasons))


class _Lists:
    """Long lists of ranges, each listed once."""

    def __init__(self) -> None:
        self.named: dict[tuple[str, ...], str] = {}

    def cells(self, side: HandoverSide) -> tuple[str, str]:
        """What an end is called, and its addresses."""
        named = f"{side.name} ({side.place})" if side.place else side.name
        if len(side.addresses) > _MOST_RANGES and not side.servers:
            called = f"list {len(self.named) + 1}, {side.name}"
            name = self.named.setdefault(side.addresses, called)
            return named, f"{counted(len(side.addresses), 'range')}: {name.partition(',')[0]}"
        return named, _addresses(side)


def _addresses(side: HandoverSide) -> str:
    return ", ".join([*side.addresses, *(f"{name}: {_NOT_DECLARED}" for name in side.unknown)])


def _record(row: HandoverRow) -> tuple[str, ...]:
    sides = ((each.name, each.where, _addresses(each)) for each in (row.source, row.destination))
    reasons = row.reasons
    return (
        row.crossing.value,
        *(cell for side in sides for cell in side),
        row.passes,
        words.each_once(reason.summary for reason in reasons),
        words.each_once(words.source_of(reason) for reason in reasons),
        words.each_once(url for reason in reasons for url in reason.urls),
        "yes" if words.risk_look(reasons) else "no",
        words.each_once(reason.owner for reason in reasons),
        words.each_once(reason.ticket for reason in reasons),
        words.each_once(reason.review_by for reason in reasons),
    )


def _row_data(row: HandoverRow) -> dict[str, object]:
    return {
        "boundary": row.crossing.value,
        "source": _side_data(row.source),
        "destination": _side_data(row.destination),
        "ports": row.passes,
        "reasons": [words.reason_data(reason) for reason in row.reasons],
    }


def _side_data(side: HandoverSide) -> dict[str, object]:
    place = side.place
    return {
        "name": side.name,
        "network": None if place is None else place.network,
        "zone": None if place is None else place.zone,
        "servers": list(side.servers),
        "addresses": list(side.addresses),
        "without_address": list(side.unknown),
    }
