"""How long 1,000 AWS rules take to compile, held against registering them offline.

The topology is large in what a real one is large in: sites, and places where clients are. No group
is over its limit.
"""

from collections.abc import Iterator
from typing import Any, Final

from bench.measure import Measured, interleaved
from exchange_ports.clouds.aws.rules import AwsRuleSet
from exchange_ports.planning import compile_plans
from exchange_ports.topology.validate import load_topology

__all__ = ["measure", "topology"]

RULES: Final = 1_000
_SITES: Final = 20
_PLACES: Final = 25
#: From the acceptance of the first release: the plan costs nothing beside what it plans.
_TARGET: Final = 0.05


def topology() -> dict[str, Any]:
    """Twenty sites whose clients come from 25 places, as plain data."""
    return {
        "organization": "bench",
        "networks": {"corp": {"platform": "aws", "internal": ["10.0.0.0/12"]}},
        "sites": {
            f"site{at}": {
                "network": "corp",
                "servers": {
                    f"ex{at}a": {
                        "roles": ["client_access", "mailbox"],
                        "address": f"10.0.{at}.11",
                    },
                    f"ex{at}b": {"roles": ["mailbox"], "address": f"10.0.{at}.12"},
                },
                "domain_controllers": {"addresses": [f"10.0.{at}.10"]},
            }
            for at in range(_SITES)
        },
        "clients": {f"place{at}": {"from": [f"10.{64 + at}.0.0/16"]} for at in range(_PLACES)},
        "mail_flow": {"outbound": {"through": "mailbox", "next_hop": [{"address": "10.0.99.25"}]}},
        "name_servers": {"internal": "domain_controllers"},
        "additional_flows": [
            {"from": "10.0.98.0/24", "to": "exchange", "ports": ["3389/tcp"], "reason": "bastion"}
        ],
    }


def measure(times: int = 5) -> Iterator[Measured]:
    """The compiler, and what comes before it, beside registration."""
    from exchange_ports.clouds.aws.resources import AwsNetwork
    from exchange_ports.offline import record

    data = topology()
    declared, _ = load_topology(data)
    plan = compile_plans(declared).networks["corp"]
    if not isinstance(plan, AwsRuleSet) or len(plan.rules) < RULES:
        raise AssertionError("the topology no longer gives as many AWS rules as are to be measured")
    network = plan

    def register() -> None:
        record(
            lambda: AwsNetwork("bench", network, vpc_id="vpc-1"),
            project="bench",
            stack="bench",
            config={},
        )

    register()  # loads the SDK
    compiling, reading, registering = interleaved(
        lambda: compile_plans(declared), lambda: load_topology(data), register, times=times
    )
    count = f"{len(plan.rules):,} AWS rules"
    against = f"registering {count} offline"
    yield Measured(f"compiling {count}", compiling, against, registering, _TARGET, share=True)
    yield Measured(
        "checking their topology and compiling them",
        reading + compiling,
        against,
        registering,
        share=True,
    )
