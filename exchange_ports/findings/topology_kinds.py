"""Findings about what is declared: shape first, then contradictions, then warnings.

Codes are permanent. `V1` to `V12` are the documented rules of `docs/reference/exchange.md` 3.
"""

from functools import partial
from typing import Final

from exchange_ports.findings.finding import Kind, Severity

_warning = partial(Kind, severity=Severity.WARNING)

KINDS: Final[tuple[Kind, ...]] = (
    # Shape: what a single field may contain.
    Kind("unknown-key", summary="Unknown key `{key}`.", why="", fix="{fix}"),
    Kind(
        "missing-key",
        summary="The key `{key}` is missing.",
        why="{why}",
        fix="Add `{example}`.",
    ),
    Kind("unknown-word", summary="Unknown {what}.", why="", fix="{fix}"),
    Kind(
        "wrong-type",
        summary="Expected {expected}; got {got}.",
        why="",
        fix="{fix}",
    ),
    Kind(
        "empty-list",
        summary="The list is empty.",
        why="An empty list is ambiguous: it could select nothing or all.",
        fix="{fix}",
    ),
    Kind(
        "too-many-combinations",
        summary="The field declares {count} combinations of source, destination and port; the topology "
        "declares {total}.",
        why="Each combination becomes a rule or a part of a rule. The limit is {most} combinations.",
        fix="Combine addresses into ranges and ports into port ranges, such as `from: 10.20.0.0/16` and "
        "`ports: [8443-8450/tcp]`.",
    ),
    Kind(
        "bad-name",
        summary='Invalid name "{name}".',
        why="The name becomes part of cloud resource names. Allowed: {rule}.",
        fix="Use a name such as `{meant}`.",
    ),
    Kind(
        "reserved-name",
        summary='The server name "{name}" is reserved.',
        why="In `from` and `to` of additional flows, `{name}` selects a role or the Internet.",
        fix="Rename the server, for example to `{name}1`.",
    ),
    Kind(
        "bad-range",
        summary='Invalid address range "{range}".',
        why="A range is an address with a prefix length.",
        fix="Write a range such as `10.20.0.0/20` or `2001:db8::/48`, or one address such as `10.20.0.11`.",
    ),
    Kind(
        "host-bits",
        summary='Invalid address range "{range}": address bits are set after the prefix length.',
        why="AWS and Azure reject such ranges.",
        fix="Write `{meant}` for the whole network, or the address without a prefix length.",
    ),
    Kind(
        "bad-address",
        summary='Invalid address "{address}".',
        why="The field takes one IP address, without a prefix length.",
        fix="Write an address such as `10.20.0.11`.",
    ),
    Kind(
        "host-name",
        summary='"{name}" is a host name; the field takes an IP address.',
        why="Security groups and network security groups match IP addresses only. They do not resolve names.",
        fix="Write the addresses to which the name resolves, and update them when the DNS record changes.",
    ),
    Kind(
        "unusable-address",
        summary="{address} cannot be the address of a server.",
        why="The address is multicast, loopback, link-local, unspecified, reserved or used by the cloud "
        "itself.",
        fix="Write the address at which other servers reach this one, such as `10.20.0.11`.",
    ),
    Kind(
        "unusable-range",
        summary="{range} cannot be a source or destination.",
        why="The range is {what}: no routed packet has such an address.",
        fix="Write the addresses of the hosts, such as `10.64.0.0/16`.",
    ),
    Kind(
        "bad-port",
        summary="Invalid port {port}.",
        why="",
        fix="Write a port from 1 to {highest}, such as `587`.",
    ),
    Kind(
        "bad-ports",
        summary='Invalid ports "{ports}".',
        why="{why}",
        fix="Write `{example}`. A range is written `5985-5986/tcp`; `any`, `icmp`, `esp` and `ah` have "
        "no ports.",
    ),
    Kind(
        "unsupported-protocol",
        summary='"{ports}" is {what}, which has no ports and cannot be declared.',
        why="A flow can name TCP and UDP ports, `icmp`, `esp`, `ah`, or `any` for all protocols.",
        fix="Remove it. For a TCP or UDP port of that number, write the number, a slash and the protocol.",
    ),
    Kind(
        "unknown-version",
        summary='Unknown Exchange version "{version}".',
        why="{why}",
        fix="{fix}",
    ),
    Kind(
        "bad-endpoint",
        summary='Invalid source or destination "{end}".',
        why="",
        fix="Write a role (`exchange`, `client_access`, `mailbox`, `edge`), a role at a site (`mailbox@hq`), a "
        "server, an address range, or `internet`.",
    ),
    Kind(
        "cloud-name",
        summary='"{end}" is {what}; it cannot be used in a topology.',
        why="A topology contains servers and addresses, so that it is the same for AWS and Azure.",
        fix="{fix}",
    ),
    Kind(
        "bad-text",
        summary="The text is empty or contains characters that cannot be printed.",
        why="The text is shown on one line in the cloud's console and in reports.",
        fix="Write a short text on one line, such as `reason: administration`.",
    ),
    Kind(
        "bad-date",
        summary='Invalid date "{word}".',
        why="",
        fix='Write year, month and day in quotes: `"2027-03-31"`.',
    ),
    # Contradictions.
    Kind("not-supported", summary="{what} is not supported.", why="{why}", fix="{fix}"),
    Kind("undeclared", summary='Unknown {what} "{name}".', why="", fix="{fix}"),
    Kind(
        "edge-shares-role",
        summary="{server} is an Edge server and {role}.",
        why="The Edge Transport role cannot share a computer with another Exchange role (requirement V3).",
        fix="{fix}",
    ),
    Kind(
        "name-used-twice",
        summary='The name "{name}" is used twice: for {one} and for {other}.',
        why="Names and `id`s must differ by more than upper and lower case, because cloud resources are "
        "named after them.",
        fix="Rename one of them.",
    ),
    Kind(
        "address-used-twice",
        summary="{server} and {other} have the same address, {address}.",
        why="Rules that use the address would apply to both servers.",
        fix="Correct one of the two addresses.",
    ),
    Kind(
        "subscription-without-mailbox",
        summary="The Edge server {edge} belongs to site {site}, which has no Mailbox server.",
        why="EdgeSync and mail flow with an Edge server need a Mailbox server in the site (requirement V6).",
        fix="Declare a Mailbox server in {site}, or name a site that has one.",
    ),
    Kind(
        "mailbox-without-client-access",
        summary="Site {site} has a Mailbox server and no Client Access server.",
        why="Each site with a Mailbox server needs a Client Access server (requirement V2).",
        fix="Add the role to a server of the site: `roles: [client_access, mailbox]`.",
    ),
    Kind(
        "roles-missing",
        summary="Server {server} of {version} has no `roles`.",
        why="An Exchange 2013 server has the role Client Access, Mailbox, or both.",
        fix="Write `roles: [client_access, mailbox]`, or the version, such as `version: 2019`.",
    ),
    Kind(
        "role-of-another-version",
        summary="Server {server} of {version} has the role `client_access`.",
        why="From Exchange 2016 on, there is no such role: each Mailbox server provides the Client Access "
        "services.",
        fix="Omit `roles`, or write `roles: [mailbox]`. If clients must not reach the server, write "
        "`published: false`.",
    ),
    Kind(
        "versions-exclude-each-other",
        summary="{newer} ({other}) cannot be in one organization with {older} ({one}).",
        why="{why}",
        fix="Correct the `version` of one of them.",
    ),
    _warning(
        "need-of-other-servers",
        summary="The flow from {source} declares the need `{need}`, which {who} does not have.",
        why="{why}",
        fix="Remove the flow, or name servers that have the need.",
    ),
    _warning(
        "versions-need-updates",
        summary="{older} ({one}) and {newer} ({other}) are in one organization.",
        why='That requires: {minimum} ("{source}").',
        fix="Check the builds of these servers, then acknowledge the warning.",
    ),
    _warning(
        "availability-group-of-several-versions",
        summary="The witness server {name} is declared for Mailbox servers of {versions}.",
        why="All members of a database availability group have the same version.",
        fix="Name the sites of the group in `sites`. If several groups share the witness server, acknowledge "
        "the warning.",
    ),
    _warning(
        "published-without-effect",
        summary="{what} {name} has `published` and no Client Access services.",
        why="`published` opens or closes the Client Access services of a server to clients and inbound mail.",
        fix="Remove `published`.",
    ),
    Kind(
        "not-published",
        summary="{what} {name} is a destination of clients or inbound mail and is not published.",
        why="With `published: false`, clients and inbound mail do not reach it.",
        fix="Remove it from `to`, or remove `published: false`.",
    ),
    Kind(
        "nothing-published",
        summary="No server is published, so {what} cannot reach any.",
        why="With `published: false`, clients and inbound mail do not reach a server.",
        fix="Remove `published: false` from the site or server that they connect to.",
    ),
    Kind(
        "organization-without-role",
        summary="No server has the role `{role}`.",
        why="An organization needs a Client Access server and a Mailbox server (requirement V2).",
        fix="Add the role to a server: `roles: [client_access, mailbox]`.",
    ),
    Kind(
        "no-domain-controller",
        summary="No site declares a domain controller.",
        why="Outbound traffic that is not declared is blocked, so Exchange could not connect to Active "
        "Directory.",
        fix="Add `domain_controllers: {{addresses: [10.20.2.10]}}` to a site.",
    ),
    Kind(
        "zones-overlap",
        summary="{range} ({zone}) and {other_range} ({other_zone}) overlap.",
        why="The rules of both zones would apply to the addresses in the overlap.",
        fix="Declare zones that have no address in common.",
    ),
    Kind(
        "zone-outside-private-blocks",
        summary="{range} is outside of `private_blocks` ({blocks}).",
        why="`internet` is every address outside of these blocks, so Internet rules would apply to this zone.",
        fix="Add a block that contains {range} to `private_blocks`.",
    ),
    Kind(
        "private-block-not-ipv4",
        summary="{range} in `private_blocks` is not an IPv4 range.",
        why="`private_blocks` separates internal IPv4 addresses from the Internet. The IPv6 Internet is one "
        "prefix and needs no blocks.",
        fix="Remove {range}.",
    ),
    Kind(
        "quota-of-another-cloud",
        summary="`{quota}` is an AWS quota, and the platform of network {network} is {platform}.",
        why="{why}",
        fix="Remove it, or set `platform: aws` for {network}.",
    ),
    Kind(
        "other-groups-not-counted",
        summary="`{field}` of network {network} has no effect.",
        why="{why}",
        fix="{fix}",
    ),
    Kind(
        "no-public-addresses",
        summary="`private_blocks` contains every IPv4 address.",
        why="`internet` is every address outside of these blocks, so it would be empty.",
        fix="Declare only the blocks that the organization uses, such as `private_blocks: [10.0.0.0/8]`.",
    ),
    Kind(
        "address-outside-zone",
        summary="The address {address} of {server} is outside of the {zone} zone of {network} ({ranges}).",
        why="Rules for the zone use its ranges, so they would not apply to this server.",
        fix="Correct the address, or add its range to `{zone}`.",
    ),
    Kind(
        "internal-server-in-perimeter",
        summary="{server} ({roles}) has an address in the perimeter zone of {network}.",
        why="Microsoft does not support Client Access and Mailbox servers in a perimeter network (requirement V1).",
        fix="Give {server} an address in the internal zone. Only Edge servers belong in the perimeter.",
    ),
    Kind(
        "zones-swapped",
        summary="The ranges of `internal` and `perimeter` of network {network} look swapped.",
        why="All internal servers are in the perimeter zone, and all Edge servers in the internal zone.",
        fix="Exchange the ranges of `internal` and `perimeter`.",
    ),
    Kind(
        "neighbor-in-perimeter",
        summary="The range {range} of {what} overlaps the perimeter zone of {network} ({zone}).",
        why="All protocols are allowed between Exchange servers and {what}. The perimeter would be open to "
        "the internal zone.",
        fix="Declare only the addresses of the hosts.",
    ),
    Kind(
        "site-without-role",
        summary="Site {site} has no {role} server.",
        why="{why}",
        fix="Name a site that has one, or add the role `{word}` to a server of {site}.",
    ),
    Kind(
        "outbound-without-edge",
        summary="Outbound mail uses Edge servers, and no Edge server is declared.",
        why="No server could send the mail.",
        fix="Declare an Edge server, or write `through: mailbox`.",
    ),
    Kind(
        "proxy-bypasses-edge",
        summary="Outbound mail uses `client_access`, and site {site} has a subscribed Edge server.",
        why="With a subscribed Edge server, outbound mail does not use Client Access servers (requirement V8).",
        fix="Write `through: edge`, or remove the subscription.",
    ),
    Kind(
        "edge-without-name-servers",
        summary="`name_servers` has no entry for Edge servers.",
        why="An Edge server resolves the next hop of a message in DNS.",
        fix="Add `edge: [10.20.240.53]`, or `edge: cloud_resolver`, to `name_servers`.",
    ),
    Kind(
        "sender-reputation-without-edge",
        summary="`sender_reputation` is declared, and no Edge server is declared.",
        why="The Protocol Analysis agent runs on Edge servers.",
        fix="Remove `sender_reputation`, or declare the Edge server.",
    ),
    Kind(
        "risky-traffic",
        summary="{what} allows {risk}.",
        why="A range, port or address may open this traffic by mistake.",
        fix="{instead}. If the traffic is required, add `accept_risk: {key}`, which all reports then list.",
    ),
    Kind(
        "flow-without-managed-server",
        summary="Neither end of the flow from {source} to {to} is a server of this topology.",
        why="Rules are created for Exchange servers only.",
        fix="Name a role or a server in `from` or `to`.",
    ),
    Kind(
        "endpoint-without-servers",
        summary="No server has the role `{end}`.",
        why="The flow would have no effect.",
        fix="Name a role or a site that has servers.",
    ),
    Kind(
        "server-without-group",
        summary="A rule for one server needs a group of its own, and {server} has none.",
        why="A rule applies to all members of a group, and each group of {server} has other members.",
        fix="Add `own_group: true` to {server}, or name {instead}.",
    ),
    Kind(
        "site-without-network",
        summary="Site {site} has servers and no network.",
        why="The network determines in which cloud the rules of the servers are created.",
        fix="Add `network: {network}` to site {site}.",
    ),
    Kind(
        "edge-site-unclear",
        summary="{edge} declares {which}.",
        why="An Edge server exchanges mail with exactly one site: by an Edge subscription (requirement V5) or by manual "
        "connectors.",
        fix="Write one of:\n"
        "`subscribed_site: {site}` - the Edge server is subscribed to the site, and EdgeSync is allowed\n"
        "`manual_connectors_site: {site}` - there is no subscription, and EdgeSync is blocked",
    ),
    Kind(
        "edgesync-without-subscription",
        summary="{edge} declares `edgesync_except` and has no subscription.",
        why="Without an Edge subscription there is no EdgeSync.",
        fix="Remove `edgesync_except`, or name the site in `subscribed_site`.",
    ),
    Kind(
        "edge-version-unsupported",
        summary="{edge} is an Edge server of {version}, in an organization with {other} ({name}).",
        why="{why}",
        fix="Declare an Edge server of a version that can be in this organization: {able}.",
    ),
    Kind(
        "edge-without-mail",
        summary="{edge} neither receives nor sends mail.",
        why="Such an Edge server needs no rules.",
        fix="Remove the server, or set `receives: true` or `sends: true`.",
    ),
    Kind(
        "edge-does-not-send",
        summary="Outbound mail uses Edge servers, and {who}.",
        why="No server would send the mail of this connector.",
        fix="Name an Edge server that sends mail, or set its `sends: true`.",
    ),
    Kind(
        "edge-does-not-receive",
        summary="Inbound mail is declared, and no Edge server receives mail.",
        why="Without `to`, Edge servers receive the inbound mail.",
        fix="Set `receives: true` for an Edge server, or name the sites that receive the mail: `to: [hq]`.",
    ),
    Kind(
        "connector-sites-and-servers",
        summary="The Send connector declares both `sites` and `servers`.",
        why="Either of them selects the source servers, and the two can contradict each other.",
        fix="Remove one of them.",
    ),
    Kind(
        "network-without-name-servers",
        summary="`name_servers` is declared by network and has no entry for network {network}.",
        why="The servers in this network would have no DNS server (`{side}`).",
        fix="Add the addresses of its DNS servers: `{network}: [10.20.2.53]`.",
    ),
    Kind(
        "receive-connectors-conflict",
        summary="The relays {one} and {other} both accept mail from {range} on port {port} of `{role}`.",
        why="Receive connectors with the same address and port need different remote IP ranges (requirement V12).",
        fix="Combine the two relays, or give one of them another `port`.",
    ),
    Kind(
        "reserved-address",
        summary="{cloud} reserves the address {address} of {server}.",
        why="The first four addresses and the last address of each subnet are reserved, and {zone} contains "
        "whole subnets.",
        fix="Write the real address of the server, or give it another address of {zone}.",
    ),
    Kind(
        "cannot-attach-to-subnets",
        summary="The groups of network {network} cannot be associated with subnets.",
        why="{why}",
        fix="{fix}",
    ),
    Kind(
        "internal-traffic-translated",
        summary="Address translation changes traffic between network {network} and other internal servers.",
        why="Microsoft does not support changes to traffic between Exchange servers, domain controllers and "
        "Lync servers (rows R1 to R3).",
        fix="Route between the networks without translation, and write `connected_through: routing`.",
    ),
    Kind(
        "address-needed",
        summary="{server} needs an address.",
        why="{flow}, and rules between networks use addresses.",
        fix="Add its address, such as `address: 10.20.0.11`.",
    ),
    Kind(
        "not-one-tcp-port",
        summary="{service} cannot listen on {ports}.",
        why="Each entry of `service_ports` is one TCP port.",
        fix="Write one TCP port, such as `10143/tcp`.",
    ),
    Kind(
        "port-of-another-service",
        summary="{service} cannot listen on {ports}.",
        why="Another service uses the port: {other}.",
        fix="Choose another port, such as `10143/tcp`.",
    ),
    # Unified Messaging.
    Kind(
        "unified-messaging-unavailable",
        summary="{what} has no Unified Messaging.",
        why="Exchange 2013 and 2016 have Unified Messaging, and later versions do not (requirement V11).",
        fix="{fix}",
    ),
    Kind(
        "unified-messaging-without-peers",
        summary="Unified Messaging has no telephone system to exchange calls with.",
        why="`ip_gateways` is empty, and no site declares `lync`.",
        fix="Declare the VoIP gateway, IP PBX or session border controller: "
        "`ip_gateways: {{gateway1: {{address: 10.20.9.5}}}}`. With Lync or Skype for Business Server, declare "
        "its servers in `lync` of their site.",
    ),
    Kind(
        "lync-needs-tls",
        summary="Unified Messaging with Lync has the startup mode `tcp`.",
        why="No IP gateway is declared, so calls come from the Lync servers of site {site}. They connect with mutual "
        "TLS only (requirement V11). The default of the product is `tcp`.",
        fix="Set UMStartupMode to Dual or TLS on all servers, and write `startup_mode: dual` or "
        "`startup_mode: tls`.",
    ),
    Kind(
        "peer-without-role",
        summary="{peer} exchanges calls or faxes with {names}, and none of them is a {role} server.",
        why="Client Access servers accept calls and redirect them to Mailbox servers, which exchange the media. "
        "Both are needed.",
        fix="Add the {role} servers, or name the whole site: `to: [hq]`.",
    ),
    Kind(
        "media-protocol",
        summary="{what} cannot use {ports}.",
        why="{what} uses {protocols}.",
        fix="Write `{example}`.",
    ),
    # What is given beside the topology.
    Kind(
        "missing-cloud-id",
        summary="Network {network} has no `{key}`.",
        why="The groups of a network on {platform} cannot be created without it.",
        fix="Add `{key}: ...` to {network}, in the stack file under `exchange-ports:networks`.",
    ),
    Kind(
        "group-bound-twice",
        summary="The security group {group} is used for {one} and for {other}.",
        why="Rules for one neighbor would apply to the other. AWS also rejects the second of two equal rules "
        "in a group.",
        fix="Give each neighbor its own security group.",
    ),
    Kind(
        "interface-bound-twice",
        summary="The network interface {interface} is given for {one} and for {other}.",
        why="It would have the groups of both servers.",
        fix="Give the network interface to the server that it belongs to.",
    ),
    Kind(
        "phase-without-previous",
        summary="The phase `{phase}` is set without `previous`.",
        why="The phases of an update start at the topology that is deployed.",
        fix="Set `exchange-ports:previous` to the deployed topology.",
    ),
    Kind(
        "phase-not-offered",
        summary="This update has no phase `{phase}`.",
        why="{why}",
        fix="{fix}",
    ),
    Kind(
        "other-organization",
        summary="The previous topology belongs to {previous}, and the declared topology to {organization}.",
        why="An update between two organizations would replace all resources.",
        fix="Set `previous` to the deployed topology of {organization}. If only the name changed, write the new "
        "name there too.",
    ),
    Kind(
        "secret-topology",
        summary="`{setting}` is a secret in the configuration of this stack.",
        why="Plans, reports and rule descriptions show topology, cloud ids and tags.",
        fix="Set it without `--secret`. If it contains a real secret, replace that secret.",
    ),
    Kind(
        "unresolved-output",
        summary="The value is an output of another resource and is not known yet.",
        why="Rules are planned, checked and proved before Pulumi registers the first resource.",
        fix="{fix}",
    ),
    Kind(
        "address-differs",
        summary="The address of {server} is {real}; the topology declares {declared}.",
        why="Rules between networks contain the declared address, so they would not apply to this server.",
        fix="Write {write} as `address` of {server} at `{path}`, or give the server the declared address.",
    ),
    Kind(
        "address-not-declared",
        summary="`addresses` has an address for {server}, and the topology declares none.",
        why="The real address is compared with the declared one.",
        fix="Declare its `address` at `{path}`. If no finding requires one, remove {server} from `addresses`.",
    ),
    Kind(
        "network-of-other-cloud",
        summary="Network {network} is on {platform}; `{argument}` is for another cloud.",
        why="Each cloud needs other ids, and the component would ignore these.",
        fix="{fix}",
    ),
    Kind(
        "component-name-taken",
        summary="The program already has an ExchangeFirewall with a component named {name}.",
        why="Pulumi identifies a resource by its type and name.",
        fix="Give one of the two components another name, such as `{meant}`.",
    ),
    # Allowed, but probably not intended.
    _warning(
        "port-25-blocked",
        summary="{who} send to the Internet on {port}, which {cloud} blocks by default.",
        why="{why}",
        fix="{fix}",
    ),
    _warning(
        "azure-without-smart-host",
        summary="Mail is sent from Azure to the Internet without a smart host.",
        why="For Exchange 2013 on Azure virtual machines, Microsoft supports mail to external domains only "
        "through a smart host.",
        fix="Set the smart host: `next_hop: [{{address: 203.0.113.25, port: 587}}]`.",
    ),
    _warning(
        "plain-text-from-internet",
        summary="The clients {name} use {service} from the Internet without encryption, on {port}.",
        why="Others can read the user names and passwords on the network. Microsoft recommends encrypted connections.",
        fix="Remove {service} from `services`, or {fix}.",
    ),
    _warning(
        "edge-uses-domain-controller-dns",
        summary="Edge servers use a domain controller as DNS server ({server}).",
        why="The rule opens DNS from the perimeter to the server that stores all accounts.",
        fix="Use a DNS server in the perimeter or outside: `edge: [10.20.240.53]`, or `edge: cloud_resolver`.",
    ),
    _warning(
        "no-administration",
        summary="No rule allows administration of {who}.",
        why="Traffic that is not declared is blocked, including Remote Desktop and remote PowerShell.",
        fix="Add an additional flow from the administrators' network, for example "
        "`{{from: 10.20.6.0/24, to: {to}, ports: [{ports}], reason: administration{accept}}}`.",
    ),
    _warning(
        "no-updates",
        summary="No rule allows {who} to download updates.",
        why="Traffic that is not declared is blocked, including Windows Update and WSUS.",
        fix="Add an additional flow such as `{{from: {source}, to: internet, need: windows_update{accept}}}`, or one to "
        "your WSUS server.",
    ),
    _warning(
        "sender-reputation-undeclared",
        summary="Sender reputation is enabled by default, and `sender_reputation` is not declared.",
        why="The rules block its test for open proxies, and the test fails without an error message.",
        fix="If sender reputation is disabled in Exchange, add `sender_reputation: disabled`. If it uses a proxy, declare "
        "the proxy in `sender_reputation`. Otherwise write `sender_reputation: direct`.",
    ),
    _warning(
        "edge-outside-perimeter",
        summary="{edge} is not in a perimeter zone of network {network}.",
        why="Edge servers are designed for a perimeter network. Rules for the internal zone also apply to "
        "{edge}.",
        fix="Declare `perimeter: [10.20.240.0/24]` for {network}, and give {edge} an address there.",
    ),
    _warning(
        "no-common-ip-version",
        summary="{server} and {other} have no IP version in common.",
        why="They cannot exchange packets, so their required traffic ({rows}) fails.",
        fix="Add an address of the same IP version to one of them.",
    ),
    _warning(
        "range-covers-perimeter",
        summary="{range} covers the perimeter zone {zone}.",
        why="Every host of the perimeter can then connect to internal servers on the same ports.",
        fix="Declare the ranges without the perimeter{instead}.",
    ),
    _warning(
        "subnet-attachment",
        summary="The network security groups of {network} are associated with subnets.",
        why="They replace the present groups of the subnets. Azure's default rules then decide for all hosts "
        "without application security groups of this stack: they are open to the VNet.",
        fix="Remove `attach_to`. Otherwise use subnets with Exchange servers only, attach the application "
        "security groups first, and acknowledge this warning.",
    ),
    _warning(
        "internal-traffic-inspected",
        summary="An appliance inspects the traffic between network {network} and other internal servers.",
        why="Microsoft does not support restricted or changed traffic between these servers.",
        fix="Configure the appliance to allow all traffic between these servers unchanged.",
    ),
    _warning(
        "no-managed-network",
        summary="All networks are external, so no rules are created.",
        why="Rules are created in AWS and Azure only.",
        fix="Give a network `platform: aws` or `platform: azure`.",
    ),
    _warning(
        "unused-network",
        summary="Network {network} has no servers.",
        why="No rules are created for it.",
        fix="Remove the network, or add a site or an Edge server to it.",
    ),
    _warning(
        "neighbor-listed-twice",
        summary="{what} is listed twice among the neighbors.",
        why="One of the two entries may be a typo.",
        fix="Remove or correct one of them.",
    ),
    _warning(
        "neighbor-contains-server",
        summary="The range {range} of {what} contains the Exchange server {server} ({address}).",
        why="The rules for {what} would apply to {server} too.",
        fix="Declare only the addresses of the neighbors.",
    ),
    _warning(
        "relay-behind-front-end",
        summary="Relay {relay} uses Mailbox servers, and {server} has both roles.",
        why="On a server with both roles, the Front End Transport service listens on this port. A second "
        "connector conflicts with it.",
        fix="Write `to: client_access`, or choose another `port`.",
    ),
    _warning(
        "unused-service-ports",
        summary="`service_ports` declares {service}, and no client uses {service}.",
        why="The ports stay closed.",
        fix="Remove the entry, or add `{service}` to the `services` of a client.",
    ),
    _warning(
        "fax-with-lync",
        summary="Fax partner server {name} is declared, and calls come from Lync servers.",
        why="Microsoft does not support faxes (T.38 or G.711) where Unified Messaging is integrated with Lync.",
        fix="Remove the fax partner server, or declare the `ip_gateways` that receive fax calls.",
    ),
    _warning(
        "unused-listening-port",
        summary="`{field}` has no effect with `startup_mode: {mode}`.",
        why="In this startup mode, the UM Call Router does not listen on the port.",
        fix="Remove the port, or write `startup_mode: dual`.",
    ),
    _warning(
        "unified-messaging-beside-later-version",
        summary="The rules of Unified Messaging at site {site} also apply to {server}, which has {version}.",
        why="Rules go to the groups of the site. {version} has no Unified Messaging, so nothing listens there.",
        fix="Name single servers instead of the site, with `own_group: true` for each: `to: [{example}]`.",
    ),
    _warning(
        "edge-unsubscribed",
        summary="{edge} exchanges mail with site {site} without an Edge subscription.",
        why="EdgeSync is blocked, so recipients, safe senders and connectors are not copied to it.",
        fix="If the server is subscribed, write `subscribed_site: {site}`. Otherwise acknowledge this warning.",
    ),
    _warning(
        "older-edge-delivery-port",
        summary="{edge} is an Exchange {version} Edge server. It delivers on port {port} to {server}, which has "
        "both roles.",
        why="It delivers to the Transport service. On such a server, the Front End Transport service listens "
        "on that port (reading A-05).",
        fix="Set `delivery_port` to the port of the Transport service, such as `delivery_port: 2525`.",
    ),
    _warning(
        "ipv6-internet-covers-zones",
        summary="In network {network}, the IPv6 Internet contains the zones {zones}.",
        why="`internet` is {internet} in IPv6: all global addresses, including these zones.",
        fix="Remove the IPv6 ranges if they are not used, or acknowledge this warning.",
    ),
    _warning(
        "internet-any",
        summary="In network {network}, `internet` is any address, including internal addresses.",
        why="A server with a rule to the Internet can also connect to internal servers that allow any source "
        "on the port.",
        fix="Remove `internet: any`, and declare the `private_blocks` that the organization uses.",
    ),
    _warning(
        "unused-acknowledgment",
        summary="The warning {code} is acknowledged and does not occur.",
        why="The entry would hide the warning if it occurs later for another reason.",
        fix="Remove the entry.",
    ),
    _warning(
        "retired-group-attached",
        summary="{group} is listed in `retired_groups`, and declared servers are members of it in network "
        "{network}.",
        why="The entry has no effect: a group with members is always kept.",
        fix="Remove the entry, and add it when the last member is detached.",
    ),
    _warning(
        "probes-to-any",
        summary="Edge servers test any address for open proxies, on {ports}.",
        why="Other networks can take these connections for an attack. The ports are also open from the "
        "perimeter to any address.",
        fix="Declare a proxy, or turn sender reputation off and write `sender_reputation: disabled`.",
    ),
)

BY_CODE: Final = {kind.code: kind for kind in KINDS}
