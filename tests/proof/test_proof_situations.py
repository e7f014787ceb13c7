"""Every situation of docs/situations/ is proved, on both clouds, and `check` says what its tables say.

The tables are written from the published document, and the independent checker holds them against registrations;
here they check the semantics and the answers for one packet.
"""

import re
from ipaddress import ip_address
from typing import Final

import pytest

from exchange_ports.planning import Plans, compile_plans
from exchange_ports.proof import prove
from exchange_ports.proof.network_model import NetworkModel
from exchange_ports.proof.reachability import QueryEndpoint, query
from exchange_ports.topology.fields import read_ports
from exchange_ports.topology.validate import load_topology
from tests.support.recordings import Platform
from tests.support.situations import RUNS, SITUATIONS, page, topology
from tests.support.verdicts import SOURCE_ALONE, addresses

pytestmark = pytest.mark.slow

BOTH: Final = [pytest.param(one, run, id=f"{one} on {run}") for one in SITUATIONS for run in RUNS]


def plans_of(situation: str, run: Platform) -> Plans:
    return compile_plans(load_topology(topology(situation, run))[0])


@pytest.mark.parametrize("situation, run", BOTH)
def test_a_situation_is_proved(situation: str, run: Platform) -> None:
    proof = prove(plans_of(situation, run))
    assert proof.holds, "\n".join(map(str, proof.failures))
    # The Internet of IPv6 holds the zones, and where it is any address it holds the internal network: that is
    # named, and said of no other situation.
    assert bool(proof.notes) == (situation in ("ipv6", "internet-means"))


@pytest.mark.parametrize("situation, run", BOTH)
def test_check_says_what_the_tables_of_a_situation_say(situation: str, run: Platform) -> None:
    declared, plans = topology(situation, run), plans_of(situation, run)
    known = addresses(page(situation), declared)
    managed = {name for plan in plans.networks.values() for name in plan.memberships}

    declared_at = {a for server in NetworkModel(plans).servers.values() for a in server.addresses}

    def unknown(name: str) -> bool:
        """A second address of a server that only the page knows, as cas1-v6."""
        alias = re.sub(r"-(v6|2)$", "", name)
        return alias != name and alias in managed and ip_address(known[name]) not in declared_at

    def end(name: str) -> QueryEndpoint:
        if name in managed and name not in known:
            return QueryEndpoint.server(name)
        return QueryEndpoint.at(known.get(name, name))

    asked = 0
    for row in page(situation).rows:
        if run not in row.platforms or unknown(row.source) or unknown(row.destination):
            continue
        answer = query(plans, end(row.source), end(row.destination), [read_ports(row.port)])
        assert answer.passes == row.passes, f"{row}\n{answer}"
        for part in answer.parts:
            if answer.passes and row.catalog_id:
                assert row.catalog_id in {reason.entry for reason in part.reasons}, f"{row}\n{part}"
            if row.decided_by.startswith(SOURCE_ALONE):
                assert (part.out.passes, part.into.passes) == (False, True), f"{row}\n{part}"
        asked += 1
    assert asked >= 3
