"""The rows of a hybrid deployment with Exchange Online: where each applies, and which fields declare its flows.

Loaded where one is declared. `rows` has the entries of the table.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from exchange_ports.catalog import CatalogEntry
from exchange_ports.endpoints import EndpointSet, Snapshot
from exchange_ports.findings import Path
from exchange_ports.flows.flow import (
    ExternalEndpoint,
    Flow,
    RowFlows,
    across,
    as_in_row,
    external,
)
from exchange_ports.flows.rows import FlowContext
from exchange_ports.topology import microsoft_365
from exchange_ports.topology.fields import EndpointKind
from exchange_ports.topology.groups import EdgePair, Group, ServerRole
from exchange_ports.topology.hybrid import Hybrid
from exchange_ports.traffic.addresses import Network


class HybridContext:
    """What the rows ask about a hybrid deployment."""

    def __init__(self, context: FlowContext, hybrid: Hybrid) -> None:
        self._context = context
        self._hybrid = hybrid
        self._parts = context.parts
        self._snapshot: Snapshot = microsoft_365.snapshot(hybrid)

    # ---- ends ----

    def exchange_online(self, which: EndpointSet, seen_from: Group) -> ExternalEndpoint:
        """A set of endpoints, as the rules of a group's network name it."""
        network = self._context.inventory.networks[seen_from.network].declared
        ranges = microsoft_365.addresses(self._snapshot, which, network)
        summary = _LABELS.get(which, which.label)
        return external(EndpointKind.PREFIX_LIST, ranges, summary, which.value)

    def _agent_ranges(self) -> tuple[Network, ...]:
        return tuple(end.range_ for end in self._hybrid.agent_hosts if end.range_ is not None)

    def _agent_servers(self) -> Iterator[Group]:
        for end in self._hybrid.agent_hosts:
            if end.range_ is None:
                yield from self._parts.server(end.word)

    # ---- mail ----

    def _internal(self, role: ServerRole) -> Iterator[Group]:
        """The groups of single servers with a role that are named."""
        for name in self._hybrid.mail_names:
            server = self._context.inventory.by_name.get(name)
            if name not in self._context.topology.sites and server and role in server.roles:
                yield from self._parts.server(name)

    def _sites(self) -> tuple[str, ...]:
        return tuple(
            name for name in self._hybrid.mail_names if name in self._context.topology.sites
        )

    def _named_edges(self) -> Iterator[Group]:
        for name in self._hybrid.mail_names:
            if name in self._context.topology.edge_servers and name not in self._sites():
                yield from self._parts.server(name)

    def receivers(self) -> Iterator[Group]:
        """The groups that receive mail from Exchange Online."""
        if self._hybrid.mail == "edge":
            yield from self._parts.receiving()
        yield from self._named_edges()
        yield from self.internal_receivers()

    def internal_receivers(self) -> Iterator[Group]:
        """The Client Access servers among them."""
        sites = self._sites()
        if sites:
            yield from self._parts.published_to(sites)
        yield from self._internal(ServerRole.CLIENT_ACCESS)

    def senders(self) -> Iterator[Group]:
        """The groups that send mail to Exchange Online."""
        if self._hybrid.mail == "edge":
            yield from self._parts.sending_edges()
        yield from self._named_edges()
        yield from self.internal_senders()

    def internal_senders(self) -> Iterator[Group]:
        """The internal servers among them: of Exchange 2013 both roles, since the documents differ (A-09)."""
        sites = self._sites()
        if sites:
            mailbox = self._parts.mailbox(sites)
            yield from mailbox
            members = self._context.inventory.members
            stored = {server.name for group in mailbox for server in members.get(group, ())}
            for group in self._parts.client_access(sites):
                # A combined server is in both groups; one rule is enough for it.
                if {server.name for server in members.get(group, ())} - stored:
                    yield group
        for role in (ServerRole.MAILBOX, ServerRole.CLIENT_ACCESS):
            yield from self._internal(role)

    def delivering_pairs(self) -> Iterator[EdgePair]:
        """To whom the Edge servers deliver that receive mail from Exchange Online."""
        if self._hybrid.mail == "edge":
            yield from self._parts.receiving_pairs()
        yield from self._parts.pairs_of(self._named_edges())

    def sending_pairs(self) -> Iterator[EdgePair]:
        """Who hands mail to the Edge servers that send it to Exchange Online."""
        edges = self._parts.sending_edges() if self._hybrid.mail == "edge" else ()
        for mailbox, edge, _ in self._parts.pairs_of((*edges, *self._named_edges())):
            yield EdgePair(mailbox, edge)

    # ---- rows ----

    def mail_in(self) -> RowFlows:
        """H1."""
        for group in self.receivers():
            yield self.exchange_online(EndpointSet.HYBRID_MAIL, group), group, None

    def mail_out(self) -> RowFlows:
        """H2."""
        for group in self.senders():
            yield group, self.exchange_online(EndpointSet.HYBRID_MAIL, group), None

    def requests_in(self) -> RowFlows:
        """H3."""
        if not microsoft_365.takes_requests(self._hybrid):
            return
        for group in self._web_services():
            for source in self._sources(group):
                yield source, group, None

    def _web_services(self) -> tuple[Group, ...]:
        """The groups of those that publish EWS and Autodiscover."""
        named = self._hybrid.web_services.to
        if microsoft_365.is_classic(self._hybrid):
            return self._parts.published_to(named)
        # The Hybrid Agent connects to its server whether the Internet reaches it or not.
        if named is None:
            return self._parts.client_access()
        sites = tuple(name for name in named if name in self._context.topology.sites)
        alone = (name for name in named if name not in sites)
        by_site = self._parts.client_access(sites) if sites else ()
        return (*by_site, *(group for name in alone for group in self._parts.server(name)))

    def _sources(self, group: Group) -> Iterator[ExternalEndpoint]:
        declared = self._hybrid.web_services.source
        if declared is None or declared == "internet":
            yield self._context.any_source(group)
        elif isinstance(declared, str):
            for which in microsoft_365.EXCHANGE_RANGES:
                yield self.exchange_online(which, group)
        else:
            kind = EndpointKind.WEB_SERVICE_SOURCES
            yield external(kind, declared, "sources of requests of Exchange Online")

    def requests_out(self, which: EndpointSet) -> RowFlows:
        """H4 and H7: every internal server, as federation and archives need it (A-09)."""
        for group in self._parts.exchange():
            yield group, self.exchange_online(which, group), None

    def agent_to_servers(self) -> RowFlows:
        """H8. A declared server that runs the agent reaches them by the ground rules."""
        ranges = self._agent_ranges()
        if ranges:
            hosts = external(EndpointKind.HYBRID_AGENT, ranges, "Hybrid Agent hosts")
            yield from as_in_row(across([hosts], self._web_services()))

    def agent_out(self) -> RowFlows:
        """H9."""
        for group in self._agent_servers():
            yield group, self._context.internet(group), None


