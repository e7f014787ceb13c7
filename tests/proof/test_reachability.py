"""`check`: the answer is exact, whoever is asked about, and independent checkers say the same."""

import json
from dataclasses import replace
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange_ports.cli import main
from exchange_ports.flows.labels import EndpointNames
from exchange_ports.planning import Plans, compile_plans
from exchange_ports.proof.answers import FAMILIES
from exchange_ports.proof.network_model import NetworkModel
from exchange_ports.proof.reachability import Answer, QueryEndpoint, Verdict, query
from exchange_ports.reports.proof_report import check_report
from exchange_ports.reports.text_writer import to_text
from exchange_ports.topology.fields import read_ports
from exchange_ports.topology.validate import load_topology
from exchange_ports.traffic.addresses import AddressSet, network
from exchange_ports.traffic.ports import ANY_PORTS, tcp
from exchange_ports.traffic.services import ServiceSet
from tests.support.checker import Checker
from tests.support.command import run
from tests.support.json_keys import REASON, keys
from tests.support.paths import ROOT
from tests.support.planning import planned
from tests.support.recordings import PLATFORMS, declared, recorded
from tests.support.recordings import Platform as Cloud
from tests.support.strategies import SMALL, WITH_EDGE, any_ports, edited, topologies
from tests.support.verdicts import own_addresses

PROD: Final = str(ROOT / "stacks/Pulumi.prod-aws.yaml")
EVERYONE: Final = QueryEndpoint("any", (), AddressSet.everything())


def plans_of(data: Any) -> Plans:
    return compile_plans(load_topology(data)[0])


@cache
def plans_on(stack: str, platform: Cloud) -> Plans:
    return plans_of(declared(stack, platform))


@cache
def checker_on(stack: str, platform: Cloud) -> Checker:
    data = declared(stack, platform)
    recording = recorded(stack, platform)
    own = own_addresses(data)
    servers: Any = recording.outputs["servers"]
    zones = [
        z for n in data["networks"].values() for z in (*n["internal"], *n.get("perimeter", ()))
    ]
    return Checker(recording.registrations, servers, {a: name for name, a in own.items()}, zones)


# ---- the independent checker that knows nothing of this package ----

#: Who is asked about beside the servers: domain controllers, clients, the bastion, anyone.
OTHERS: Final = ("10.20.2.10", "10.64.0.9", "10.20.6.8", "10.20.240.9", "198.51.100.7")
PORTS: Final = (25, 26, 53, 143, 443, 587, 1080, 3389, 50636)


@pytest.mark.slow
@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("stack", ["prod-aws", "proxied"])
def test_the_answer_about_each_pair_is_that_of_the_independent_checker(
    stack: str, platform: Cloud
) -> None:
    plans, checker = plans_on(stack, platform), checker_on(stack, platform)
    places = [*own_addresses(declared(stack, platform)).items(), *((a, a) for a in OTHERS)]
    ends = EndpointNames(plans)
    verdicts = {True: Verdict.PASSES, False: Verdict.STOPPED, None: Verdict.NOT_OURS}
    for source, here in places:
        for target, there in places:
            if here == there:
                continue
            # All ports in one question: one answer for each port.
            answer = query(plans, ends.find(source), ends.find(target), [tcp(*PORTS)])
            for port in PORTS:
                reported = checker.passes(here, there, "tcp", port).passes
                parts = [p for p in answer.parts if ServiceSet.of(tcp(port), 4) <= p.services]
                assert [part.passes for part in parts] == [reported], (source, target, port, answer)
            alone = query(plans, ends.find(source), ends.find(target), [tcp(PORTS[0])])
            assert alone.verdict is verdicts[checker.passes(here, there, "tcp", PORTS[0]).passes]


# ---- laws ----


def ends_of(plans: Plans) -> st.SearchStrategy[QueryEndpoint]:
    return st.sampled_from(sorted(EndpointNames(plans).named)).map(EndpointNames(plans).find)


