"""What can be declared: the shape of an Exchange organization, as a stack file writes it.

Knows: fields, their types and meanings; the JSON Schema made from here is the users' reference.
Must not know: whether what is declared makes sense (`checks`), nor what follows from it (`flows`).
Cloud ids are no part of it: they are given to the component, by network.
"""

from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, Tag

from exchange_ports.catalog import (
    DEFAULT_SERVICES,
    EDGESYNC_PORT,
    SIP_TCP_PORT,
    SIP_TLS_PORT,
    SMTP_PORT,
    Need,
    Service,
    StartupMode,
)
from exchange_ports.topology import fields
from exchange_ports.topology.platforms import Platform
from exchange_ports.versions import Version

if TYPE_CHECKING:
    from exchange_ports.topology.hybrid import Hybrid
else:
    # Read by `fields.Deferred`.
    Hybrid = Any


class Declared(BaseModel):
    """What every declared thing has in common: frozen, and no unknown key."""

    # Every command loads these models, so they load no more than it takes to read a topology: only
    # the whole is built, and the texts below fields are read when the schema is asked for (`schema`).
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


class Zone(StrEnum):
    """The two kinds of zone in a network."""

    INTERNAL = "internal"
    PERIMETER = "perimeter"


class Role(StrEnum):
    """The server roles inside the organization. From Exchange 2016 on there is Mailbox only."""

    CLIENT_ACCESS = "client_access"
    MAILBOX = "mailbox"


class OutboundPath(StrEnum):
    """The servers from which mail leaves the organization."""

    MAILBOX = "mailbox"
    CLIENT_ACCESS = "client_access"
    EDGE = "edge"


class ConnectedThrough(StrEnum):
    """What is on the path between a network and other networks."""

    ROUTING = "routing"
    INSPECTION = "inspection"
    NAT = "nat"


class Attachment(StrEnum):
    """What the network security groups of a VNet are associated with."""

    NETWORK_INTERFACES = "network_interfaces"
    SUBNETS = "subnets"


class RelayTarget(StrEnum):
    """The transport service to which an application or appliance sends its mail."""

    CLIENT_ACCESS = "client_access"
    MAILBOX = "mailbox"
    EDGE = "edge"


class Purpose(StrEnum):
    """What an additional flow is for."""

    ADMINISTRATION = "administration"
    MONITORING = "monitoring"
    BACKUP = "backup"
    UPDATES = "updates"
    OTHER = "other"


class ProxyType(StrEnum):
    """The proxy types of Set-SenderReputationConfig that go through a proxy."""

    CISCO = "cisco"
    HTTP_CONNECT = "http_connect"
    HTTP_POST = "http_post"
    SOCKS4 = "socks4"
    SOCKS5 = "socks5"
    TELNET = "telnet"
    WINGATE = "wingate"


class Quotas(Declared):
    """Quotas that AWS has raised for the account and Region of a network.

    An omitted quota has the default of AWS. Azure does not raise the limits that apply here.
    """

    rules_per_security_group: fields.Count | None = Field(default=None, examples=[100])
    """Inbound or outbound rules per security group (L-0EA8095F). Multiplied by the groups per
    interface, AWS allows 1,000: raising one may lower the other."""
    security_groups_per_interface: fields.Count | None = Field(default=None, examples=[8])
    """Security groups per network interface (L-2AFB9258)."""
    security_groups_per_region: fields.Count | None = Field(default=None, examples=[5000])
    """VPC security groups per Region (L-E79EC296)."""
    prefix_lists_per_region: fields.Count | None = Field(default=None, examples=[200])
    """Customer-managed prefix lists per Region."""
    entries_per_prefix_list: fields.Count | None = Field(default=None, examples=[2000])
    """Entries per customer-managed prefix list."""
    references_per_prefix_list: fields.Count | None = Field(default=None, examples=[10000])
    """References to one prefix list by rules of security groups."""

    @property
    def raised(self) -> dict[str, int]:
        """Those that are declared, by name."""
        return {name: value for name, value in self if value is not None}


