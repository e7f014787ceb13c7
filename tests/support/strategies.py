"""Topologies as plain data: a small one by hand, edits of it, and any valid one by Hypothesis.

Everything here is what a stack file would say, before it is declared: dict, list, str, int, bool.
`topologies()` says whatever can be declared and passes the checks; `slightly_wrong` breaks one thing
in a valid topology and says by which code that must be refused.
"""

from collections.abc import Callable, Collection, Mapping
from copy import deepcopy
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, Final, TypeAlias, TypeVar, cast

from hypothesis import strategies as st

from exchange_ports.catalog import Need
from exchange_ports.flows import ExternalEndpoint, Flow
from exchange_ports.topology.models import Topology
from exchange_ports.topology.validate import load_topology
from exchange_ports.traffic.ports import HIGHEST_PORT, Ports, Protocol, tcp, udp
from tests.support.exchange_versions import (
    MIXES,
    VERSIONS,
    fits,
    mix_of,
    roles_of,
    version_of,
    written,
)

__all__ = [
    "Data",
    "FAULT_CODES",
    "GONE",
    "PORT_EDGES",
    "SMALL",
    "WITH_EDGE",
    "any_ports",
    "declared",
    "edited",
    "ranges",
    "flow_text",
    "shuffled",
    "site_of",
    "slightly_wrong",
    "topologies",
]

Data: TypeAlias = dict[str, Any]
T = TypeVar("T")

#: The least that makes sense: one server with both roles, and its domain controller.
SMALL: Final[Mapping[str, Any]] = {
    "organization": "contoso",
    "networks": {
        "corp": {
            "platform": "aws",
            "internal": ["10.20.0.0/20"],
            "perimeter": ["10.20.240.0/24"],
        }
    },
    "private_blocks": ["10.0.0.0/8"],
    "sites": {
        "hq": {
            "network": "corp",
            "servers": {"ex1": {"roles": ["client_access", "mailbox"], "address": "10.20.0.11"}},
            "domain_controllers": {"addresses": ["10.20.2.10"]},
        }
    },
    "name_servers": {"internal": "domain_controllers"},
}

#: In an edit: the field is taken away.
GONE: Final = object()


def edited(data: Mapping[str, Any], edit: Mapping[str, Any]) -> Data:
    """A copy with fields set by their path in dots: `{"sites.hq.lync": {...}}`."""
    copy: Data = deepcopy(dict(data))
    for path, value in edit.items():
        *above, last = path.split(".")
        place = copy
        for step in above:
            place = place.setdefault(step, {})
        if value is GONE:
            del place[last]
        else:
            place[last] = deepcopy(value)
    return copy


#: The small one with a subscribed Edge server, and nothing said about mail.
WITH_EDGE: Final[Mapping[str, Any]] = edited(
    SMALL,
    {
        "edge_servers.edge1": {"network": "corp", "subscribed_site": "hq"},
        "name_servers.edge": "cloud_resolver",
        "sender_reputation": "disabled",
    },
)


def declared(data: Mapping[str, Any]) -> Topology:
    """The topology that passes all checks."""
    return load_topology(dict(data))[0]


def flow_text(flow: Flow) -> str:
    """A flow in a line: `edge.hq -> mailbox.hq 25/tcp`; ends outside by name."""

    def end(one: object) -> str:
        return one.name if isinstance(one, ExternalEndpoint) else str(getattr(one, "key", one))

    return f"{end(flow.source)} -> {end(flow.destination)} {flow.ports}"


@st.composite
def shuffled(draw: st.DrawFn, data: Data) -> Data:
    """The same with the keys of every mapping, and the entries of every list, in another order.

    No list of a topology says anything by its order.
    """

    def other(value: Any) -> Any:
        if isinstance(value, dict):
            items = cast("Data", value).items()
            return {key: other(each) for key, each in draw(st.permutations(list(items)))}
        if isinstance(value, list):
            return [other(each) for each in draw(st.permutations(cast("list[Any]", value)))]
        return value

    return other(data)


# Small values.

#: Where ranges of `any_ports` begin and end.
PORT_EDGES: Final = (1, 2, 22, 25, 79, 80, 81, 443, 1080, 1081, 65534, HIGHEST_PORT)


@st.composite
def any_ports(draw: st.DrawFn, protocols: tuple[Protocol, ...] = tuple(Protocol)) -> Ports:
    """A value of any protocol, its ports near those that are easily got wrong."""
    protocol = draw(st.sampled_from(protocols))
    if not protocol.has_ports:
        return Ports(protocol)
    numbers = draw(st.lists(st.sampled_from(PORT_EDGES), min_size=2, max_size=6))
    pairs = [(min(a, b), max(a, b)) for a, b in zip(numbers[::2], numbers[1::2], strict=False)]
    return (tcp if protocol is Protocol.TCP else udp)(*pairs)


@st.composite
def ranges(draw: st.DrawFn, within: str = "10.0.0.0/28") -> IPv4Network | IPv6Network:
    """A range inside a small universe, so that membership can be counted out."""
    universe = ip_network(within)
    length = draw(st.integers(universe.prefixlen, universe.max_prefixlen))
    pieces = 1 << (length - universe.prefixlen)
    at = int(universe.network_address) + (
        draw(st.integers(0, pieces - 1)) << (universe.max_prefixlen - length)
    )
    return type(universe)((at, length))


# Whole topologies.

