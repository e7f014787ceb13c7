"""No command calls a flow fine that a finding calls impossible: an example for each kind of such finding."""

import json
from typing import Any, Final, NamedTuple

import pytest

from exchange_ports.findings import Refused
from exchange_ports.flows.labels import EndpointNames
from exchange_ports.flows.unusable import UNUSABLE
from exchange_ports.planning import Plans, compile_plans
from exchange_ports.proof import prove
from exchange_ports.proof.explain import Explainer
from exchange_ports.proof.reachability import Verdict, query
from exchange_ports.reports.document import Origin
from exchange_ports.reports.handover_report import handover, handover_report
from exchange_ports.reports.matrix_report import matrix, matrix_report
from exchange_ports.reports.proof_report import proof_data, proof_report
from exchange_ports.reports.writers import write
from exchange_ports.topology.fields import read_ports
from tests.support.strategies import SMALL, WITH_EDGE, Data, declared, edited


class Example(NamedTuple):
    """A topology with the finding, and a packet of the flow that it is about."""

    topology: Data
    source: str
    destination: str
    port: str
    #: What only a row about this flow would name; None where other servers share the row.
    row: str | None


_TWO_FAMILIES: Final[dict[str, Any]] = {
    "networks.corp.internal": ["10.20.0.0/20", "2001:db8:20::/64"],
    "sites.hq.servers": {
        "ex1": {"roles": ["client_access", "mailbox"], "address": "10.20.0.11"},
        "ex2": {"roles": ["client_access", "mailbox"], "address": "2001:db8:20::12"},
        "ex3": {
            "roles": ["client_access", "mailbox"],
            "address": ["10.20.0.13", "2001:db8:20::13"],
        },
    },
}
_MAIL: Final = {"mail_flow.inbound": {"from": ["2a01:111:f400::/48"], "to": ["hq"]}}

EXAMPLES: Final[dict[str, Example]] = {
    "source-translated": Example(
        edited(WITH_EDGE, {"networks.corp.connected_through": "nat"}),
        *("internet", "edge1", "25/tcp", "internet"),
    ),
    "range-without-family": Example(
        edited(SMALL, _MAIL), *("2a01:111:f400::25", "ex1", "25/tcp", "2a01:111:f400::/48")
    ),
    "no-common-ip-version": Example(edited(SMALL, _TWO_FAMILIES), *("ex1", "ex2", "443/tcp", None)),
}

ORIGIN: Final = Origin("Pulumi.dev.yaml", "0" * 64, "0")


def planned(code: str, **edit: object) -> Plans:
    return compile_plans(declared(edited(EXAMPLES[code].topology, edit)))


def test_each_kind_of_finding_about_an_impossible_flow_has_an_example() -> None:
    assert set(EXAMPLES) == UNUSABLE


def verdict(plans: Plans, source: str, destination: str, port: str) -> Verdict:
    names = EndpointNames(plans)
    asked = (names.find(source), names.find(destination))
    return query(plans, *asked, (read_ports(port),)).verdict


@pytest.mark.parametrize("code", EXAMPLES)
def test_check_calls_no_packet_of_it_allowed(code: str) -> None:
    _, source, destination, port, _ = EXAMPLES[code]
    assert verdict(planned(code), source, destination, port) is Verdict.STOPPED


@pytest.mark.parametrize("code", EXAMPLES)
def test_prove_names_it_and_does_not_say_proved(code: str) -> None:
    proof = prove(planned(code))
    assert proof.holds
    assert not proof.complete
    assert [each.kind.code for each in proof.unusable] == [code] * len(proof.unusable)
    text = write(proof_report(proof), "text")
    assert text.startswith("Not proved for all flows: ")
    assert proof.unusable[0].summary in text
    data: Any = proof_data(proof)
    assert data["proved"] is False
    assert data["not_usable"]


