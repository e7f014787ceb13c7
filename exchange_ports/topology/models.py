"""What can be declared: the shape of an Exchange organization, as a stack file writes it.

Knows: fields, their types and meanings; the JSON Schema made from here is the users' reference.
Must not know: whether what is declared makes sense (`checks`), nor what follows from it (`flows`).
Cloud ids are no part of it: they are given to the component, by network.
"""

from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, Tag

from exchange_ports.catalog import DEFAULT_SERVICES, EDGESYNC_PORT, SMTP_PORT, Need, Service
from exchange_ports.topology import fields
from exchange_ports.topology.platforms import Platform


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
    """The server roles of Exchange 2013 inside the organization."""

    CLIENT_ACCESS = "client_access"
    MAILBOX = "mailbox"


class OutboundPath(StrEnum):
    """By which servers mail leaves the organization."""

    MAILBOX = "mailbox"
    CLIENT_ACCESS = "client_access"
    EDGE = "edge"


class ConnectedThrough(StrEnum):
    """What traffic between a network and other places passes through."""

    ROUTING = "routing"
    INSPECTION = "inspection"
    NAT = "nat"


class Attachment(StrEnum):
    """What the network security groups of a VNet hang on."""

    NETWORK_INTERFACES = "network_interfaces"
    SUBNETS = "subnets"


class RelayTarget(StrEnum):
    """The transport service that an application or appliance hands its mail to."""

    CLIENT_ACCESS = "client_access"
    MAILBOX = "mailbox"


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

    What is left out is as AWS sets it for everyone. Azure raises none of the limits that concern us.
    """

    rules_per_security_group: fields.Count | None = Field(default=None, examples=[100])
    """Inbound or outbound rules per security group (L-0EA8095F). Multiplied by the groups per
    interface AWS grants a thousand: raising one may lower the other."""
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
    """A VPC or VNet with servers of ours."""

    platform: Platform = Field(examples=["aws", "azure"])
    """The cloud: `aws` (security groups) or `azure` (network security groups). `external` is a
    place known only by its addresses."""
    internal: fields.Ranges = Field(examples=[["10.20.0.0/20"]])
    """The address ranges of the internal zone, in which Exchange servers stand."""
    perimeter: fields.OptionalRanges = Field(default=(), examples=[["10.20.240.0/24"]])
    """The address ranges of the perimeter zone: Edge Transport servers and nothing else of ours."""
    internet: Literal["any", "public"] | None = Field(default=None, examples=["public"])
    """What `internet` means here. Left out: public addresses, and any address as a source for
    clients and mail towards Client Access servers. `any`: any address everywhere. `public`: public
    addresses everywhere."""
    connected_through: ConnectedThrough = Field(
        default=ConnectedThrough.ROUTING, examples=["routing"]
    )
    """What stands between this network and other places: nothing that looks inside (`routed`), an
    appliance that does (`inspected`), or address translation (`translated`)."""
    quotas: Quotas = Field(default_factory=Quotas, examples=[{"rules_per_security_group": 100}])
    """Quotas that AWS has raised for this network's account and Region: the plan is held against them.
    Azure raises none of its limits on groups and rules."""
    other_groups: fields.Count | None = Field(default=None, examples=[1])
    """AWS: how many security groups of others the network interfaces of our servers keep beside ours,
    such as the company's baseline groups. They count against the groups per interface, also during an
    update, when groups from before and after are attached. What their rules allow is not known here.
    Left out, none."""
    attach_to: Attachment = Field(default=Attachment.NETWORK_INTERFACES, examples=["subnets"])
    """Azure: what the network security groups hang on. `network_interfaces`: those of our servers,
    and nobody else is touched. `subnets`: those that our servers stand in; a group there replaces the
    one that the subnet had, and every other host of it is left to Azure's default rules."""
    retired_groups: tuple[fields.GroupKey, ...] = Field(default=(), examples=[["mailbox.paris"]])
    """Groups that nobody declared wears any more, by key. They are kept with the rules that flows give
    them, for servers of another stack that still wear them. Taken from here, they are deleted."""
    exclusive_rules: bool = Field(default=False, examples=[True])
    """AWS: whether rules that others add to our groups are taken away, by the next update after a
    refresh. Azure's network security groups are always so."""
    id: fields.Name | None = Field(default=None, examples=["corp"])
    """Keeps the identity of a renamed network: the key it had before."""


