"""Traffic: which services pass to or from which addresses.

One end is given, a server and a direction; the other end is an address. Knows no rule, no cloud and
no topology: what they let through is brought into this form and compared.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, Self

from exchange_ports.traffic.addresses import Address, AddressSet, place_of
from exchange_ports.traffic.services import ServicePoint, ServiceSet
from exchange_ports.traffic.spans import canonical, difference, intersection, union
from exchange_ports.traffic.steps import (
    Steps,
    below,
    combined,
    disjoint_boxes,
    swept,
    swept_twice,
    value_at,
    widest_boxes,
    within,
)


class Packet(NamedTuple):
    """One packet: the address at its other end, and what it is of."""

    address: Address
    service: ServicePoint

    def __str__(self) -> str:
        return f"{self.address} {self.service}"


class Box(NamedTuple):
    """Every one of `services` with every one of `addresses`."""

    addresses: AddressSet
    services: ServiceSet

    def __str__(self) -> str:
        return f"{self.addresses}: {self.services}"


@dataclass(frozen=True, slots=True, repr=False)
class Traffic:
    """Any packets, as the services that pass at each address.

    `steps` is the form of `_steps`, one for each traffic: addresses at their places on the line of
    `AddressSet`, services on that of `ServiceSet`. The constructor takes what is in that form.

    >>> from exchange_ports.traffic.addresses import network
    >>> from exchange_ports.traffic.ports import ANY_PORTS, tcp
    >>> anyone, inside = (AddressSet.of([network(n)]) for n in ("0.0.0.0/0", "10.20.0.0/20"))
    >>> https, all_services = (ServiceSet.of(ports, 4) for ports in (tcp(443), ANY_PORTS))
    >>> print(Traffic.of([(anyone, https), (inside, all_services)]))
    0.0.0.0/0: 443/tcp
    10.20.0.0/20: everything
    """

    steps: Steps = ()

    @classmethod
    def of(cls, pairs: Iterable[tuple[AddressSet, ServiceSet]]) -> Self:
        """All that the pairs name, each every one of its services with every one of its addresses."""
        return cls(swept((addresses.spans, services.spans) for addresses, services in pairs))

    @classmethod
    def twice(cls, pairs: Iterable[tuple[AddressSet, ServiceSet]]) -> Self:
        """All that two or more of the pairs name."""
        return cls(swept_twice((addresses.spans, services.spans) for addresses, services in pairs))

    @classmethod
    def everything(cls) -> Self:
        """Every service with every address of both families."""
        return cls(tuple((a, b, ServiceSet.UNIVERSE) for a, b in AddressSet.UNIVERSE))

    def __or__(self, other: Self) -> Self:
        if type(other) is not type(self):
            return NotImplemented
        if not (self.steps and other.steps):
            return self if self.steps else other
        return type(self)(combined(self.steps, other.steps, union))

    def __and__(self, other: Self) -> Self:
        if type(other) is not type(self):
            return NotImplemented
        if not (self.steps and other.steps):
            return other if self.steps else self
        return type(self)(combined(self.steps, other.steps, intersection))

    def __sub__(self, other: Self) -> Self:
        if type(other) is not type(self):
            return NotImplemented
        if not (self.steps and other.steps):
            return self
        return type(self)(combined(self.steps, other.steps, difference))

    def __invert__(self) -> Self:
        return self.everything() - self

    def __le__(self, other: Self) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return below(self.steps, other.steps)

    def __contains__(self, member: Packet) -> bool:
        return member.service in self.at(member.address)

    def __bool__(self) -> bool:
        return bool(self.steps)

    def at(self, address: Address) -> ServiceSet:
        """The services that pass at one address."""
        return ServiceSet(value_at(self.steps, place_of(address)))

    def within(self, addresses: AddressSet) -> Self:
        """What passes at some addresses alone; quick where they are few."""
        return type(self)(within(self.steps, addresses.spans))

    def addresses(self) -> AddressSet:
        """The addresses at which anything passes."""
        return AddressSet(canonical((first, last) for first, last, _ in self.steps))

    def services(self) -> ServiceSet:
        """The services that pass anywhere."""
        return ServiceSet(canonical(span for _, _, services in self.steps for span in services))

    def example(self) -> Packet:
        """The address that a reader recognises first, with what he recognises of its services.

        :raises ValueError: nothing passes.
        """
        address = self.addresses().example()
        return Packet(address, self.at(address).example())

    def groups(self) -> tuple[Box, ...]:
        """Disjoint boxes: for each set of services the addresses at which just that set passes."""
        return tuple(
            Box(AddressSet(addresses), ServiceSet(services))
            for services, addresses in disjoint_boxes(self.steps).items()
        )

    def boxes(self) -> tuple[Box, ...]:
        """Boxes that are as wide as they can be: what one would declare.

        They may overlap, and together are this traffic. Each has the addresses at which all of its
        services pass, and the services that pass at all of its addresses, so no two make one box;
        and none could be left out.
        """
        return tuple(
            Box(AddressSet(addresses), ServiceSet(services))
            for addresses, services in widest_boxes(self.steps)
        )

    def __str__(self) -> str:
        return "\n".join(map(str, self.boxes())) or "nothing"

    def __repr__(self) -> str:
        return f"<Traffic {'; '.join(map(str, self.groups())) or 'nothing'}>"