#: Each with the stem of its addresses.
_NETWORKS: Final[Mapping[str, str]] = {"corp": "20", "lab-1": "30", "N_2": "40"}
#: The longest name that is allowed is among them, and one that ends as a suffix of ours could.
_SITES: Final = ("hq", "paris", "Rome_2", "x-v6", "a-site-whose-name-takes-all-forty-marks1")
_CLIENTS: Final = ("internet", "branches", "branches-v6", "forest")
_SERVICES: Final = ("https", "http", "imap", "pop", "smtp_submission", "smtp_authenticated_25")
#: What IMAP4 and POP3 may be bound to: the ports of the product, and others.
_BOUND: Final = {
    "imap": ("143/tcp", "993/tcp", "10143/tcp", "10144/tcp"),
    "pop": ("110/tcp", "995/tcp", "10110/tcp", "10143/tcp"),
}
_CLIENT_RANGES: Final = (
    "10.64.0.0/12",
    "10.64.8.0/24",
    "192.0.2.7",
    "0.0.0.0/0",
    "2001:db8:10::/48",
)
_MAIL_RANGES: Final = ("198.51.100.0/24", "198.51.100.25", "203.0.113.0/24", "2001:db8:25::/64")
_HOPS: Final = ("10.20.7.25", "203.0.113.25", "203.0.113.26", "2001:db8:25::25")
#: Two relays may have one connector each for one port only where their ranges differ.
_RELAYS: Final[Mapping[str, tuple[str, ...]]] = {
    "scanners": ("10.20.7.30", "10.20.8.0/24", "2001:db8:20:7::30"),
    "erp": ("10.20.7.40", "10.0.0.0/8", "198.51.100.77"),
}
_PORTS: Final = (
    "22/tcp",
    "25/tcp",
    "443/tcp",
    "3389/tcp",
    "5985-5986/tcp",
    "5986-5990/tcp",
    "161/udp",
    "icmp",
    "esp",
    "any",
)
_ADMINS: Final = ("10.20.6.0/24", "10.20.6.8", "10.64.0.0/12", "2001:db8:6::/64")
#: IP gateways and fax partner servers: some public, some with signaling and media apart.
_PEERS: Final[tuple[Any, ...]] = (
    "10.20.9.5",
    ("10.20.9.5", "10.20.9.6"),
    "203.0.113.60",
    "2001:db8:9::5",
)
#: Warnings, of which some occur.
_ACKNOWLEDGED: Final = (
    "no-administration",
    "port-25-blocked",
    "ipv6-internet-covers-zones",
    "unused-network",
)


#: Half of all organizations have one version only.
_MIXES: Final = (("2013",), *(mix[:1] for mix in MIXES if len(mix) == 1), *MIXES)

_BOOLEANS: Final = st.booleans()

# Every topology draws hundreds of these, and to make and check one costs more than to draw from it.


_sampled: Final[Callable[[tuple[Any, ...]], st.SearchStrategy[Any]]] = cache(st.sampled_from)


def _one(values: tuple[T, ...]) -> st.SearchStrategy[T]:
    return _sampled(values)


@cache
def _number(least: int, most: int) -> st.SearchStrategy[int]:
    return st.integers(least, most)


@cache
def _several(values: tuple[str, ...], least: int, most: int) -> st.SearchStrategy[list[str]]:
    return st.lists(_one(values), min_size=least, max_size=most, unique=True)


def _some(values: Collection[str], most: int = 3) -> st.SearchStrategy[list[str]]:
    return _several(tuple(values), 1, most)


@cache
def _internet_or(values: tuple[str, ...]) -> st.SearchStrategy[str | list[str]]:
    return st.just("internet") | _some(values)


@cache
def _resolvers(addresses: tuple[str, ...]) -> st.SearchStrategy[str | list[str]]:
    return _one(("domain_controllers", "cloud_resolver")) | _some(addresses)


