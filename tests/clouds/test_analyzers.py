"""Questions to the clouds' own analyzers: exactly the declared traffic is excluded, and the services take them."""

import json
import re
import subprocess
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Final, cast

import pytest
from hypothesis import HealthCheck, assume, given, settings

from exchange_ports.clouds.asking import Scope, ScopeKind, asked_of, ipv4
from exchange_ports.findings import Refused
from exchange_ports.flows.flow_index import services_of
from exchange_ports.planning import Plans, compile_plans
from exchange_ports.proof.network_model import NetworkModel
from exchange_ports.reports.analyzer_script import as_data, as_script
from exchange_ports.traffic.addresses import EVERYTHING_V4, AddressSet
from exchange_ports.traffic.ports import tcp, udp
from exchange_ports.traffic.traffic import Traffic
from tests.support.recordings import declared as stack_declared
from tests.support.strategies import WITH_EDGE, Data, declared, edited, topologies

EVERYWHERE: Final = AddressSet.of([EVERYTHING_V4])
#: What both services can be asked about.
TCP_AND_UDP: Final = services_of([tcp((1, 65535)), udp((1, 65535))])
VPC: Final = {"corp": {"vpc_id": "vpc-0123456789abcdef0"}}


def allowed_by(scope: Scope, at: AddressSet) -> Traffic:
    """The declared part of a scope at some addresses, seen from there."""
    return Traffic.of(
        (
            EVERYWHERE if each.sources is None else AddressSet.of(each.sources),
            services_of([each.ports]),
        )
        for each in scope.allowed
        if AddressSet.of(each.destinations) & at
    )


def sent_by(scope: Scope, source: AddressSet) -> Traffic:
    """The declared part of a scope from some addresses, by destination."""
    return Traffic.of(
        (AddressSet.of(each.destinations), services_of([each.ports]))
        for each in scope.allowed
        if AddressSet.of(each.sources or ()) & source
    )


def asked(traffic: Traffic, among: AddressSet) -> Traffic:
    return traffic & Traffic.of([(among, TCP_AND_UDP)])


