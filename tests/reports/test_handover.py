"""`handover`: what leaves a zone or has somebody outside at its other end, no less and no more."""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from ipaddress import ip_address
from typing import Any, Final

import pytest
from hypothesis import given

from exchange_ports.cli import main
from exchange_ports.flows.flow_index import WAYS, Way
from exchange_ports.planning import compile_plans
from exchange_ports.proof.network_model import NetworkModel
from exchange_ports.reports.document import Origin
from exchange_ports.reports.handover_report import (
    Crossing,
    HandoverRow,
    HandoverSide,
    filtered_subnets,
    handover,
    handover_report,
    rows_of_others,
)
from exchange_ports.reports.writers import write
from exchange_ports.topology.inventory import ExchangeServer
from exchange_ports.topology.validate import load_topology
from exchange_ports.traffic.addresses import EVERYTHING_V4, EVERYTHING_V6, AddressSet, network
from exchange_ports.traffic.services import ServiceSet
from exchange_ports.traffic.traffic import Traffic
from tests.support.hostile_words import HOSTILE, MARKUP, hostile
from tests.support.paths import ROOT, STACKS
from tests.support.planning import planned, slow
from tests.support.strategies import SMALL, WITH_EDGE, edited, topologies

ORIGIN: Final = Origin("stacks/Pulumi.dev.yaml", "0" * 64, "1.0")


def written(rows: Sequence[HandoverRow], format_: str) -> str:
    return write(handover_report(rows, "contoso", ORIGIN), format_)


# ---- the law, checked by the rules and not by the flows ----


def addresses(side: HandoverSide, scene: NetworkModel) -> AddressSet:
    """Servers by name, since some have an address for the proof only; others by what is written."""
    found = AddressSet()
    for name in side.servers:
        found |= scene.servers[name].address_set
    if not side.servers:
        found |= AddressSet.of(map(network, side.addresses))
    return found


def carried(addresses_: AddressSet, row: HandoverRow) -> Iterator[tuple[AddressSet, ServiceSet]]:
    families = (
        (AddressSet.of([network("0.0.0.0/0")]), 4),
        (AddressSet.of([network("::/0")]), 6),
    )
    for family, version in families:
        for ports in row.ports:
            yield addresses_ & family, ServiceSet.of(ports, 4 if version == 4 else 6)


def handed(
    rows: Iterable[HandoverRow], server: ExchangeServer, way: Way, scene: NetworkModel
) -> Traffic:
    """All that the rows say of one server, at the other end."""
    found = Traffic.of([])
    for row in rows:
        ours, theirs = row.source, row.destination
        if way == "in":
            ours, theirs = theirs, ours
        if server.name in ours.servers:
            found |= Traffic.of(carried(addresses(theirs, scene), row))
    return found


def beside(server: ExchangeServer, scene: NetworkModel) -> AddressSet:
    """The servers of the same network and zone, the server itself among them."""
    here = (server.network, server.in_perimeter)
    found = AddressSet()
    for other in scene.servers.values():
        if (other.network, other.in_perimeter) == here:
            found |= other.address_set
    return found


def everything_at(there: AddressSet) -> Traffic:
    return Traffic.of([(there, ServiceSet.everything())])


@pytest.mark.slow
@slow
@given(topologies())
def test_what_is_handed_over_is_what_the_rules_let_pass_but_inside_one_zone(data: Any) -> None:
    plans = planned(data)
    rows, scene = handover(plans), NetworkModel(plans)
    for server in scene.managed():
        always = scene.views[server.network].always
        inside = everything_at(beside(server, scene))
        for way in WAYS:
            reported = handed(rows, server, way, scene)
            for own in server.addresses:
                permitted = scene.permitted(server, way, own)
                # Beyond the zone: no less and no more, but for what the platform itself asks for, and for
                # what no packet can be: a rule may name ranges of an IP version that the server lacks.
                others = EVERYTHING_V6 if ip_address(own).version == 4 else EVERYTHING_V4
                # No row is about what cannot work as declared.
                permitted -= scene.unusable(server, way)
                aside = inside | always[way] | everything_at(AddressSet.of([others]))
                assert reported - aside == permitted - aside
                # Inside it a row may hold a server only by a range that the operator wrote.
                assert not reported - permitted