class _Draft:
    """A topology under way: who is there already, so that later parts can name them."""

    def __init__(
        self, draw: st.DrawFn, platform: str | None, networks: int, ipv6: bool | None
    ) -> None:
        self.draw = draw
        self.ipv6: bool = draw(_BOOLEANS) if ipv6 is None else ipv6
        keys = draw(_some(_NETWORKS, networks))
        self.taken: dict[str, int] = {}
        self.data: Data = {"organization": "contoso", "networks": {}}
        self.mix = draw(_one(_MIXES))
        # Where nothing is said, it is 2013.
        if self.mix != ("2013",) or self.maybe():
            self.data["version"] = written(draw(_one(self.mix)))
        for key in keys:
            # One at least is ours to filter.
            managed = ("aws", "azure") if platform is None else (platform,)
            places = managed if key == keys[0] else (*managed, "external")
            self.data["networks"][key] = self.network(key, draw(_one(places)))
        # By group inside a network, by address between two.
        self.with_address: bool = len(keys) > 1 or draw(_BOOLEANS)
        # The default is the three of RFC 1918; the wider set leaves more holes.
        blocks = draw(_one((None, ("10.0.0.0/8",), ("10.0.0.0/8", "100.64.0.0/10"))))
        if blocks is not None:
            self.data["private_blocks"] = list(blocks)

    def network(self, key: str, platform: str) -> Data:
        stem = _NETWORKS[key]
        zones: Data = {
            "platform": platform,
            "internal": [
                f"10.{stem}.0.0/20",
                *([f"2001:db8:{stem}::/64"] if self.ipv6 else []),
            ],
            "perimeter": [
                f"10.{stem}.240.0/24",
                *([f"2001:db8:{stem}:f0::/64"] if self.ipv6 else []),
            ],
        }
        internet = self.draw(_one((None, None, "public", "any")))
        if internet is not None:
            zones["internet"] = internet
        if self.draw(_number(0, 4)) == 0:
            zones["connected_through"] = "inspection"
        if self.draw(_number(0, 4)) == 0:
            zones["exclusive_rules"] = True
        if platform == "azure" and self.draw(_number(0, 2)) == 0:
            zones["attach_to"] = "subnets"
        self.renamed(zones, key)
        return zones

    def maybe(self) -> bool:
        return self.draw(_BOOLEANS)

    def renamed(self, thing: Data, key: str) -> None:
        if self.draw(_number(0, 4)) == 0:
            thing["id"] = f"was-{key}"[:40].rstrip("-")

    def address(self, four: str, six: str) -> str:
        """The next address of a zone, of either family."""
        stem = six if self.ipv6 and self.maybe() else four
        self.taken[stem] = self.taken.get(stem, 10) + 1
        return f"{stem}{self.taken[stem]}"

    def inside(self, network: str, part: int = 0) -> str:
        """The next address in the internal zone of a network, in one of its parts."""
        stem = _NETWORKS[network]
        tail = f"{part:x}:" if part else ""
        return self.address(f"10.{stem}.{part}.", f"2001:db8:{stem}::{tail}")

    def name(self, stem: str) -> str:
        self.taken[stem] = self.taken.get(stem, 0) + 1
        return f"{stem}{self.taken[stem]}"

    def managed(self, network: str | None) -> bool:
        return network is not None and self.data["networks"][network]["platform"] != "external"

    def retired_groups(self) -> None:
        """Groups that no one may have any more, in the networks that are ours."""
        kinds = ("mailbox", "client-access", "edgesync", "edge", "edge-receiving", "edge-synced")
        keys = ["exchange"]
        for name, site in self.data["sites"].items():
            keys += [f"{kind}.{site.get('id', name)}" for kind in kinds]
            for server_name, server in site.get("servers", {}).items():
                keys.append(f"server.{server.get('id', server_name)}")
        for name, network in self.data["networks"].items():
            if self.managed(name) and self.draw(_number(0, 3)) == 0:
                network["retired_groups"] = self.draw(_some(keys))

    # The parts, in the order in which they name one another.

    def sites(self) -> None:
        keys = self.draw(_some(_SITES, 4))
        self.data["sites"] = {key: self.site(first=key == keys[0]) for key in keys}
        for key, site in self.data["sites"].items():
            self.renamed(site, key)

    def site(self, *, first: bool) -> Data:
        mixes = (
            (("client_access", "mailbox"),),
            (("client_access",), ("mailbox",)),
            (("client_access", "mailbox"), ("mailbox",), ("mailbox",)),
            (("client_access",), ("client_access", "mailbox")),
            (("client_access",),),
            (),
        )
        # The organization needs both roles; a site alone needs Client Access beside Mailbox (V2).
        mix = self.draw(_one(mixes[:4] if first else mixes))
        network = self.draw(_one((*self.data["networks"],)))
        servers: Data = {}
        for roles in mix:
            key = self.name("".join(role[0] for role in roles) + "x")
            server = self.of_a_version(roles)
            if self.with_address:
                server["address"] = self.inside(network)
                if self.draw(_number(0, 4)) == 0:
                    # Of a replication network, or of a database availability group.
                    server["address"] = [server["address"], self.inside(network)]
            if self.draw(_number(0, 3)) == 0:
                server["own_group"] = True
            if self.draw(_number(0, 4)) == 0:
                server["published"] = self.maybe()
            self.renamed(server, key)
            servers[key] = server
        site: Data = {"network": network, "servers": servers}
        if self.draw(_number(0, 5)) == 0:
            site["published"] = False
        if not mix and self.maybe():
            # Domain controllers and nothing else, wherever they are.
            site = {}
        for kind, part in (("domain_controllers", 2), ("lync", 4), ("other_exchange", 5)):
            if (first and kind == "domain_controllers") or self.maybe():
                number = self.draw(_number(1, 3))
                site[kind] = {"addresses": [self.inside(network, part) for _ in range(number)]}
        if "domain_controllers" in site and self.draw(_number(0, 3)) == 0:
            site["domain_controllers"]["accounts_forest"] = [self.address("10.64.2.", "fd64::")]
        older = [each for each in VERSIONS[:2] if fits(each, self.mix)]
        if "other_exchange" in site and older and self.maybe():
            site["other_exchange"]["version"] = written(self.draw(_one(tuple(older))))
        return site

    def of_a_version(self, roles: tuple[str, ...]) -> Data:
        """A server with its version where it has another one than the organization, and its roles."""
        usual = str(self.data.get("version", 2013))
        version = self.draw(_one(self.mix))
        server: Data = {"version": written(version)} if version != usual or self.maybe() else {}
        if version == "2013":
            server["roles"] = list(roles)
        elif self.maybe():
            server["roles"] = ["mailbox"]
        return server

    def roles(self, server: Data) -> list[str]:
        return roles_of(self.data, server)

    def published(self) -> dict[str, list[str]]:
        """The servers that clients and inbound mail reach, by site; only sites that have one."""
        found = {
            key: [
                name
                for name in names
                if self.data["sites"][key]["servers"][name].get(
                    "published", self.data["sites"][key].get("published", True)
                )
            ]
            for key, names in self.with_role("client_access").items()
        }
        return {key: names for key, names in found.items() if names}

    def with_role(self, role: str) -> dict[str, list[str]]:
        """The servers in a role, by site; only sites that have one."""
        found = {
            key: [
                name
                for name, server in site.get("servers", {}).items()
                if role in self.roles(server)
            ]
            for key, site in self.data["sites"].items()
        }
        return {key: names for key, names in found.items() if names}

    def alone(self) -> list[str]:
        """The published servers with a group of their own."""
        return [
            name
            for key, names in self.published().items()
            for name in names
            if self.data["sites"][key]["servers"][name].get("own_group")
        ]

    def way_of_inbound_mail(self) -> Data:
        way: Data = {"from": self.draw(_internet_or(_MAIL_RANGES))}
        no_receiver = self.edges and not any(e.get("receives", True) for e in self.edges.values())
        able = (*self.published(), *self.alone())
        if self.draw(_number(0, 4)) == 0:
            way["port"] = 2525
        if able and (no_receiver or self.maybe()):
            way["to"] = self.draw(_some(able))
        return way

    @property
    def takes_mail(self) -> bool:
        """Whether anybody can take mail from outside."""
        receiving = any(edge.get("receives", True) for edge in self.edges.values())
        return bool(self.published()) or receiving

    @property
    def edges(self) -> dict[str, Data]:
        return self.data.get("edge_servers", {})

    def edge_servers(self, least: int) -> None:
        stored = self.with_role("mailbox")
        # Those of the neighbors, and then of each Edge server.
        self.versions = mix_of(self.data)
        edges: Data = {}
        for _ in range(self.draw(_number(least, 3))):
            key = self.name("edge")
            edges[key] = self.edge(stored, self.draw(_one((*sorted(stored),))))
            self.renamed(edges[key], key)
        if edges:
            self.data["edge_servers"] = edges
        elif self.maybe():
            for network in self.data["networks"].values():
                network.pop("perimeter")

    def edge(self, stored: Mapping[str, list[str]], site: str) -> Data:
        networks = [*self.data["networks"]]
        # Mostly beside its site.
        beside = self.data["sites"][site]["network"]
        network = self.draw(_one((beside, beside, *networks)))
        edge: Data = {"network": network}
        if self.draw(_number(0, 4)) == 0:
            edge["manual_connectors_site"] = site
        else:
            edge["subscribed_site"] = site
            if self.draw(_number(0, 3)) == 0:
                edge["edgesync_except"] = self.draw(_some(stored[site]))
            if self.draw(_number(0, 4)) == 0:
                edge["edgesync_port"] = 50700
        stem = _NETWORKS[network]
        if self.with_address:
            edge["address"] = self.address(f"10.{stem}.240.", f"2001:db8:{stem}:f0::")
            in_subnets = "attach_to" in self.data["networks"][network]
            if not in_subnets and self.draw(_number(0, 4)) == 0:
                # Two adapters: one in each zone.
                edge["address"] = [edge["address"], self.inside(network)]
        able = [each for each in VERSIONS if fits(each, (*self.mix, *self.versions))]
        version = self.draw(_one((*able[:2], *able)))
        self.versions.add(version)
        usual = str(self.data.get("version", 2013))
        if version != usual or self.maybe():
            edge["version"] = written(version)
        for field, value in (
            ("delivery_port", 2525),
            (self.draw(_one(("receives", "sends"))), False),
            ("own_group", True),
        ):
            if self.draw(_number(0, 4)) == 0:
                edge[field] = value
        return edge

    def clients(self) -> None:
        able = (*self.published(), *self.alone())
        clients: Data = {}
        names = _several(_CLIENTS, 0, 3)
        for name in self.draw(names):
            client: Data = {}
            if self.maybe():
                client["from"] = self.draw(_internet_or(_CLIENT_RANGES))
            if self.maybe():
                client["services"] = self.draw(_some(_SERVICES))
            if self.maybe():
                client["to"] = self.draw(_some(able or ("nobody",)))
            clients[name] = client
        if clients and able:
            self.data["clients"] = clients
        bound = {
            service: self.draw(_some(ports))
            for service, ports in _BOUND.items()
            if self.draw(_number(0, 4)) == 0
        }
        if bound:
            self.data["service_ports"] = bound

    def mail_flow(self) -> None:
        flow: Data = {}
        if self.maybe():
            ways = [self.way_of_inbound_mail() for _ in range(self.draw(_number(1, 2)))]
            single = len(ways) == 1 and self.maybe()
            taken = self.draw(_number(0, 1)) if self.takes_mail else 0
            flow["inbound"] = ("none", ways[0] if single else ways)[taken]
        if self.maybe():
            several = [self.connector() for _ in range(self.draw(_number(1, 3)))]
            outbound = self.draw(_one(("none", "several", "one")))
            if outbound == "none":
                flow["outbound"] = "none"
            else:
                flow["outbound"] = several if outbound == "several" else several[0]
        relays = {name: self.relay(name) for name in _RELAYS if self.draw(_number(0, 3)) == 0}
        if relays:
            flow["relays"] = relays
        if flow:
            self.data["mail_flow"] = flow

    def connector(self) -> Data:
        sending = {key: edge for key, edge in self.edges.items() if edge.get("sends", True)}
        stored = self.with_role("mailbox")
        # Mail of a site with a subscribed Edge server is not proxied (V8).
        past = {edge["subscribed_site"] for edge in sending.values() if "subscribed_site" in edge}
        proxied = {key: names for key, names in stored.items() if key not in past}
        ways = ["mailbox", *(["client_access"] if proxied else []), *(["edge"] if sending else [])]
        way = self.draw(_one(tuple(ways)))
        outbound: Data = {"through": way}
        if way == "edge":
            sites = {site_of(edge) for edge in sending.values()}
            alone = [key for key, edge in sending.items() if has_own_group(edge)]
        else:
            sites = {*(proxied if way == "client_access" else stored)}
            alone = [
                name
                for key in sorted(sites)
                for name in stored[key]
                if way == "client_access"
                or self.data["sites"][key]["servers"][name].get("own_group")
            ]
        if alone and self.draw(_number(0, 2)) == 0:
            outbound["servers"] = self.draw(_some(alone))
        elif self.maybe() or (way == "client_access" and past):
            outbound["sites"] = self.draw(_some(sorted(sites)))
        if self.maybe():
            hops = [
                {"address": hop, **({}, {"port": 587})[self.draw(_number(0, 1))]}
                for hop in self.draw(_some(_HOPS))
            ]
            outbound["next_hop"] = ("internet", hops)[self.draw(_number(0, 1))]
        return outbound

    def relay(self, name: str) -> Data:
        relay: Data = {"from": self.draw(_some(_RELAYS[name])), "accept_risk": True}
        if self.maybe():
            targets = ("client_access", "mailbox", *(("edge",) if self.edges else ()))
            relay["to"] = self.draw(_one(targets))
        serving = sorted(self.with_role(relay.get("to", "client_access")))
        if relay.get("to") == "edge":
            serving = sorted({site_of(edge) for edge in self.edges.values()})
        for field, value in (("port", 2526), ("sites", self.draw(_some(serving)))):
            if self.maybe():
                relay[field] = value
        return relay

    def hybrid(self) -> None:
        """A hybrid deployment with Exchange Online, in one of three organizations."""
        if self.draw(_number(0, 2)):
            return
        published = sorted(self.published())
        subscribed = [key for key, edge in self.edges.items() if "subscribed_site" in edge]
        every = self.edges.values()
        by_edge = bool(subscribed) and len(subscribed) == len(self.edges)
        by_edge &= all(any(edge.get(way, True) for edge in every) for way in ("receives", "sends"))
        alone = [key for key in subscribed if has_own_group(self.edges[key])]
        mail = [
            *(["edge"] if by_edge else []),
            *([self.draw(_some(alone))] if alone else []),
            *([self.draw(_some((*published, *self.alone())))] if published else []),
        ]
        modes = ["modern", *(["classic_minimal"] if published else [])]
        mode = self.draw(_one((*modes, *(["classic_full"] * 2 if mail and published else []))))
        made: Data = {"mode": mode, "endpoints": "2026081400"}
        if mode == "modern":
            made["agent_hosts"] = ["10.20.7.40"]
        elif self.draw(_number(0, 2)) == 0:
            made |= {"instance": self.draw(_one(("china", "gcc_high", "dod")))}
            made["endpoints"] = "2026-07-01"
        if mode == "classic_full" or (mode == "modern" and mail and self.maybe()):
            made["mail"] = mail[self.draw(_number(0, len(mail) - 1))]
        if self.maybe():
            made["mx"] = "exchange_online"
        source = self.draw(_one((None, "internet", "exchange_ranges", "10.20.240.20")))
        if source is not None:
            made["web_services"] = {"from": source}
        if published and self.maybe():
            made.setdefault("web_services", {})["to"] = self.draw(_some(published))
        self.data["hybrid"] = made

    def witnesses(self) -> None:
        if self.draw(_number(0, 3)) == 0:
            witness: Data = {"address": "10.20.7.60"}
            if self.maybe():
                witness["sites"] = self.draw(_some(sorted(self.with_role("mailbox"))))
            self.data["witness_servers"] = {"fsw1": witness}

    # Unified Messaging, on the servers of 2013 and 2016.

    def unified_messaging(self) -> None:
        if self.draw(_number(0, 2)) or not self.answers(self.data["sites"]):
            return
        declared: Data = {}
        with_lync = any("lync" in site for site in self.data["sites"].values())
        modes = ("tcp", "tls", "dual")
        if with_lync and self.draw(_number(0, 3)) == 0:
            declared["startup_mode"] = self.draw(_one(modes[1:]))
        else:
            if self.maybe():
                declared["startup_mode"] = self.draw(_one(modes))
            if self.maybe():
                declared["sites"] = self.named_for_calls(alone=False)
            names = ("gw1", "sbc")[: self.draw(_number(1, 2))]
            declared["ip_gateways"] = {name: self.gateway("ip_gateways", name) for name in names}
        for field, value in (
            ("sip_tcp_listening_port", 5070),
            ("sip_tls_listening_port", 5071),
            ("media_ports", "16384-32767/udp"),
        ):
            if self.draw(_number(0, 3)) == 0:
                declared[field] = value
        if self.draw(_number(0, 2)) == 0:
            fax = self.peer("fax_partner_servers", "fax1")
            for field, value in (
                ("transport", self.draw(_one(("tcp", "tls", "udp")))),
                ("port", 5062),
                ("t38_ports", self.draw(_some(("6044/udp", "6004-6010/tcp", "6004/tcp")))),
                ("receive_connector_port", 2527),
            ):
                if self.maybe():
                    fax[field] = value
            declared["fax_partner_servers"] = {"fax1": fax}
        self.data["unified_messaging"] = declared

    def gateway(self, field: str, name: str) -> Data:
        gateway = self.peer(field, name)
        for key, value in (
            ("port", 5061),
            ("media_ports", "20000-29999/udp"),
            ("outcalls_allowed", self.maybe()),
            ("message_waiting_indicator_allowed", self.maybe()),
        ):
            if self.maybe():
                gateway[key] = value
        return gateway

    def peer(self, field: str, name: str) -> Data:
        address = self.draw(_one(_PEERS))
        if address == "203.0.113.60":
            risks = self.data.setdefault("accept_risk", {})
            risks[f"unified_messaging.{field}.{name}"] = "the provider"
        peer: Data = {"address": [*address] if isinstance(address, tuple) else address}
        if self.maybe():
            peer["to"] = self.named_for_calls(alone=True)
        return peer

    def named_for_calls(self, *, alone: bool) -> list[str]:
        """Sites, and single servers, that have both roles; all sites with one of them where others do not."""
        sites = {key: site for key, site in self.data["sites"].items() if self.with_um(site)}
        able = [*sites]
        for site in sites.values() if alone else ():
            able += [name for name, server in self.with_um(site).items() if "own_group" in server]
        named = self.draw(_some(able))
        return named if self.answers(named) else [*sites]

    def with_um(self, site: Data) -> dict[str, Data]:
        servers: dict[str, Data] = site.get("servers", {})
        return {k: s for k, s in servers.items() if version_of(self.data, s) in ("2013", "2016")}

    def answers(self, names: Collection[str]) -> bool:
        """Whether servers with Unified Messaging that are named so have both roles."""
        found = {
            role
            for key, site in self.data["sites"].items()
            for name, server in self.with_um(site).items()
            if key in names or name in names
            for role in self.roles(server)
        }
        return len(found) == 2

    def name_servers(self) -> None:
        servers: Data = {"internal": self.resolvers("10.20.2.53", "10.20.3.53")}
        if self.edges:
            servers["edge"] = self.resolvers("10.20.240.53", "2001:db8:20:f0::53")
            proxy: Data = {"address": "10.20.240.9", "port": 1080, "type": "socks5"}
            reputation = (None, "disabled", "direct", {"proxy": proxy})[self.draw(_number(0, 3))]
            if reputation is not None:
                self.data["sender_reputation"] = reputation
        self.data["name_servers"] = servers

    def resolvers(self, *addresses: str) -> object:
        """Name servers for all networks, or for each."""
        choices = _resolvers(addresses)
        if self.draw(_number(0, 3)) == 0:
            return {key: self.draw(choices) for key in self.data["networks"]}
        return self.draw(choices)

    def ours(self) -> list[str]:
        """Ends of flows that name somebody who is ours to filter."""
        words: set[str] = set()
        for key, site in self.data["sites"].items():
            if not self.managed(site.get("network")):
                continue
            for name, server in site["servers"].items():
                for role in ("exchange", *self.roles(server)):
                    words |= {role, f"{role}@{key}"}
                words |= {name} if server.get("own_group") else set()
        for name, edge in self.edges.items():
            if self.managed(edge["network"]):
                words |= {"edge", f"edge@{site_of(edge)}"}
                words |= {name} if has_own_group(edge) else set()
        return sorted(words)

    def additional_flows(self) -> None:
        ours = self.ours()
        flows: list[Data] = []
        for _ in range(self.draw(_number(0, 3)) if ours else 0):
            us = self.draw(_some(ours))
            them = self.draw(_some((*_ADMINS, "internet", *ours)))
            source, to = (us, them) if self.maybe() else (them, us)
            flow: Data = {
                "from": source if len(source) > 1 else source[0],
                "to": to if len(to) > 1 else to[0],
                "accept_risk": True,
            }
            flow_text = {
                "ports": self.draw(_some(_PORTS)),
                "reason": self.draw(_one(("administration", "backup", "Übersicht"))),
            }
            if self.draw(_number(0, 3)) == 0:
                flow["need"] = self.draw(_one(tuple(each.value for each in Need)))
                # A need brings both, and either may be said otherwise.
                flow_text = {key: value for key, value in flow_text.items() if self.maybe()}
            flow |= flow_text
            for key, value in (("owner", "us"), ("ticket", "M-1"), ("review_by", "2027-03-31")):
                if self.draw(_number(0, 2)) == 0:
                    flow[key] = value
            flows.append(flow)
        if flows:
            self.data["additional_flows"] = flows
        if self.draw(_number(0, 3)) == 0:
            codes = self.draw(_some(_ACKNOWLEDGED))
            self.data["acknowledge"] = dict.fromkeys(codes, "known")


