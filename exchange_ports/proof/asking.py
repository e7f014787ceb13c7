"""Whether one packet passes, and who decides at each end: the question that is asked at 3 a.m."""

from dataclasses import dataclass
from itertools import product
from typing import Final

from exchange_ports.flows import INTERNET, Outside, Reason
from exchange_ports.plans import Plans
from exchange_ports.proof.clouds import Way
from exchange_ports.proof.scene import Scene, Server, carried
from exchange_ports.proof.words import Say, Words, own_address
from exchange_ports.traffic.address_set import AddressSet
from exchange_ports.traffic.addresses import EVERYTHING_V4, EVERYTHING_V6, Address, network
from exchange_ports.traffic.ports import Ports
from exchange_ports.traffic.service_set import ServiceSet

__all__ = ["Asked", "Verdict", "ask"]

#: Addresses that stand for anyone on the Internet: documentation space (RFC 5737, RFC 3849), of which
#: one is taken that nothing declares.
_ANYONE: Final = AddressSet.of(
    map(network, ("198.51.100.0/24", "203.0.113.0/24", "192.0.2.0/24", "2001:db8:ffff::/48"))
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One end of the question: a server by name, an address, or the Internet where both are none."""

    server: str | None = None
    address: Address | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether all that was asked passes; one packet that shows it, and what each end says."""

    passes: bool
    packet: str
    out: Say
    into: Say

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why it passes: the reasons of the rules that let it, each once."""
        rules = (*self.out.rules, *self.into.rules)
        return tuple(dict.fromkeys(reason for rule in rules for reason in rule.reasons))


def ask(plans: Plans, source: Asked, destination: Asked, ports: Ports) -> Verdict:
    """Whether everything that `ports` names passes from one end to the other, at every address.

    :raises ValueError: there is no such packet.
    """
    scene = Scene(plans)
    words = Words(scene)
    ends = (_addresses(scene, source), _addresses(scene, destination))
    pairs = [(a, b) for a, b in product(*ends) if a.version == b.version]
    if not pairs:
        raise ValueError("one has IPv4 addresses only, the other IPv6 addresses only")
    pairs = [(a, b) for a, b in pairs if a != b and not _is_itself(scene, a, b)]
    if not pairs:
        raise ValueError("what a server says to itself reaches no filter")
    verdicts = [_verdict(scene, words, a, b, ports) for a, b in pairs]
    # One address that is cut off is an answer: so the first that does not pass.
    return next((verdict for verdict in verdicts if not verdict.passes), verdicts[0])


def _is_itself(scene: Scene, one: Address, other: Address) -> bool:
    server = scene.server_at(one)
    return server is not None and server is scene.server_at(other)


def _addresses(scene: Scene, end: Asked) -> tuple[Address, ...]:
    if end.server is not None:
        return scene.servers[end.server].addresses
    return _strangers(scene) if end.address is None else (end.address,)


def _strangers(scene: Scene) -> tuple[Address, ...]:
    """Someone on the Internet whom nothing declares; of IPv6 only where a zone has it."""
    free, families = _ANYONE, {4}
    for place in scene.places:
        families |= {range_.version for range_ in scene.space(place).prefixes()}
    for flow in scene.plans.flows:
        for end in (flow.source, flow.destination):
            if isinstance(end, Outside) and end.name not in (INTERNET, "anywhere"):
                free -= scene.end(end)
    found: list[Address] = []
    for version, whole in ((4, EVERYTHING_V4), (6, EVERYTHING_V6)):
        family = AddressSet.of([whole])
        if version in families:
            found.append(((free & family) or (_ANYONE & family)).witness())
    return tuple(found)


def _verdict(
    scene: Scene, words: Words, source: Address, destination: Address, ports: Ports
) -> Verdict:
    (services,) = (
        some
        for addresses, some in carried(AddressSet.between(destination, destination), ports)
        if addresses
    )
    ends = (scene.server_at(source), scene.server_at(destination))
    missing = services - _let(scene, ends[0], "out", destination)
    missing = missing or services - _let(scene, ends[1], "in", source)
    shown = (missing or services).witness()
    out = words.says(ends[0], "out", destination, shown)
    into = words.says(ends[1], "in", source, shown)
    ours = out.passes is not None or into.passes is not None
    packet = words.packet(words.name(source), words.name(destination), shown)
    return Verdict(ours and not missing, packet, out, into)


def _let(scene: Scene, server: Server | None, way: Way, peer: Address) -> ServiceSet:
    """What one end lets through; of an end that is not ours nothing is claimed."""
    if server is None or not server.managed:
        return ServiceSet.everything()
    return scene.permitted(server, way, own_address(server, peer)).at(peer)