AddressOrSeveral = Annotated[
    Annotated[fields.Address, Tag("<word>")]
    | Annotated[tuple[fields.Address, ...], Field(min_length=1), Tag("<list>")],
    fields.BY_SHAPE,
]


class Addressed(Declared):
    """What an Exchange server of either kind has: addresses that may be left out."""

    address: AddressOrSeveral | None = None

    @property
    def addresses(self) -> tuple[IPv4Address | IPv6Address, ...]:
        """Its addresses, none where none is declared."""
        if self.address is None:
            return ()
        return self.address if isinstance(self.address, tuple) else (self.address,)


class Server(Addressed):
    """An internal Exchange server."""

    roles: tuple[Role, ...] = Field(
        min_length=1, examples=[["client_access", "mailbox"], ["mailbox"]]
    )
    """Client Access, Mailbox, or both on one computer."""
    address: AddressOrSeveral | None = Field(
        default=None, examples=["10.20.0.11", ["10.20.0.11", "10.20.50.11"]]
    )
    """Its address, or all of its addresses: of a replication network of a database availability group,
    or of the group itself. Each of its network interfaces takes its groups. May be left out: inside one
    network rules go by group."""
    own_group: bool = Field(default=False, examples=[True])
    """Whether the server wears a group of its own, which additional flows for this one server
    need. Changing it moves the server between groups."""
    id: fields.Name | None = Field(default=None, examples=["ex1"])
    """Keeps the identity of a renamed server: the key it had before."""


class Addresses(Declared):
    """Neighbors by address: what Exchange needs of them is opened at Exchange's end."""

    addresses: fields.Ranges = Field(examples=[["10.20.2.10", "10.20.3.10"]])
    """Their addresses or ranges, in any network."""


class DomainControllers(Addresses):
    """Domain controllers by address."""

    accounts_forest: fields.OptionalRanges = Field(default=(), examples=[["10.64.2.10"]])
    """Domain controllers of an accounts forest. They are no internal domain controllers by
    themselves; listed here, everything passes to and from them too."""


class Site(Declared):
    """An Active Directory site."""

    network: fields.Name | None = Field(default=None, examples=["corp"])
    """The network in which its servers stand. May be left out where it has none."""
    servers: dict[fields.Name, Server] = Field(
        default={},
        examples=[{"ex1": {"roles": ["client_access", "mailbox"], "address": "10.20.0.11"}}],
    )
    """The internal Exchange servers, by name."""
    domain_controllers: Annotated[DomainControllers, fields.RangesAsMapping()] | None = Field(
        default=None, examples=[["10.20.2.10"], {"addresses": ["10.20.2.10"]}]
    )
    """Domain controllers: every protocol and port to and from every internal Exchange server. A list is
    their `addresses`."""
    lync: Annotated[Addresses, fields.RangesAsMapping()] | None = Field(
        default=None, examples=[["10.20.4.0/28"]]
    )
    """Internal Lync or Skype for Business servers: everything, as for domain controllers."""
    other_exchange: Annotated[Addresses, fields.RangesAsMapping()] | None = Field(
        default=None, examples=[["10.20.5.0/28"]]
    )
    """Exchange 2007 or 2010 servers, and load-balanced addresses of the fabric."""
    id: fields.Name | None = Field(default=None, examples=["hq"])
    """Keeps the identity of a renamed site: the key it had before."""