def site_of(edge: Data) -> str:
    """The site that an Edge server exchanges mail with."""
    return edge.get("subscribed_site") or edge["manual_connectors_site"]


def has_own_group(edge: Data) -> bool:
    """Whether what an Edge server says of itself sets it apart."""
    delivers = edge.get("receives", True) and "delivery_port" in edge
    return bool(
        edge.get("own_group") or delivers or "edgesync_port" in edge or "edgesync_except" in edge
    )


@st.composite
def topologies(
    draw: st.DrawFn,
    platform: str | None = None,
    *,
    edge: bool | None = None,
    ipv6: bool | None = None,
    networks: int = 3,
) -> Data:
    """Any topology that passes the checks, on one platform or any, in up to so many networks.

    `edge` asks for at least one Edge server, or for none; `ipv6` for zones with IPv6, or without.
    """
    draft = _Draft(draw, platform, networks, ipv6)
    draft.sites()
    if edge is not False:
        draft.edge_servers(least=int(edge is True))
    draft.clients()
    draft.mail_flow()
    draft.hybrid()
    draft.witnesses()
    draft.unified_messaging()
    draft.name_servers()
    draft.additional_flows()
    draft.retired_groups()
    return draft.data


# One thing wrong.

Fault = tuple[str, Callable[[Data], bool]]