class Network(Declared):
    """A VPC or VNet with Exchange servers."""

    platform: Platform = Field(examples=["aws", "azure"])
    """The cloud: `aws` (security groups) or `azure` (network security groups). `external` is a
    network behind another firewall: only its addresses are declared."""
    internal: fields.Ranges = Field(examples=[["10.20.0.0/20"]])
    """The address ranges of the internal zone, which contains the internal Exchange servers."""
    perimeter: fields.OptionalRanges = Field(default=(), examples=[["10.20.240.0/24"]])
    """The address ranges of the perimeter zone. Of the declared servers it contains only Edge Transport
    servers."""
    internet: Literal["any", "public"] | None = Field(default=None, examples=["public"])
    """The addresses that `internet` includes in this network. Default: public addresses; as a source of
    clients and of mail to Client Access servers, any address. `any`: always any address. `public`:
    always public addresses."""
    connected_through: ConnectedThrough = Field(
        default=ConnectedThrough.ROUTING, examples=["routing"]
    )
    """What is on the path between this network and other networks: only routers (`routing`), an appliance
    that inspects the traffic (`inspection`), or address translation (`nat`)."""
    quotas: Quotas = Field(default_factory=Quotas, examples=[{"rules_per_security_group": 100}])
    """Quotas that AWS has raised for this network's account and Region. The plan is checked against them.
    Azure does not raise its limits on groups and rules."""
    other_groups: fields.Count | None = Field(default=None, examples=[1])
    """AWS: how many other security groups stay attached to the network interfaces of the declared servers,
    such as the company's baseline groups. They count against the groups per interface, also during an
    update, when old and new groups are attached. What their rules allow is not known. Default: none."""
    attach_to: Attachment = Field(default=Attachment.NETWORK_INTERFACES, examples=["subnets"])
    """Azure: what the network security groups are associated with. `network_interfaces`: the interfaces of
    the declared servers; no other host is affected. `subnets`: the subnets of these servers. The group
    replaces the one that the subnet had, and Azure's default rules decide for every other host in it."""
    retired_groups: tuple[fields.GroupKey, ...] = Field(default=(), examples=[["mailbox.paris"]])
    """Keys of groups that no declared server is a member of any more. The groups and their rules are kept
    for servers of another stack that are still members. A group that is removed from this list is deleted."""
    exclusive_rules: bool = Field(default=False, examples=[True])
    """AWS: whether the next update after a refresh removes rules that others add to the groups of this
    stack. For network security groups of Azure this is always the case."""
    id: fields.Name | None = Field(default=None, examples=["corp"])
    """Keeps the identity of a renamed network: the key it had before."""


AddressOrSeveral = Annotated[
    Annotated[fields.Address, Tag("<word>")]
    | Annotated[tuple[fields.Address, ...], Field(min_length=1), Tag("<list>")],
    fields.BY_SHAPE,
]


class Addressed(Declared):
    """What an Exchange server of either kind has: optional addresses."""

    address: AddressOrSeveral | None = None

    @property
    def addresses(self) -> tuple[IPv4Address | IPv6Address, ...]:
        """Its addresses, none where none is declared."""
        if self.address is None:
            return ()
        return self.address if isinstance(self.address, tuple) else (self.address,)


class Server(Addressed):
    """An internal Exchange server."""

    version: fields.ServerVersion | None = Field(default=None, examples=[2016, "se"])
    """Its version of Exchange: 2013, 2016, 2019 or `se`. Default: the `version` of the organization."""
    roles: tuple[Role, ...] | None = Field(
        default=None, min_length=1, examples=[["client_access", "mailbox"], ["mailbox"]]
    )
    """Exchange 2013: Client Access, Mailbox, or both on one computer. From Exchange 2016 on every server is
    a Mailbox server and provides the Client Access services, so `roles` can be omitted."""
    address: AddressOrSeveral | None = Field(
        default=None, examples=["10.20.0.11", ["10.20.0.11", "10.20.50.11"]]
    )
    """Its address, or all of its addresses, including those of a replication network of a database
    availability group and of the group itself. Attach its groups to each of its network interfaces.
    Optional: inside one network, rules refer to groups."""
    published: bool | None = Field(default=None, examples=[False])
    """Whether clients and inbound mail reach the Client Access services of the server. Default: as
    `published` of its site. A server that is not published can still be the destination of relays and
    additional flows."""
    own_group: bool = Field(default=False, examples=[True])
    """Whether the server has a group of its own. Additional flows for this one server require it.
    Changing it moves the server between groups."""
    id: fields.Name | None = Field(default=None, examples=["ex1"])
    """Keeps the identity of a renamed server: the key it had before."""


