"""Findings about what is declared: shape first, then what contradicts itself, then what is unwise.

Codes are permanent. `V1` to `V12` are the documented rules of `exchange.md` 3, which cites them.
"""

from functools import partial
from typing import Final

from exchange_ports.findings.finding import Kind, Severity

_warning = partial(Kind, severity=Severity.WARNING)

KINDS: Final[tuple[Kind, ...]] = (
    # Shape: what a single field may hold.
    Kind(
        "unknown-key",
        summary="{key} is not known here",
        why="a key that nothing reads would be ignored, and what it meant would not happen",
        fix="{fix}",
    ),
    Kind("missing-key", summary="{key} is missing", why="{why}", fix="add `{example}` here"),
    Kind(
        "unknown-word",
        summary="{word} is not one of the words allowed here",
        why="allowed are {allowed}",
        fix="{fix}",
    ),
    Kind(
        "wrong-type",
        summary="this is {got}, where {expected} belongs",
        why="text, numbers, lists and mappings are not guessed from one another",
        fix="write {expected}",
    ),
    Kind(
        "empty-list",
        summary="nothing is listed here",
        why="an empty list could mean nobody or everybody",
        fix="{fix}",
    ),
    Kind(
        "too-many-combinations",
        summary="{count} combinations of sources, destinations and ports are declared here, {total} in the "
        "whole topology",
        why="each combination is a rule or a part of one; at most {most} are compiled, and no cloud takes so many",
        fix="join addresses to ranges and ports to ranges of ports",
    ),
    Kind(
        "bad-name",
        summary="{name} cannot be a name",
        why="names become part of cloud names, which take {rule}",
        fix="use another name, such as {meant}",
    ),
    Kind(
        "reserved-name",
        summary="a server cannot be called {name}",
        why="in `from` and `to` of additional flows the word stands for something else",
        fix="use another name, such as {name}1",
    ),
    Kind(
        "bad-range",
        summary="{range} is not an address range",
        why="a range is an address with a prefix length, such as 10.20.0.0/20 or 2001:db8::/48",
        fix="write a range, or one address",
    ),
    Kind(
        "host-bits",
        summary="{range} is an address inside a network, not a range",
        why="bits are set behind the prefix length, and clouds refuse that",
        fix="write {meant} for the network, or the address alone",
    ),
    Kind(
        "bad-address",
        summary="{address} is not an address",
        why="one address of one computer belongs here, without a prefix length",
        fix="write an address such as 10.20.0.11",
    ),
    Kind(
        "host-name",
        summary="{name} is a host name, where an address belongs",
        why="rules of both clouds take addresses only; a rule would not follow when the name gets others",
        fix="write the addresses that the name has, and change them when the name gets others",
    ),
    Kind(
        "unusable-address",
        summary="{address} cannot be the address of a server",
        why="it is a multicast, loopback, link-local, unspecified or reserved address, or a cloud's own",
        fix="write the address by which other servers reach it",
    ),
    Kind(
        "unusable-range",
        summary="{range} cannot be an end of traffic",
        why="its addresses are {what}, and no host that a rule could name has such an address",
        fix="write the addresses of the hosts, such as 10.64.0.0/16",
    ),
    Kind(
        "bad-port",
        summary="{port} is not a port",
        why="ports are numbers from 1 to {highest}",
        fix="write a number from 1 to {highest}",
    ),
    Kind(
        "bad-ports",
        summary="{ports} is not a port with its protocol",
        why="TCP and UDP have ports of the same numbers, so the protocol belongs to the port",
        fix="write {meant}; ranges are written as 5985-5986/tcp, and any, icmp, esp and ah have no "
        "ports",
    ),
    Kind(
        "unsupported-protocol",
        summary="{ports} names {what}, which has no ports",
        why="a flow names ports of TCP or UDP, icmp, esp, ah, or any, which is every protocol",
        fix="leave it out: no documented row needs it; for a port of TCP or UDP, write the protocol behind "
        "the number",
    ),
    Kind(
        "unknown-version",
        summary="{version} is not a version of an Edge server",
        why="known are {known}",
        fix="write one of these",
    ),
    Kind(
        "bad-endpoint",
        summary="{end} is no end of a flow",
        why="an end is a role (exchange, client_access, mailbox, edge), a role at a site "
        "(mailbox@hq), a server, an address range, or internet",
        fix="write one of these",
    ),
    Kind(
        "cloud-name",
        summary="{end} is {what}, not an address range or a server",
        why="a topology is about servers and addresses, and the same for every cloud",
        fix="{fix}",
    ),
    Kind(
        "bad-text",
        summary="there are no words here, or some that cannot be printed",
        why="the words stand in the cloud's console and in reports, on one line",
        fix="write a few words on one line",
    ),
    Kind(
        "bad-date",
        summary="{word} is not a day",
        why="days are written as year, month and day, in quotes",
        fix='write it as "2027-03-31"',
    ),
    # Contradictions.
    Kind(
        "not-supported",
        summary="{what} cannot be realized",
        why="no plan would contain it, and what it means would be missing",
        fix="{fix}",
    ),
    Kind(
        "undeclared",
        summary="{name} is not {what}",
        why="it is named here and declared nowhere",
        fix="{fix}",
    ),
    Kind(
        "edge-shares-role",
        summary="{server} is an Edge server and {role}",
        why="Edge Transport cannot share a computer with another role (V3)",
        fix="{fix}",
    ),
    Kind(
        "name-used-twice",
        summary="{name} is the name of {one} and of {other}",
        why="clouds and people must tell them apart, not by case alone; an `id` counts as a name",
        fix="rename one of them",
    ),
    Kind(
        "address-used-twice",
        summary="{server} and {other} both have the address {address}",
        why="one address is one computer, and rules by address would mean both",
        fix="correct one of the addresses",
    ),
    Kind(
        "subscription-without-mailbox",
        summary="{edge} belongs to site {site}, which has no Mailbox server",
        why="EdgeSync runs on Mailbox servers, and mail passes through them (V6)",
        fix="declare a Mailbox server in {site}, or name a site that has one",
    ),
    Kind(
        "mailbox-without-client-access",
        summary="site {site} has a Mailbox server and no Client Access server",
        why="every site with a Mailbox server needs a Client Access server (V2)",
        fix="give one of its servers the role client_access",
    ),
    Kind(
        "organization-without-role",
        summary="no server has the role {role}",
        why="an organization needs a Client Access and a Mailbox server (V2)",
        fix="give a server the role {role}",
    ),
    Kind(
        "no-domain-controller",
        summary="no site declares a domain controller",
        why="egress is exact, so Exchange could not reach Active Directory, and would stop",
        fix="add `domain_controllers: {{addresses: [...]}}` to a site",
    ),
    Kind(
        "zones-overlap",
        summary="{range} ({zone}) and {other_range} ({other_zone}) overlap",
        why="an address could be in both zones, and the rules for both would meet at it",
        fix="declare zones that share no address",
    ),
    Kind(
        "zone-outside-private-blocks",
        summary="{range} does not lie in the private blocks ({blocks})",
        why="`internet` is every address outside those blocks, so a rule about the Internet would "
        "reach this zone",
        fix="add a block that holds {range} to `private_blocks`",
    ),
    Kind(
        "private-block-not-ipv4",
        summary="{range} in the private blocks is not IPv4",
        why="the blocks say which IPv4 addresses are not the Internet; the IPv6 Internet is one "
        "prefix, and needs none",
        fix="take {range} away",
    ),
    Kind(
        "quota-of-another-cloud",
        summary="{quota} is a quota of AWS, and network {network} has the platform {platform}",
        why="{why}",
        fix="take it away, or give {network} the platform aws",
    ),
    Kind(
        "other-groups-not-counted",
        summary="`other_groups` of network {network} has no effect",
        why="{why}",
        fix="remove it",
    ),
    Kind(
        "no-public-addresses",
        summary="the private blocks hold every address",
        why="`internet` is every address outside them, so it would be nobody",
        fix="declare only the blocks that the organization uses",
    ),
    Kind(
        "address-outside-zone",
        summary="{server} has the address {address}, outside the {zone} zone of {network} ({ranges})",
        why="what is opened for a zone goes by its ranges, and this server would be outside them",
        fix="correct the address, or add its range to `{zone}`",
    ),
    Kind(
        "internal-server-in-perimeter",
        summary="{server} ({roles}) stands in the perimeter zone of {network}",
        why="Client Access and Mailbox servers are not supported in a perimeter network (V1)",
        fix="give it an address in the internal zone; only Edge servers belong in the perimeter",
    ),
    Kind(
        "zones-swapped",
        summary="`internal` and `perimeter` of {network} look swapped",
        why="every internal server is in the perimeter zone, and every Edge server in the internal zone",
        fix="swap the ranges of `internal` and `perimeter`",
    ),
    Kind(
        "neighbor-in-perimeter",
        summary="{what} {range} reach into the perimeter zone of {network} ({zone})",
        why="between Exchange and {what} everything passes, so the perimeter would be open to the "
        "inside",
        fix="declare their addresses only",
    ),
    Kind(
        "site-without-role",
        summary="site {site} has no {role} server",
        why="{why}",
        fix="name a site that has one, or give one of its servers the role {word}",
    ),
    Kind(
        "outbound-without-edge",
        summary="outbound mail goes through edge, and no Edge server is declared",
        why="no server could send it",
        fix="declare an Edge server, or send `through: mailbox` or `client_access`",
    ),
    Kind(
        "proxy-bypasses-edge",
        summary="outbound mail goes through client_access, and site {site} has an Edge server",
        why="with a subscribed Edge server mail never flows through a Client Access server (V8)",
        fix="send `through: edge`, or take the subscription away",
    ),
    Kind(
        "edge-without-name-servers",
        summary="no name servers are declared for Edge servers",
        why="an Edge server looks up the next mail hop, and no page says who answers (A-20)",
        fix="add `edge: [...]`, or `edge: cloud_resolver`, to `name_servers`",
    ),
    Kind(
        "sender-reputation-without-edge",
        summary="sender reputation is declared, and no Edge server is",
        why="the Protocol Analysis agent runs on Edge servers",
        fix="take `sender_reputation` away, or declare the Edge server",
    ),
    Kind(
        "risky-traffic",
        summary="{what} allows {risk}",
        why="traffic that takes over a network must not be opened by a range, a port or an address that was "
        "meant for something else",
        fix="{instead}; where it must be so, add `accept_risk: {key}`, which every report then shows",
    ),
    Kind(
        "flow-without-managed-server",
        summary="the flow from {source} to {to} has no end that is a server of ours",
        why="rules stand at Exchange servers only; of others nothing is touched",
        fix="name a role or a server on one side",
    ),
    Kind(
        "endpoint-without-servers",
        summary="no server plays {end}",
        why="the flow would open nothing",
        fix="name a role or a site that has servers",
    ),
    Kind(
        "server-without-group",
        summary="{server} has no group of its own, which a flow for one server needs",
        why="a rule reaches whoever wears its group, and {server} wears only groups that others "
        "wear too",
        fix="add `own_group: true` to {server}, or name {instead}",
    ),
    Kind(
        "site-without-network",
        summary="site {site} has servers and no network",
        why="the network decides where and how their rules are made",
        fix="add `network: {network}` to site {site}",
    ),
    Kind(
        "edge-site-unclear",
        summary="{edge} names {which}",
        why="an Edge server is subscribed to exactly one site (V5), or exchanges mail with one by hand",
        fix="name the site it is subscribed to in `subscribed_site`, or without a subscription the one in `manual_connectors_site`",
    ),
    Kind(
        "edgesync-without-subscription",
        summary="{edge} excepts servers from EdgeSync and has no subscription",
        why="EdgeSync is what a subscription sets up",
        fix="take `edgesync_except` away, or name the site in `subscribed_site`",
    ),
    Kind(
        "edge-version-unsupported",
        summary="{edge} is an Edge server of the Subscription Edition beside Exchange 2013 servers",
        why="Setup of the Subscription Edition stops while the organization has an Exchange 2013 server",
        fix="use an Edge server of 2013, 2016 or 2019 (up to CU14) until the last 2013 server is removed",
    ),
    Kind(
        "edge-without-mail",
        summary="{edge} neither receives nor sends mail",
        why="an Edge server that does neither would have rules for nothing",
        fix="leave the server out, or set `receives` or `sends` to true",
    ),
    Kind(
        "edge-does-not-send",
        summary="outbound mail goes through edge, and {who}",
        why="no server would send the mail of this connector",
        fix="name an Edge server that sends, or set its `sends` to true",
    ),
    Kind(
        "edge-does-not-receive",
        summary="inbound mail is declared, and no Edge server receives",
        why="with Edge servers, mail from outside comes in by them unless sites are named",
        fix="set `receives` of an Edge server to true, or name the sites in `to`",
    ),
    Kind(
        "connector-sites-and-servers",
        summary="the Send connector names both sites and servers",
        why="either says whose mail leaves by it, and the two may disagree",
        fix="keep one of them",
    ),
    Kind(
        "network-without-name-servers",
        summary="name servers are declared by network, and {network} is not among them",
        why="nobody would answer the servers there ({side})",
        fix="add `{network}: [...]` here, with the addresses of its name servers",
    ),
    Kind(
        "receive-connectors-conflict",
        summary="relays {one} and {other} both take mail from {range} on port {port} of {role}",
        why="two Receive connectors may share address and port only if their remote ranges differ (V12)",
        fix="join the two, or give one of them another port",
    ),
    Kind(
        "reserved-address",
        summary="{server} has the address {address}, which {cloud} keeps for itself",
        why="the first four addresses and the last one of a subnet are never given to a server, and a subnet begins and ends with {zone}",
        fix="write the address that it really has, or give it another one of {zone}",
    ),
    Kind(
        "cannot-attach-to-subnets",
        summary="the network {network} cannot be attached to subnets",
        why="{why}",
        fix="{fix}",
    ),
    Kind(
        "internal-traffic-translated",
        summary="{network} reaches other parts of the fabric through address translation",
        why="between Exchange, domain controllers and Lync nothing may alter bits on the wire (R1 to R3)",
        fix="route between the networks without translation, then set `connected_through: routing`",
    ),
    Kind(
        "address-needed",
        summary="{server} needs an address",
        why="{flow}, and between networks rules go by address",
        fix="add `address:` to {server}",
    ),
    Kind(
        "not-one-tcp-port",
        summary="{service} cannot listen on {ports}",
        why="the published table has TCP ports for it, and a binding is one port",
        fix="write one TCP port, such as 10143/tcp",
    ),
    Kind(
        "port-of-another-service",
        summary="{service} cannot be bound to {ports}",
        why="another service listens there: {other}",
        fix="choose another port",
    ),
    # What is given beside the topology.
    Kind(
        "missing-cloud-id",
        summary="network {network} has no {key}",
        why="a network on {platform} needs it: its groups are made there",
        fix="add `{key}: ...` to {network}, in the stack file under exchange-ports:networks",
    ),
    Kind(
        "group-bound-twice",
        summary="the security group {group} is bound to {one} and to {other}",
        why="what is opened for the one would be open for the other, and two rules of one meaning are "
        "refused as duplicates",
        fix="give each neighbor a security group of its own",
    ),
    Kind(
        "phase-without-previous",
        summary="the phase {phase} is set without `previous`",
        why="phases lead from the deployed topology to the declared one",
        fix="give the topology that stands as `previous`",
    ),
    Kind(
        "phase-not-offered", summary="{phase} is no phase of this update", why="{why}", fix="{fix}"
    ),
    Kind(
        "other-organization",
        summary="the previous topology is of {previous}, the topology that is declared of {organization}",
        why="of two organizations everything would be taken for what goes and what comes",
        fix="give the topology of {organization} that stands as `previous`; where only its name in "
        "reports was changed, write the new name there too",
    ),
    Kind(
        "secret-topology",
        summary="{setting} is a secret in this stack's configuration",
        why="topology, cloud ids and tags are shown in plans, reports and rule descriptions",
        fix="set it without --secret, and change whatever secret it holds",
    ),
    Kind(
        "unresolved-output",
        summary="this is an output of another resource, which Pulumi knows only later",
        why="rules are planned, checked and proved before the first resource is registered",
        fix="{fix}",
    ),
    Kind(
        "component-name-taken",
        summary="another ExchangeFirewall of this program already has a component called {name}",
        why="Pulumi tells resources apart by their type and name, and the two would be the same resource",
        fix="give one of the two components another name, such as {meant}",
    ),
    # Legal, but unwise.
    _warning(
        "port-25-blocked",
        summary="{who} send to the Internet on {port}, which {cloud} blocks unless asked",
        why="{why}",
        fix="{fix}",
    ),
    _warning(
        "azure-without-smart-host",
        summary="mail leaves Azure for the Internet without a smart host",
        why="for Exchange 2013 on Azure virtual machines the only supported way to send mail to "
        "external domains is a smart host",
        fix="give `next_hop` the relay: [{{address: ..., port: ...}}]",
    ),
    _warning(
        "plain-text-from-internet",
        summary="the clients {name} use {service} from the Internet, in the clear on {port}",
        why="the published table recommends encrypted connections, since names and passwords pass",
        fix="take {service} away, or {fix}",
    ),
    _warning(
        "edge-uses-domain-controller-dns",
        summary="Edge servers ask a domain controller for names ({server})",
        why="it opens the inside to the perimeter on the port of DNS, at the server that holds all "
        "accounts",
        fix="give Edge servers a name server in the perimeter or outside",
    ),
    _warning(
        "no-administration",
        summary="nobody may administer {who}",
        why="all that is not declared is closed, so remote desktop and remote PowerShell are too",
        fix="add an additional flow from where administrators sit, such as ports: [{ports}]",
    ),
    _warning(
        "no-updates",
        summary="{who} can fetch no updates",
        why="all that is not declared is closed, so Windows Update and WSUS are too",
        fix="add an additional flow to where updates come from: `need: windows_update`, or the ports of "
        "WSUS",
    ),
    _warning(
        "sender-reputation-undeclared",
        summary="sender reputation is on in the product, and nothing is declared for it",
        why="its probes are closed here, so open proxy detection fails without a word",
        fix="add `sender_reputation:` with a proxy, direct, or disabled",
    ),
    _warning(
        "edge-outside-perimeter",
        summary="{edge} does not stand in a perimeter zone of {network}",
        why="Edge servers are made for a perimeter network; in the internal zone whatever reaches that zone by address reaches it",
        fix="declare `perimeter: [...]` for {network}, and give {edge} an address there",
    ),
    _warning(
        "no-common-ip-version",
        summary="{server} and {other} have no IP version in common",
        why="no packet goes from IPv4 to IPv6, so what must pass between them ({rows}) cannot",
        fix="declare an address of the same IP version for one of them",
    ),
    _warning(
        "range-covers-perimeter",
        summary="{range} covers the perimeter zone {zone}",
        why="every host of the perimeter may then connect to the inside as these sources may",
        fix="declare the ranges without the perimeter",
    ),
    _warning(
        "subnet-attachment",
        summary="the network security groups of {network} are attached to subnets, and Azure's default rules "
        "alone decide over every other host there",
        why="a group replaces the one that its subnet had; whoever wears none of our application security "
        "groups, be it a server of ours that lost them, is then open to the VNet and all that is "
        "connected to it on every port, reaches that and the Internet, and takes nothing else in",
        fix="leave `attach_to` out; or attach only subnets whose other hosts may live so, give every "
        "server its groups before the subnet gets its own, and acknowledge this",
    ),
    _warning(
        "internal-traffic-inspected",
        summary="an appliance inspects what {network} exchanges with other parts of the fabric",
        why="restricting or altering that traffic is not supported, and inspection does both when it errs",
        fix="let the appliance pass everything between these servers untouched",
    ),
    _warning(
        "no-managed-network",
        summary="every network is external, so nothing is made",
        why="rules are made in clouds only; of an external network only the addresses are known",
        fix="give one network the platform aws or azure",
    ),
    _warning(
        "unused-network",
        summary="nothing stands in network {network}",
        why="a plan is made for it all the same, with nothing in it",
        fix="take it away, or place a site or an Edge server in it",
    ),
    _warning(
        "neighbor-listed-twice",
        summary="{what} is listed twice among the neighbors",
        why="once is enough, and one of the two may be meant to be another",
        fix="take one of them away, or correct it",
    ),
    _warning(
        "neighbor-contains-server",
        summary="{what} {range} hold {server} ({address})",
        why="a server of ours would be treated as a neighbor as well",
        fix="list the addresses of the neighbors only",
    ),
    _warning(
        "relay-behind-front-end",
        summary="relay {relay} goes to Mailbox servers, and {server} has both roles",
        why="on a server with both roles the front end listens on this port, and a second connector clashes with it",
        fix="use `to: client_access`, or another `port`",
    ),
    _warning(
        "unused-service-ports",
        summary="{service} has ports of its own, and no client uses it",
        why="nothing is opened for them",
        fix="take the ports away, or add {service} to the services of a client",
    ),
    _warning(
        "edge-unsubscribed",
        summary="{edge} exchanges mail with site {site} without a subscription",
        why="EdgeSync is closed for it, so it gets no recipients, safe senders and connectors from the site",
        fix="write `subscribed_site: {site}` where it is subscribed, or acknowledge this",
    ),
    _warning(
        "older-edge-delivery-port",
        summary="{edge} is an Exchange {version} Edge server and delivers on port {port} to {server}, which has both roles",
        why="it delivers straight to the Transport service, and on such a server the front end owns that port (A-05)",
        fix="name the port on which Transport listens in `delivery_port`",
    ),
    _warning(
        "ipv6-internet-covers-zones",
        summary="in network {network} the IPv6 Internet holds the zones {zones} too",
        why="it is {internet}, every global address: where one end may reach the Internet and another lets it in on the same port, they may meet inside",
        fix="leave the IPv6 ranges out if nobody uses them, or acknowledge this",
    ),
    _warning(
        "internet-any",
        summary="in network {network} the Internet is any address, the inside too",
        why="what may reach the Internet may then reach the inside on the same port, where the other end lets in anywhere",
        fix="leave `internet` out, and declare the private_blocks that are in use",
    ),
    _warning(
        "unused-acknowledgment",
        summary="{code} is acknowledged and does not occur",
        why="it would hide the warning when it comes back for another reason",
        fix="take it away",
    ),
    _warning(
        "retired-group-attached",
        summary="{group} is listed as retired, and servers that are declared wear it in network {network}",
        why="a group that is worn is kept anyway, and nobody will know when to take it from the list",
        fix="take it away, or list it when the last of them has left it",
    ),
    _warning(
        "probes-to-any",
        summary="Edge servers probe any address on {ports}",
        why="such connections look like an attack to others, and are a way out of the perimeter",
        fix="set a proxy, or switch open proxy detection off",
    ),
)

BY_CODE: Final = {kind.code: kind for kind in KINDS}