@pytest.mark.slow
@settings(max_examples=60)
@given(topologies(), st.data())
def test_the_parts_of_an_answer_are_all_that_was_asked_each_once(
    data: Any, draw: st.DataObject
) -> None:
    """Every packet is in one part, and that part says of it what is said of it alone."""
    plans = planned(data)
    scene = NetworkModel(plans)
    source, target = draw.draw(ends_of(plans)), draw.draw(ends_of(plans))
    ports = draw.draw(st.lists(any_ports(), min_size=1, max_size=2))
    try:
        answer = query(plans, source, target, ports)
    except ValueError:
        return
    for _ in range(4):
        one, other = (draw.draw(addresses(scene, end)) for end in (source, target))
        here, there = scene.labels.server_at(one), scene.labels.server_at(other)
        if one.version != other.version or (here is not None and here is there):
            continue
        for each in ports:
            services = ServiceSet.of(each, one.version)
            shown = services.example()
            holding = [
                part
                for part in answer.parts
                if shown in part.services
                and holds(scene, part.source, one)
                and holds(scene, part.destination, other)
            ]
            assert len(holding) == 1, (one, other, str(shown), answer)
            alone = query(plans, QueryEndpoint.at(str(one)), QueryEndpoint.at(str(other)), [each])
            exact = [part for part in alone.parts if shown in part.services]
            assert [part.passes for part in exact] == [holding[0].passes]


def addresses(scene: NetworkModel, end: QueryEndpoint) -> st.SearchStrategy[Any]:
    servers = [a for name in end.servers for a in scene.servers[name].addresses]
    known = [a for server in scene.servers.values() for a in server.addresses if a in end.addresses]
    edges = [family & end.addresses for family in FAMILIES.values() if family & end.addresses]
    return st.sampled_from([*servers, *known, *(edge.example() for edge in edges)])


def holds(scene: NetworkModel, end: Any, address: Any) -> bool:
    server = scene.labels.server_at(address)
    if server is None:
        return address in end.addresses
    return server.name in end.servers or f"{server.name} at {address}" in end.servers


def on(data: Any, platform: Cloud) -> Any:
    """The data with every VPC and VNet on one cloud."""
    managed = [k for k, each in data["networks"].items() if each["platform"] != "external"]
    moved = edited(data, {f"networks.{key}.platform": platform for key in managed})
    for key in managed if platform == "aws" else ():
        moved["networks"][key].pop("attach_to", None)
    return moved


@pytest.mark.slow
@settings(max_examples=40)
@given(topologies(), st.data())
def test_both_clouds_answer_alike(data: Any, draw: st.DataObject) -> None:
    aws, azure = (planned(on(data, platform)) for platform in PLATFORMS)
    source, target = draw.draw(ends_of(aws)), draw.draw(ends_of(aws))
    ports = [draw.draw(any_ports())]
    # The probe's address is let in on Azure alone (docs/proof.md).
    probe = AddressSet.of([network("168.63.129.16")])
    source, target = (replace(e, addresses=e.addresses - probe) for e in (source, target))
    try:
        here = query(aws, source, target, ports)
    except ValueError:
        return
    assert here.alike(query(azure, source, target, ports))


# ---- how ends are named ----


@pytest.mark.parametrize(
    "text, servers",
    [
        ("mbx1", ("mbx1",)),
        ("hq", ("cas1", "cas2", "mbx1", "mbx2", "mbx3")),
        ("mailbox", ("mbx1", "mbx2", "mbx3", "mbx4")),
        ("mailbox@paris", ("mbx4",)),
        ("client_access@hq", ("cas1", "cas2")),
        ("edge", ("edge1", "edge2")),
        ("edge@hq", ("edge1", "edge2")),
        ("exchange@paris", ("cas3", "mbx4")),
    ],
)
def test_servers_are_found_by_what_they_are(text: str, servers: tuple[str, ...]) -> None:
    assert EndpointNames(plans_on("prod-aws", "aws")).find(text).servers == servers


@pytest.mark.parametrize(
    "text, addresses",
    [
        ("10.20.6.8", "10.20.6.8"),
        ("10.20.6.0/24", "10.20.6.0/24"),
        ("domain-controllers.hq", "10.20.2.10, 10.20.3.10"),
        ("clients.accounts-forest", "10.64.0.0/12, 2001:db8:10::/48"),
        ("accounts-forest", "10.64.0.0/12, 2001:db8:10::/48"),
        ("reputation-proxy", "10.20.240.9"),
        ("internet", "0.0.0.0-9.255.255.255, 11.0.0.0-223.255.255.255"),
    ],
)
def test_addresses_are_found_by_whose_they_are(text: str, addresses: str) -> None:
    assert str(EndpointNames(plans_on("prod-aws", "aws")).find(text).addresses) == addresses


def test_a_server_is_meant_where_a_site_is_called_alike() -> None:
    data = edited(SMALL, {"sites.ex1": SMALL["sites"]["hq"], "sites.hq": {}})
    data["sites"].pop("hq", None)
    plans = plans_of(data)
    name = next(iter(data["sites"]["ex1"]["servers"]))
    assert EndpointNames(plans).find(name).servers == (name,)