class Addresses(Declared):
    """Neighbors by address. What Exchange needs from them is allowed at Exchange's end."""

    addresses: fields.Ranges = Field(examples=[["10.20.2.10", "10.20.3.10"]])
    """Their addresses or ranges, in any network."""


class DomainControllers(Addresses):
    """Domain controllers by address."""

    accounts_forest: fields.OptionalRanges = Field(default=(), examples=[["10.64.2.10"]])
    """Domain controllers of an accounts forest. They count as internal domain controllers only if they are
    listed here; then all protocols to and from them are allowed too."""


class OtherExchange(Addresses):
    """Internal Exchange servers that are not declared one by one."""

    version: fields.OlderVersion | None = Field(default=None, examples=[2010])
    """Their version of Exchange, 2007 or 2010. It is checked against the versions of the other servers."""


class Site(Declared):
    """An Active Directory site."""

    network: fields.Name | None = Field(default=None, examples=["corp"])
    """The network of its servers. Optional if the site has no servers."""
    servers: dict[fields.Name, Server] = Field(
        default={},
        examples=[{"ex1": {"roles": ["client_access", "mailbox"], "address": "10.20.0.11"}}],
    )
    """The internal Exchange servers, by name."""
    published: bool = Field(default=True, examples=[False])
    """Whether clients and inbound mail reach the Client Access services of the site's servers. A server can
    declare its own `published`."""
    domain_controllers: Annotated[DomainControllers, fields.RangesAsMapping()] | None = Field(
        default=None, examples=[["10.20.2.10"], {"addresses": ["10.20.2.10"]}]
    )
    """Domain controllers. All protocols to and from every internal Exchange server are allowed. A list is
    short for `addresses`."""
    lync: Annotated[Addresses, fields.RangesAsMapping()] | None = Field(
        default=None, examples=[["10.20.4.0/28"]]
    )
    """Internal Lync or Skype for Business servers. All protocols are allowed, as for domain controllers."""
    other_exchange: Annotated[OtherExchange, fields.RangesAsMapping()] | None = Field(
        default=None,
        examples=[["10.20.5.0/28"], {"addresses": ["10.20.5.0/28"], "version": 2010}],
    )
    """Exchange 2007 or 2010 servers, and load-balanced addresses of internal servers. A list is short for
    `addresses`."""
    id: fields.Name | None = Field(default=None, examples=["hq"])
    """Keeps the identity of a renamed site: the key it had before."""


class EdgeServer(Addressed):
    """An Edge Transport server."""

    network: fields.Name = Field(examples=["corp"])
    """The network whose perimeter zone contains it."""
    address: AddressOrSeveral | None = Field(
        default=None, examples=["10.20.240.5", ["10.20.240.5", "10.20.241.5"]]
    )
    """Its address, or its addresses if it has two adapters. Optional: inside one network, rules refer to
    groups."""
    subscribed_site: fields.Name | None = Field(default=None, examples=["hq"])
    """The Active Directory site to which it is subscribed, with EdgeSync. It exchanges mail with the
    Mailbox servers of this site only."""
    manual_connectors_site: fields.Name | None = Field(default=None, examples=["hq"])
    """The site with which it exchanges mail through manually created connectors, without a subscription
    and without EdgeSync."""
    edgesync_except: tuple[fields.Name, ...] = Field(default=(), examples=[["mbx3"]])
    """Mailbox servers of the site that do not take part in EdgeSync with this Edge server, because they
    were added after it was subscribed."""
    edgesync_port: fields.Port = Field(default=EDGESYNC_PORT, examples=[EDGESYNC_PORT])
    """The secure LDAP port of its AD LDS instance, if ConfigureAdam.ps1 changed it."""
    version: fields.EdgeVersion | None = Field(default=None, examples=[2016])
    """Its version of Exchange: 2007, 2010, 2013, 2016, 2019 or `se`. Default: the `version` of the
    organization. It is checked against the versions of the other servers."""
    delivery_port: fields.Port = Field(default=SMTP_PORT, examples=[SMTP_PORT])
    """The port on which it delivers to Mailbox servers, if a connector sets another one."""
    receives: bool = Field(default=True, examples=[True])
    """Whether it receives mail from outside."""
    sends: bool = Field(default=True, examples=[True])
    """Whether it sends mail to the outside."""
    own_group: bool = Field(default=False, examples=[True])
    """Whether the server has a group of its own. Additional flows and Send connectors for this one server
    require it."""
    id: fields.Name | None = Field(default=None, examples=["edge1"])
    """Keeps the identity of a renamed server: the key it had before."""

    @property
    def site(self) -> str:
        """The site with which it exchanges mail, by subscription or by manual connectors."""
        return self.subscribed_site or self.manual_connectors_site or ""


