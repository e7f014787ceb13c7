"""Our firewall alone, with the name, parent and alias that settings say: its servers are in another stack."""

import pulumi

from exchange_ports.component import ExchangeFirewall

said = pulumi.Config("test")
above, formerly = said.get("parent"), said.get("formerly")

firewall = ExchangeFirewall.from_config(
    said.get("component") or "exchange",
    pulumi.Config("exchange-ports"),
    pulumi.ResourceOptions(
        parent=None if above is None else pulumi.ComponentResource("test:index:Parent", above),
        aliases=None if formerly is None else [pulumi.Alias(name=formerly)],
    ),
)

pulumi.export("servers", firewall.servers)
