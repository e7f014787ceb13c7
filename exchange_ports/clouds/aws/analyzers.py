"""Questions in the form of AWS's analyzers.

A scope is one of Network Access Analyzer: its findings are paths that match and are not excluded, so no finding
is the right answer. A path is one of Reachability Analyzer, which takes network interfaces and answers for one
protocol and port, TCP or UDP. Both judge security groups, network ACLs and routes. An analysis costs money.
https://docs.aws.amazon.com/vpc/latest/network-access-analyzer/working-with-vaa.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNetworkInsightsPath.html
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from shlex import quote
from typing import Any, Final

from exchange_ports.clouds.asking import Allowed, Asked, Path, Query, Scope, ScopeKind, ipv4
from exchange_ports.topology.inventory import ExchangeServer
from exchange_ports.traffic.addresses import Network
from exchange_ports.traffic.ports import Ports, Protocol

_GATEWAY: Final = {"ResourceStatement": {"ResourceTypes": ["AWS::EC2::InternetGateway"]}}
#: What a path of every protocol is asked with: it passes like each of them.
_ASKABLE: Final = {Protocol.TCP: "tcp", Protocol.UDP: "udp", Protocol.ANY: "tcp"}
_LEFT_OUT: Final = "the analyzer knows TCP and UDP only"


def queries(asked: Asked, ids: Mapping[str, Any]) -> tuple[tuple[Query, ...], tuple[str, ...]]:
    """The questions, and what the service cannot be asked.

    :param ids: the network's cloud ids as in the stack file; `vpc_id` narrows the questions to the VPC.
    """
    vpc = ids.get("vpc_id")
    found = [_scope(each, vpc if isinstance(vpc, str) else "") for each in asked.scopes]
    left_out = list(asked.left_out)
    for each in asked.paths:
        if each.ports.protocol in _ASKABLE:
            found.append(_path(each))
        else:
            left_out.append(f"{each.summary}: {_LEFT_OUT}")
    return tuple(found), tuple(left_out)


def setup(asked: Asked, ids: Mapping[str, Any]) -> tuple[str, ...]:
    """The lines of a shell that must run before: the network interface of each server."""
    vpc = ids.get("vpc_id")
    here = f" Name=vpc-id,Values={quote(vpc)}" if isinstance(vpc, str) else ""
    servers = {each.source.name: each.source for each in asked.paths}
    servers |= {
        to.name: to for path in asked.paths if isinstance(to := path.destination, ExchangeServer)
    }
    return tuple(
        f"{_variable(name)}=$(aws ec2 describe-network-interfaces"
        f" --filters Name=addresses.private-ip-address,Values={ipv4(server)[0].network_address}"
        f"{here if server.network == asked.network else ''}"
        " --query 'NetworkInterfaces[0].NetworkInterfaceId' --output text)"
        for name, server in sorted(servers.items())
    )


def _scope(scope: Scope, vpc: str) -> Query:
    source = (
        _GATEWAY
        if scope.kind is ScopeKind.INTERNET
        else {"PacketHeaderStatement": _header(sources=_all(map(ipv4, scope.sources)))}
    )
    there: dict[str, object] = {"PacketHeaderStatement": _header(destinations=scope.destinations)}
    if vpc:
        there["ResourceStatement"] = {"Resources": [vpc]}
    request: dict[str, object] = {"MatchPaths": [{"Source": source, "Destination": there}]}
    excluded = [path for each in scope.allowed for path in _excluded(each)]
    if excluded:
        request["ExcludePaths"] = excluded
    options = " ".join(
        f"--{option} {quote(json.dumps(request[key], separators=(',', ':')))}"
        for option, key in (("match-paths", "MatchPaths"), ("exclude-paths", "ExcludePaths"))
        if key in request
    )
    return Query(
        scope.summary,
        "no findings",
        "CreateNetworkInsightsAccessScope",
        request,
        (
            f"scope=$(aws ec2 create-network-insights-access-scope {options}"
            " --query NetworkInsightsAccessScope.NetworkInsightsAccessScopeId --output text)",
            "aws ec2 start-network-insights-access-scope-analysis"
            ' --network-insights-access-scope-id "$scope"',
        ),
    )


def _excluded(allowed: Allowed) -> Iterator[dict[str, object]]:
    for protocols, ports in _named(allowed.ports):
        there = _header(destinations=allowed.destinations, ports=ports, protocols=protocols)
        path: dict[str, object] = {"Destination": {"PacketHeaderStatement": there}}
        if allowed.sources is not None:
            path["Source"] = {"PacketHeaderStatement": _header(sources=allowed.sources)}
        yield path


def _named(ports: Ports) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """The protocols and ports of a header statement; nothing is everything."""
    if ports.protocol is Protocol.ANY:
        yield (), ()
    elif ports.protocol.has_ports:
        yield (ports.protocol.value,), tuple(map(str, ports.ranges))


def _header(
    *,
    sources: Iterable[Network] = (),
    destinations: Iterable[Network] = (),
    ports: Iterable[str] = (),
    protocols: Iterable[str] = (),
) -> dict[str, list[str]]:
    every = {
        "SourceAddresses": [*map(str, sources)],
        "DestinationAddresses": [*map(str, destinations)],
        "DestinationPorts": [*ports],
        "Protocols": [*protocols],
    }
    return {key: values for key, values in every.items() if values}


def _path(path: Path) -> Query:
    protocol = _ASKABLE[path.ports.protocol]
    request: dict[str, object] = {"Source": f"${_variable(path.source.name)}", "Protocol": protocol}
    to = path.destination
    if isinstance(to, ExchangeServer):
        request["Destination"] = f"${_variable(to.name)}"
    else:
        request["DestinationIp"] = str(to)
    if path.ports.ranges:
        request["DestinationPort"] = path.ports.ranges[0].first
    options = {
        "--source": "Source",
        "--destination": "Destination",
        "--destination-ip": "DestinationIp",
        "--protocol": "Protocol",
        "--destination-port": "DestinationPort",
    }
    written = " ".join(
        f'{option} "{request[key]}"'
        if option in ("--source", "--destination")
        else f"{option} {request[key]}"
        for option, key in options.items()
        if key in request
    )
    reasons = "; ".join(each.summary for each in path.reasons)
    return Query(
        f"{path.summary}: {reasons}",
        "reachable",
        "CreateNetworkInsightsPath",
        request,
        (
            f"path=$(aws ec2 create-network-insights-path {written}"
            " --query NetworkInsightsPath.NetworkInsightsPathId --output text)",
            'aws ec2 start-network-insights-analysis --network-insights-path-id "$path"',
        ),
    )


def _variable(server: str) -> str:
    """The shell variable that holds a server's network interface: another one for each name."""
    return "interface_" + server.replace("_", "__").replace("-", "_h")


def _all(several: Iterable[Iterable[Network]]) -> tuple[Network, ...]:
    return tuple(each for one in several for each in one)
