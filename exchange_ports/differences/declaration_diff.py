"""What two topologies declare differently, in the order of a stack file: sites, neighbors' addresses, the Internet.

One edit of a declaration changes traffic in many rows. These are the edits, so that a report names each once
and folds the rows that follow from it. Must not know: flows, nor what the edits allow or block.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple, TypeAlias

from exchange_ports.flows.rows import public_ranges
from exchange_ports.planning import Plans
from exchange_ports.topology import models
from exchange_ports.topology.groups import identity
from exchange_ports.traffic.addresses import Address, AddressSet, Network

Edit: TypeAlias = Literal["added", "removed"]


@dataclass(frozen=True, slots=True)
class AddressChange:
    """The addresses of a neighbor, before and after. A neighbor that is added or removed has none on one side."""

    #: One of its addresses in words: "domain controller", "smart host", "clients".
    what: str
    #: Which of its kind: the key of a site, of clients, of a relay; empty where there is one only.
    of: str
    before: AddressSet
    after: AddressSet
    #: The site that is added or removed with it; empty where the site stays, or it is no site's.
    with_site: str = ""

    @property
    def added(self) -> AddressSet:
        """The addresses that are new."""
        return self.after - self.before

    @property
    def removed(self) -> AddressSet:
        """The addresses that are no longer there."""
        return self.before - self.after


@dataclass(frozen=True, slots=True)
class SiteChange:
    """A site that is added or removed, with the servers declared in it."""

    edit: Edit
    name: str
    servers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DeclarationDiff:
    """The edits of one topology."""

    sites: tuple[SiteChange, ...] = ()
    addresses: tuple[AddressChange, ...] = ()
    #: Public IPv4 addresses that `internet` newly names, and those that it no longer names.
    internet_added: AddressSet = field(default_factory=AddressSet)
    internet_removed: AddressSet = field(default_factory=AddressSet)


def diff_declarations(old: Plans, new: Plans) -> DeclarationDiff:
    """The edits between two topologies. Pure; the same topologies give the same edits in the same order."""
    was, now = old.topology, new.topology
    sites = tuple(_sites(was, now))
    of_sites = {each.name for each in sites}
    public = [AddressSet.of(public_ranges(each)) for each in (was, now)]
    return DeclarationDiff(
        sites,
        tuple(_addresses(was, now, of_sites)),
        public[1] - public[0],
        public[0] - public[1],
    )


def _sites(was: models.Topology, now: models.Topology) -> Iterator[SiteChange]:
    before, after = ({identity(k, s): k for k, s in each.sites.items()} for each in (was, now))
    edit: Edit
    for edit, topology, here, there in (
        ("added", now, after, before),
        ("removed", was, before, after),
    ):
        for site, key in here.items():
            if site not in there:
                yield SiteChange(edit, key, tuple(sorted(topology.sites[key].servers)))


class _Key(NamedTuple):
    what: str
    #: What it is matched by: the identity of a site, or a key.
    of: str


class _Declared(NamedTuple):
    of: str
    site: str
    addresses: AddressSet


def _addresses(
    was: models.Topology, now: models.Topology, of_sites: set[str]
) -> Iterator[AddressChange]:
    before, after = (dict(_neighbors(each)) for each in (was, now))
    nobody = _Declared("", "", AddressSet())
    for key in dict.fromkeys((*after, *before)):
        one, other = before.get(key, nobody), after.get(key, nobody)
        if one.addresses != other.addresses:
            shown = other if key in after else one
            site = shown.site if shown.site in of_sites else ""
            yield AddressChange(key.what, shown.of, one.addresses, other.addresses, site)


def _neighbors(topology: models.Topology) -> Iterator[tuple[_Key, _Declared]]:
    for key, site in topology.sites.items():
        for what, ranges in _of_site(site):
            yield _Key(what, identity(key, site)), _Declared(key, key, AddressSet.of(ranges))
    for what, by_key in _by_key(topology).items():
        for key, ranges in by_key.items():
            yield _Key(what, key), _Declared(key, "", AddressSet.of(ranges))
    for what, single in _single(topology).items():
        if single:
            yield _Key(what, ""), _Declared("", "", single)


def _of_site(site: models.Site) -> Iterator[tuple[str, tuple[Network, ...]]]:
    if site.domain_controllers is not None:
        yield "domain controller", site.domain_controllers.addresses
        if site.domain_controllers.accounts_forest:
            yield "accounts-forest domain controller", site.domain_controllers.accounts_forest
    for what, declared in (
        ("Lync server", site.lync),
        ("other Exchange server", site.other_exchange),
    ):
        if declared is not None:
            yield what, declared.addresses


_Ranges: TypeAlias = Mapping[str, Iterable[Network]]


def _by_key(topology: models.Topology) -> Mapping[str, _Ranges]:
    clients = topology.clients.items()
    return {
        "clients": {key: each.source for key, each in clients if not isinstance(each.source, str)},
        "relay": {key: each.source for key, each in topology.mail_flow.relays.items()},
    }


def _single(topology: models.Topology) -> Mapping[str, AddressSet]:
    flow, reputation = topology.mail_flow, topology.sender_reputation
    hops = (each.next_hop for each in flow.connectors or ())
    inbound = (way.source for way in flow.inbound_ways)
    proxy = reputation.proxy.address if isinstance(reputation, models.SenderReputation) else None
    return {
        "witness server": AddressSet.at(each.address for each in topology.witness_servers.values()),
        "smart host": AddressSet.at(
            hop.address for hops_of in hops if not isinstance(hops_of, str) for hop in hops_of
        ),
        "inbound SMTP source": AddressSet.of(
            range_ for source in inbound if not isinstance(source, str) for range_ in source
        ),
        "name server": AddressSet.at(_resolvers(topology.name_servers)),
        "sender reputation proxy": AddressSet.at([] if proxy is None else [proxy]),
    }


def _resolvers(servers: models.NameServers) -> Iterator[Address]:
    for declared in (servers.internal, servers.edge):
        for each in declared.values() if isinstance(declared, dict) else (declared,):
            if isinstance(each, tuple):
                yield from each


#: Nothing is declared differently.
SAME: Final = DeclarationDiff()