@pytest.mark.slow
@settings(max_examples=settings().max_examples // 2, suppress_health_check=[HealthCheck.too_slow])
@given(topologies())
def test_a_scope_excludes_just_what_the_rules_allow(data: Data) -> None:
    try:
        plans = compile_plans(declared(data))
    except Refused:
        assume(False)
        raise
    model = NetworkModel(plans)
    for key, rules in plans.networks.items():
        found = asked_of(plans.inventory, plans.flows, plans.usable_flows, rules.network)
        here = plans.inventory.in_network(rules.network)
        ours = AddressSet.at(own for each in here for own in each.declared_addresses)
        for scope in found.scopes:
            if scope.kind is ScopeKind.INTERNET:
                for server in scope.servers:
                    own = ipv4(server)[0].network_address
                    among = EVERYWHERE - ours
                    rule_traffic = (
                        model.permitted(server, "in", own)
                        - model.views[server.network].always["in"]
                    )
                    excluded = allowed_by(scope, AddressSet.at([own]))
                    always = model.views[server.network].always["in"]
                    assert asked(rule_traffic, among) == asked(excluded - always, among), key
            else:
                zone = AddressSet.of(scope.destinations)
                for edge in scope.sources:
                    own = ipv4(edge)[0].network_address
                    always = model.views[edge.network].always["out"]
                    rule_traffic = model.permitted(edge, "out", own) - always
                    excluded = sent_by(scope, AddressSet.at([own])) - always
                    assert asked(rule_traffic, zone) == asked(excluded, zone), key


@cache
def stack(name: str) -> Plans:
    platform = "azure" if "azure" in name else "aws"
    return compile_plans(declared(stack_declared(name, platform)))


def questions(plans: Plans) -> list[Mapping[str, Any]]:
    data = cast("Any", as_data(plans, VPC))
    return [each for network in data["networks"].values() for each in network["questions"]]


@pytest.mark.parametrize("name", ["dev", "prod-aws", "hybrid"])
def test_the_service_of_aws_takes_every_question(name: str) -> None:
    session = cast("Any", import_module("botocore.session"))
    validate = cast("Any", import_module("botocore.validate"))
    service = session.get_session().get_service_model("ec2")
    found = questions(stack(name))
    assert {each["operation"] for each in found} == {
        "CreateNetworkInsightsAccessScope",
        "CreateNetworkInsightsPath",
    }
    for each in found:
        shape = service.operation_model(each["operation"]).input_shape
        given_ = {**each["request"], "ClientToken": "0"}
        report = validate.ParamValidator().validate(given_, shape)
        assert not report.has_errors(), report.generate_report()
        if "Protocol" in given_:
            assert given_["Protocol"] in shape.members["Protocol"].enum


def test_the_service_of_azure_takes_every_question() -> None:
    from azure.mgmt.network import models

    found = questions(stack("prod-azure"))
    assert len(found) > 50
    assert {each["expected"] for each in found} == {"AllPacketsReached", "NoPacketsReached"}
    names = {"sourceIps", "destinationIps", "sourcePorts", "destinationPorts", "protocols"}
    for each in found:
        properties = each["request"]["properties"]
        traffic = properties["ipTraffic"]
        assert set(traffic) == names
        assert set(traffic["protocols"]) <= {str(one.value) for one in models.NetworkProtocol}
        intent = models.ReachabilityAnalysisIntentProperties(properties)
        assert intent.source_resource_id.startswith("$machine_")
        assert intent.ip_traffic.source_ips == traffic["sourceIps"]


#: `aws` and `az` that write down what they are called with.
_STAND_IN: Final = """#!/bin/sh
printf '%s\\0' "$0" "$@" >> "$CALLS"; printf '\\n' >> "$CALLS"
echo "id-of-${CALLS##*/}"
"""


def called(script: str, folder: Path) -> list[list[str]]:
    """The calls that a script makes of `aws` and `az`."""
    for name in ("aws", "az"):
        (folder / name).write_text(_STAND_IN)
        (folder / name).chmod(0o755)
    calls = folder / "calls"
    subprocess.run(
        ["sh", "-eu", "-c", script],
        check=True,
        capture_output=True,
        cwd=folder,
        env={"PATH": f"{folder}:/usr/bin:/bin", "CALLS": str(calls)},
    )
    lines = calls.read_text().split("\n")[:-1]
    return [[Path(first).name, *rest] for first, *rest in (line.split("\0")[:-1] for line in lines)]


def test_the_script_asks_every_question(tmp_path: Path) -> None:
    made = called(as_script(stack("dev"), {"lab": {"vpc_id": "vpc-1"}}), tmp_path)
    kinds = [" ".join(each[:3]) for each in made]
    # Two servers, one scope, and the paths of docs.
    assert kinds.count("aws ec2 describe-network-interfaces") == 2
    assert kinds.count("aws ec2 create-network-insights-access-scope") == 1
    assert kinds.count("aws ec2 create-network-insights-path") == 8
    assert kinds.count("aws ec2 start-network-insights-analysis") == 8
    (scope,) = (each for each in made if "create-network-insights-access-scope" in each)
    match = json.loads(scope[scope.index("--match-paths") + 1])
    assert match[0]["Destination"]["ResourceStatement"] == {"Resources": ["vpc-1"]}


def test_the_script_for_azure_asks_every_question(tmp_path: Path) -> None:
    plans = stack("prod-azure")
    made = called(as_script(plans, {}), tmp_path)
    intents = [each for each in made if "reachability-analysis-intent" in each]
    assert len(intents) == len(questions(plans))
    names = [each[each.index("--name") + 1] for each in intents]
    assert len(set(names)) == len(names)
    assert all(
        re.fullmatch(r"[0-9a-zA-Z]([0-9a-zA-Z_.-]{0,62}[0-9a-zA-Z_])?", each) for each in names
    )
    traffic = json.loads(intents[0][intents[0].index("--ip-traffic") + 1])
    assert traffic["source-ips"] == ["10.20.240.5/32"]


def test_words_of_an_operator_stay_words(tmp_path: Path) -> None:
    reason = "backup'; touch owned; `touch owned` $(touch owned)"
    flow = {"from": "exchange", "to": "10.20.7.40", "ports": ["9000/tcp"], "reason": reason}
    plans = compile_plans(declared(edited(WITH_EDGE, {"additional_flows": [flow]})))
    hostile = {"corp": {"vpc_id": "vpc-1; touch owned"}}
    script = as_script(plans, hostile)
    assert any(line.startswith("# ") and line.endswith(reason) for line in script.splitlines())
    called(script, tmp_path)
    assert not (tmp_path / "owned").exists()


def test_what_is_not_asked_is_named() -> None:
    azure = as_script(stack("prod-azure"), {})
    assert "# Not asked: From the Internet, only the declared traffic reaches the servers" in azure
    flow = {"from": "exchange", "to": "10.20.7.40", "ports": ["esp"], "reason": "tunnel"}
    aws = as_script(compile_plans(declared(edited(WITH_EDGE, {"additional_flows": [flow]}))), {})
    assert "10.20.7.40 esp: the analyzer knows TCP and UDP only" in aws


def test_no_two_servers_share_a_variable() -> None:
    servers = {
        name: {"roles": ["client_access", "mailbox"], "address": f"10.20.0.{last}"}
        for last, name in enumerate(("ex-1", "ex_1", "ex-_1", "ex_-1", "ex__1"), 11)
    }
    script = as_script(
        compile_plans(declared(edited(WITH_EDGE, {"sites.hq.servers": servers}))), {}
    )
    names = re.findall(r"^(interface_\w+)=", script, re.MULTILINE)
    assert len(names) == len(set(names)) == len(servers)
