"""Addresses, protocols and ports as values that can be compared as sets."""

from exchange_ports.traffic.addresses import Network
from exchange_ports.traffic.ports import ANY_PORTS, PortRange, Ports, Protocol, tcp, udp

__all__ = ["ANY_PORTS", "Network", "PortRange", "Ports", "Protocol", "tcp", "udp"]
