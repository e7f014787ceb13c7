"""Flow logs made from connections, in every format that is read."""

import gzip
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from exchange_ports.planning import Plans
from exchange_ports.proof.network_model import NetworkModel
from exchange_ports.topology.groups import Group
from exchange_ports.traffic.addresses import Address, AddressSet, address_at

#: 2026-10-14, a Wednesday.
BEGIN: Final = 1_792_000_000
NUMBERS: Final = {"tcp": 6, "udp": 17, "icmp": 1, "icmpv6": 58, "esp": 50, "ah": 51}


class Made(NamedTuple):
    """A connection that was opened by `client`."""

    client: str
    server: str
    protocol: int
    port: int
    client_port: int = 51000
    refused: bool = False


def of_flows(plans: Plans) -> Iterator[Made]:
    """A connection or several of each flow that can be used, between addresses that are declared."""
    model = plans.once(NetworkModel)
    placed = {str(at): each for each in model.servers.values() for at in each.declared_addresses}
    servers = AddressSet.at(at for each in model.servers.values() for at in each.addresses)
    for flow in plans.usable_flows:
        ends: list[list[str]] = []
        for end in (flow.source, flow.destination):
            at = model.flows.end(end)
            if isinstance(end, Group):
                members = [
                    str(each)
                    for server in model.servers.values()
                    for each in server.addresses
                    if each in at
                ]
                ends.append([each for each in members if each in placed])
            else:
                ends.append(list(map(str, _some(at - servers or at))))
        lync = any("lync" in getattr(end, "name", "") for end in (flow.source, flow.destination))
        for client in ends[0][:2]:
            for server in ends[1][-2:]:
                if client == server or placed.get(client) is placed.get(server, "none"):
                    continue
                if (":" in client) != (":" in server):
                    continue
                for number, port in _points(flow.ports, client, lync=lync):
                    yield Made(client, server, number, port)


def _some(at: AddressSet) -> Iterator[Address]:
    """An address of each family, and the last one where there are few."""
    for family in AddressSet.UNIVERSE:
        here = at & AddressSet((family,))
        if here:
            yield here.example()
            if 1 < here.size < FEW:
                yield address_at(here.spans[-1][1])


FEW: Final = 8


def _points(ports: Any, client: str, *, lync: bool) -> Iterator[tuple[int, int]]:
    if ports.protocol.value == "any":
        first = ((6, 5060), (6, 5061)) if lync else ((6, 88), (6, 389))
        yield from (*first, (6, 49200), (17, 53), (1 if "." in client else 58, 0))
    elif ports.protocol.has_ports:
        for first, last in ports.ranges:
            yield NUMBERS[ports.protocol.value], first
            if last != first:
                yield NUMBERS[ports.protocol.value], last
    elif ports.protocol.value == "icmp":
        yield (1 if "." in client else 58), 0
    else:
        yield NUMBERS[ports.protocol.value], 0


# ---- AWS ----

V2: Final = (
    *(
        "version",
        "account-id",
        "interface-id",
        "srcaddr",
        "dstaddr",
        "srcport",
        "dstport",
        "protocol",
    ),
    *("packets", "bytes", "start", "end", "action", "log-status"),
)
V5: Final = (
    *(
        "log-status",
        "pkt-dstaddr",
        "pkt-srcaddr",
        "tcp-flags",
        "interface-id",
        "srcaddr",
        "dstaddr",
    ),
    *(
        "dstport",
        "srcport",
        "protocol",
        "packets",
        "bytes",
        "start",
        "end",
        "action",
        "flow-direction",
    ),
)


def aws_rows(made: Iterable[Made], *, both: bool = True) -> Iterator[dict[str, str]]:
    """The records of connections: at the interface of each end, in each direction."""
    for one in made:
        tcp, ported = one.protocol == 6, one.protocol in (6, 17)
        for at in (one.client, one.server) if both else (one.server,):
            for reply in (False, True)[: 1 if one.refused else 2]:
                ends = (one.server, one.client) if reply else (one.client, one.server)
                ports = (one.port, one.client_port) if reply else (one.client_port, one.port)
                ports = ports if ported else (0, 0)
                yield {
                    "version": "5",
                    "account-id": "123456789010",
                    "interface-id": f"eni-{at.replace('.', '').replace(':', '')}",
                    **{
                        "srcaddr": ends[0],
                        "dstaddr": ends[1],
                        "pkt-srcaddr": ends[0],
                        "pkt-dstaddr": ends[1],
                    },
                    **{
                        "srcport": str(ports[0]),
                        "dstport": str(ports[1]),
                        "protocol": str(one.protocol),
                    },
                    **{"packets": "4", "bytes": "600", "start": str(BEGIN), "end": str(BEGIN + 59)},
                    "action": "REJECT" if one.refused else "ACCEPT",
                    "log-status": "OK",
                    "tcp-flags": ("18" if reply else "2") if tcp else "0",
                    "flow-direction": "ingress" if at == ends[1] else "egress",
                }