def _network(data: Data) -> Data:
    return next(iter(data["networks"].values()))


def _site(data: Data) -> Data:
    """The first site, which has servers."""
    return next(iter(data["sites"].values()))


def _server(data: Data) -> Data:
    return next(iter(_site(data)["servers"].values()))


def _edge(data: Data) -> Data | None:
    return next(iter(data.get("edge_servers", {}).values()), None)


def _add_flow(data: Data, **flow: object) -> bool:
    usual = {"from": "10.20.6.0/24", "to": "exchange", "ports": ["3389/tcp"], "reason": "why"}
    data.setdefault("additional_flows", []).append({**usual, **flow})
    return True


def _here(data: Data) -> str | None:
    """A role of the first site, if its servers are ours to filter."""
    site = _site(data)
    ours = data["networks"][site["network"]]["platform"] != "external"
    key = next(iter(data["sites"]))
    return f"exchange@{key}" if ours else None


def _set(place: Callable[[Data], Data | None], key: str, value: object) -> Callable[[Data], bool]:
    def change(data: Data) -> bool:
        thing = place(data)
        if thing is not None:
            thing[key] = deepcopy(value)
        return thing is not None

    return change


def _mail(data: Data) -> Data:
    return data.setdefault("mail_flow", {})


def _no_controllers(data: Data) -> bool:
    for site in data["sites"].values():
        site.pop("domain_controllers", None)
    return True