Internet = Annotated[Literal["internet"], Field(description="Any public address.")]
Source = Annotated[
    Annotated[Internet, Tag("<word>")]
    | fields.OneRange
    | Annotated[tuple[fields.Range, ...], Field(min_length=1), Tag("<list>")],
    fields.BY_SHAPE_OF_RANGES_OR_WORD,
]


class ClientSource(Declared):
    """A source of clients, and the services of Client Access servers that they may use."""

    source: Source = Field(
        default="internet", alias="from", examples=["internet", ["10.64.0.0/12"]]
    )
    """Where they are: `internet`, a range, or a list of ranges. Default: `internet`."""
    services: tuple[Service, ...] = Field(
        default=DEFAULT_SERVICES, min_length=1, examples=[["https", "imap"]]
    )
    """What they use. Default: `https` and `smtp_submission`, which a new server offers."""
    to: tuple[fields.Name, ...] | None = Field(
        default=None, min_length=1, examples=[["hq"], ["ex1"]]
    )
    """The sites whose Client Access servers they reach, or single Client Access servers that have
    `own_group`. Default: all sites. If a site and a server have the same name, it is the site."""


class Inbound(Declared):
    """One route of mail from outside."""

    source: Source = Field(
        default="internet", alias="from", examples=["internet", ["192.0.2.0/24"]]
    )
    """Who delivers: `internet`, or the range or ranges of a filtering service."""
    to: tuple[fields.Name, ...] | None = Field(
        default=None, min_length=1, examples=[["hq"], ["hybrid1"]]
    )
    """What receives this mail without an Edge server in between: sites, with all of their Client Access
    servers, or single Client Access servers that have `own_group`. Default: the Edge servers, or if there
    are none, the Client Access servers of all sites. If every route has `to`, Edge servers with
    `receives` receive mail from all of these sources as well."""
    port: fields.Port = Field(default=SMTP_PORT, examples=[SMTP_PORT])
    """The port of the Receive connector, 25 unless a connector of its own has another one."""


class SmartHost(Declared):
    """A server to which outbound mail is sent."""

    address: fields.Address = Field(examples=["10.20.7.25"])
    """Its address."""
    port: fields.Port = Field(default=SMTP_PORT, examples=[SMTP_PORT])
    """Its TCP port, 25 unless the Send connector sets another one."""


NextHop = Annotated[
    Annotated[Internet, Tag("<word>")]
    | Annotated[tuple[SmartHost, ...], Field(min_length=1), Tag("<list>")],
    fields.BY_SHAPE,
]


class Outbound(Declared):
    """A Send connector for mail to the outside."""

    through: OutboundPath = Field(examples=["edge", "mailbox"])
    """The servers that send: `mailbox`, `client_access` (proxied through the Client Access servers of the
    same site), or `edge`."""
    next_hop: NextHop = Field(
        default="internet", examples=["internet", [{"address": "10.20.7.25", "port": SMTP_PORT}]]
    )
    """The destination: `internet` (by MX record), or a list of smart hosts."""
    sites: tuple[fields.Name, ...] | None = Field(default=None, min_length=1, examples=[["paris"]])
    """The sites whose servers use this connector. Default: all sites."""
    servers: tuple[fields.Name, ...] | None = Field(default=None, min_length=1, examples=[["ex1"]])
    """The source servers of the connector: Mailbox servers, or Edge servers for `edge`. Default:
    all of the sites."""