@pytest.mark.parametrize("code", EXAMPLES)
def test_matrix_and_handover_list_no_row_of_it_and_name_the_finding(code: str) -> None:
    plans, row = planned(code), EXAMPLES[code].row
    found = plans.unusable_findings
    rows, crossing = matrix(plans), handover(plans)
    for page in (
        matrix_report(rows, found),
        handover_report(crossing, "contoso", ORIGIN, found),
    ):
        assert found[0].summary in write(page, "text")
    if row is not None:
        destination, port = EXAMPLES[code].destination, EXAMPLES[code].port
        entering = [each for each in rows if destination in each.destination_servers]
        assert not any(row in each.source and port == each.passes for each in entering)
        assert row not in json.dumps([each.source.name for each in crossing])


def test_explain_does_not_call_an_impossible_packet_cut() -> None:
    explainer = Explainer(planned("source-translated"))
    rules = [r for r in explainer.rules if r.way == "in" and "internet" in r.peer]
    assert rules
    assert explainer.explain(rules).cut == ()


def test_source_translated_is_allowed_once_it_is_acknowledged() -> None:
    """To acknowledge it is to say that the device keeps the source."""
    plans = planned("source-translated", acknowledge={"source-translated": "it keeps the source"})
    _, source, destination, port, row = EXAMPLES["source-translated"]
    assert verdict(plans, source, destination, port) is Verdict.PASSES
    assert prove(plans).complete
    assert any(row == each.source for each in matrix(plans))


@pytest.mark.parametrize("code", ["range-without-family", "no-common-ip-version"])
def test_an_acknowledged_ip_version_is_still_blocked(code: str) -> None:
    plans = planned(code, acknowledge={code: "known"})
    _, source, destination, port, _ = EXAMPLES[code]
    assert verdict(plans, source, destination, port) is Verdict.STOPPED
    assert prove(plans).complete


def test_servers_of_two_ip_versions_are_not_allowed_among_others_that_reach_each_other() -> None:
    plans = planned("no-common-ip-version")
    assert verdict(plans, "exchange", "exchange", "443/tcp") is Verdict.IN_PART
    assert verdict(plans, "ex3", "exchange", "443/tcp") is Verdict.PASSES


def test_traffic_that_another_flow_declares_with_any_source_stays_allowed() -> None:
    """Clients may come from any address, so from that of the device too."""
    client = {"clients.internet": {"services": ["https"]}}
    plans = planned("source-translated", **client)
    assert verdict(plans, "198.51.100.7", "ex1", "443/tcp") is Verdict.PASSES


def test_internal_traffic_behind_translation_is_refused_before_any_answer() -> None:
    """An error: neither `check` nor `prove` comes to an answer."""
    far = {
        "networks.corp.connected_through": "nat",
        "networks.far": {"platform": "aws", "internal": ["10.21.0.0/20"]},
        "sites.paris": {
            "network": "far",
            "servers": {
                "px1": {"roles": ["client_access", "mailbox"], "address": "10.21.0.11"},
            },
        },
    }
    with pytest.raises(Refused) as refused:
        declared(edited(SMALL, far))
    errors = [each.kind.code for each in refused.value.findings if each.is_error]
    assert errors == ["internal-traffic-translated"]


def test_the_end_behind_translation_tells_why_it_blocks_and_no_other_end_does() -> None:
    plans = planned("source-translated")
    names = EndpointNames(plans)

    def told(source: str, destination: str, port: str) -> tuple[str, bool | None]:
        (part,) = query(
            plans, names.find(source), names.find(destination), [read_ports(port)]
        ).parts
        return part.into.text, part.into.passes

    text, passes = told("internet", "edge1", "25/tcp")
    assert passes is False
    assert text.startswith("blocked: address translation in front of corp replaces the source")
    for source, destination, port in (("ex1", "edge1", "50636/tcp"), ("edge1", "ex1", "25/tcp")):
        text, passes = told(source, destination, port)
        assert passes
        assert "translation" not in text
    (part,) = query(
        plans, names.find("edge1"), names.find("internet"), [read_ports("25/tcp")]
    ).parts
    assert part.out.passes
    assert "translation" not in part.out.text
