"""What is wrong or unwise about flows as they result from all fields: risks, dead ends, wrong families."""

from collections.abc import Iterable, Iterator
from typing import Final

from exchange_ports.findings import Finding, Path
from exchange_ports.findings.command_kinds import (
    OWN_SERVER_BY_ADDRESS,
    PUBLIC_PRIVATE_BLOCK,
    RANGE_WITHOUT_FAMILY,
    SOURCE_TRANSLATED,
    UNUSED_ACCEPT_RISK,
)
from exchange_ports.findings.topology_kinds import BY_CODE
from exchange_ports.flows.compile_flows import FieldOrigins
from exchange_ports.flows.flow import ExternalEndpoint, Flow, Reason
from exchange_ports.flows.risky_flows import dotted
from exchange_ports.flows.rows import ROWS
from exchange_ports.flows.unusable import outside_ends, unusable_flows
from exchange_ports.topology.checks.naming import listed
from exchange_ports.topology.fields import EndpointKind
from exchange_ports.topology.groups import EDGE_KINDS
from exchange_ports.topology.risk import public_part
from exchange_ports.traffic.addresses import brief

#: What stands where an end is a server of ours by its address, by what the end is.
_INSTEAD: Final = {
    EndpointKind.SMART_HOSTS: "remove the smart host: Exchange servers exchange mail directly; for an Edge "
    "server, write `through: edge`",
    EndpointKind.NAME_SERVERS: "name another server, `domain_controllers` or `cloud_resolver`",
    EndpointKind.EDGE_NAME_SERVERS: "name another server, or `cloud_resolver`",
    EndpointKind.REPUTATION_PROXY: "name a proxy that is not an Exchange server",
    EndpointKind.WITNESS: "remove the entry: Exchange servers can reach each other already",
    EndpointKind.ADDRESSES: "write its name, `{server}`, instead of its address",
}


def check_flows(origins: FieldOrigins, flows: Iterable[Flow]) -> Iterator[Finding]:
    """Every finding about the flows of a topology, at paths from the topology's top."""
    checks = _FlowChecks(origins, tuple(flows))
    yield from checks.risks()
    yield from checks.own_servers()
    yield from checks.families()
    yield from checks.translated()