class EdgeServer(Addressed):
    """An Edge Transport server."""

    network: fields.Name = Field(examples=["corp"])
    """The network in whose perimeter zone it stands."""
    address: AddressOrSeveral | None = Field(
        default=None, examples=["10.20.240.5", ["10.20.240.5", "10.20.241.5"]]
    )
    """Its address, or its addresses where it has two adapters. May be left out: inside one network
    rules go by group."""
    subscribed_site: fields.Name | None = Field(default=None, examples=["hq"])
    """The Active Directory site to which it is subscribed, with EdgeSync. It exchanges mail with the
    Mailbox servers of this site only."""
    manual_connectors_site: fields.Name | None = Field(default=None, examples=["hq"])
    """The site with which it exchanges mail through manually created connectors, without a subscription
    and without EdgeSync."""
    edgesync_except: tuple[fields.Name, ...] = Field(default=(), examples=[["mbx3"]])
    """Mailbox servers of the site that do not take part in EdgeSync with this Edge server, since
    they came after it was subscribed."""
    edgesync_port: fields.Port = Field(default=EDGESYNC_PORT, examples=[EDGESYNC_PORT])
    """The secure LDAP port of its AD LDS instance, where ConfigureAdam.ps1 changed it."""
    version: fields.EdgeVersion = Field(default=2013, examples=[2016])
    """Its version of Exchange: 2007, 2010, 2013, 2016 or 2019. `se` (Subscription Edition) cannot be in an
    organization with Exchange 2013 servers."""
    delivery_port: fields.Port = Field(default=SMTP_PORT, examples=[SMTP_PORT])
    """The port by which it delivers to Mailbox servers, where a connector says otherwise."""
    receives: bool = Field(default=True, examples=[True])
    """Whether it takes mail from outside."""
    sends: bool = Field(default=True, examples=[True])
    """Whether it sends mail to the outside."""
    own_group: bool = Field(default=False, examples=[True])
    """Whether the server wears a group of its own, which additional flows and Send connectors for
    this one server need."""
    id: fields.Name | None = Field(default=None, examples=["edge1"])
    """Keeps the identity of a renamed server: the key it had before."""

    @property
    def site(self) -> str:
        """The site it exchanges mail with, by subscription or by hand."""
        return self.subscribed_site or self.manual_connectors_site or ""


Internet = Annotated[Literal["internet"], Field(description="Any public address.")]
Source = Annotated[
    Annotated[Internet, Tag("<word>")]
    | fields.OneRange
    | Annotated[tuple[fields.Range, ...], Field(min_length=1), Tag("<list>")],
    fields.BY_SHAPE_OF_RANGES_OR_WORD,
]


class ClientSource(Declared):
    """Clients and services of one place, and what they may ask of Client Access servers."""

    source: Source = Field(
        default="internet", alias="from", examples=["internet", ["10.64.0.0/12"]]
    )
    """Where they are: `internet`, a range, or a list of ranges. Left out, the Internet."""
    services: tuple[Service, ...] = Field(
        default=DEFAULT_SERVICES, min_length=1, examples=[["https", "imap"]]
    )
    """What they use. Left out, `https` and `smtp_submission`, which a new server offers."""
    to: tuple[fields.Name, ...] | None = Field(
        default=None, min_length=1, examples=[["hq"], ["ex1"]]
    )
    """The sites whose Client Access servers they reach, or single Client Access servers that have
    `own_group`. Left out, all sites. A name that a site and a server have is the site's."""


class Inbound(Declared):
    """Mail from outside, by one way."""

    source: Source = Field(
        default="internet", alias="from", examples=["internet", ["192.0.2.0/24"]]
    )
    """Who delivers: `internet`, or the range or ranges of a filtering service."""
    to: tuple[fields.Name, ...] | None = Field(
        default=None, min_length=1, examples=[["hq"], ["hybrid1"]]
    )
    """Who takes this mail without an Edge server in between: sites, of which all Client Access servers
    do, or single Client Access servers that have `own_group`. Left out: the Edge servers take it for
    everyone, or where there are none, the Client Access servers of all sites. Where every way names
    `to`, Edge servers that receive take mail from all of these sources as well."""


