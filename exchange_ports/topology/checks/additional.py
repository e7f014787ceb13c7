"""Additional flows: one end of ours, and risks accepted by name (V4)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from exchange_ports.catalog import NEEDS
from exchange_ports.findings import Finding, Path, counted
from exchange_ports.findings.command_kinds import REVIEW_OVERDUE
from exchange_ports.findings.topology_kinds import BY_CODE
from exchange_ports.topology.checks import naming
from exchange_ports.topology.fields import EndpointKind, FlowEnd, ends_of
from exchange_ports.topology.models import AdditionalFlow, RelayTarget, Topology
from exchange_ports.topology.risk import Opener, Position, ZoneMap, services, why_risky
from exchange_ports.traffic.addresses import EVERYTHING_V4, EVERYTHING_V6
from exchange_ports.traffic.ports import tcp


def additional_flows(topology: Topology) -> Iterator[Finding]:
    """Flows with no end of ours, and flows whose risk is not accepted.

    Risk is defined once, in `topology.risk.why_risky`, and both callers report the code `risky-traffic`.
    `flows.flow_checks` calls it for the traffic that results from all fields, which needs a topology without
    errors. It is called here for what one field opens, so that a first run reports the risk together with all
    other errors of the file. A flow that is refused here is not compiled, so no risk is reported twice.
    """
    zones, named = ZoneMap(topology), naming.NamedServers(topology)
    for index, flow in enumerate(topology.additional_flows):
        path: Path = ("additional_flows", index)
        if flow.need is None:
            for key, example in _WITHOUT_NEED.items():
                if getattr(flow, key) is None:
                    yield BY_CODE["missing-key"].at(
                        path,
                        key=key,
                        why="It is required in a flow without `need`.",
                        example=f"{key}: {example}",
                    )
        if flow.review_by is not None and not _is_day(flow.review_by):
            yield BY_CODE["bad-date"].at((*path, "review_by"), word=flow.review_by)
        for source in ends_of(flow.source):
            for to in ends_of(flow.to):
                if not any(_ours(topology, named, end) for end in (source, to)):
                    yield BY_CODE["flow-without-managed-server"].at(path, source=source, to=to)
                elif not flow.accept_risk:
                    yield from _unaccepted(topology, zones, named, path, flow, (source, to))


def _unaccepted(
    topology: Topology,
    zones: ZoneMap,
    named: naming.NamedServers,
    path: Path,
    flow: AdditionalFlow,
    ends: tuple[FlowEnd, FlowEnd],
) -> Iterator[Finding]:
    source, to = ends
    need = NEEDS[flow.need].ports if flow.need else ()
    risk = why_risky(
        _positions(topology, zones, source),
        _positions(topology, zones, to),
        services(flow.ports or need),
        Opener.OPERATOR,
        **_reaches(named.by(to)),
        wide=any(end.range_ is not None and zones.is_wide(end.range_) for end in ends),
    )
    if risk:
        everyone = any(end.range_ in _EVERYONE for end in ends)
        yield BY_CODE["risky-traffic"].at(
            path,
            what=f"The flow from {source} to {to}",
            risk=", and ".join(risk),
            instead="write `internet` for public addresses only" if everyone else "narrow the flow",
            key="true",
        )


#: What a flow must say where no `need` says it, and how it is written.
_WITHOUT_NEED: Final = {"ports": "[3389/tcp]", "reason": "administration from the bastion"}


def relays(topology: Topology) -> Iterator[Finding]:
    """Relays whose risk is not accepted, such as public addresses that reach Mailbox servers (V4)."""
    zones, named = ZoneMap(topology), naming.NamedServers(topology)
    for key, relay in topology.mail_flow.relays.items():
        path: Path = ("mail_flow", "relays", key)
        if relay.accept_risk or ".".join(path) in topology.accept_risk:
            continue
        targets = [FlowEnd(relay.to, site) for site in sorted(relay.sites or topology.sites)]
        found: dict[str, None] = {}
        for target in targets:
            if _ours(topology, named, target):
                found |= dict.fromkeys(
                    why_risky(
                        zones.at(relay.source),
                        (_AT_RELAYS.get(relay.to, Position.INSIDE),),
                        services((tcp(relay.port),)),
                        Opener.RELAY,
                        **_reaches(named.by(target)),
                    )
                )
        if found:
            yield BY_CODE["risky-traffic"].at(
                path,
                what=f"The relay {key}",
                risk=", and ".join(found),
                instead="narrow its ranges",
                key="true",
            )


_AT_RELAYS: Final = {RelayTarget.EDGE: Position.PERIMETER}


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _ours(topology: Topology, named: naming.NamedServers, end: FlowEnd) -> bool:
    """Whether an end names a server that is ours to filter, or one that is declared nowhere."""
    if end.is_external:
        return False
    # A network that is declared nowhere is another finding.
    networks = {each.network for each in named.by(end)} & set(topology.networks)
    return any(naming.managed(topology, network) for network in networks) or not networks


_EVERYONE: Final = (EVERYTHING_V4, EVERYTHING_V6)


def _positions(topology: Topology, zones: ZoneMap, end: FlowEnd) -> frozenset[Position]:
    if end.range_ is not None:
        return zones.at((end.range_,))
    if end.kind is EndpointKind.INTERNET:
        return frozenset((Position.PUBLIC,))
    at_edge = end.word == "edge" or end.word in topology.edge_servers
    return frozenset((Position.PERIMETER if at_edge else Position.INSIDE,))


def _reaches(named: Sequence[naming.Named]) -> dict[str, bool]:
    """What an end names that the Internet must not reach without a word: arguments of `why_risky`."""
    return {
        "to_mailbox": any(each.is_mailbox for each in named),
        "to_unpublished": any(each.is_unpublished for each in named),
    }


# ---- review dates of additional flows: which have passed on a given day ----


@dataclass(frozen=True, slots=True)
class Reviews:
    """The additional flows by their review dates, seen on one day."""

    as_of: date
    #: How many name a day of review.
    dated: int
    #: How many accept a risk and name no day.
    undated: int
    #: One for each whose day has passed; the day itself still counts as in time.
    passed: tuple[Finding, ...]

    @property
    def in_time(self) -> bool:
        """Whether no day of review has passed."""
        return not self.passed


def reviews(topology: Topology, as_of: date) -> Reviews:
    """What that day finds. The topology has passed its checks, so every review date is a day."""
    flows = topology.additional_flows
    return Reviews(
        as_of,
        sum(flow.review_by is not None for flow in flows),
        sum(flow.review_by is None and flow.accept_risk for flow in flows),
        tuple(_passed(topology, as_of)),
    )


def _passed(topology: Topology, as_of: date) -> Iterator[Finding]:
    for index, flow in enumerate(topology.additional_flows):
        if flow.review_by is None:
            continue
        days = (as_of - date.fromisoformat(flow.review_by)).days
        if days > 0:
            yield REVIEW_OVERDUE.at(
                ("topology", "additional_flows", index, "review_by"),
                flow=_described(flow),
                review=flow.review_by,
                ago=f"{counted(days, 'day')} before {as_of}",
                accepted=" with an accepted risk" if flow.accept_risk else "",
                owner=flow.owner or "the requester",
                ticket=f" ({flow.ticket})" if flow.ticket else "",
            )


def _described(flow: AdditionalFlow) -> str:
    sources, targets = (", ".join(map(str, ends_of(ends))) for ends in (flow.source, flow.to))
    ports = ", ".join(map(str, flow.ports)) if flow.ports else str(flow.need)
    return f"{sources} to {targets} {ports}"
