"""`check`: whether something passes, and who decides at each end."""

import argparse
from collections.abc import Mapping
from ipaddress import ip_interface
from typing import Final

from pydantic_core import PydanticCustomError

from exchange_ports.cli.console import doing
from exchange_ports.cli.exit_codes import FINE, NO
from exchange_ports.cli.stacks import compiled, read
from exchange_ports.findings import Refused, nearest
from exchange_ports.findings.command_kinds import NO_PACKET, UNKNOWN_END
from exchange_ports.findings.topology_kinds import BY_CODE
from exchange_ports.flows.labels import EndpointNames
from exchange_ports.planning import Plans, compile_plans
from exchange_ports.proof.cross_cloud import swapped
from exchange_ports.proof.reachability import Answer, QueryEndpoint, query
from exchange_ports.reports.check_report import check_report
from exchange_ports.reports.writers import publish
from exchange_ports.topology.fields import read_ports
from exchange_ports.topology.models import Platform
from exchange_ports.traffic.ports import Ports

__all__ = ["check", "the_ports"]

#: A port without a protocol is one of TCP: so is every port of the tables but name resolution's.
_PLAIN: Final = "tcp"


def check(asked: argparse.Namespace) -> int:
    """Whether something passes, and who decides."""
    plans, _ = compiled(read(asked.file))
    ends = EndpointNames(plans)
    source, destination = (the_end(end, ends) for end in (asked.source, asked.destination))
    ports = the_ports(asked.ports)
    answers: dict[str, Answer] = {}
    for name, those in _clouds(plans, asked.platform).items():
        try:
            with doing("asking the rules"):
                answers[name] = query(those, source, destination, ports)
        except ValueError as none:
            named = {"source": asked.source, "destination": asked.destination}
            raise Refused([NO_PACKET.at((), why=none, **named)]) from None
    said = ", ".join(map(str, ports))
    question = {"source": asked.source, "destination": asked.destination, "ports": said}
    document = check_report(source.summary, destination.summary, question, answers)
    publish(document, "json" if asked.json else "text")
    return FINE if all(answer.passes for answer in answers.values()) else NO


def _clouds(plans: Plans, platform: str | None) -> Mapping[str, Plans]:
    """The plans as they are declared, or those of the same topology on the cloud that is asked for.

    :raises Refused: that cloud's limits do not take it.
    """
    if platform is None:
        return {"declared": plans}
    clouds = (Platform.AWS, Platform.AZURE) if platform == "both" else (Platform(platform),)
    others = {cloud: swapped(plans.topology, cloud) for cloud in clouds}
    return {
        cloud.value: plans if other is plans.topology else compile_plans(other)
        for cloud, other in others.items()
    }


def the_ports(text: str) -> tuple[Ports, ...]:
    """Ports as they are written in a stack file, several with commas between; without a protocol, TCP.

    :raises Refused: they are none.
    """
    found: list[Ports] = []
    for each in text.split(","):
        whole = f"{each}/{_PLAIN}" if each and each.replace("-", "").isdecimal() else each
        try:
            found.append(read_ports(whole))
        except PydanticCustomError as wrong:
            finding = BY_CODE[wrong.type].at((), **(wrong.context or {}))
            raise Refused([finding]) from None
    return tuple(found)


def the_end(text: str, ends: EndpointNames) -> QueryEndpoint:
    """An end of a question.

    :raises Refused: nobody is called so, and it is no address or range.
    """
    try:
        return ends.find(text)
    except ValueError:
        pass
    try:
        meant = str(ip_interface(text).network)
    except ValueError:
        meant = None
    if meant is not None and "%" not in text:
        raise Refused([BY_CODE["host-bits"].at((), range=text, meant=meant)]) from None
    likely = nearest(text, ends.named)
    known = f"these are known: {', '.join(ends.named)}"
    fix = f"write {likely}" if likely else "name one of them, an address or a range"
    raise Refused([UNKNOWN_END.at((), end=text, known=known, fix=fix)]) from None