class SmartHost(Declared):
    """A server that takes our outbound mail."""

    address: fields.Address = Field(examples=["10.20.7.25"])
    """Its address."""
    port: fields.Port = Field(default=SMTP_PORT, examples=[SMTP_PORT])
    """Its TCP port, 25 unless the Send connector says otherwise."""


NextHop = Annotated[
    Annotated[Internet, Tag("<word>")]
    | Annotated[tuple[SmartHost, ...], Field(min_length=1), Tag("<list>")],
    fields.BY_SHAPE,
]


class Outbound(Declared):
    """A Send connector for mail to the outside."""

    through: OutboundPath = Field(examples=["edge", "mailbox"])
    """Which servers hand mail out: `mailbox`, `client_access` (proxied through the Client Access
    servers of the same site), or `edge`."""
    next_hop: NextHop = Field(
        default="internet", examples=["internet", [{"address": "10.20.7.25", "port": SMTP_PORT}]]
    )
    """To whom: `internet` (by MX record), or a list of smart hosts."""
    sites: tuple[fields.Name, ...] | None = Field(default=None, min_length=1, examples=[["paris"]])
    """The sites whose servers send by this connector. Left out, all sites."""
    servers: tuple[fields.Name, ...] | None = Field(default=None, min_length=1, examples=[["ex1"]])
    """The source servers of the connector: Mailbox servers, or Edge servers for `edge`. Left out,
    all of the sites."""


class Relay(Declared):
    """Applications or appliances that hand mail to Exchange: a Receive connector of their own."""

    source: fields.Ranges = Field(alias="from", examples=["10.20.7.30", ["10.20.7.30"]])
    """Their addresses, the connector's remote IP ranges."""
    to: RelayTarget = Field(default=RelayTarget.CLIENT_ACCESS, examples=["client_access"])
    """The role that the connector is made for."""
    sites: tuple[fields.Name, ...] | None = Field(default=None, min_length=1, examples=[["hq"]])
    """The sites whose servers have the connector. Left out, all sites."""
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
    """Mail from outside, by one way or by several in a list, or `none`. Left out: as a subscription
    sets it up where there is an Edge server, otherwise none."""
    outbound: (
        Annotated[
            Annotated[Literal["none"], Tag("<word>")]
            | Annotated[Outbound, Tag("<mapping>")]
            | Annotated[tuple[Outbound, ...], Field(min_length=1), Tag("<list>")],
            fields.BY_SHAPE,
        ]
        | None
    ) = Field(default=None, examples=[{"through": "edge", "next_hop": "internet"}])
    """Mail to the outside, one Send connector or several, or `none`. Left out: through the Edge servers to
    the Internet where there are any, otherwise none, as in a fresh installation."""
    relays: dict[fields.Name, Relay] = Field(
        default={}, examples=[{"scanners": {"from": ["10.20.7.0/28"], "to": "client_access"}}]
    )
    """Applications and appliances that hand mail to Exchange, by a name of your own."""

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
    """Who answers DNS questions. Nothing is assumed: the published page does not say who does."""

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
    """ProxyServerPort. There is no default: 0, the product's, is no port."""
    type: ProxyType = Field(examples=["socks5"])
    """ProxyServerType."""