def aws_text(rows: Iterable[Mapping[str, str]], fields: tuple[str, ...]) -> str:
    lines = (" ".join(row.get(name, "-") for name in fields) for row in rows)
    return "\n".join((" ".join(fields), *lines)) + "\n"


# ---- Azure ----


def vnet(made: Iterable[Made]) -> str:
    groups: dict[str, list[str]] = {}
    for one in made:
        ports = (one.client_port, one.port) if one.protocol in (6, 17) else (0, 0)
        head = f"{BEGIN}000,{one.client},{one.server},{ports[0]},{ports[1]},{one.protocol},I"
        state = "D,NX,0,0,0,0" if one.refused else "E,NX,3,767,2,1580"
        groups.setdefault(one.server, []).append(f"{head},{state}")
    records = [
        {
            **{
                "time": "2026-10-14T17:46:40Z",
                "flowLogVersion": 4,
                "macAddress": f"00224871{at:04X}",
            },
            "category": "FlowLogFlowEvent",
            "flowRecords": {
                "flows": [{"aclID": "x", "flowGroups": [{"rule": "r", "flowTuples": tuples}]}]
            },
        }
        for at, tuples in enumerate(groups.values())
    ]
    return json.dumps({"records": records})


def nsg(made: Iterable[Made]) -> str:
    tuples = [
        f"{BEGIN},{one.client},{one.server},{one.client_port},{one.port},{'T' if one.protocol == 6 else 'U'},I,"
        + ("D,B,,,," if one.refused else "A,C,1021,588096,8005,4610880")
        for one in made
        if one.protocol in (6, 17)
    ]
    flows = [{"rule": "UserRule_x", "flows": [{"mac": "000D3AF87856", "flowTuples": tuples}]}]
    record = {
        "category": "NetworkSecurityGroupFlowEvent",
        "properties": {"Version": 2, "flows": flows},
    }
    return json.dumps({"records": [record]}, indent=1)


def analytics(made: Iterable[Made]) -> str:
    rows: list[dict[str, object]] = []
    for one in made:
        if one.protocol not in (6, 17):
            continue
        public = one.client.startswith("198.51.")
        rows.append(
            {
                **{"SubType": "FlowLog", "FlowStatus": "Denied" if one.refused else "Allowed"},
                "SrcIp": "" if public else one.client,
                "SrcPublicIps": f"{one.client}|1|0|3|2|767|1580" if public else "",
                **{
                    "DestIp": one.server,
                    "DestPort": one.port,
                    "L4Protocol": "T" if one.protocol == 6 else "U",
                },
                **{
                    "FlowStartTime": "2026-10-14T17:46:40Z",
                    "FlowEndTime": "2026-10-14T17:47:40.0000000Z",
                },
                **{
                    "BytesSrcToDest": 767,
                    "BytesDestToSrc": 1580,
                    "MacAddress": "00-22-48-71-00-01",
                },
            }
        )
    return json.dumps(rows)


def neutral(made: Iterable[Made]) -> str:
    lines = [
        f'"{one.client}","{one.server}","{one.port}",{one.protocol},'
        f"{'REJECT' if one.refused else 'ACCEPT'},1200,2,{BEGIN},{BEGIN + 59},{str(one.protocol == 6).lower()}"
        for one in made
    ]
    head = "client,server,port,protocol,action,bytes,records,first_seen,last_seen,handshake"
    return "\n".join((head, *lines)) + "\n"


#: Every format, with whether it says who opened a connection.
FORMATS: Final[Mapping[str, tuple[Callable[[Iterable[Made]], str], bool]]] = {
    "AWS version 5": (lambda made: aws_text(aws_rows(made), V5), True),
    "AWS version 2": (lambda made: aws_text(aws_rows(made), V2), False),
    "AWS without a header": (lambda made: aws_text(_v2(made), V2).partition("\n")[2], False),
    "VNet": (vnet, True),
    "NSG": (nsg, True),
    "Traffic Analytics": (analytics, True),
    "neutral": (neutral, True),
}


def _v2(made: Iterable[Made]) -> Iterator[dict[str, str]]:
    return ({**row, "version": "2"} for row in aws_rows(made))


def written(
    folder: Path, text: str | bytes, name: str = "flows.log", *, packed: bool = False
) -> str:
    path = folder / name
    content = text.encode() if isinstance(text, str) else text
    path.write_bytes(gzip.compress(content) if packed else content)
    return str(path)