#: The name of the hosts of a set, where its label is not one: mail goes through Exchange Online Protection.
_LABELS: Final = {EndpointSet.HYBRID_MAIL: "Exchange Online Protection"}


_FLOWS: Final[Mapping[str, Callable[[HybridContext], RowFlows]]] = {
    "H1": HybridContext.mail_in,
    "H2": HybridContext.mail_out,
    "H3": HybridContext.requests_in,
    "H4": lambda hybrid: hybrid.requests_out(EndpointSet.EXCHANGE_ONLINE),
    "H7": lambda hybrid: hybrid.requests_out(EndpointSet.SIGN_IN),
    "H8": HybridContext.agent_to_servers,
    "H9": HybridContext.agent_out,
}


def flows(hybrid: HybridContext, entry: CatalogEntry) -> RowFlows:
    """Where a row applies."""
    # Two names in a list can stand for one group.
    return dict.fromkeys(_FLOWS[entry.id](hybrid))


#: The field that declares the flows of a row, below `hybrid`.
_FIELDS: Final = {
    "H1": "mail",
    "H2": "mail",
    "H3": "web_services",
    "H4": "mode",
    "H7": "mode",
    "H8": "agent_hosts",
    "H9": "agent_hosts",
}


def declared_at(row: str, hybrid: Hybrid, flow: Flow) -> Iterable[Path]:
    """The fields that declare a flow of a row."""
    del flow
    field = _FIELDS[row]
    yield ("hybrid", field if field in hybrid.model_fields_set else "mode")