def _add_site(servers: Data) -> Callable[[Data], bool]:
    def change(data: Data) -> bool:
        network = next(iter(data["networks"]))
        data["sites"]["added"] = {"network": network, "servers": deepcopy(servers)}
        return True

    return change


def _empty_subscription(data: Data) -> bool:
    edge = _edge(data)
    if edge is None:
        return False
    edge.pop("manual_connectors_site", None)
    edge.pop("edgesync_except", None)
    edge["subscribed_site"] = "added"
    return _add_site({})(data)


def _stem(data: Data) -> str:
    return _NETWORKS[next(iter(data["networks"]))]


def _both(address: str) -> Data:
    return {"roles": ["client_access", "mailbox"], "address": address}


def _added_at(*addresses: str) -> Callable[[Data], bool]:
    """Servers of a new site at addresses in the first network, of which the stem is filled in."""

    def change(data: Data) -> bool:
        full = [address.format(_stem(data)) for address in addresses]
        return _add_site({f"t{at}": _both(address) for at, address in enumerate(full)})(data)

    return change


def _internal(range_: str) -> Callable[[Data], bool]:
    def change(data: Data) -> bool:
        _network(data)["internal"].append(range_.format(_stem(data)))
        return True

    return change


def _on_edge(**fields: object) -> Callable[[Data], bool]:
    """Fields of the first Edge server; GONE takes one away."""

    def change(data: Data) -> bool:
        edge = _edge(data)
        for key, value in fields.items() if edge is not None else ():
            assert edge is not None
            edge[key] = value
            if value is GONE:
                edge.pop(key)
        return edge is not None

    return change


def _no_roles(data: Data) -> bool:
    for site in data["sites"].values():
        for server in site.get("servers", {}).values():
            server["roles"] = ["client_access"]
            server["version"] = 2013
    return True


def _in_perimeter(data: Data) -> bool:
    _network(data)["perimeter"] = [f"10.{_stem(data)}.240.0/24"]
    return _added_at("10.{}.240.99")(data)


def _internal_neighbor_in_perimeter(data: Data) -> bool:
    _network(data)["perimeter"] = [f"10.{_stem(data)}.240.0/24"]
    _site(data)["lync"] = {"addresses": [f"10.{_stem(data)}.240.0/28"]}
    return True


def _zones_swapped(data: Data) -> bool:
    """All servers of a network in the zone of the others."""
    for key, network in data["networks"].items():
        inside = [
            server.get("address")
            for site in data["sites"].values()
            if site.get("network") == key
            for server in site.get("servers", {}).values()
        ]
        edges = data.get("edge_servers", {}).values()
        outside = [edge.get("address") for edge in edges if edge["network"] == key]
        one_each = all(isinstance(address, str) for address in (*inside, *outside))
        if network.get("perimeter") and inside and outside and one_each:
            network["internal"], network["perimeter"] = network["perimeter"], network["internal"]
            return True
    return False


def _no_server_serves(data: Data) -> bool:
    data["clients"] = {"added": {"to": ["added"]}}
    return _add_site({})(data)


def _no_edge(data: Data) -> bool:
    return not data.get("edge_servers")


def _sending_edge(data: Data) -> str | None:
    """The site of a subscribed Edge server that sends."""
    edges: Data = data.get("edge_servers", {})
    sites = [edge.get("subscribed_site") for edge in edges.values() if edge.get("sends", True)]
    return next((site for site in sites if site), None)


def _past_edge(data: Data) -> bool:
    site = _sending_edge(data)
    _mail(data)["outbound"] = {"through": "client_access", "sites": [site]}
    return site is not None


def _without_sender(data: Data) -> bool:
    _mail(data)["outbound"] = {"through": "edge", "sites": ["added"]}
    return _edge(data) is not None and _add_site({})(data)


def _no_server_receives(data: Data) -> bool:
    _mail(data)["inbound"] = {"from": "internet"}
    for edge in data.get("edge_servers", {}).values():
        edge["receives"] = False
    return _edge(data) is not None


def _for_one(data: Data) -> bool:
    name, server = next(iter(_site(data)["servers"].items()))
    server.pop("own_group", None)
    return _add_flow(data, to=name)


def _unresolved(data: Data) -> bool:
    key = _site(data)["network"]
    others = {**data["networks"]}
    others.pop(key)
    data["name_servers"]["internal"] = dict.fromkeys(others, "cloud_resolver")
    return bool(others)