class Relay(Declared):
    """Applications or appliances that send mail to Exchange through a Receive connector of their own."""

    source: fields.Ranges = Field(alias="from", examples=["10.20.7.30", ["10.20.7.30"]])
    """Their addresses, the connector's remote IP ranges."""
    to: RelayTarget = Field(default=RelayTarget.CLIENT_ACCESS, examples=["client_access"])
    """The role that has the connector: `client_access`, `mailbox` or `edge`."""
    sites: tuple[fields.Name, ...] | None = Field(default=None, min_length=1, examples=[["hq"]])
    """The sites whose servers have the connector, for `edge` those of the Edge servers. Default: all sites."""
    port: fields.Port = Field(default=SMTP_PORT, examples=[SMTP_PORT])
    """The port it is bound to."""
    accept_risk: bool = Field(default=False, examples=[True])
    """Must be true for public addresses that reach a Mailbox server."""


class MailFlow(Declared):
    """How mail enters and leaves the organization."""

    inbound: (
        Annotated[
            Annotated[Literal["none"], Tag("<word>")]
            | Annotated[Inbound, Tag("<mapping>")]
            | Annotated[tuple[Inbound, ...], Field(min_length=1), Tag("<list>")],
            fields.BY_SHAPE,
        ]
        | None
    ) = Field(default=None, examples=[{"from": "internet"}, "none"])
    """Mail from outside: one route, a list of routes, or `none`. Default: as a subscription configures it if
    there is an Edge server, otherwise none."""
    outbound: (
        Annotated[
            Annotated[Literal["none"], Tag("<word>")]
            | Annotated[Outbound, Tag("<mapping>")]
            | Annotated[tuple[Outbound, ...], Field(min_length=1), Tag("<list>")],
            fields.BY_SHAPE,
        ]
        | None
    ) = Field(default=None, examples=[{"through": "edge", "next_hop": "internet"}])
    """Mail to the outside: one Send connector, a list of them, or `none`. Default: through the Edge servers to
    the Internet if there are any, otherwise none, as in a new installation."""
    relays: dict[fields.Name, Relay] = Field(
        default={}, examples=[{"scanners": {"from": ["10.20.7.0/28"], "to": "client_access"}}]
    )
    """Applications and appliances that send mail to Exchange, by a name of your choice."""

    @property
    def inbound_ways(self) -> tuple[Inbound, ...]:
        """The ways of inbound mail that are declared; none where it is left out or `none`."""
        declared = self.inbound
        if declared is None or declared == "none":
            return ()
        return (declared,) if isinstance(declared, Inbound) else declared

    @property
    def inbound_by_edge(self) -> tuple[Inbound, ...]:
        """The ways by which Edge servers take mail: those without `to`, or all where each has one."""
        ways = self.inbound_ways
        return tuple(way for way in ways if way.to is None) or ways

    @property
    def connectors(self) -> tuple[Outbound, ...] | None:
        """The Send connectors that are declared; none where nothing is."""
        declared = self.outbound
        if declared == "none":
            return ()
        return (declared,) if isinstance(declared, Outbound) else declared


Resolver = (
    Annotated[Literal["domain_controllers", "cloud_resolver"], Tag("<word>")]
    | fields.OneAddress
    | Annotated[tuple[fields.Address, ...], Field(min_length=1), Tag("<list>")]
)
ResolverOfNetwork = Annotated[Resolver, fields.BY_SHAPE_OF_RANGES_OR_WORD]
ResolverOrByNetwork = Annotated[
    Resolver
    | Annotated[dict[fields.Name, ResolverOfNetwork], Field(min_length=1), Tag("<mapping>")],
    fields.BY_SHAPE_OF_RANGES_OR_WORD,
]


class NameServers(Declared):
    """The DNS servers. There is no default, because the published page does not name them."""

    internal: ResolverOrByNetwork = Field(
        examples=["domain_controllers", "cloud_resolver", ["10.20.2.53"], {"corp": ["10.20.2.53"]}]
    )
    """For internal Exchange servers: `domain_controllers`, `cloud_resolver` (the cloud's own resolver,
    which no rule filters), an address or a list of addresses; or one of these for each network."""
    edge: ResolverOrByNetwork | None = Field(
        default=None, examples=[["10.20.240.53"], "cloud_resolver", {"corp": ["10.20.240.53"]}]
    )
    """For Edge servers: the same choices."""