class _FlowChecks:
    def __init__(self, origins: FieldOrigins, flows: tuple[Flow, ...]) -> None:
        self._origins = origins
        self._risky = origins.risky
        self._inventory = origins.risky.context.inventory
        self._topology = origins.risky.context.topology
        self._flows = flows
        self._unusable = unusable_flows(self._inventory, flows)

    def _paths(self, flow: Flow, reason: Reason) -> tuple[Path, ...]:
        if reason.entry is not None and reason.entry in ROWS:
            return self._risky.fields(flow, reason.entry)
        return self._origins.of(flow, reason)

    # ---- risks that are not accepted, and acceptances of no risk ----

    def risks(self) -> Iterator[Finding]:
        """Fields that open risky traffic without a word, and words about nothing."""
        open_risks: dict[Path, dict[str, None]] = {}
        needed: set[str] = set()
        for flow in self._flows:
            for reason in flow.reasons:
                found = self._risky.risks(flow, reason.entry)
                if not found:
                    continue
                paths = self._paths(flow, reason) or (("sites",),)
                needed |= set(map(dotted, paths))
                if not reason.accepted_risk:
                    open_risks.setdefault(paths[0], {}).update(dict.fromkeys(found))
        for path, several in open_risks.items():
            own = path[0] == "additional_flows" or path[:2] == ("mail_flow", "relays")
            key = "true" if own else f"{{{dotted(path)}: REASON}}"
            risk = ", and ".join(several)
            yield BY_CODE["risky-traffic"].at(
                path, what=dotted(path), risk=risk, instead="correct the field", key=key
            )
        yield from self._private_blocks()
        yield from self._needless(needed)

    def _private_blocks(self) -> Iterator[Finding]:
        """Public addresses that count as the organization's own, so that no flow from them is a risk."""
        public = [block for block in self._topology.private_blocks if public_part(block)]
        if public and "private_blocks" not in self._topology.accept_risk:
            yield PUBLIC_PRIVATE_BLOCK.at(("private_blocks",), ranges=listed(public))

    def _needless(self, needed: set[str]) -> Iterator[Finding]:
        topology = self._topology
        if any(map(public_part, topology.private_blocks)):
            needed = {*needed, "private_blocks"}
        for field in topology.accept_risk:
            if field not in needed:
                yield UNUSED_ACCEPT_RISK.at(("accept_risk", field), field=field)
        for index, flow in enumerate(topology.additional_flows):
            if flow.accept_risk and f"additional_flows.{index}" not in needed:
                path: Path = ("additional_flows", index, "accept_risk")
                yield UNUSED_ACCEPT_RISK.at(path, field=f"additional flow {index + 1}")
        for key, relay in topology.mail_flow.relays.items():
            if relay.accept_risk and f"mail_flow.relays.{key}" not in needed:
                path = ("mail_flow", "relays", key, "accept_risk")
                yield UNUSED_ACCEPT_RISK.at(path, field=f"relay {key}")

    # ---- ends that are servers of ours ----

    def own_servers(self) -> Iterator[Finding]:
        """Servers of ours that a field names by address: their own filter would not have the flow."""
        by_address = {
            range_: server for server in self._inventory.managed for range_ in server.ranges
        }
        for flow, mine, end in outside_ends(self._flows):
            for range_ in end.ranges:
                server = by_address.get(range_)
                # Between internal servers everything passes at both ends already.
                if server is None or not (server.is_edge or mine.kind in EDGE_KINDS):
                    continue
                fix = _INSTEAD.get(end.kind, "remove its address")
                for path in self._paths(flow, flow.reasons[0])[:1]:
                    yield OWN_SERVER_BY_ADDRESS.at(
                        path,
                        field=dotted(path),
                        address=brief(range_),
                        server=server.name,
                        fix=fix.format(server=server.name),
                    )

    # ---- flows that cannot work as declared ----

    def families(self) -> Iterator[Finding]:
        """Ends of which every range is of an IP version that no network has in which it is used."""
        where: dict[ExternalEndpoint, tuple[Flow, set[str]]] = {}
        for each in self._unusable:
            if each.kind is RANGE_WITHOUT_FAMILY:
                _, networks = where.setdefault(each.theirs, (each.flow, set()))
                networks.add(self._inventory.networks[each.ours.network].key)
        for end, (flow, networks) in where.items():
            family = f"IPv{end.ranges[0].version}"
            for path in self._paths(flow, flow.reasons[0])[:1]:
                yield RANGE_WITHOUT_FAMILY.at(
                    path,
                    ranges=", ".join(map(brief, end.ranges)),
                    family=family,
                    networks=", ".join(sorted(networks)),
                )

    def translated(self) -> Iterator[Finding]:
        """Public sources whose address the connection between networks replaces."""
        for each in self._unusable:
            if each.kind is not SOURCE_TRANSLATED:
                continue
            flow, source = each.flow, each.theirs
            key = self._inventory.networks[each.ours.network].key
            path = (self._paths(flow, flow.reasons[0]) or (("networks", key),))[0]
            written = "address" if source.kind in _PEERS else "from"
            field = _SOURCE_FIELD.get(source.kind, f"`{written}` of {dotted(path)}")
            members = self._inventory.members.get(each.ours, ())
            server = ", ".join(member.name for member in members)
            yield SOURCE_TRANSLATED.at(
                path, network=key, who=source.summary, server=server, field=field
            )


_PEERS: Final = (EndpointKind.IP_GATEWAY, EndpointKind.FAX_PARTNER_SERVER)
#: Where the source of a flow is declared, or would be.
_SOURCE_FIELD: Final = {
    EndpointKind.INTERNET: "`mail_flow: {inbound: {from: [...]}}`",
    EndpointKind.INBOUND_MAIL: "`mail_flow: {inbound: {from: [...]}}`",
}