class SenderReputation(Declared):
    """How open proxy detection reaches out."""

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
    """Something the published tables do not know: administration, updates, backup, monitoring."""

    source: Ends = Field(alias="from", examples=["10.20.6.0/24", ["10.20.6.0/24", "10.20.8.5"]])
    """Where it starts: one end or several."""
    to: Ends = Field(examples=["edge", "mailbox@hq"])
    """Where it goes: one end or several. One of both sides is ours."""
    ports: tuple[fields.PortsText, ...] | None = Field(
        default=None, min_length=1, examples=[["3389/tcp"], ["any"]]
    )
    """The destination's ports. Left out where `need` knows them."""
    need: Need | None = Field(default=None, examples=["certificate_checks"])
    """Something documented that a locked-down server needs; it brings ports and reason."""
    reason: fields.Words | None = Field(default=None, examples=["administration from the bastion"])
    """Why, in words that the rule in the cloud and every report repeat. Left out where `need` says
    it."""
    accept_risk: bool = Field(default=False, examples=[True])
    """Must be true for an end in the perimeter, or from the Internet to a Mailbox server."""
    owner: fields.Words | None = Field(default=None, examples=["Messaging team"])
    """Who answers for it."""
    ticket: fields.Words | None = Field(default=None, examples=["MAIL-311"])
    """The request that asked for it."""
    review_by: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")] | None = Field(
        default=None, examples=["2027-03-31"]
    )
    """The day by which it is looked at again, quoted: "2027-03-31"."""


class Witness(Declared):
    """The witness server of a database availability group, where it is no Exchange server."""

    address: fields.Address = Field(examples=["10.20.2.60"])
    """Its address."""
    sites: tuple[fields.Name, ...] | None = Field(
        default=None, min_length=1, examples=[["hq", "paris"]]
    )
    """The sites whose Mailbox servers are members of the group. Left out, all sites."""


#: RFC 1918: what no organization routes to the Internet.
PRIVATE_BLOCKS: Final = (
    IPv4Network("10.0.0.0/8"),
    IPv4Network("172.16.0.0/12"),
    IPv4Network("192.168.0.0/16"),
)


class Topology(Declared):
    """An Exchange 2013 organization: who is there, and what they do."""

    organization: fields.Name = Field(examples=["contoso"])
    """The organization's name, for reports."""
    networks: dict[fields.Name, Network] = Field(
        min_length=1, examples=[{"corp": {"platform": "aws", "internal": ["10.20.0.0/20"]}}]
    )
    """VPCs and VNets, by name. Their cloud ids are given beside the topology."""
    private_blocks: fields.Ranges = Field(default=PRIVATE_BLOCKS, examples=[["10.0.0.0/8"]])
    """IPv4 blocks that are the organization's own: `internet` is everything else. Every zone lies
    in them. Fewer blocks make a shorter list: with 10.0.0.0/8 alone 9 prefixes instead of 30."""
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
    """Where clients are and what they use, by a name of your own. None, no client access."""
    mail_flow: MailFlow = Field(
        default_factory=MailFlow, examples=[{"outbound": {"through": "mailbox"}}]
    )
    """How mail enters and leaves."""
    name_servers: NameServers = Field(examples=[{"internal": "domain_controllers"}])
    """Who answers DNS questions."""
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
    """What else must pass."""
    service_ports: dict[Service, tuple[fields.PortsText, ...]] = Field(
        default={}, examples=[{"imap": ["10143/tcp", "10993/tcp"]}]
    )
    """The ports of IMAP4 or POP3 where Set-ImapSettings or Set-PopSettings bound them anew."""
    witness_servers: dict[fields.Name, Witness] = Field(
        default={}, examples=[{"fsw1": {"address": "10.20.2.60"}}]
    )
    """Witness servers that are no Exchange servers, by name."""
    accept_risk: dict[str, fields.Words] = Field(
        default={},
        examples=[{"sites.hq.lync": "the pool of a provider, by its public addresses, MAIL-411"}],
    )
    """Risks that are accepted, by the field that opens the traffic, and why. Additional flows and relays
    have an `accept_risk` of their own."""
    acknowledge: dict[str, fields.Words] = Field(
        default={}, examples=[{"port-25-blocked": "lifted by AWS, case 123456"}]
    )
    """Warnings that are known and accepted: their code, and why. They are not shown any more."""