class ReputationProxy(Declared):
    """The proxy server of Set-SenderReputationConfig."""

    address: fields.Address = Field(examples=["10.20.240.9"])
    """ProxyServerName, as an address."""
    port: fields.Port = Field(examples=[8080])
    """ProxyServerPort. It is required: the product's default, 0, is not a valid port."""
    type: ProxyType = Field(examples=["socks5"])
    """ProxyServerType."""


class SenderReputation(Declared):
    """How open proxy detection connects."""

    proxy: ReputationProxy
    """Through this proxy server."""


Reputation = Annotated[
    Annotated[Literal["direct", "disabled"], Tag("<word>")]
    | Annotated[SenderReputation, Tag("<mapping>")],
    fields.BY_SHAPE,
]

Ends = Annotated[
    Annotated[fields.FlowEndText, Tag("<word>")]
    | Annotated[tuple[fields.FlowEndText, ...], Field(min_length=1), Tag("<list>")],
    fields.BY_SHAPE,
]


class AdditionalFlow(Declared):
    """Traffic that the published tables do not contain: administration, updates, backup, monitoring."""

    source: Ends = Field(alias="from", examples=["10.20.6.0/24", ["10.20.6.0/24", "10.20.8.5"]])
    """The source: one end or several."""
    to: Ends = Field(examples=["edge", "mailbox@hq"])
    """The destination: one end or several. The source or the destination must be a declared server."""
    ports: tuple[fields.PortsText, ...] | None = Field(
        default=None, min_length=1, examples=[["3389/tcp"], ["any"]]
    )
    """The destination's ports. Optional if `need` sets them."""
    need: Need | None = Field(default=None, examples=["certificate_checks"])
    """A documented requirement of a locked-down server. It sets the ports and the reason."""
    reason: fields.Words | None = Field(default=None, examples=["administration from the bastion"])
    """The reason, as the rule in the cloud and every report show it. Optional if `need` sets it."""
    purpose: Purpose | None = Field(default=None, examples=["monitoring"])
    """What the traffic is for. Diagrams sort the hosts at the other end by it. Default: what `need`, the reason
    or the ports show."""
    accept_risk: bool = Field(default=False, examples=[True])
    """Must be true for an end in the perimeter, or from the Internet to a Mailbox server."""
    owner: fields.Words | None = Field(default=None, examples=["Messaging team"])
    """Who is responsible for it."""
    ticket: fields.Words | None = Field(default=None, examples=["MAIL-311"])
    """The change request or ticket."""
    review_by: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")] | None = Field(
        default=None, examples=["2027-03-31"]
    )
    """The date by which it must be reviewed, in quotation marks: "2027-03-31"."""


class Witness(Declared):
    """The witness server of a database availability group, if it is not an Exchange server."""

    address: fields.Address = Field(examples=["10.20.2.60"])
    """Its address."""
    sites: tuple[fields.Name, ...] | None = Field(
        default=None, min_length=1, examples=[["hq", "paris"]]
    )
    """The sites whose Mailbox servers are members of the group. Default: all sites."""


# ---- Unified Messaging (exchange.md 10) ----


class SipPeer(Declared):
    """A host outside Exchange that exchanges calls or faxes with it."""

    address: AddressOrSeveral = Field(examples=["10.20.9.5", ["10.20.9.5", "10.20.9.6"]])
    """Its address, or all of its addresses if signaling and media have different ones."""
    to: tuple[fields.Name, ...] | None = Field(
        default=None, min_length=1, examples=[["hq"], ["ex1"]]
    )
    """The sites whose servers it exchanges traffic with, or single servers that have `own_group`. A call is
    redirected to the Mailbox server with the mailbox, so name every site whose mailboxes it serves. Default:
    all sites with Unified Messaging. If a site and a server have the same name, it is the site."""

    @property
    def addresses(self) -> tuple[IPv4Address | IPv6Address, ...]:
        """Its addresses."""
        return self.address if isinstance(self.address, tuple) else (self.address,)


