"""Any topology, right or wrong: plans or findings, never a traceback."""

import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from exchange_ports.findings import Refused, Severity
from exchange_ports.findings.topology_kinds import KINDS
from exchange_ports.planning import Plans, compile_plans
from tests.support.exchange_versions import MIXES, mix_of, version_of
from tests.support.planning import attempted
from tests.support.strategies import (
    FAULT_CODES,
    Data,
    declared,
    slightly_wrong,
    topologies,
)

pytestmark = pytest.mark.slow


@settings(
    # 5,000 in the full profile.
    max_examples=settings().max_examples * 5 // 2,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(st.data())
def test_a_topology_gives_plans_or_findings_and_never_a_traceback(draw: st.DataObject) -> None:
    data = draw.draw(topologies())
    if draw.draw(st.booleans()):
        data, _ = draw.draw(slightly_wrong(data))
    outcome = outcome_of(data)
    if isinstance(outcome, Plans):
        event("plans")
        assert outcome.flows
    else:
        event("findings")
        assert any(finding.is_error for finding in outcome.findings)
        assert str(outcome)


def outcome_of(data: Data) -> Plans | Refused:
    try:
        return compile_plans(declared(data))
    except Refused as refused:
        return refused


@given(st.data())
def test_one_thing_wrong_is_refused_by_its_own_code(draw: st.DataObject) -> None:
    broken, code = draw.draw(slightly_wrong(draw.draw(topologies())))
    with pytest.raises(Refused) as refused:
        declared(broken)
    assert code in {f.kind.code for f in refused.value.findings if f.is_error}


def test_every_code_of_a_wrong_declaration_has_a_topology_that_is_wrong_so() -> None:
    beside = {"missing-cloud-id", "group-bound-twice", "interface-bound-twice", "secret-topology"}
    beside |= {"phase-without-previous", "phase-not-offered", "other-organization"}
    # Of a program alone, and of files that are too large to be drawn.
    beside |= {"component-name-taken", "unresolved-output", "too-many-combinations"}
    beside |= {"network-of-other-cloud", "address-differs", "address-not-declared"}
    errors = {kind.code for kind in KINDS if kind.severity is Severity.ERROR}
    assert errors - beside == FAULT_CODES


def test_the_laws_are_about_topologies_that_differ() -> None:
    """The strategy reaches what the laws are for."""
    reached: set[str] = set()
    looked: set[str] = set()

    @settings(max_examples=300, phases=[Phase.generate], database=None, derandomize=True)
    @given(topologies())
    def look(data: Data) -> None:
        found = features(data)
        reached.update(what for what, is_there in found.items() if is_there)
        looked.update(found)

    look()
    assert reached == looked


def features(data: Data) -> dict[str, bool]:
    edges: list[Data] = [*data.get("edge_servers", {}).values()]
    networks: list[Data] = [*data["networks"].values()]
    flow: Data = data.get("mail_flow", {})
    connectors = flow.get("outbound")
    names: Data = data["name_servers"]
    sites: list[Data] = [*data["sites"].values()]
    across = {
        data["sites"][edge.get("subscribed_site") or edge["manual_connectors_site"]]["network"]
        != edge["network"]
        for edge in edges
    }
    return {
        "retired groups": any("retired_groups" in each for each in networks),
        "three Edge servers": len(edges) == 3,
        "no Edge server": not edges,
        **{
            f"Edge: {field}": any(field in edge for edge in edges)
            for field in (
                *(
                    "edgesync_except",
                    "edgesync_port",
                    "manual_connectors_site",
                    "delivery_port",
                    "version",
                ),
                *("receives", "sends", "own_group"),
            )
        },
        "an Edge server with two addresses": any(
            isinstance(edge.get("address"), list) for edge in edges
        ),
        "an Edge server in another network than its site": True in across,
        **{f"servers of {mix}": mix_of(data) == set(mix) for mix in MIXES},
        "Edge servers of several versions": len({version_of(data, e) for e in edges}) > 1,
        "older Exchange servers with their version": "other_exchange" in str(sites)
        and bool(mix_of(data) & {"2007", "2010"}),
        "a server that is not published": any(
            server.get("published") is False
            for site in sites
            for server in site.get("servers", {}).values()
        ),
        "a site that is not published": any(site.get("published") is False for site in sites),
        "three networks": len(networks) == 3,
        "both clouds": {"aws", "azure"} <= {each["platform"] for each in networks},
        "a place outside": any(each["platform"] == "external" for each in networks),
        "an inspected network": "inspection" in str(networks),
        "the Internet is any": "'internet': 'any'" in str(networks),
        "the Internet is public": "'internet': 'public'" in str(networks),
        "IPv6": "2001:db8:20::" in str(networks),
        "four sites on Azure": "azure" in str(networks) and len(sites) == 4,
        "domain controllers alone": any("servers" not in site for site in sites),
        "an accounts forest": "accounts_forest" in str(sites),
        "a name kept by an id": "'id': 'was-" in str(data),
        "a server's own group": "own_group" in str(sites),
        "three additional flows": len(data.get("additional_flows", ())) == 3,
        "a need": "'need'" in str(data),
        "several Send connectors": isinstance(connectors, list),
        "source servers of a connector": "'servers': [" in str(connectors),
        "sites of a connector": "'sites': [" in str(connectors),
        "smart hosts": "'next_hop': [" in str(connectors),
        "two relays": len(flow.get("relays", ())) == 2,
        "name servers by network": isinstance(names["internal"], dict),
        "name servers of Edge by network": isinstance(names.get("edge"), dict),
        "rebound ports": "service_ports" in data,
        "a witness": "witness_servers" in data,
        "IP gateways": "'ip_gateways'" in str(data),
        "calls with Lync": "unified_messaging" in data and "'ip_gateways'" not in str(data),
        "calls to single servers": "'to': [" in str(data.get("unified_messaging")),
        "a fax partner server": "'fax_partner_servers'" in str(data),
        "changed ports of the call router": "sip_tls_listening_port" in str(data),
        "an acknowledged warning": "acknowledge" in data,
        "direct probes": data.get("sender_reputation") == "direct",
        "a proxy": isinstance(data.get("sender_reputation"), dict),
        "over a limit": attempted(data)[0] is None,
    }
