"""Topologies as plain data: a small one by hand, edits of it, and any valid one by Hypothesis.

Everything here is what a stack file would say, before it is declared: dict, list, str, int, bool.
`topologies()` stays within what is realised (servers of one network); `slightly_wrong` breaks one
thing in a valid topology and says by which code that must be refused.
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, Final, TypeAlias, cast

from hypothesis import strategies as st

from exchange_ports.flows import Flow, Outside
from exchange_ports.topology.declaring import declare
from exchange_ports.topology.models import Topology
from exchange_ports.traffic.ports import HIGHEST_PORT, Ports, Protocol, tcp, udp

__all__ = [
    "Data",
    "GONE",
    "PORT_EDGES",
    "SMALL",
    "WITH_EDGE",
    "any_ports",
    "declared",
    "edited",
    "ranges",
    "said",
    "shuffled",
    "slightly_wrong",
    "topologies",
]

Data: TypeAlias = dict[str, Any]

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
        "name_servers.edge": "platform",
        "sender_reputation": "off",
    },
)


def declared(data: Mapping[str, Any]) -> Topology:
    """The topology that passes all checks."""
    return declare(dict(data))[0]


def said(flow: Flow) -> str:
    """A flow in a line: `edge.hq -> mailbox.hq 25/tcp`; ends outside by name."""

    def end(one: object) -> str:
        return one.name if isinstance(one, Outside) else str(getattr(one, "key", one))

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

_NETWORKS: Final = ("corp", "lab-1", "N_2")
#: The longest name that is allowed is among them, and one that ends as a suffix of ours could.
_SITES: Final = ("hq", "paris", "Rome_2", "x-v6", "a-site-whose-name-takes-all-forty-marks1")
_CLIENTS: Final = ("internet", "branches", "branches-v6", "forest")
_SERVICES: Final = ("https", "http", "imap", "pop", "smtp_submission", "smtp_authenticated_25")
_CLIENT_RANGES: Final = (
    "10.64.0.0/12",
    "10.64.8.0/24",
    "192.0.2.7",
    "0.0.0.0/0",
    "2001:db8:10::/48",
)
_MAIL_RANGES: Final = ("198.51.100.0/24", "198.51.100.25", "203.0.113.0/24", "2001:db8:25::/64")
_HOPS: Final = ("10.20.7.25", "203.0.113.25", "203.0.113.26", "2001:db8:25::25")
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


def _some(values: tuple[str, ...], most: int = 3) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=most, unique=True)


class _Draft:
    """A topology under way: who is there already, so that later parts can name them."""

    def __init__(self, draw: st.DrawFn, platform: str | None) -> None:
        self.draw = draw
        self.ipv6: bool = draw(st.booleans())
        self.network: str = draw(st.sampled_from(_NETWORKS))
        self.with_address: bool = draw(st.booleans())
        self.taken: dict[str, int] = {}
        zones: Data = {
            "platform": platform or draw(st.sampled_from(("aws", "azure"))),
            "internal": ["10.20.0.0/20", *(["2001:db8:20::/64"] if self.ipv6 else [])],
            "perimeter": ["10.20.240.0/24", *(["2001:db8:f0::/64"] if self.ipv6 else [])],
        }
        self.renamed(zones, self.network)
        self.data: Data = {"organization": "contoso", "networks": {self.network: zones}}
        # The default is the three of RFC 1918; the wider set leaves more holes.
        blocks = draw(st.sampled_from((None, ["10.0.0.0/8"], ["10.0.0.0/8", "100.64.0.0/10"])))
        if blocks is not None:
            self.data["private_blocks"] = blocks

    def maybe(self) -> bool:
        return self.draw(st.booleans())

    def renamed(self, thing: Data, key: str) -> None:
        if self.draw(st.integers(0, 4)) == 0:
            thing["id"] = f"was-{key}"[:40].rstrip("-")

    def address(self, four: str, six: str) -> str:
        """The next address of a zone, of either family."""
        stem = six if self.ipv6 and self.maybe() else four
        self.taken[stem] = self.taken.get(stem, 10) + 1
        return f"{stem}{self.taken[stem]}"

    def name(self, stem: str) -> str:
        self.taken[stem] = self.taken.get(stem, 0) + 1
        return f"{stem}{self.taken[stem]}"

    # The parts, in the order in which they name one another.

    def sites(self) -> None:
        keys = self.draw(st.lists(st.sampled_from(_SITES), min_size=1, max_size=4, unique=True))
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
        mix = self.draw(st.sampled_from(mixes[:4] if first else mixes))
        servers: Data = {}
        for roles in mix:
            key = self.name("".join(role[0] for role in roles) + "x")
            server: Data = {"roles": list(roles)}
            if self.with_address:
                server["address"] = self.address("10.20.0.", "2001:db8:20::")
            if self.draw(st.integers(0, 3)) == 0:
                server["own_group"] = True
            self.renamed(server, key)
            servers[key] = server
        site: Data = {"network": self.network, "servers": servers}
        for kind, four, six in (
            ("domain_controllers", "10.20.2.", "2001:db8:20::d:"),
            ("lync", "10.20.4.", "2001:db8:20::e:"),
            ("other_exchange", "10.20.5.", "2001:db8:20::f:"),
        ):
            if (first and kind == "domain_controllers") or self.maybe():
                number = self.draw(st.integers(1, 3))
                site[kind] = {"addresses": [self.address(four, six) for _ in range(number)]}
        return site

    def with_role(self, role: str) -> dict[str, list[str]]:
        """The servers in a role, by site; only sites that have one."""
        found = {
            key: [name for name, server in site["servers"].items() if role in server["roles"]]
            for key, site in self.data["sites"].items()
        }
        return {key: names for key, names in found.items() if names}

    def edge_servers(self) -> None:
        stored = self.with_role("mailbox")
        edges: Data = {}
        for _ in range(self.draw(st.integers(0, 3))):
            key = self.name("edge")
            site = self.draw(st.sampled_from(sorted(stored)))
            edge: Data = {"network": self.network, "subscribed_site": site}
            if self.maybe():
                edge["edgesync_except"] = self.draw(_some(tuple(stored[site])))
            if self.with_address:
                edge["address"] = self.address("10.20.240.", "2001:db8:f0::")
            self.renamed(edge, key)
            edges[key] = edge
        if edges:
            self.data["edge_servers"] = edges
        elif self.maybe():
            del self.data["networks"][self.network]["perimeter"]

    def clients(self) -> None:
        served = tuple(sorted(self.with_role("client_access")))
        clients: Data = {}
        names = st.lists(st.sampled_from(_CLIENTS), max_size=3, unique=True)
        for name in self.draw(names):
            client: Data = {}
            if self.maybe():
                client["from"] = self.draw(st.just("internet") | _some(_CLIENT_RANGES))
            if self.maybe():
                client["services"] = self.draw(_some(_SERVICES))
            if self.maybe():
                client["to"] = self.draw(_some(served))
            clients[name] = client
        if clients:
            self.data["clients"] = clients

    def mail_flow(self) -> None:
        flow: Data = {}
        if self.maybe():
            inbound: Data = {"from": self.draw(st.just("internet") | _some(_MAIL_RANGES))}
            if self.maybe():
                inbound["to"] = self.draw(_some(tuple(sorted(self.with_role("client_access")))))
            flow["inbound"] = self.draw(st.just("none") | st.just(inbound))
        if self.maybe():
            edge = "edge_servers" in self.data
            ways = ("mailbox", "none", "edge") if edge else ("mailbox", "none", "client_access")
            outbound: Data = {"through": self.draw(st.sampled_from(ways))}
            if self.maybe():
                hops = [
                    {"address": hop, **self.draw(st.sampled_from(({}, {"port": 587})))}
                    for hop in self.draw(_some(_HOPS))
                ]
                outbound["next_hop"] = self.draw(st.just("internet") | st.just(hops))
            flow["outbound"] = outbound
        if flow:
            self.data["mail_flow"] = flow

    def name_servers(self) -> None:
        choices = st.sampled_from(("domain_controllers", "platform"))
        servers: Data = {"internal": self.draw(choices | _some(("10.20.2.53", "10.20.3.53")))}
        if "edge_servers" in self.data:
            servers["edge"] = self.draw(choices | _some(("10.20.240.53", "2001:db8:f0::53")))
            proxy: Data = {"address": "10.20.240.9", "port": 1080, "type": "socks5"}
            reputation = self.draw(st.sampled_from((None, "off", "direct", {"proxy": proxy})))
            if reputation is not None:
                self.data["sender_reputation"] = reputation
        self.data["name_servers"] = servers

    def additional_flows(self) -> None:
        roles = {role: self.with_role(role) for role in ("client_access", "mailbox")}
        ours = ["exchange"]
        for role, sites in roles.items():
            ours += [role, *(f"{role}@{site}" for site in sites)]
        ours += [f"exchange@{site}" for site in roles["client_access"]]
        ours += [
            key
            for site in self.data["sites"].values()
            for key, server in site["servers"].items()
            if server.get("own_group")
        ]
        edges: Data = self.data.get("edge_servers", {})
        if edges:
            ours += [
                "edge",
                *edges,
                *sorted({f"edge@{e['subscribed_site']}" for e in edges.values()}),
            ]
        flows: list[Data] = []
        for _ in range(self.draw(st.integers(0, 3))):
            us = self.draw(_some(tuple(ours)))
            others = (*_ADMINS, "internet", *ours)
            them = self.draw(_some(others))
            source, to = (us, them) if self.maybe() else (them, us)
            flow: Data = {
                "from": source if len(source) > 1 else source[0],
                "to": to if len(to) > 1 else to[0],
                "ports": self.draw(_some(_PORTS)),
                "reason": self.draw(st.sampled_from(("administration", "backup", "Übersicht"))),
                "accept_risk": True,
            }
            for key, value in (("owner", "us"), ("ticket", "M-1"), ("review", "2027-03-31")):
                if self.draw(st.integers(0, 2)) == 0:
                    flow[key] = value
            flows.append(flow)
        if flows:
            self.data["additional_flows"] = flows


@st.composite
def topologies(draw: st.DrawFn, platform: str | None = None, *, edge: bool | None = None) -> Data:
    """Any topology that passes the checks, on one platform or either.

    `edge` asks for at least one Edge server, or for none.
    """
    draft = _Draft(draw, platform)
    draft.sites()
    if edge is not False:
        draft.edge_servers()
        while edge and "edge_servers" not in draft.data:
            draft.data["networks"][draft.network].setdefault("perimeter", ["10.20.240.0/24"])
            draft.edge_servers()
    draft.clients()
    draft.mail_flow()
    draft.name_servers()
    draft.additional_flows()
    return draft.data


# One thing wrong.

Fault = tuple[str, Callable[[Data], bool]]


def _network(data: Data) -> Data:
    return next(iter(data["networks"].values()))


def _site(data: Data) -> Data:
    return next(iter(data["sites"].values()))


def _server(data: Data) -> Data:
    return next(iter(_site(data)["servers"].values()))


def _edge(data: Data) -> Data | None:
    return next(iter(data.get("edge_servers", {}).values()), None)


def _add_flow(data: Data, **flow: object) -> bool:
    usual = {"from": "10.20.6.0/24", "to": "exchange", "ports": ["3389/tcp"], "reason": "why"}
    data.setdefault("additional_flows", []).append({**usual, **flow})
    return True


def _set(place: Callable[[Data], Data | None], key: str, value: object) -> Callable[[Data], bool]:
    def change(data: Data) -> bool:
        thing = place(data)
        if thing is not None:
            thing[key] = value
        return thing is not None

    return change


def _no_controllers(data: Data) -> bool:
    return all(site.pop("domain_controllers", True) for site in data["sites"].values())


def _add_site(servers: Data) -> Callable[[Data], bool]:
    def change(data: Data) -> bool:
        network = next(iter(data["networks"]))
        data["sites"]["added"] = {"network": network, "servers": servers}
        return True

    return change


def _empty_subscription(data: Data) -> bool:
    edge = _edge(data)
    if edge is None:
        return False
    edge["subscribed_site"] = "added"
    edge.pop("edgesync_except", None)
    return _add_site({})(data)


def _two_of_one_address(data: Data) -> bool:
    twins = {
        key: {"roles": ["client_access", "mailbox"], "address": "10.20.0.9"} for key in ("t1", "t2")
    }
    return _add_site(twins)(data)


_FAULTS: Final[tuple[Fault, ...]] = (
    ("unknown-key", _set(lambda data: data, "cleints", {})),
    ("unknown-key", _set(_server, "adress", "10.20.0.11")),
    ("missing-key", lambda data: data.pop("name_servers") is not None),
    ("unknown-word", _set(_server, "roles", ["mailbux"])),
    ("wrong-type", _set(lambda data: data, "sites", ["hq"])),
    ("nothing-listed", _set(_server, "roles", [])),
    ("bad-name", lambda data: _add_site({})(data) and _renamed(data["sites"], "added", "a.b")),
    ("bad-range", lambda data: _network(data)["internal"].append("10.20") is None),
    ("host-bits", lambda data: _network(data)["internal"].append("10.21.0.1/24") is None),
    ("bad-address", _set(_server, "address", "10.20.0.256")),
    ("unusable-address", _set(_server, "address", "127.0.0.1")),
    ("bad-port", lambda data: _add_flow(data, ports=["65536/tcp"])),
    ("bad-ports", lambda data: _add_flow(data, ports=["3389"])),
    ("bad-end", lambda data: _add_flow(data, to="ex1@hq@hq")),
    ("bad-words", lambda data: _add_flow(data, reason=" ")),
    ("undeclared", _set(_site, "network", "nowhere")),
    ("undeclared", _set(_edge, "edgesync_except", ["nobody"])),
    ("undeclared", lambda data: _add_flow(data, to="nobody")),
    ("edge-shares-role", _set(_edge, "roles", ["mailbox"])),
    ("reserved-name", _add_site({"edge": {"roles": ["client_access"]}})),
    ("mailbox-without-client-access", _add_site({"lone": {"roles": ["mailbox"]}})),
    ("subscription-without-mailbox", _empty_subscription),
    ("no-domain-controller", _no_controllers),
    ("address-used-twice", _two_of_one_address),
    ("address-outside-zone", _set(_server, "address", "10.99.0.1")),
    ("zones-overlap", lambda data: _network(data)["internal"].append("10.20.1.0/24") is None),
    (
        "zone-outside-private-blocks",
        lambda data: _network(data)["internal"].append("192.0.2.0/24") is None,
    ),
    ("edge-without-name-servers", lambda data: _edge(data) is not None and _no_edge_names(data)),
    ("needs-accept-risk", lambda data: _edge(data) is not None and _add_flow(data, to="edge")),
    ("needs-accept-risk", lambda data: _add_flow(data, **{"from": "internet"})),
    ("flow-without-us", lambda data: _add_flow(data, to="internet")),
    ("flow-to-nobody", lambda data: _add_site({})(data) and _add_flow(data, to="mailbox@added")),
)


def _renamed(things: Data, key: str, name: str) -> bool:
    things[name] = things.pop(key)
    return True


def _no_edge_names(data: Data) -> bool:
    return bool(data["name_servers"].pop("edge"))


@st.composite
def slightly_wrong(draw: st.DrawFn, topology: Data) -> tuple[Data, str]:
    """The topology with one thing broken, and the code by which that is refused."""
    copies = [(deepcopy(topology), code, change) for code, change in _FAULTS]
    broken = [(data, code) for data, code, change in copies if change(data)]
    return draw(st.sampled_from(broken))
