"""The program that `pulumi up` runs: the firewall that the stack's file declares."""

import pulumi

from exchange_ports.component import ExchangeFirewall

firewall = ExchangeFirewall.from_config("exchange", pulumi.Config("exchange-ports"))

pulumi.export("servers", firewall.servers)
pulumi.export("groups", firewall.groups)
pulumi.export("zones", firewall.zones)
