"""A first stack file, from a few answers: valid as it stands, with `TODO` where real values belong.

Pure: answers in, text out. Must not know who answered, nor where the text goes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from itertools import chain
from typing import Final

from exchange_ports.topology.platforms import Platform
from exchange_ports.versions import Version

#: Addresses of the internal range that each site gets: its domain controller, then its servers.
_PER_SITE: Final = 32
#: The first address of a range that a host gets: clouds keep the first four for themselves.
_FIRST: Final = 10


#: Where editors find the schema, beside the stack file: `exchange-ports schema --stack` prints it.
SCHEMA_FILE: Final = "exchange-ports.schema.json"


class NoRoom(ValueError):
    """A range is too small for what is asked for; its text says which, and what is needed."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What is asked before a first stack file is written."""

    cloud: Platform
    organization: str
    exchange_version: str
    """The version of Exchange of all servers: `2013`, `2016`, `2019` or `se`."""
    sites: tuple[str, ...]
    servers: int
    """Exchange servers of each site, each with all roles."""
    edge: int
    """Edge Transport servers, subscribed to the first site."""
    edge_version: str
    """Their version of Exchange, often that of the other servers."""
    internal: IPv4Network
    perimeter: IPv4Network
    clients: tuple[IPv4Network, ...]
    """Ranges of the clients; none: the Internet."""
    smart_host: IPv4Address | None
    """Where mail goes to and comes from; None: the Internet itself."""
    administration: IPv4Network


def starter_file(answers: Answers) -> str:
    """The text of a stack file.

    :raises NoRoom: a range has too few addresses for the servers.
    """
    lines = chain(
        _head(answers),
        _sites(answers),
        _edge_servers(answers),
        _clients(answers),
        _mail(answers),
        _rest(answers),
    )
    return "".join(f"{line}\n" for line in lines)


def _head(answers: Answers) -> list[str]:
    perimeter = [f"        perimeter: [{answers.perimeter}]"] if answers.edge else []
    return [
        f"# yaml-language-server: $schema={SCHEMA_FILE}",
        f"# The Exchange organization {answers.organization}. Replace what is marked TODO, then run",
        "# `exchange-ports plan` on this file. `exchange-ports schema --stack` describes every field.",
        "config:",
        *(f"  {line}" for line in answers.cloud.facts.starter.settings),
        "",
        "  exchange-ports:networks:",
        f"    corp: {answers.cloud.facts.starter.ids}",
        "",
        "  exchange-ports:topology:",
        f"    organization: {_word(answers.organization)}",
        f"    version: {answers.exchange_version}",
        "",
        "    networks:",
        "      corp:",
        f"        platform: {answers.cloud.value}",
        f"        internal: [{answers.internal}]  # every range with Exchange servers",
        *perimeter,
        "",
    ]


def template_files(answers: Answers) -> Mapping[str, str]:
    """A template of `pulumi new`: its files by their paths, with the stack file of these answers.

    :raises NoRoom: as `starter_file`.
    """
    cloud = answers.cloud
    return {
        "Pulumi.yaml": _PROJECT.format(
            title=cloud.summary,
            settings="".join(_prompt(cloud.summary, each) for each in cloud.facts.starter.settings),
        ),
        "__main__.py": _PROGRAM,
        "requirements.txt": f"exchange-ports[{cloud.value}]\n",
        ".gitignore": "__pycache__/\nvenv/\n",
        "stacks/Pulumi.dev.yaml": starter_file(answers),
    }


def _prompt(cloud: str, setting: str) -> str:
    """A setting of the cloud's provider, such as `aws:region: eu-west-1  # TODO`, as Pulumi asks for it."""
    key, _, value = setting.partition("  #")[0].partition(": ")
    name = key.rpartition(":")[2]
    return f"    {key}:\n      description: The {name} of {cloud} to deploy into\n      default: {value}\n"


_PROJECT: Final = """\
name: ${{PROJECT}}
description: ${{DESCRIPTION}}
runtime: python
stackConfigDir: stacks
template:
  displayName: Exchange firewall on {title}
  description: Firewall rules of an Exchange organization on {title}, from one declared file
  config:
{settings}"""

_PROGRAM: Final = '''\
"""The program that `pulumi up` runs: the firewall that the stack's file declares."""

import pulumi

from exchange_ports.component import ExchangeFirewall

firewall = ExchangeFirewall.from_config("exchange", pulumi.Config("exchange-ports"))

pulumi.export("servers", firewall.servers)
pulumi.export("groups", firewall.groups)
pulumi.export("zones", firewall.zones)
'''