class IpGateway(SipPeer):
    """A UM IP gateway: a VoIP gateway, IP PBX, SIP PBX or session border controller."""

    port: fields.Port | None = Field(default=None, examples=[SIP_TLS_PORT])
    """The SIP port on which it listens, over TCP or TLS (Set-UMIPGateway, Port). Default: 5060, or 5061 with
    startup mode `tls`."""
    media_ports: fields.PortsText | None = Field(default=None, examples=["16384-32767/udp"])
    """The UDP ports on which it receives media. Default: all from 1024 on, because the maker defines them."""
    outcalls_allowed: bool = Field(default=True, examples=[False])
    """Whether Exchange may call out through it (OutcallsAllowed)."""
    message_waiting_indicator_allowed: bool = Field(default=True, examples=[False])
    """Whether Exchange sends it message waiting notifications (MessageWaitingIndicatorAllowed)."""


class FaxTransport(StrEnum):
    """The transport protocols of FaxServerURI."""

    TCP = "tcp"
    TLS = "tls"
    UDP = "udp"


class FaxPartnerServer(SipPeer):
    """The server of a certified fax partner solution."""

    port: fields.Port = Field(default=SIP_TCP_PORT, examples=[SIP_TLS_PORT])
    """The SIP port on which it listens, as in FaxServerURI."""
    transport: FaxTransport = Field(default=FaxTransport.TCP, examples=["tls"])
    """The transport protocol for SIP, as in FaxServerURI: `tcp`, `tls` or `udp`."""
    t38_ports: tuple[fields.PortsText, ...] | None = Field(
        default=None, min_length=1, examples=[["6044/udp"]]
    )
    """The ports of fax data (T.38), in both directions. Default: TCP port 6004; the maker may have others."""
    receive_connector_port: fields.Port = Field(default=SMTP_PORT, examples=[SMTP_PORT])
    """The port of the Receive connector to which it sends faxes by mail."""


class UnifiedMessaging(Declared):
    """Unified Messaging of Exchange 2013 and 2016: which telephone systems exchange calls with it."""

    startup_mode: StartupMode = Field(default=StartupMode.TCP, examples=["dual"])
    """The startup mode of the UM Call Router and of the Unified Messaging service (UMStartupMode): `tcp`,
    `tls` or `dual`. Default: `tcp`, as a new server has it. Microsoft recommends `dual`."""
    sites: tuple[fields.Name, ...] | None = Field(default=None, min_length=1, examples=[["hq"]])
    """The sites with Unified Messaging. Default: all sites with a server of Exchange 2013 or 2016."""
    sip_tcp_listening_port: fields.Port = Field(default=SIP_TCP_PORT, examples=[SIP_TCP_PORT])
    """The port of the UM Call Router for unsecured SIP, if Set-UMCallRouterSettings changed it."""
    sip_tls_listening_port: fields.Port = Field(default=SIP_TLS_PORT, examples=[SIP_TLS_PORT])
    """The port of the UM Call Router for SIP over TLS, if Set-UMCallRouterSettings changed it."""
    media_ports: fields.PortsText | None = Field(default=None, examples=["16384-32767/udp"])
    """The UDP ports on which Mailbox servers receive media, if msexchangeum.config changed them. Default:
    all from 1024 on."""
    ip_gateways: dict[fields.Name, IpGateway] = Field(
        default={}, examples=[{"gateway1": {"address": "10.20.9.5"}}]
    )
    """VoIP gateways, IP PBXs, SIP PBXs and session border controllers, by name. Default: none; calls are
    exchanged with the Lync or Skype for Business servers of the sites, which are not restricted."""
    fax_partner_servers: dict[fields.Name, FaxPartnerServer] = Field(
        default={}, examples=[{"fax1": {"address": "10.20.9.20"}}]
    )
    """Fax partner servers, by name."""

    def port_of(self, gateway: IpGateway) -> int:
        """The SIP port of a gateway: with mutual TLS the pages have the second one (exchange.md U5)."""
        usual = SIP_TLS_PORT if self.startup_mode is StartupMode.TLS else SIP_TCP_PORT
        return gateway.port or usual


#: RFC 1918: what no organization routes to the Internet.
PRIVATE_BLOCKS: Final = (
    IPv4Network("10.0.0.0/8"),
    IPv4Network("172.16.0.0/12"),
    IPv4Network("192.168.0.0/16"),
)