@pytest.mark.slow
@slow
@given(topologies())
def test_no_row_is_about_two_servers_of_one_place_or_about_no_server_of_ours(data: Any) -> None:
    plans = planned(data)
    scene = NetworkModel(plans)
    for row in handover(plans):
        sides = (row.source, row.destination)
        assert any(scene.servers[name].managed for side in sides for name in side.servers)
        if all(side.servers for side in sides):
            assert row.source.place != row.destination.place
        for side in sides:
            stand = {
                (scene.places[s.network].key, s.in_perimeter)
                for s in (scene.servers[name] for name in side.servers)
            }
            if side.servers:
                assert side.place is not None
                assert stand == {(side.place.network, side.place.zone == "perimeter")}
        assert row.reasons


@pytest.mark.slow
@slow
@given(topologies())
def test_both_formats_have_every_row_once(data: Any) -> None:
    rows = handover(planned(data))
    table = list(csv.reader(io.StringIO(written(rows, "csv"), newline="")))
    assert {len(cells) for cells in table} == {15}
    assert len(table) == len(rows) + 1
    page = written(rows, "markdown")
    assert len(re.findall(r"^\|(?!---| from )", page, re.M)) == len(rows)
    assert len({tuple(cells) for cells in table}) == len(table)


# ---- what is crossed ----


def rows_of(**edit: object) -> tuple[HandoverRow, ...]:
    topology = load_topology(edited(WITH_EDGE, {k.replace("__", "."): v for k, v in edit.items()}))[
        0
    ]
    return handover(compile_plans(topology))


def reported(rows: Iterable[HandoverRow], crossing: Crossing) -> list[str]:
    return [
        f"{row.source.name} -> {row.destination.name} {row.passes}"
        for row in rows
        if row.crossing is crossing
    ]


def test_edge_crosses_a_zone_and_the_internet_and_its_servers_nothing() -> None:
    rows = rows_of(sites__hq__servers__ex2={"roles": ["mailbox"], "address": "10.20.0.12"})
    assert reported(rows, Crossing.ZONES) == [
        "internal Exchange servers -> Edge servers 25/tcp",
        "internal Exchange servers -> Edge servers 50636/tcp",
        "Edge servers -> internal Exchange servers 25/tcp",
    ]
    assert reported(rows, Crossing.INTERNET) == [
        "internet -> Edge servers 25/tcp",
        "Edge servers -> internet 25/tcp",
    ]
    assert reported(rows, Crossing.NETWORKS) == []
    # Between ex1 and ex2 there is no filter but ours.
    assert not [
        row for row in rows if "ex2" in row.source.servers and row.destination.servers == ("ex1",)
    ]


def test_a_server_without_an_address_is_named_since_no_rule_can_be_written_for_it() -> None:
    rows = rows_of()
    page = written(rows, "markdown")
    assert "Other firewalls need the address of each server: edge1." in page
    assert "edge1: not declared" in written(rows, "csv")


def test_servers_of_others_alone_are_not_handed_over() -> None:
    """Nothing of ours filters what a server on premises says to its own domain controller."""
    rows = rows_of(
        networks__office={"platform": "external", "internal": ["10.64.0.0/16"]},
        sites__bergen={
            "network": "office",
            "servers": {"ex9": {"roles": ["client_access", "mailbox"], "address": "10.64.0.11"}},
            "domain_controllers": {"addresses": ["10.64.2.10"]},
        },
    )
    assert [row for row in rows if row.source.servers == ("ex9",)]
    ends = [(row.source, row.destination) for row in rows if "ex9" in row.source.servers]
    assert all(set(target.servers) & {"ex1", "edge1"} for _, target in ends)


# ---- an operator's words ----


