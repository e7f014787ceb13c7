"""The plan of a stack: what it opens per network and zone, by role, port, peer and reason.

Rows come from flows, so a reader sees what was meant in one line where a cloud needs several rules.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from exchange_ports.clouds import cloud_of
from exchange_ports.clouds.base import NEVER, RuleSet, Use
from exchange_ports.findings import Finding, counted
from exchange_ports.flows import Flow, Reason
from exchange_ports.flows.between_others import OtherHosts, between_others
from exchange_ports.flows.labels import few, peer_label
from exchange_ports.planning import Plans
from exchange_ports.reports import document as doc
from exchange_ports.reports.reasons import reason_data, risk_look, why
from exchange_ports.topology.groups import (
    Group,
    ServerRole,
    identity,
    is_published,
    roles_of,
    send_connectors,
    version_of,
)
from exchange_ports.topology.models import Server, Topology
from exchange_ports.traffic.addresses import brief


@dataclass(frozen=True, slots=True)
class Opening:
    """One flow at one of its ends that is ours, seen from there."""

    zone: str
    direction: str
    role: str
    ports: str
    peer: str
    reasons: tuple[Reason, ...]

    @property
    def why(self) -> str:
        """The reasons on one line, each with its row of the published tables or its ticket."""
        return why(self.reasons)

    def as_data(self) -> dict[str, object]:
        """The opening for JSON."""
        return {
            "zone": self.zone,
            "direction": self.direction,
            "role": self.role,
            "ports": self.ports,
            "peer": self.peer,
            "reasons": [_reason_data(reason) for reason in self.reasons],
        }


def _reason_data(reason: Reason) -> dict[str, object]:
    data = reason_data(reason)
    return {key: data[key] for key in data if key not in ("table", "row", "urls")}


def _seen(flow: Flow, network: str, zones: Mapping[Group, set[str]]) -> Iterator[Opening]:
    for direction, ours, theirs in (
        ("in", flow.destination, flow.source),
        ("out", flow.source, flow.destination),
    ):
        if isinstance(ours, Group) and ours.network == network:
            peer = peer_label(theirs, network)
            for zone in zones[ours]:
                yield Opening(zone, direction, ours.key, str(flow.ports), peer, flow.reasons)


def openings(plans: Plans, network: str) -> tuple[Opening, ...]:
    """What is opened in a network, by zone, direction and role."""
    known = identity(network, plans.topology.networks[network])
    zones: dict[Group, set[str]] = defaultdict(set)
    for member in plans.inventory.servers:
        for group in member.groups:
            zones[group].add(member.zone.value)
    seen = [opening for flow in plans.flows for opening in _seen(flow, known, zones)]
    return tuple(sorted(seen, key=lambda o: (o.zone, o.direction, o.role, o.ports, o.peer)))


def closed(topology: Topology) -> tuple[str, ...]:
    """Traffic that stays blocked because it is not declared."""
    found: list[str] = []
    flow = topology.mail_flow
    if not topology.clients:
        later = all(version_of(topology, each).facts.combined for each in _inside(topology))
        server = "Mailbox" if later else "Client Access"
        found.append(f"no clients are declared: no client connects to a {server} server")
    unpublished = [
        key
        for site in topology.sites.values()
        for key, each in site.servers.items()
        if ServerRole.CLIENT_ACCESS in roles_of(topology, each)
        and not is_published(topology, site, each)
    ]
    if unpublished:
        found.append(
            f"not published: {few(sorted(unpublished))}: no client and no inbound mail reaches them"
        )
    receives = any(edge.receives for edge in topology.edge_servers.values())
    hybrid = topology.hybrid
    if hybrid is not None and hybrid.mx == "exchange_online" and not flow.inbound_ways:
        found.append("mail from the Internet arrives through Exchange Online only")
    elif flow.inbound == "none" or (flow.inbound is None and not receives):
        found.append("no inbound mail is declared: no mail arrives from outside")
    elif topology.edge_servers and flow.inbound and all(w.to is None for w in flow.inbound_ways):
        found.append("inbound mail arrives at the Edge servers only")
    if not send_connectors(topology):
        found.append("no outbound mail is declared: no server sends mail outside")
    calls = topology.unified_messaging
    if calls and calls.ip_gateways and "startup_mode" not in calls.model_fields_set:
        found.append(
            "no startup mode is declared: Unified Messaging accepts no SIP over TLS (A-13)"
        )
    if hybrid is not None:
        found += _of_microsoft_365(topology)
    return tuple(found)


def _of_microsoft_365(topology: Topology) -> Iterator[str]:
    """The endpoint sets of a hybrid deployment: what the rules leave out, and what is wider than its purpose."""
    if topology.hybrid is None:
        return
    from exchange_ports.topology.microsoft_365 import used_sets

    for each in used_sets(topology, topology.hybrid):
        selection = each.selection
        label = selection.set.label
        if each.left_out:
            ranges = counted(len(each.left_out), "IPv6 range")
            yield f"{ranges} of {label} in no rule: no IPv6 in {few(each.networks)}"
        if selection.basis:
            yield f"{label}: {selection.basis}"
    for row in between_others(topology):
        source, to = (_hosts(each) for each in (row.source, row.destination))
        ports = ", ".join(map(str, row.ports))
        yield f"no rule of ours: {ports} from {source} to {to} ({row.reason.entry}), in other firewalls"


def _hosts(one: OtherHosts) -> str:
    if one.is_internet:
        return one.name
    return f"{one.name} ({', '.join(map(brief, one.ranges))})"


def _inside(topology: Topology) -> Iterator[Server]:
    return (each for site in topology.sites.values() for each in site.servers.values())


# ---- as a report ----


def plan_report(
    plans: Plans, findings: Sequence[Finding], *, every_limit: bool = False
) -> doc.Document:
    """What a stack opens, network by network, what stays closed, and how near the limits are."""
    return doc.Document(
        lambda: _sections(plans, every_limit=every_limit), data=lambda: plan_data(plans, findings)
    )


def _sections(plans: Plans, *, every_limit: bool) -> Iterator[doc.Section]:
    yield from opening_sections(plans, every_limit=every_limit)
    for heading, texts in (
        ("Blocked, because not declared", closed(plans.topology)),
        ("Acknowledged warnings", [": ".join(each) for each in plans.topology.acknowledge.items()]),
    ):
        if texts:
            yield doc.Section(heading, (doc.Items(texts),))


def opening_sections(plans: Plans, *, every_limit: bool = False) -> Iterator[doc.Section]:
    """What is opened, by network and zone, and how near the limits are."""
    for key, plan in plans.networks.items():
        seen = openings(plans, key)
        for zone in dict.fromkeys(opening.zone for opening in seen):
            platform = plans.topology.networks[key].platform.summary
            rows = tuple(_row(opening) for opening in seen if opening.zone == zone)
            table = doc.Table(("", "group", "ports", "peer", "why"), rows)
            yield doc.Section(f"{key} ({platform}), {zone} zone", (table,))
        yield doc.Section("", (doc.Items((_made(plan),)),))
    yield _limits(plans, every=every_limit)


def _limits(plans: Plans, *, every: bool) -> doc.Section:
    """For each limit that is checked whoever is nearest to it; of those that are half used or less, how many."""
    uses = [(key, use) for key in plans.networks for use in nearest(plans.uses(key))]
    shown = [(key, use) for key, use in uses if every or use.used * 2 > use.limit.most]
    rows = tuple(
        doc.Row((key, f"{use.used} of {use.limit.most} {use.limit.what}", use.where, use.limit.per))
        for key, use in shown
    )
    blocks: list[doc.Block] = []
    if rows:
        blocks.append(doc.Table(("network", "used", "nearest to it", "counted per"), rows))
    left = len(uses) - len(shown)
    if left:
        more = "more limit" if rows else "limit"
        is_used = "is at most half used" if left == 1 else "are at most half used"
        blocks.append(doc.Items((f"{counted(left, more)} {is_used}; `plan --limits` shows all",)))
    return doc.Section("Limits", blocks)


def _row(opening: Opening) -> doc.Row:
    return doc.Row(
        (opening.direction, opening.role, opening.ports, opening.peer, opening.why),
        risk_look(opening.reasons),
    )


def _made(plan: RuleSet) -> str:
    servers = counted(len(plan.memberships), "server")
    made = (counted(number, noun) for number, noun in cloud_of(plan).names.counts(plan))
    return f"{', '.join(made)} for {servers}"


def nearest(uses: Iterable[Use]) -> Iterator[Use]:
    """For each limit whoever is nearest to it; nothing is near what is not there, nor a mere law."""
    fullest: dict[str, Use] = {}
    for use in uses:
        if not use.used or use.limit.near == NEVER:
            continue
        before = fullest.get(use.limit.code)
        if before is None or (use.share, use.used) > (before.share, before.used):
            fullest[use.limit.code] = use
    yield from fullest.values()


def plan_data(plans: Plans, findings: Sequence[Finding]) -> dict[str, object]:
    """The whole plan as JSON-ready data; keys and order are the same for the same input."""
    return {
        "organization": plans.topology.organization,
        "versions": {each.name: each.version.value for each in plans.inventory.servers},
        "networks": {key: _network_data(plans, key, plan) for key, plan in plans.networks.items()},
        "stays_closed": list(closed(plans.topology)),
        "acknowledged": dict(plans.topology.acknowledge),
        "findings": [finding.as_data() for finding in findings],
    }


def _network_data(plans: Plans, key: str, plan: RuleSet) -> dict[str, object]:
    return {
        "platform": plans.topology.networks[key].platform.value,
        "allows": [opening.as_data() for opening in openings(plans, key)],
        "servers": {server: list(member_of) for server, member_of in plan.memberships.items()},
        **cloud_of(plan).names.as_data(plan),
        "limits": [
            {
                "limit": use.limit.code,
                "where": use.where,
                "used": use.used,
                "maximum": use.limit.most,
            }
            for use in plans.uses(key)
        ],
    }