def _word(name: str) -> str:
    """A name as YAML reads it back: in quotes where it could be a number, a date or a truth value."""
    plain = name[:1].isalpha() and name.lower() not in _YAML_WORDS
    return name if plain else f'"{name}"'


#: What some reader of YAML takes for something else than text.
_YAML_WORDS: Final = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))


def _address(zone: IPv4Network, offset: int) -> IPv4Address:
    if offset >= zone.num_addresses - 1:
        raise NoRoom(
            f"{zone} has {zone.num_addresses} addresses, and more than {offset} are required"
        )
    return zone[offset]


_ROLES: Final = "roles: [client_access, mailbox], "


def _sites(answers: Answers) -> list[str]:
    lines = ["    sites:"]
    number = 0
    for at, site in enumerate(answers.sites):
        first = _FIRST + at * _PER_SITE
        lines += [f"      {_word(site)}:", "        network: corp", "        servers:"]
        for server in range(1, answers.servers + 1):
            number += 1
            address = _address(answers.internal, first + server)
            # From 2016 on every server has all roles.
            roles = _ROLES if answers.exchange_version == Version.EXCHANGE_2013 else ""
            lines.append(f"          ex{number}: {{{roles}address: {address}}}  # TODO")
        controller = _address(answers.internal, first)
        lines.append(f"        domain_controllers: {{addresses: [{controller}]}}  # TODO")
    return [*lines, ""]


def _edge_servers(answers: Answers) -> list[str]:
    if not answers.edge:
        return []
    lines = ["    edge_servers:"]
    for number in range(1, answers.edge + 1):
        address = _address(answers.perimeter, _FIRST + number)
        fields = f"network: corp, address: {address}, subscribed_site: {_word(answers.sites[0])}"
        if answers.edge_version != answers.exchange_version:
            fields += f", version: {answers.edge_version}"
        lines.append(f"      edge{number}: {{{fields}}}  # TODO")
    return [*lines, ""]


def _clients(answers: Answers) -> list[str]:
    if not answers.clients:
        return ["    clients:", "      internet: {services: [https]}", ""]
    ranges = ", ".join(map(str, answers.clients))
    return ["    clients:", f"      office: {{from: [{ranges}], services: [https]}}", ""]


def _mail(answers: Answers) -> list[str]:
    host, port_25 = answers.smart_host, answers.cloud.facts.port_25
    if host is None and port_25 is not None and port_25.direct:
        # Documentation space: no host answers there until the line is replaced.
        host = IPv4Address("203.0.113.25")
    hop = "internet" if host is None else f"[{{address: {host}}}]"
    todo = (
        "" if answers.smart_host == host else "  # TODO the smart host: this cloud blocks port 25"
    )
    through = "edge" if answers.edge else "mailbox"
    source = "internet" if answers.smart_host is None else f"[{answers.smart_host}]"
    inbound = [f"      inbound: {{from: {source}}}"]
    if answers.smart_host is None and answers.edge:
        # Edge Transport servers accept mail from the Internet anyway.
        inbound = []
    outbound = f"      outbound: {{through: {through}, next_hop: {hop}}}{todo}"
    return ["    mail_flow:", *inbound, outbound, ""]


def _rest(answers: Answers) -> list[str]:
    admin = f"from: {answers.administration}"
    ports = "ports: [3389/tcp, 5985-5986/tcp], reason: administration"
    lines = [
        f"    name_servers: {{internal: domain_controllers{', edge: cloud_resolver' * bool(answers.edge)}}}",
        "",
    ]
    if answers.edge:
        lines += [
            "    sender_reputation: disabled  # TODO or the proxy that Edge servers use to detect open proxies",
            "",
        ]
    lines += [
        "    # All traffic that is not declared is blocked: administration, updates, backup, monitoring.",
        "    additional_flows:",
        f"      - {{{admin}, to: exchange, {ports}}}",
    ]
    if answers.edge:
        risk = "accept_risk: true"
        lines.append(f"      - {{{admin}, to: edge, {ports}, {risk}}}  # into the perimeter")
    return [
        *lines,
        "      # TODO updates, backup and monitoring, such as:",
        "      # - {from: exchange, to: 10.20.7.40, ports: [8530-8531/tcp], reason: Windows updates from WSUS}",
    ]