@pytest.mark.parametrize("words", [*HOSTILE, "\uff1d1+1"])
def test_no_cell_of_csv_is_a_formula_and_no_line_ends_otherwise_than_rfc_4180_says(
    words: str,
) -> None:
    text = written(handover(hostile(words)), "csv")
    assert text.endswith("\r\n")
    assert not re.search(r"(?<!\r)\n|\r(?!\n)", text)
    cells = [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\uff1d"))]
    assert [cell for cell in cells if cell.removeprefix("'") == words]


@pytest.mark.parametrize("words", [*HOSTILE, *MARKUP])
def test_no_word_of_an_operator_is_markup(words: str) -> None:
    page = written(handover(hostile(words)), "markdown")
    for row in re.findall(r"^\| (?!from ).*$", page, re.M):
        assert len(re.findall(r"(?<!\\)\|", row)) == 7, row
        # What links lead to is ours.
        plain = re.sub(r"(?<=\()\[[A-Z]\d+[a-z]?\](?=[,)])", "", row)
        assert not re.search(r"(?<!\\)[`*\[<>]|://|www\.|@", plain), row


def test_a_reader_of_bytes_gets_the_line_ends_of_rfc_4180(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    assert main(["handover", str(ROOT / "stacks" / STACKS[0]), "--format", "csv"]) == 0
    out = capfdbinary.readouterr().out
    assert out.count(b"\r\n") == out.count(b"\n") == out.count(b"\r") > 1


def test_the_small_one_has_its_domain_controllers_and_nothing_else() -> None:
    rows = handover(compile_plans(load_topology(edited(SMALL, {}))[0]))
    assert [row.crossing for row in rows] == [Crossing.NEIGHBORS, Crossing.NEIGHBORS]
    assert {row.passes for row in rows} == {"all protocols"}


AD_FS: Final = {"servers": ["10.20.2.30"], "entra_connect": ["10.20.2.31"]}


def of_others(**ad_fs: object) -> list[tuple[str, ...]]:
    hybrid = {"mode": "classic_minimal", "endpoints": "2026081400", "ad_fs": {**AD_FS, **ad_fs}}
    plans = compile_plans(load_topology(edited(SMALL, {"hybrid": hybrid}))[0])
    return [
        (row.source.name, row.destination.name, *row.destination.addresses, row.passes)
        for row in rows_of_others(plans)
    ]


def test_traffic_of_ad_fs_is_handed_over_although_no_server_of_ours_is_an_end() -> None:
    assert of_others() == [
        ("internet", "AD FS", "10.20.2.30", "443/tcp"),
        ("Microsoft Entra Connect", "AD FS", "10.20.2.30", "443/tcp"),
    ]
    assert of_others(proxies=["10.20.240.30"], entra_connect=[]) == [
        ("internet", "AD FS proxies", "10.20.240.30", "443/tcp")
    ]
    assert rows_of_others(compile_plans(load_topology(edited(SMALL, {}))[0])) == ()


def test_a_row_that_two_articles_have_is_cited_from_both() -> None:
    """Also where each article is cited by a flow of its own, and never twice where the address is the same."""
    servers = {"ex1": {"address": "10.20.0.11"}, "old": {"version": 2013, **BOTH_ROLES}}
    mixed = edited(SMALL, {"version": 2016, "sites.hq.servers": servers})
    for data, expected in ((SMALL, ["C1"]), (mixed, ["C1", "C1, Exchange 2016 and later"])):
        rows = handover(compile_plans(load_topology(edited(data, CLIENTS))[0]))
        page = written(rows, "markdown")
        assert re.findall(r"^\[(C1.*?)\]: ", page, re.MULTILINE) == expected
        assert all(f"[{label}]" in page.partition("\n[C1]: ")[0] for label in expected)
        (record,) = [
            each
            for each in csv.DictReader(io.StringIO(written(rows, "csv")))
            if each["source addresses"] == "10.0.0.0/8"
        ]
        assert len(record["document"].split("; ")) == len(expected)


BOTH_ROLES: Final = {"roles": ["client_access", "mailbox"]}
CLIENTS: Final = {"clients": {"corp": {"from": ["10.0.0.0/8"], "services": ["https"]}}}


@pytest.mark.parametrize(
    "edit, zones",
    [
        ({}, []),
        ({"networks.corp.platform": "azure"}, ["internal", "perimeter"]),
        ({"networks.corp.platform": "azure", "networks.corp.attach_to": "subnets"}, []),
    ],
)
def test_groups_of_others_at_subnets_are_named_where_the_cloud_evaluates_both(
    edit: dict[str, Any], zones: list[str]
) -> None:
    plans = compile_plans(load_topology(edited(WITH_EDGE, edit))[0])
    found = filtered_subnets(plans)
    assert [each.place.zone for each in found] == zones
    page = write(handover_report((), "contoso", ORIGIN, subnets=found), "markdown")
    assert ("corp, internal: 10.20.0.0/20" in page) == bool(zones)


def test_the_version_of_each_server_is_handed_over() -> None:
    data = edited(WITH_EDGE, {"edge_servers.edge1.version": 2016})
    plans = compile_plans(load_topology(data)[0])
    page = write(handover_report((), "contoso", ORIGIN, servers=plans.inventory.servers), "json")
    assert [(each["name"], each["version"]) for each in json.loads(page)["servers"]] == [
        ("ex1", "2013"),
        ("edge1", "2016"),
    ]
