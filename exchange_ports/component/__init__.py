"""The Pulumi component, its arguments, and the exceptions with which it stops a program."""

from exchange_ports.component.arguments import (
    AwsNetworkArgs,
    AzureNetworkArgs,
    ExchangeFirewallArgs,
    NetworkArgs,
)
from exchange_ports.component.errors import AddressMismatch, NotProved, TopologyError, UnknownName
from exchange_ports.component.firewall import TYPE, ExchangeFirewall
from exchange_ports.component.outputs import HandoverEnd, HandoverEntry

__all__ = [
    "TYPE",
    "AddressMismatch",
    "AwsNetworkArgs",
    "AzureNetworkArgs",
    "ExchangeFirewall",
    "ExchangeFirewallArgs",
    "HandoverEnd",
    "HandoverEntry",
    "NetworkArgs",
    "NotProved",
    "TopologyError",
    "UnknownName",
]
