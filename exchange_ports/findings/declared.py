"""Findings about what is declared: shape first, then what contradicts itself, then what is unwise.

Codes are permanent. `V1` to `V12` are the documented rules of `exchange.md` 3, which cites them.
"""

from typing import Final

from exchange_ports.findings.finding import Kind, Severity

__all__ = ["BY_CODE", "KINDS"]

_ERROR: Final = Severity.ERROR
_WARNING: Final = Severity.WARNING

KINDS: Final[tuple[Kind, ...]] = (
    # Shape: what a single field may hold.
    Kind(
        "unknown-key",
        _ERROR,
        says="{key} is not known here",
        why="a key that nothing reads would be ignored, and what it meant would not happen",
        fix="{fix}",
    ),
    Kind(
        "missing-key",
        _ERROR,
        says="{key} is missing",
        why="{why}",
        fix="add `{example}` here",
    ),
    Kind(
        "unknown-word",
        _ERROR,
        says="{word} is not one of the words allowed here",
        why="allowed are {allowed}",
        fix="{fix}",
    ),
    Kind(
        "wrong-type",
        _ERROR,
        says="this is {got}, where {expected} belongs",
        why="text, numbers, lists and mappings are not guessed from one another",
        fix="write {expected}",
    ),
    Kind(
        "nothing-listed",
        _ERROR,
        says="nothing is listed here",
        why="an empty list could mean nobody or everybody",
        fix="{fix}",
    ),
    Kind(
        "bad-name",
        _ERROR,
        says="{name} cannot be a name",
        why="names become part of cloud names, which take {rule}",
        fix="use another name, such as {meant}",
    ),
    Kind(
        "reserved-name",
        _ERROR,
        says="a server cannot be called {name}",
        why="in `from` and `to` of additional flows the word stands for something else",
        fix="use another name, such as {name}1",
    ),
    Kind(
        "bad-range",
        _ERROR,
        says="{range} is not an address range",
        why="a range is an address with a prefix length, such as 10.20.0.0/20 or 2001:db8::/48",
        fix="write a range, or one address",
    ),
    Kind(
        "host-bits",
        _ERROR,
        says="{range} is an address inside a network, not a range",
        why="bits are set behind the prefix length, and clouds refuse that",
        fix="write {meant} for the network, or the address alone",
    ),
    Kind(
        "bad-address",
        _ERROR,
        says="{address} is not an address",
        why="one address of one computer belongs here, without a prefix length",
        fix="write an address such as 10.20.0.11",
    ),
    Kind(
        "unusable-address",
        _ERROR,
        says="{address} cannot be the address of a server",
        why="it is a multicast, loopback, link-local, unspecified or reserved address",
        fix="write the address by which other servers reach it",
    ),
    Kind(
        "bad-port",
        _ERROR,
        says="{port} is not a port",
        why="ports are numbers from 1 to {highest}",
        fix="write a number from 1 to {highest}",
    ),
    Kind(
        "bad-ports",
        _ERROR,
        says="{ports} is not a port with its protocol",
        why="TCP and UDP have ports of the same numbers, so the protocol belongs to the port",
        fix="write {meant}; ranges are written as 5985-5986/tcp, and any, icmp, esp and ah have no "
        "ports",
    ),
    Kind(
        "bad-end",
        _ERROR,
        says="{end} is no end of a flow",
        why="an end is a role (exchange, client_access, mailbox, edge), a role at a site "
        "(mailbox@hq), a server, an address range, or internet",
        fix="write one of these",
    ),
    Kind(
        "bad-words",
        _ERROR,
        says="there are no words here, or some that cannot be printed",
        why="the words stand in the cloud's console and in reports, on one line",
        fix="write a few words on one line",
    ),
    Kind(
        "bad-date",
        _ERROR,
        says="{word} is not a day",
        why="days are written as year, month and day, in quotes",
        fix='write it as "2027-03-31"',
    ),
    # Contradictions.
    Kind(
        "not-realised",
        _ERROR,
        says="{what} cannot be realised yet",
        why="this version of exchange-ports would have to ignore it, and what it means would be "
        "missing",
        fix="{fix}",
    ),
    Kind(
        "undeclared",
        _ERROR,
        says="{name} is not {what}",
        why="it is named here and declared nowhere",
        fix="{fix}",
    ),
    Kind(
        "edge-shares-role",
        _ERROR,
        says="{server} is an Edge server and {role}",
        why="Edge Transport cannot share a computer with another role (V3)",
        fix="{fix}",
    ),
    Kind(
        "name-used-twice",
        _ERROR,
        says="{name} is the name of {one} and of {other}",
        why="clouds and people must tell them apart, not by case alone; an `id` counts as a name",
        fix="rename one of them",
    ),
    Kind(
        "address-used-twice",
        _ERROR,
        says="{server} and {other} both have the address {address}",
        why="one address is one computer, and rules by address would mean both",
        fix="correct one of the addresses",
    ),
    Kind(
        "subscription-without-mailbox",
        _ERROR,
        says="{edge} is subscribed to {site}, which has no Mailbox server",
        why="EdgeSync runs on Mailbox servers, and mail passes through them (V6)",
        fix="declare a Mailbox server in {site}, or subscribe {edge} to a site that has one",
    ),
    Kind(
        "mailbox-without-client-access",
        _ERROR,
        says="site {site} has a Mailbox server and no Client Access server",
        why="every site with a Mailbox server needs a Client Access server (V2)",
        fix="give one of its servers the role client_access",
    ),
    Kind(
        "organization-without-role",
        _ERROR,
        says="no server has the role {role}",
        why="an organization needs a Client Access and a Mailbox server (V2)",
        fix="give a server the role {role}",
    ),
    Kind(
        "no-domain-controller",
        _ERROR,
        says="no site declares a domain controller",
        why="egress is exact, so Exchange could not reach Active Directory, and would stop",
        fix="add `domain_controllers: {{addresses: [...]}}` to a site",
    ),
    Kind(
        "zones-overlap",
        _ERROR,
        says="{range} ({zone}) and {other_range} ({other_zone}) overlap",
        why="an address could be in both zones, and the rules for both would meet at it",
        fix="declare zones that share no address",
    ),
    Kind(
        "zone-outside-private-blocks",
        _ERROR,
        says="{range} does not lie in the private blocks ({blocks})",
        why="`internet` is every address outside those blocks, so a rule about the Internet would "
        "reach this zone",
        fix="add a block that holds {range} to `private_blocks`",
    ),
    Kind(
        "private-block-not-ipv4",
        _ERROR,
        says="{range} in the private blocks is not IPv4",
        why="the blocks say which IPv4 addresses are not the Internet; the IPv6 Internet is one "
        "prefix, and needs none",
        fix="take {range} away",
    ),
    Kind(
        "address-outside-zone",
        _ERROR,
        says="{server} has the address {address}, outside the {zone} zone of {network} ({ranges})",
        why="what is opened for a zone goes by its ranges, and this server would be outside them",
        fix="correct the address, or add its range to `{zone}`",
    ),
    Kind(
        "internal-server-in-perimeter",
        _ERROR,
        says="{server} ({roles}) stands in the perimeter zone of {network}",
        why="Client Access and Mailbox servers are not supported in a perimeter network (V1)",
        fix="give it an address in the internal zone; only Edge servers belong in the perimeter",
    ),
    Kind(
        "no-perimeter",
        _ERROR,
        says="{edge} stands in {network}, which has no perimeter zone",
        why="an Edge server in the internal zone would be one step from everything",
        fix="add `perimeter: [...]` to network {network}",
    ),
    Kind(
        "fabric-in-perimeter",
        _ERROR,
        says="{what} {range} reach into the perimeter zone of {network} ({zone})",
        why="between Exchange and {what} everything passes, so the perimeter would be open to the "
        "inside",
        fix="declare their addresses only",
    ),
    Kind(
        "no-server-to-serve",
        _ERROR,
        says="site {site} has no Client Access server",
        why="clients and inbound mail go to Client Access servers",
        fix="name a site that has one, or give one of its servers the role client_access",
    ),
    Kind(
        "outbound-without-edge",
        _ERROR,
        says="outbound mail goes through edge, and no Edge server is declared",
        why="no server could send it",
        fix="declare an Edge server, or send `through: mailbox` or `client_access`",
    ),
    Kind(
        "proxied-past-edge",
        _ERROR,
        says="outbound mail goes through client_access, and site {site} has an Edge server",
        why="with a subscribed Edge server mail never flows through a Client Access server (V8)",
        fix="send `through: edge`, or take the subscription away",
    ),
    Kind(
        "edge-without-name-servers",
        _ERROR,
        says="no name servers are declared for Edge servers",
        why="an Edge server looks up the next mail hop, and no page says who answers (A-20)",
        fix="add `edge: [...]`, or `edge: platform`, to `name_servers`",
    ),
    Kind(
        "proxy-without-edge",
        _ERROR,
        says="sender reputation is declared, and no Edge server is",
        why="the Protocol Analysis agent runs on Edge servers",
        fix="take `sender_reputation` away, or declare the Edge server",
    ),
    Kind(
        "needs-accept-risk",
        _ERROR,
        says="the flow from {source} to {to} needs `accept_risk: true`",
        why="{why}",
        fix="add `accept_risk: true`, which every report then shows, or narrow the flow",
    ),
    Kind(
        "flow-without-us",
        _ERROR,
        says="the flow from {source} to {to} has no end that is a server of ours",
        why="rules stand at Exchange servers only; of others nothing is touched",
        fix="name a role or a server on one side",
    ),
    Kind(
        "flow-to-nobody",
        _ERROR,
        says="no server plays {end}",
        why="the flow would open nothing",
        fix="name a role or a site that has servers",
    ),
    Kind(
        "server-without-group",
        _ERROR,
        says="{server} has no group of its own, which a flow for one server needs",
        why="a rule reaches whoever wears its group, and {server} wears only groups that others "
        "wear too",
        fix="add `own_group: true` to {server}, or name its role: {role}",
    ),
    # What is given beside the topology.
    Kind(
        "missing-cloud-id",
        _ERROR,
        says="network {network} has no {key}",
        why="a network on {platform} needs it: its groups are made there",
        fix="add `{key}: ...` to {network}, in the stack file under exchange-ports:networks",
    ),
    Kind(
        "secret-topology",
        _ERROR,
        says="the topology is a secret in this stack's configuration",
        why="what is declared is shown in plans, reports and rule descriptions",
        fix="set it without --secret, and change whatever secret it holds",
    ),
    # Legal, but unwise.
    Kind(
        "port-25-blocked",
        _WARNING,
        says="{who} send to the Internet on {port}, which {cloud} blocks unless asked",
        why="{why}",
        fix="{fix}",
    ),
    Kind(
        "azure-sends-directly",
        _WARNING,
        says="mail leaves Azure for the Internet without a smart host",
        why="for Exchange 2013 on Azure virtual machines the only supported way to send mail to "
        "external domains is a smart host",
        fix="give `next_hop` the relay: [{{address: ..., port: ...}}]",
    ),
    Kind(
        "plain-text-from-internet",
        _WARNING,
        says="the clients {name} use {service} from the Internet, in the clear on {port}",
        why="the published table recommends encrypted connections, since names and passwords pass",
        fix="take {service} away, or let only known ranges use it",
    ),
    Kind(
        "edge-asks-domain-controller",
        _WARNING,
        says="Edge servers ask a domain controller for names ({server})",
        why="it opens the inside to the perimeter on the port of DNS, at the server that holds all "
        "accounts",
        fix="give Edge servers a name server in the perimeter or outside",
    ),
    Kind(
        "no-management",
        _WARNING,
        says="nobody may administer {who}",
        why="all that is not declared is closed, so remote desktop and remote PowerShell are too",
        fix="add an additional flow from where administrators sit, such as ports: [{ports}]",
    ),
    Kind(
        "sender-reputation-open",
        _WARNING,
        says="sender reputation is on in the product, and nothing is declared for it",
        why="its probes are closed here, so open proxy detection fails without a word",
        fix="add `sender_reputation:` with a proxy, direct, or off",
    ),
    Kind(
        "probes-to-anywhere",
        _WARNING,
        says="Edge servers probe any address on {ports}",
        why="such connections look like an attack to others, and are a way out of the perimeter",
        fix="set a proxy, or switch open proxy detection off",
    ),
)

BY_CODE: Final = {kind.code: kind for kind in KINDS}