def _clash(data: Data) -> bool:
    relay = {"from": ["10.20.7.99"]}
    _mail(data)["relays"] = {"one": relay, "other": {**relay}}
    return True


def _not_on_aws(field: str, value: object) -> Callable[[Data], bool]:
    def change(data: Data) -> bool:
        for network in data["networks"].values():
            if network["platform"] != "aws":
                network[field] = value
                return True
        return False

    return change


def _translated(data: Data) -> bool:
    site = _site(data)
    data["networks"][site["network"]]["connected_through"] = "nat"
    site["lync"] = {"addresses": ["10.99.0.0/28"]}
    return True


def _subnets_not_on_azure(data: Data) -> bool:
    for network in data["networks"].values():
        if network["platform"] != "azure":
            network["attach_to"] = "subnets"
            return True
    return False


def _adapter_in_each_zone(data: Data) -> bool:
    edge = _edge(data)
    if edge is None or data["networks"][edge["network"]]["platform"] != "azure":
        return False
    network: Data = data["networks"][edge["network"]]
    network["attach_to"] = "subnets"
    stem = _NETWORKS[edge["network"]]
    network["perimeter"] = [f"10.{stem}.240.0/24"]
    edge["address"] = [f"10.{stem}.240.98", f"10.{stem}.0.98"]
    return True


def _far_without_address(data: Data) -> bool:
    networks = [*data["networks"]]
    if len(networks) > 1:
        data["sites"]["added"] = {
            "network": next(key for key in networks if key != _site(data)["network"]),
            "servers": {"far1": {"roles": ["client_access"]}},
        }
    return len(networks) > 1


def _bound(service: str, *ports: str) -> Callable[[Data], bool]:
    return _set(lambda data: data, "service_ports", {service: list(ports)})


def _twins(data: Data) -> bool:
    roles = {"roles": ["client_access"]}
    return _add_site({"Twin": roles, "tWIN": {**roles}})(data)


def _edge_inside(data: Data) -> bool:
    key = next(iter(data.get("edge_servers", {})), None)
    return key is not None and _add_site({key: {"roles": ["client_access"]}})(data)


def _to_edge(data: Data) -> bool:
    edges: Data = data.get("edge_servers", {})
    ours = any(data["networks"][e["network"]]["platform"] != "external" for e in edges.values())
    return ours and _add_flow(data, to="edge")


def _to_mailbox(data: Data) -> bool:
    end = _here(data)
    return end is not None and _add_flow(data, to=end, **{"from": "internet"})


def _no_words_of_2013(data: Data) -> bool:
    _server(data)["version"] = 2013
    _server(data).pop("roles", None)
    return True


def _words_of_2013(data: Data) -> bool:
    _server(data).update(version=2016, roles=["client_access", "mailbox"])
    return True


def _apart(data: Data) -> bool:
    old = {"version": 2013, "roles": ["client_access", "mailbox"]}
    return _add_site({"old": old, "new": {"version": "se"}})(data)


def _old_edge(data: Data) -> bool:
    _server(data)["version"] = "se"
    return _on_edge(version=2007)(data)


def _not_published(data: Data) -> bool:
    data["clients"] = {"added": {"to": ["added"]}}
    return _add_site({"closed": {"version": 2019, "published": False}})(data)


def _nothing_published(data: Data) -> bool:
    for site in data["sites"].values():
        site["published"] = False
        for server in site.get("servers", {}).values():
            server.pop("published", None)
    data["clients"] = {"added": {}}
    return True


def _calls(**fields: object) -> Callable[[Data], bool]:
    """Unified Messaging with one gateway that has these fields."""
    gateway = {"address": "10.20.9.5", **fields}
    return _set(lambda data: data, "unified_messaging", {"ip_gateways": {"gw1": gateway}})


def _calls_without_peers(data: Data) -> bool:
    for site in data["sites"].values():
        site.pop("lync", None)
    data["unified_messaging"] = {"startup_mode": "dual"}
    return True


def _calls_with_lync(data: Data) -> bool:
    _site(data)["lync"] = {"addresses": ["10.99.0.0/28"]}
    data["unified_messaging"] = {}
    return True


def _calls_to_2019(data: Data) -> bool:
    return _add_site({"late": {"version": 2019}})(data) and _calls(to=["added"])(data)


def _calls_to_one_role(data: Data) -> bool:
    router = {"version": 2013, "roles": ["client_access"], "own_group": True}
    return _add_site({"router": router})(data) and _calls(to=["router"])(data)


