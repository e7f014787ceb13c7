"""Our firewall alone, with the name, parent and alias that settings say: its servers are in another stack."""

import pulumi

from exchange_ports.component import ExchangeFirewall

reported = pulumi.Config("test")
above, formerly = reported.get("parent"), reported.get("formerly")

firewall = ExchangeFirewall.from_config(
    reported.get("component") or "exchange",
    pulumi.Config("exchange-ports"),
    pulumi.ResourceOptions(
        parent=None if above is None else pulumi.ComponentResource("test:index:Parent", above),
        aliases=None if formerly is None else [pulumi.Alias(name=formerly)],
    ),
)

pulumi.export("servers", firewall.servers)