def test_of_ipv6_the_internet_is_there_only_where_a_zone_has_it() -> None:
    v6 = edited(SMALL, {"networks.corp.internal": ["10.20.0.0/20", "2001:db8:20::/64"]})
    for data, has in ((SMALL, False), (v6, True)):
        internet = EndpointNames(plans_of(data)).find("internet").addresses
        assert bool(internet & FAMILIES[6]) is has
        assert ip_address("2001:db8:20::5") not in internet


# ---- the command ----


def answered(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    code = main(["check", PROD, *arguments, "--json"])
    return code, json.loads(capsys.readouterr().out)


END: Final = {"name": None, "servers": [None], "addresses": None}
SAY: Final = {"allowed": None, "summary": None, "rules": [None]}
PART: Final = {
    "allowed": None,
    "source": END,
    "destination": END,
    "ports": None,
    "packet": None,
    "at_source": SAY,
    "at_destination": SAY,
    "blocked_by_cloud": None,
    "reasons": [REASON],
}
BLOCK: Final = dict.fromkeys(("platform", "code", "why", "acknowledged"))


def test_json_has_the_keys_that_the_page_lists(capsys: pytest.CaptureFixture[str]) -> None:
    _, data = answered(capsys, "edge1", "internet", "25")
    (row,) = data["answers"]["declared"]["rows"]
    assert keys(row["blocked_by_cloud"]) == [BLOCK]
    code, data = answered(capsys, "mbx1", "edge1", "25")
    assert code == 0
    assert keys(data) == {
        "question": dict.fromkeys(("source", "destination", "ports")),
        "verdict": None,
        "answers": {"declared": {"verdict": None, "rows": [PART]}},
    }
    assert data["question"] == {"source": "mbx1", "destination": "edge1", "ports": "25/tcp"}
    page = (ROOT / "docs/asking.md").read_text("utf-8")
    for key in (*data, *PART, *END, *SAY, *BLOCK, *REASON):
        assert f"`{key}`" in page, key


_SENDS: Final = {
    "mail_flow.outbound": {"through": "mailbox", "next_hop": "internet"},
    "sites.hq.servers.ex1.address": "10.20.0.5",
    "additional_flows": [
        {"from": "mailbox", "to": "10.20.9.0/24", "ports": ["25/tcp"], "reason": "printers"},
        {"from": "mailbox", "to": "internet", "ports": ["26/tcp", "25/udp"], "reason": "probe"},
        {"from": "mailbox", "to": "198.51.100.0/24", "ports": ["20-30/tcp"], "reason": "host"},
        {"from": "10.20.9.8", "to": "mailbox", "ports": ["25/tcp"], "reason": "printers"},
    ],
}
#: Questions about mail of ex1, and the parts of the answer that the cloud blocks although rules allow them.
BLOCKED: Final[dict[str, tuple[str, str, str, list[str]]]] = {
    "mail to the Internet": ("ex1", "internet", "25/tcp", ["25/tcp"]),
    "another port": ("ex1", "internet", "26/tcp", []),
    "another protocol": ("ex1", "internet", "25/udp", []),
    "a range of ports that has it": ("ex1", "198.51.100.7", "20-30/tcp", ["20-30/tcp"]),
    "private addresses": ("ex1", "10.20.9.7", "25/tcp", []),
    "private and public ones": ("ex1", "any", "25/tcp", ["25/tcp"]),
    "mail that is received": ("10.20.9.8", "ex1", "25/tcp", []),
    "what no rule allows": ("198.51.100.7", "ex1", "25/tcp", []),
}


@pytest.mark.parametrize("case", BLOCKED.values(), ids=list(BLOCKED))
@pytest.mark.parametrize("platform", PLATFORMS)
def test_an_answer_tells_what_the_cloud_itself_blocks(
    platform: Cloud, case: tuple[str, str, str, list[str]]
) -> None:
    source, destination, ports, expected = case
    plans = plans_of(edited(SMALL, {**_SENDS, "networks.corp.platform": platform}))
    ends = EndpointNames(plans)
    answer = query(plans, ends.find(source), ends.find(destination), [read_ports(ports)])
    blocked = [row for row in answer.parts if row.cloud_blocks]
    assert [str(row.services) for row in blocked] == expected
    assert all(row.passes for row in blocked)
    assert {each.platform for row in blocked for each in row.cloud_blocks} <= {platform}


def test_an_acknowledged_block_is_told_with_its_reason() -> None:
    reason = "lifted by AWS, case 4711"
    for words, data in ((reason, {"acknowledge.port-25-blocked": reason}), ("EC2 blocks", {})):
        plans = plans_of(edited(SMALL, {**_SENDS, **data}))
        ends = EndpointNames(plans)
        found = query(plans, ends.find("ex1"), ends.find("internet"), [tcp(25)])
        text = to_text(check_report("ex1", "internet", {"ports": "25/tcp"}, {"declared": found}))
        (line,) = (line for line in text.splitlines() if line.startswith("  cloud"))
        assert words in line
        assert "port-25-blocked" in line


@pytest.mark.parametrize(
    "arguments, code, verdict",
    [
        (("hq", "edge1", "25"), 1, "partly_allowed"),
        (("mailbox@hq", "edge", "25"), 0, "allowed"),
        (("any", "mbx1", "any"), 1, "partly_allowed"),
        (("10.20.6.0/24", "edge", "3389"), 0, "allowed"),
        (("10.20.6.0/23", "edge", "3389"), 1, "partly_allowed"),
        (("10.20.6.8", "10.20.2.10", "25"), 1, "not_managed"),
        (("internet", "mbx1", "any"), 1, "blocked"),
        (("exchange", "exchange", "any"), 0, "allowed"),
        (("mbx1", "edge1", "25,50636"), 0, "allowed"),
        (("mbx1", "edge1", "25,50637"), 1, "partly_allowed"),
        (("mbx1", "edge1", "25", "--platform", "azure"), 0, "allowed"),
        (("mbx1", "edge1", "25", "--platform", "both"), 0, "allowed"),
        (("mbx4", "edge1", "25", "--platform", "both"), 1, "blocked"),
        # The health probe of Azure's load balancers is let in there.
        (("168.63.129.16", "mbx1", "443", "--platform", "both"), 1, "differs"),
    ],
)
def test_the_exit_code_is_the_verdict(
    arguments: tuple[str, ...], code: int, verdict: str, capsys: pytest.CaptureFixture[str]
) -> None:
    reported, data = answered(capsys, *arguments)
    assert (reported, data["verdict"]) == (code, verdict)


def test_an_address_of_a_server_means_the_server(capsys: pytest.CaptureFixture[str]) -> None:
    _, by_name = answered(capsys, "mbx1", "edge1", "25")
    _, by_address = answered(capsys, "10.20.0.21", "10.20.240.5", "25")
    assert by_name["answers"] == by_address["answers"]


@pytest.mark.parametrize(
    "end",
    ["", "\x1b[31mred", "edge1\n", "fe80::1%eth0", "a" * 5000, "@hq"],
)
def test_a_hostile_name_is_bad_input_and_shown_harmless(end: str) -> None:
    if end == "":
        ran = run("check", PROD, end, "mbx1", "25")
    else:
        ran = run("check", PROD, "mbx1", end, "25")
    assert (ran.returncode, ran.stdout) == (2, b"")
    assert ran.stderr.startswith(b"error[unknown-endpoint]")
    assert b"\x1b" not in ran.stderr
    assert len(ran.stderr) < 2000


def test_host_bits_are_answered_with_the_range(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", PROD, "10.20.6.8/24", "mbx1", "25"]) == 2
    assert "Write `10.20.6.0/24`" in capsys.readouterr().err


def test_what_a_cloud_has_no_room_for_is_bad_input(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Azure takes it, and AWS has no room for the Internet of three private blocks on many ports."""
    text = (ROOT / "stacks/Pulumi.prod-azure.yaml").read_text("utf-8")
    text = text.replace("    private_blocks: [10.0.0.0/8]\n", "").replace(
        "sender_reputation: {proxy: {address: 10.20.240.9, port: 1080, type: socks5}}",
        "sender_reputation: direct",
    )
    file = tmp_path / "Pulumi.wide.yaml"
    file.write_text(text, "utf-8")
    assert main(["check", str(file), "mbx1", "edge1", "25"]) == 0
    capsys.readouterr()
    assert main(["check", str(file), "mbx1", "edge1", "25", "--platform", "both"]) == 2
    assert "over-limit] " in capsys.readouterr().err


def test_an_answer_knows_what_it_is_not() -> None:
    assert Answer(()).verdict is Verdict.NOT_OURS
    with pytest.raises(ValueError, match="not filtered"):
        query(
            plans_of(WITH_EDGE),
            QueryEndpoint.server("edge1"),
            QueryEndpoint.server("edge1"),
            [ANY_PORTS],
        )
    assert read_ports("any") == ANY_PORTS
    assert query(plans_of(WITH_EDGE), EVERYONE, EVERYONE, [ANY_PORTS]).verdict is Verdict.IN_PART