_FAULTS: Final[tuple[Fault, ...]] = (
    # Shapes and small values.
    ("unknown-key", _set(lambda data: data, "cleints", {})),
    ("unknown-key", _set(_server, "adress", "10.20.0.11")),
    ("missing-key", lambda data: data.pop("name_servers") is not None),
    (
        "missing-key",
        lambda data: _add_flow(data) and bool(data["additional_flows"][-1].pop("ports")),
    ),
    ("unknown-word", _set(_server, "roles", ["mailbux"])),
    ("wrong-type", _set(lambda data: data, "sites", ["hq"])),
    ("empty-list", _set(_server, "roles", [])),
    ("bad-name", lambda data: _add_site({})(data) and _renamed(data["sites"], "added", "a.b")),
    ("bad-range", _internal("10.20")),
    ("host-bits", _internal("10.21.0.1/24")),
    ("bad-address", _set(_server, "address", "10.20.0.256")),
    ("unusable-address", _set(_server, "address", "127.0.0.1")),
    ("unusable-range", _set(lambda data: data, "clients", {"a": {"from": ["224.0.0.0/8"]}})),
    ("bad-port", lambda data: _add_flow(data, ports=["65536/tcp"])),
    ("bad-ports", lambda data: _add_flow(data, ports=["3389"])),
    ("unsupported-protocol", lambda data: _add_flow(data, ports=["gre"])),
    ("bad-endpoint", lambda data: _add_flow(data, to="ex1@hq@hq")),
    ("cloud-name", lambda data: _add_flow(data, to="pl-0123456789abcdef0")),
    ("bad-text", lambda data: _add_flow(data, reason=" ")),
    ("bad-date", lambda data: _add_flow(data, review_by="2027-02-30")),
    # Names.
    ("undeclared", _set(_site, "network", "nowhere")),
    (
        "undeclared",
        _on_edge(subscribed_site="nowhere", manual_connectors_site=GONE, edgesync_except=GONE),
    ),
    (
        "undeclared",
        _on_edge(subscribed_site=GONE, manual_connectors_site="nowhere", edgesync_except=GONE),
    ),
    ("undeclared", lambda data: _sending_edge(data) is not None and _excepts(data, "nobody")),
    ("undeclared", lambda data: _add_flow(data, to="nobody")),
    ("undeclared", _set(_network, "retired_groups", ["mailbox.nowhere"])),
    ("bad-name", _set(_network, "retired_groups", ["mailbox.a.b"])),
    ("undeclared", lambda data: _acknowledged(data, "no-managment")),
    ("undeclared", lambda data: _acknowledged(data, "over-limit")),
    ("reserved-name", _add_site({"edge": {"roles": ["client_access"]}})),
    ("name-used-twice", _twins),
    ("edge-shares-role", _on_edge(roles=["mailbox"])),
    ("edge-shares-role", _edge_inside),
    # Roles and sites.
    ("organization-without-role", _no_roles),
    (
        "mailbox-without-client-access",
        _add_site({"lone": {"version": 2013, "roles": ["mailbox"]}}),
    ),
    # Versions.
    ("roles-missing", _no_words_of_2013),
    ("role-of-another-version", _words_of_2013),
    ("versions-exclude-each-other", _apart),
    ("edge-version-unsupported", _old_edge),
    ("unknown-version", _on_edge(version=2012)),
    ("unknown-version", _set(_server, "version", 2010)),
    ("not-published", _not_published),
    ("nothing-published", _nothing_published),
    ("subscription-without-mailbox", _empty_subscription),
    ("no-domain-controller", _no_controllers),
    ("site-without-role", _no_server_serves),
    ("site-without-network", lambda data: bool(_site(data).pop("network"))),
    # Places.
    ("address-used-twice", _added_at("10.{}.0.9", "10.{}.0.9")),
    ("reserved-address", _added_at("10.{}.0.3")),
    ("reserved-address", _added_at("10.{}.15.255")),
    ("address-outside-zone", _set(_server, "address", "10.99.0.1")),
    ("internal-server-in-perimeter", _in_perimeter),
    ("zones-swapped", _zones_swapped),
    ("neighbor-in-perimeter", _internal_neighbor_in_perimeter),
    ("internal-traffic-translated", _translated),
    ("cannot-attach-to-subnets", _subnets_not_on_azure),
    ("cannot-attach-to-subnets", _adapter_in_each_zone),
    ("address-needed", _far_without_address),
    ("zones-overlap", _internal("10.{}.1.0/24")),
    ("zone-outside-private-blocks", _internal("192.0.2.0/24")),
    ("private-block-not-ipv4", _set(lambda data: data, "private_blocks", ["fd00::/8"])),
    ("quota-of-another-cloud", _not_on_aws("quotas", {"rules_per_security_group": 100})),
    ("other-groups-not-counted", _not_on_aws("other_groups", 1)),
    ("no-public-addresses", _set(lambda data: data, "private_blocks", ["0.0.0.0/0"])),
    # Mail, names and services.
    ("outbound-without-edge", lambda data: _no_edge(data) and _sends(data, {"through": "edge"})),
    ("proxy-bypasses-edge", _past_edge),
    ("edge-does-not-send", _without_sender),
    ("edge-does-not-receive", _no_server_receives),
    (
        "connector-sites-and-servers",
        lambda data: _sends(
            data, {"through": "client_access", "sites": ["added"], "servers": ["added"]}
        ),
    ),
    ("edge-without-name-servers", lambda data: _edge(data) is not None and _no_edge_names(data)),
    ("network-without-name-servers", _unresolved),
    (
        "sender-reputation-without-edge",
        lambda data: _no_edge(data) and _set(lambda d: d, "sender_reputation", "disabled")(data),
    ),
    ("edge-site-unclear", _on_edge(subscribed_site="hq", manual_connectors_site="hq")),
    (
        "edgesync-without-subscription",
        _on_edge(subscribed_site=GONE, manual_connectors_site="hq", edgesync_except=["any"]),
    ),
    ("edge-without-mail", _on_edge(receives=False, sends=False)),
    ("receive-connectors-conflict", _clash),
    ("not-one-tcp-port", _bound("imap", "10143-10144/tcp")),
    ("not-one-tcp-port", _bound("pop", "10110/udp")),
    ("port-of-another-service", _bound("imap", "995/tcp")),
    ("not-supported", _bound("https", "8443/tcp")),
    # Unified Messaging.
    ("unified-messaging-unavailable", _calls_to_2019),
    ("unified-messaging-without-peers", _calls_without_peers),
    ("lync-needs-tls", _calls_with_lync),
    ("peer-without-role", _calls_to_one_role),
    ("media-protocol", _calls(media_ports="16384-32767/tcp")),
    # Additional flows.
    ("risky-traffic", _to_edge),
    ("risky-traffic", _to_mailbox),
    ("host-name", lambda data: _add_flow(data, to="smtp.example.com")),
    ("flow-without-managed-server", lambda data: _add_flow(data, to="internet")),
    (
        "endpoint-without-servers",
        lambda data: _add_site({})(data) and _add_flow(data, to="mailbox@added"),
    ),
    ("server-without-group", _for_one),
)
#: What `slightly_wrong` can be refused by.
FAULT_CODES: Final = frozenset(code for code, _ in _FAULTS)


def _renamed(things: Data, key: str, name: str) -> bool:
    things[name] = things.pop(key)
    return True


def _excepts(data: Data, name: str) -> bool:
    for edge in data["edge_servers"].values():
        if "subscribed_site" in edge:
            edge["edgesync_except"] = [name]
    return True


def _acknowledged(data: Data, code: str) -> bool:
    data["acknowledge"] = {code: "known"}
    return True


def _sends(data: Data, outbound: object) -> bool:
    _mail(data)["outbound"] = outbound
    return True


def _no_edge_names(data: Data) -> bool:
    return bool(data["name_servers"].pop("edge"))


@st.composite
def slightly_wrong(draw: st.DrawFn, topology: Data) -> tuple[Data, str]:
    """The topology with one thing broken, and the code by which that is refused."""
    first = draw(st.integers(0, len(_FAULTS) - 1))
    # The next one that this topology can have: whichever needs no Edge server and no other network.
    for code, change in (*_FAULTS[first:], *_FAULTS[:first]):
        broken = deepcopy(topology)
        if change(broken):
            return broken, code
    raise AssertionError("nothing can be wrong with it")
