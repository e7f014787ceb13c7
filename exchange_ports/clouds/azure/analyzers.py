"""Questions in the form of Azure's network verifier: reachability analysis intents of a verifier workspace.

An intent is about two virtual machines. It judges network security groups, security admin rules, peering and
routes, and its run answers with the packets that arrive: all, some, or none. The Internet is no virtual
machine, and how an intent names it is not documented, so nothing is asked of it.
https://learn.microsoft.com/azure/virtual-network-manager/concept-virtual-network-verifier
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from shlex import quote
from typing import Any, Final

from exchange_ports.clouds.asking import Asked, Path, Query, Scope, ScopeKind, ipv4
from exchange_ports.topology.inventory import ExchangeServer
from exchange_ports.traffic.addresses import AddressSet
from exchange_ports.traffic.ports import HIGHEST_PORT, PortRange, Ports, Protocol
from exchange_ports.traffic.spans import canonical
from exchange_ports.traffic.spans import difference as spans_without

#: As `NetworkProtocol` of the service has them.
_PROTOCOLS: Final = {
    Protocol.ANY: "Any",
    Protocol.TCP: "TCP",
    Protocol.UDP: "UDP",
    Protocol.ICMP: "ICMP",
}
_EVERY_PORT: Final = "*"
_ALL_ARRIVE: Final = "AllPacketsReached"
_NONE_ARRIVES: Final = "NoPacketsReached"


def queries(asked: Asked, _ids: Mapping[str, Any]) -> tuple[tuple[Query, ...], tuple[str, ...]]:
    """The questions, and what the service cannot be asked."""
    found: list[Query] = []
    left_out = list(asked.left_out)
    for scope in asked.scopes:
        if scope.kind is ScopeKind.INTERNET:
            left_out.append(f"{scope.summary[:-1]}: an intent needs a virtual machine at both ends")
        else:
            found += _nothing_else(scope)
    for path in asked.paths:
        if not isinstance(path.destination, ExchangeServer):
            left_out.append(
                f"{path.summary}: its destination is no virtual machine of the topology"
            )
        elif path.ports.protocol not in _PROTOCOLS:
            left_out.append(f"{path.summary}: the verifier does not know this protocol")
        else:
            found.append(_path(path, path.destination))
    return tuple(found), tuple(left_out)


def setup(asked: Asked, _ids: Mapping[str, Any]) -> tuple[str, ...]:
    """The lines of a shell that must run before: the verifier's workspace, and each virtual machine."""
    servers = {each.source.name: each.source for each in asked.paths}
    servers |= {
        to.name: to for path in asked.paths if isinstance(to := path.destination, ExchangeServer)
    }
    for scope in asked.scopes:
        servers |= {each.name: each for each in (*scope.sources, *scope.servers)}
    return (
        'verifier="--network-manager-name NAME --workspace-name NAME --resource-group NAME"',
        *(
            f"{_variable(name)}=$(az network nic list --query"
            f" \"[?ipConfigurations[?privateIPAddress=='{ipv4(server)[0].network_address}']]"
            '.virtualMachine.id | [0]" --output tsv)'
            for name, server in sorted(servers.items())
        ),
    )


def _path(path: Path, to: ExchangeServer) -> Query:
    reasons = "; ".join(each.summary for each in path.reasons)
    return _intent(
        f"{path.summary}: {reasons}",
        _ALL_ARRIVE,
        (path.source, to),
        _PROTOCOLS[path.ports.protocol],
        [*map(str, path.ports.ranges)] or [_EVERY_PORT],
    )


def _nothing_else(scope: Scope) -> Iterator[Query]:
    """Of each pair of servers, the ports that no flow declares."""
    for source in scope.sources:
        for to in scope.servers:
            for protocol in (Protocol.TCP, Protocol.UDP):
                ports = _undeclared(scope, source, to, protocol)
                if ports:
                    yield _intent(
                        f"{source.name} to {to.name}: no undeclared {_PROTOCOLS[protocol]} port",
                        _NONE_ARRIVES,
                        (source, to),
                        _PROTOCOLS[protocol],
                        ports,
                    )


def _undeclared(
    scope: Scope, source: ExchangeServer, to: ExchangeServer, protocol: Protocol
) -> list[str]:
    ends = AddressSet.of(ipv4(source)), AddressSet.of(ipv4(to))
    declared = [
        (range_.first, range_.last)
        for each in scope.allowed
        if ends[0] & AddressSet.of(each.sources or ())
        and ends[1] & AddressSet.of(each.destinations)
        for range_ in _ranges(each.ports, protocol)
    ]
    left = spans_without(((0, HIGHEST_PORT),), canonical(declared))
    return [str(PortRange(*each)) for each in left]


def _ranges(ports: Ports, protocol: Protocol) -> tuple[PortRange, ...]:
    if ports.protocol is Protocol.ANY:
        return (PortRange(0, HIGHEST_PORT),)
    return ports.ranges if ports.protocol is protocol else ()


def _intent(
    summary: str,
    expected: str,
    ends: tuple[ExchangeServer, ExchangeServer],
    protocol: str,
    ports: Iterable[str],
) -> Query:
    source, to = ends
    traffic = {
        "sourceIps": [*map(str, ipv4(source))],
        "destinationIps": [*map(str, ipv4(to))],
        "sourcePorts": [_EVERY_PORT],
        "destinationPorts": [*ports],
        "protocols": [protocol],
    }
    properties = {
        "sourceResourceId": f"${_variable(source.name)}",
        "destinationResourceId": f"${_variable(to.name)}",
        "ipTraffic": traffic,
        "description": summary,
    }
    # At most 64 characters. The same question has the same name.
    asked = json.dumps([traffic, expected, *(each.name for each in ends)])
    name = (
        f"{source.name[:20]}-to-{to.name[:20]}-{blake2b(asked.encode(), digest_size=4).hexdigest()}"
    )
    written = quote(json.dumps(_shorthand(traffic), separators=(",", ":")))
    return Query(
        summary,
        expected,
        "ReachabilityAnalysisIntents_Create",
        {"properties": properties},
        (
            "intent=$(az network manager verifier-workspace reachability-analysis-intent create $verifier"
            f' --name {name} --source-resource-id "${_variable(source.name)}"'
            f' --destination-resource-id "${_variable(to.name)}" --ip-traffic {written}'
            " --query id --output tsv)",
            "az network manager verifier-workspace reachability-analysis-run create $verifier"
            f' --name {name} --intent-id "$intent"',
        ),
    )


def _shorthand(traffic: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """The keys of the CLI's own JSON."""
    words = {
        "sourceIps": "source-ips",
        "destinationIps": "destination-ips",
        "sourcePorts": "source-ports",
        "destinationPorts": "destination-ports",
        "protocols": "protocols",
    }
    return {words[key]: values for key, values in traffic.items()}


def _variable(server: str) -> str:
    """The shell variable that holds a server's virtual machine: another one for each name."""
    return "machine_" + server.replace("_", "__").replace("-", "_h")