class Topology(Declared):
    """An Exchange organization: networks, sites, servers, clients and mail flow."""

    organization: fields.Name = Field(examples=["contoso"])
    """The organization's name, for reports."""
    version: fields.ServerVersion = Field(default=Version.EXCHANGE_2013, examples=[2019, "se"])
    """The version of Exchange of all servers that declare none: 2013, 2016, 2019 or `se` (Subscription
    Edition). Default: 2013."""
    networks: dict[fields.Name, Network] = Field(
        min_length=1, examples=[{"corp": {"platform": "aws", "internal": ["10.20.0.0/20"]}}]
    )
    """VPCs and VNets, by name. Their cloud ids are in the setting `exchange-ports:networks`."""
    private_blocks: fields.Ranges = Field(default=PRIVATE_BLOCKS, examples=[["10.0.0.0/8"]])
    """IPv4 blocks that belong to the organization: `internet` is all other addresses. They must contain
    every zone. Fewer blocks make a shorter list: with 10.0.0.0/8 alone, 9 prefixes instead of 30."""
    sites: dict[fields.Name, Site] = Field(
        min_length=1, examples=[{"hq": {"network": "corp", "servers": {}}}]
    )
    """Active Directory sites, by name."""
    edge_servers: dict[fields.Name, EdgeServer] = Field(
        default={}, examples=[{"edge1": {"network": "corp", "subscribed_site": "hq"}}]
    )
    """Edge Transport servers, by name."""
    clients: dict[fields.Name, ClientSource] = Field(
        default={}, examples=[{"internet": {"services": ["https"]}}]
    )
    """Where clients are and what they use, by a name of your choice. Default: no client access."""
    mail_flow: MailFlow = Field(
        default_factory=MailFlow, examples=[{"outbound": {"through": "mailbox"}}]
    )
    """How mail enters and leaves."""
    hybrid: Annotated[
        Hybrid | None, fields.Deferred("exchange_ports.topology.hybrid", "Hybrid")
    ] = Field(
        default=None,
        examples=[{"mode": "classic_full", "endpoints": "2026081400", "mail": "edge"}],
    )
    """The hybrid deployment with Exchange Online. Default: none."""
    name_servers: NameServers = Field(examples=[{"internal": "domain_controllers"}])
    """The DNS servers."""
    sender_reputation: Reputation | None = Field(
        default=None,
        examples=[
            "disabled",
            "direct",
            {"proxy": {"address": "10.20.240.9", "port": 8080, "type": "socks5"}},
        ],
    )
    """Open proxy detection of Edge servers: through a `proxy`, `direct`, or `disabled`."""
    additional_flows: tuple[AdditionalFlow, ...] = Field(
        default=(),
        examples=[
            [{"from": "10.20.6.0/24", "to": "exchange", "ports": ["3389/tcp"], "reason": "RDP"}]
        ],
    )
    """Other traffic to allow."""
    service_ports: dict[Service, tuple[fields.PortsText, ...]] = Field(
        default={}, examples=[{"imap": ["10143/tcp", "10993/tcp"]}]
    )
    """The ports of IMAP4 or POP3, if Set-ImapSettings or Set-PopSettings changed them."""
    witness_servers: dict[fields.Name, Witness] = Field(
        default={}, examples=[{"fsw1": {"address": "10.20.2.60"}}]
    )
    """Witness servers that are not Exchange servers, by name."""
    unified_messaging: UnifiedMessaging | None = Field(
        default=None, examples=[{"ip_gateways": {"gateway1": {"address": "10.20.9.5"}}}]
    )
    """Unified Messaging of Exchange 2013 and 2016, and its telephone systems. Default: none."""
    accept_risk: dict[str, fields.Words] = Field(
        default={},
        examples=[{"sites.hq.lync": "the pool of a provider, by its public addresses, MAIL-411"}],
    )
    """Accepted risks: the field that allows the traffic, and the reason. Additional flows and relays have
    an `accept_risk` of their own."""
    acknowledge: dict[str, fields.Words] = Field(
        default={}, examples=[{"port-25-blocked": "lifted by AWS, case 123456"}]
    )
    """Acknowledged warnings: their code, and the reason. They are not shown any more."""
