"""`diagram`: a picture shows exactly the flows, harms no one, and can be read by everybody."""

import json
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any, Final, cast
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from exchange_ports.catalog import CatalogSection
from exchange_ports.cli import main
from exchange_ports.cli.arguments import PARTS
from exchange_ports.clouds import platform_traffic
from exchange_ports.differences import Effect, diff_plans
from exchange_ports.differences.topology_diff import pairs
from exchange_ports.flows import ExternalEndpoint
from exchange_ports.flows.flow_index import WAYS, FlowIndex, Way, carried
from exchange_ports.planning import Plans, compile_plans
from exchange_ports.reports.diagram import Heading, Only, Picture, draw_picture, mermaid, svg
from exchange_ports.reports.diagram.colors import DARK, LIGHT, RISK
from exchange_ports.reports.diagram.endpoints import DrawnEndpoint, Member, Status
from exchange_ports.reports.diagram.font import widest_word, width, wrapped
from exchange_ports.reports.diagram.picture import SECTION_WORDS, PictureSection
from exchange_ports.reports.diagram.zones import Column, Zone, ZoneKind, zones
from exchange_ports.stackfile.stack_file import read_stack_file
from exchange_ports.topology.groups import Group, identity
from exchange_ports.topology.inventory import ExchangeServer, Inventory, group_addresses
from exchange_ports.topology.validate import load_topology
from exchange_ports.traffic.addresses import AddressSet
from exchange_ports.traffic.ports import Ports, Protocol
from exchange_ports.traffic.services import ServiceSet
from exchange_ports.traffic.traffic import Traffic
from tests.support.edits import edited_plans
from tests.support.paths import ROOT
from tests.support.planning import planned
from tests.support.strategies import SMALL, Data, edited, topologies

STACKS: Final = sorted((ROOT / "stacks").glob("Pulumi.*.yaml"))
STACKS_BY_NAME: Final = {path.stem.removeprefix("Pulumi."): path for path in STACKS}
PICTURES: Final = ROOT / "docs" / "pictures"
SVG: Final = "{http://www.w3.org/2000/svg}"

some = settings(
    max_examples=max(settings().max_examples // 2, 10),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)


# ---- a picture shows exactly the flows ----

#: What passes between two of ours, and what passes between one of ours and others, by direction.
Shown = tuple[dict[tuple[str, str], ServiceSet], dict[tuple[str, str], Traffic]]


def of_flows(plans: Plans) -> Shown:
    """From the flows alone; servers are called by their identity."""
    topology = plans.topology
    names = {
        key: identity(key, server)
        for site in topology.sites.values()
        for key, server in site.servers.items()
    } | {key: identity(key, edge) for key, edge in topology.edge_servers.items()}
    in_group: dict[Group, list[str]] = defaultdict(list)
    for managed in Inventory(topology).servers:
        for group in managed.groups:
            in_group[group].append(names[managed.name])

    def ends(end: Group | ExternalEndpoint) -> Iterator[tuple[str | None, AddressSet]]:
        if isinstance(end, Group):
            yield from ((server, AddressSet()) for server in in_group[end])
        else:
            yield None, AddressSet.of(end.ranges)

    return gathered(
        (source, destination, flow.ports)
        for flow in plans.flows
        for source in ends(flow.source)
        for destination in ends(flow.destination)
    )


def of_rows(shown: Picture) -> Shown:
    """From the rows, taken apart again."""

    def ends(end: DrawnEndpoint) -> Iterator[tuple[str | None, AddressSet]]:
        if end.outside is not None:
            yield None, AddressSet.of(end.outside.ranges)
        for server in end.servers:
            yield server, AddressSet()

    def all_pairs() -> Iterator[tuple[Any, Any, Ports]]:
        for row in shown.rows:
            for one in row.source:
                for other in row.destination:
                    if row.own_site and one.site != other.site:
                        continue
                    for a in ends(one):
                        for b in ends(other):
                            for ports in row.ports:
                                yield a, b, ports
                                if row.both_ways:
                                    yield b, a, ports

    return gathered(all_pairs())


def gathered(
    pairs: Iterable[tuple[tuple[str | None, AddressSet], tuple[str | None, AddressSet], Ports]],
) -> Shown:
    ours: dict[tuple[str, str], ServiceSet] = defaultdict(ServiceSet)
    others: dict[tuple[str, str], Traffic] = defaultdict(Traffic)
    for (source, at), (destination, to), ports in pairs:
        services = ServiceSet.of(ports, 4) | ServiceSet.of(ports, 6)
        if source is not None and destination is not None:
            if source != destination:
                ours[source, destination] |= services
        elif source is not None:
            others[source, "out"] |= Traffic.of([(to, services)])
        elif destination is not None:
            others[destination, "in"] |= Traffic.of([(at, services)])
    return dict(ours), dict(others)


@pytest.mark.slow
@some
@given(topologies())
def test_the_rows_of_a_picture_are_the_flows(data: Data) -> None:
    shown = draw_picture(plans := planned(data))
    assert {row.status for row in shown.rows} <= {Status.UNCHANGED}
    assert of_rows(shown) == of_flows(plans)


# ---- a picture of a change compares traffic ----

#: The traffic of each server's filter, by the server's identity and the direction.
Filters = dict[tuple[str, Way], Traffic]
CHANGED: Final = {Status.ALLOWED: Effect.OPENED, Status.BLOCKED: Effect.CUT}


def filters_of(plans: Plans, servers: Mapping[str, ExchangeServer]) -> Filters:
    """What the flows need each filter to allow."""
    flows = FlowIndex(plans.flows, group_addresses(servers.values()))
    return {
        (name, way): flows.traffic(flows.flows_of(server.groups, way), way)
        for name, server in servers.items()
        for way in WAYS
    }


def filters_of_rows(
    shown: Picture, statuses: Collection[Status], servers: Mapping[str, ExchangeServer]
) -> Filters:
    """What the rows with these statuses need each filter to allow."""

    def ends(end: DrawnEndpoint) -> Iterator[tuple[str, AddressSet]]:
        if end.outside is not None:
            yield "", AddressSet.of(end.outside.ranges)
        for server in end.servers:
            if server in servers:
                yield server, AddressSet.at(servers[server].addresses)

    found: dict[tuple[str, Way], list[tuple[AddressSet, ServiceSet]]] = {
        (name, way): [] for name in servers for way in WAYS
    }
    for row in shown.rows:
        if row.status not in statuses:
            continue
        for one, other in product(row.source, row.destination):
            if row.own_site and one.site != other.site:
                continue
            turns = ((one, other), (other, one)) if row.both_ways else ((one, other),)
            for source, target in turns:
                for (a, at), (b, to) in product(ends(source), ends(target)):
                    for ports in row.ports:
                        if a:
                            found[a, "out"] += carried(to, ports)
                        if b:
                            found[b, "in"] += carried(at, ports)
    return {key: Traffic.of(boxes) for key, boxes in found.items()}


@pytest.mark.slow
@settings(some, max_examples=max(settings().max_examples // 4, 10))
@given(st.data())
def test_the_rows_of_a_change_are_the_traffic_of_both_topologies(draw: st.DataObject) -> None:
    before, now, _ = edited_plans(draw)
    shown = draw_picture(now, before)
    found = pairs(before, now)
    old = {pair.before.identity: pair.before for pair in found if pair.before}
    new = {pair.after.identity: pair.after for pair in found if pair.after}
    assert filters_of_rows(shown, (Status.UNCHANGED, Status.BLOCKED), old) == filters_of(
        before, old
    )
    assert filters_of_rows(shown, (Status.UNCHANGED, Status.ALLOWED), new) == filters_of(now, new)
    marked_as_in_the_traffic_diff(shown, before, now)


def marked_as_in_the_traffic_diff(shown: Picture, before: Plans, now: Plans) -> None:
    """Of servers that stay, with ends outside; every protocol is drawn whole or not at all."""
    changes = diff_plans(before, now)
    for pair in pairs(before, now):
        if not (pair.before and pair.after and pair.before.managed and pair.after.managed):
            continue
        was, now_ = (
            (server.addresses, server.site, server.network, server.roles)
            for server in (pair.before, pair.after)
        )
        if was != now_:
            continue
        own = AddressSet.at(pair.after.addresses)
        for (status, effect), way in product(CHANGED.items(), WAYS):
            drawn = Traffic.of(
                box
                for row in shown.rows
                if row.status is status and not row.own_site
                for mine, theirs in [(row.source, row.destination)[:: 1 if way == "out" else -1]]
                if any(pair.after.identity in end.servers for end in mine)
                for end in theirs
                if end.outside
                for ports in row.ports
                if ports.protocol is not Protocol.ANY
                for box in carried(AddressSet.of(end.outside.ranges), ports)
            )
            if drawn:
                changed = Traffic()
                for change in changes.of(effect):
                    changed |= change.at(way, own)
                assert drawn - PROBES <= changed


#: What a cloud's own hosts may do always: no flow newly allows it.
PROBES: Final = Traffic.of((each.addresses, ServiceSet.everything()) for each in platform_traffic())


@pytest.mark.slow
@some
@given(topologies())
def test_nothing_is_new_or_cut_between_a_topology_and_itself(data: Data) -> None:
    plans = planned(data)
    # Rows may be divided: a comparison tells apart servers that other rows do not.
    assert {row.status for row in draw_picture(plans, plans).rows} <= {Status.UNCHANGED}


@pytest.mark.slow
@some
@given(topologies())
def test_every_endpoint_of_a_section_is_in_one_column(data: Data) -> None:
    for section in draw_picture(planned(data)).sections:
        drawn = [end for column in columns_of(section) for end in column.endpoints]
        assert len(drawn) == len(set(drawn))
        assert {end for row in section.rows for end in row.ends} <= set(drawn)


def columns_of(section: PictureSection) -> list[Column]:
    return [column for zone in zones(section) for column in zone.columns]


def test_traffic_that_another_flow_still_allows_is_not_drawn_as_blocked() -> None:
    """The stack of docs/diagram.md: clients from any address may use IMAP4 now, those of the forest too."""
    before, now = (
        compile_plans(load_topology(topology_of(path))[0])
        for path in (
            STACKS_BY_NAME["prod-aws"],
            ROOT / "tests/fixtures/diagram/Pulumi.prod-aws.yaml",
        )
    )
    (blocked,) = (row for row in draw_picture(now, before).rows if row.status is Status.BLOCKED)
    # No flow from any address has IPv6 addresses in this organization.
    assert [str(range_) for end in blocked.source for range_ in end.ranges] == ["2001:db8:10::/48"]


@pytest.mark.parametrize("known", ["source", "destination"])
def test_traffic_that_one_filter_alone_allowed_is_newly_allowed(known: str) -> None:
    """A packet between two servers passes the filters of both."""

    def plans(source: str, destination: str) -> Plans:
        flow = {"from": source, "to": destination, "ports": ["8443/tcp"], "reason": "application"}
        return three_sites({"additional_flows": [{**flow, "accept_risk": True}]})

    # Ranges that contain the servers: only the filter of the named end allows it.
    before = (
        plans("edge", "10.20.0.0/20") if known == "source" else plans("10.20.240.0/24", "exchange")
    )
    shown = draw_picture(plans("edge", "exchange"), before, only=[Only.ADDITIONAL])
    statuses = {row.status for row in shown.rows if not any(end.outside for end in row.ends)}
    assert statuses == {Status.ALLOWED}


# ---- like sites are one ----


def internal(picture: Picture) -> list[Zone]:
    """The zones of sites in the section on internal servers."""
    (section,) = (each for each in picture.sections if each.section is CatalogSection.INSIDE)
    return [zone for zone in zones(section) if zone.kind is ZoneKind.INTERNAL]


def test_forty_like_sites_are_one_zone() -> None:
    edit: dict[str, Any] = {
        f"sites.s{number:02}": {
            "network": "corp",
            "servers": {
                f"ex{number:02}{at}": {
                    "roles": ["client_access", "mailbox"],
                    "address": f"10.20.{4 + number // 10}.{20 * (number % 10) + at + 20}",
                }
                for at in range(10)
            },
        }
        for number in range(40)
    }
    shown = internal(draw_picture(plans_of(edit)))
    assert [zone.title for zone in shown] == ["Internal: hq", "Internal: 40 similar sites"]
    assert shown[1].columns[0].names == "400 servers"
    # A site to which a client network has access is not like the others in that section alone.
    edit["clients.office"] = {"from": ["10.64.0.0/16"], "to": ["s07"]}
    picture = draw_picture(plans_of(edit))
    assert len(internal(picture)) == 2
    (clients,) = (each for each in picture.sections if each.section is CatalogSection.CLIENTS)
    titles = {zone.title for zone in zones(clients) if zone.kind is ZoneKind.INTERNAL}
    assert "Internal: s07" in titles


def three_sites(edit: Mapping[str, Any]) -> Plans:
    found: dict[str, Any] = {
        "sender_reputation": "disabled",
        "name_servers.edge": "cloud_resolver",
        **edit,
    }
    for number in range(3):
        found[f"sites.s{number}"] = {
            "network": "corp",
            "servers": {
                f"own{number}": {
                    "roles": ["client_access", "mailbox"],
                    "address": f"10.20.{4 + number}.20",
                }
            },
        }
        found[f"edge_servers.edge{number}"] = {
            "network": "corp",
            "address": f"10.20.240.{20 + number}",
            "subscribed_site": f"s{number}",
        }
    return plans_of(found)


def test_traffic_inside_each_of_several_like_sites_is_one_row() -> None:
    plans = three_sites({})
    shown = draw_picture(plans)
    assert any(("s0", "s1", "s2") in section.sites for section in shown.sections)
    assert any(row.own_site for row in shown.rows)
    assert of_rows(shown) == of_flows(plans)


def test_sites_that_differ_by_their_neighbors_only_are_like_sites() -> None:
    flows = [
        {
            "from": f"10.20.{4 + number}.96/28",
            "to": f"exchange@s{number}",
            "ports": ["3389/tcp"],
            "reason": f"administration from the bastion of s{number}",
        }
        for number in range(3)
    ]
    plans = three_sites({"additional_flows": flows})
    shown = draw_picture(plans)
    section = shown.sections[-1]
    assert ("s0", "s1", "s2") in section.sites
    (administration,) = (each for each in zones(section) if each.title == "Administration")
    (column,) = administration.columns
    assert column.title == "administration from the bastion of \N{HORIZONTAL ELLIPSIS}"
    assert of_rows(shown) == of_flows(plans)


# ---- kinds of neighbor ----


@pytest.mark.parametrize(
    "reason,ports,kind",
    [
        ("RDP from the jump host", "3389/tcp", "Administration"),
        ("SCOM agents", "5723/tcp", "Monitoring"),
        ("monitoring over PowerShell", "5986/tcp", "Monitoring"),
        ("PowerShell for the monitoring team", "5986/tcp", "Administration"),
        ("nightly backup", "10001/tcp", "Backup"),
        ("patches", "8530/tcp", "Updates"),
        ("Fernwartung", "3389/tcp", "Administration"),
        ("Fax gateway", "5060/tcp", "Other neighbors"),
    ],
)
def test_a_neighbor_is_of_the_kind_that_its_reason_or_its_ports_tell(
    reason: str, ports: str, kind: str
) -> None:
    flow = {"from": "10.20.6.7", "to": "exchange", "ports": [ports], "reason": reason}
    section = draw_picture(plans_of({"additional_flows": [flow]})).sections[-1]
    zone = next(each for each in zones(section) if each.kind is ZoneKind.NEIGHBORS)
    assert zone.title == kind
    assert [(column.title, column.names) for column in zone.columns] == [(reason, "10.20.6.7")]


@pytest.mark.parametrize(
    "declared,kind",
    [
        ({"purpose": "administration"}, "Administration"),
        ({"purpose": "monitoring"}, "Monitoring"),
        ({"purpose": "backup"}, "Backup"),
        ({"purpose": "updates"}, "Updates"),
        ({"purpose": "other"}, "Other neighbors"),
        # What is declared counts more than words and ports.
        ({"purpose": "backup", "reason": "monitoring by RDP"}, "Backup"),
        ({"purpose": "other", "need": "windows_update"}, "Other neighbors"),
        ({"need": "windows_update"}, "Updates"),
        ({"need": "malware_definitions"}, "Updates"),
        ({"need": "content_filter_updates"}, "Updates"),
        ({"need": "certificate_checks"}, "Other neighbors"),
    ],
)
def test_a_neighbor_is_of_the_kind_of_the_purpose_or_else_of_the_need(
    declared: Mapping[str, str], kind: str
) -> None:
    ports = {} if "need" in declared else {"ports": ["3389/tcp"], "reason": "Fernwartung"}
    flow = {"from": "exchange", "to": "10.20.6.7", **ports, **declared}
    section = draw_picture(plans_of({"additional_flows": [flow]})).sections[-1]
    zone = next(each for each in zones(section) if each.kind is ZoneKind.NEIGHBORS)
    assert zone.title == kind


# ---- narrower pictures ----


def test_a_picture_can_be_narrowed_to_sites_and_to_parts() -> None:
    plans = compile_plans(load_topology(topology_of(STACKS_BY_NAME["prod-aws"]))[0])
    whole = draw_picture(plans)
    paris = draw_picture(plans, sites=["paris"])
    assert 0 < len(paris.rows) < len(whole.rows) == paris.all_rows
    assert all(
        "paris" in {end.site for end in row.source} | {end.site for end in row.destination}
        for row in paris.rows
    )
    mail = draw_picture(plans, only=[Only.MAIL])
    assert [section.section for section in mail.sections] == [CatalogSection.MAIL]
    risks = draw_picture(plans, only=[Only.RISKS])
    assert risks.rows
    assert all(row.is_risky for row in risks.rows)
    assert not draw_picture(plans, plans, only=[Only.CHANGES]).rows


def test_changes_are_also_the_traffic_of_added_servers() -> None:
    more = {"roles": ["client_access", "mailbox"], "address": "10.20.5.30"}
    shown = draw_picture(
        three_sites({"sites.s3": {"network": "corp", "servers": {"more": more}}}),
        three_sites({}),
        only=[Only.CHANGES],
    )
    assert shown.rows
    assert {member for member in shown.members if member.status is not Status.UNCHANGED} == {
        Member("more", Status.ALLOWED)
    }


def test_a_narrower_picture_tells_so(capfd: pytest.CaptureFixture[str]) -> None:
    stack = str(STACKS_BY_NAME["prod-aws"])
    assert main(["diagram", stack, "--site", "paris", "--date", "2027-03-31"]) == 0
    shown = capfd.readouterr().out
    assert "contoso \N{MIDDLE DOT} prod-aws \N{MIDDLE DOT} 2027-03-31" in shown
    assert "(only site paris; the whole picture has " in shown
    assert main(["diagram", stack, "--site", "pariss"]) == 2
    assert 'Unknown site "pariss".\n  fix: Did you mean "paris"?\n' in capfd.readouterr().err
    assert main(["diagram", stack, "--site", "tokyo"]) == 2
    assert "fix: Write one of: " in capfd.readouterr().err


def test_the_command_offers_every_part() -> None:
    assert set(PARTS) == set(Only)


def test_every_section_of_the_catalog_has_a_word() -> None:
    assert set(SECTION_WORDS) == set(CatalogSection)


def plans_of(edit: Mapping[str, Any]) -> Plans:
    data = edited(SMALL, {"networks.corp.platform": "azure", **edit})
    return compile_plans(load_topology(data)[0])


# ---- readers ----


def drawn(shown: Picture) -> ElementTree.Element:
    return ElementTree.fromstring(svg(shown, Heading("it")))  # noqa: S314 - our own


@pytest.fixture(params=STACKS, ids=lambda path: path.stem.removeprefix("Pulumi."))
def picture(request: pytest.FixtureRequest) -> ElementTree.Element:
    plans = compile_plans(load_topology(topology_of(request.param))[0])
    return drawn(draw_picture(plans))


def topology_of(stack: Path) -> dict[str, Any]:
    return cast(
        "dict[str, Any]", read_stack_file(stack.read_bytes(), stack.name).config["topology"]
    )


def test_it_can_be_read_aloud(picture: ElementTree.Element) -> None:
    reported = [picture.find(f"{SVG}{tag}") for tag in ("title", "desc")]
    assert all(each is not None and each.text for each in reported)
    assert (picture.get("aria-labelledby") or "").split() == [
        each.get("id") for each in reported if each is not None
    ]
    assert picture.get("role") == "img"


def length(text: ElementTree.Element) -> float:
    return float(text.get("textLength") or 0)


def test_no_text_is_wider_than_its_room(picture: ElementTree.Element) -> None:
    whole = float(picture.get("width") or 0)
    for text in picture.iter(f"{SVG}text"):
        x, wide = float(text.get("x") or 0), length(text)
        if text.get("class") and "middle" in (text.get("class") or ""):
            x -= wide / 2
        assert wide > 0
        assert x >= 0
        assert x + wide <= whole, "".join(text.itertext())
    for box in picture.iter(f"{SVG}g"):
        rect = box.find(f"{SVG}rect")
        if rect is None or "box" not in (rect.get("class") or ""):
            continue
        for text in box.iter(f"{SVG}text"):
            assert length(text) <= float(rect.get("width") or 0), text.text
            assert float(text.get("y") or 0) <= float(rect.get("y") or 0) + float(
                rect.get("height") or 0
            )


def test_the_pictures_of_the_stacks_fit_a_page(picture: ElementTree.Element) -> None:
    """GitHub shows a README 830 pixels wide; a wider picture would be made smaller there."""
    assert float(picture.get("width") or 0) <= 830


def test_a_destination_between_its_sources_has_an_arrow_from_both_sides() -> None:
    flows = [
        {"from": end, "to": "exchange@s1", "ports": ["8443/tcp"], "reason": "application"}
        for end in ("10.20.6.7", "exchange@s0", "exchange@s2")
    ]
    plans = three_sites({"additional_flows": flows})
    drawn_ = ElementTree.fromstring(svg(draw_picture(plans, only=[Only.ADDITIONAL]), Heading("it")))  # noqa: S314
    (row,) = (
        group
        for group in drawn_.iter(f"{SVG}g")
        if (title := group.find(f"{SVG}title")) is not None
        and (title.text or "").startswith("8443/tcp")
    )
    tips = [(each.get("points") or "").split()[0] for each in row.iter(f"{SVG}polygon")]
    assert len(tips) == 2
    assert len(set(tips)) == 1, "both point at the same column"
    # The sources s0 and s2 are like sites, so they share a column.
    assert len(list(row.iter(f"{SVG}circle"))) == 2


# ---- pictures that were hard to read ----

CASES: Final = {
    path.stem.removeprefix("diagram-"): path
    for path in (ROOT / "tests" / "fixtures" / "cases").glob("diagram-*.yaml")
}


def case(name: str) -> tuple[Picture, ElementTree.Element]:
    picture = draw_picture(compile_plans(load_topology(topology_of(CASES[name]))[0]))
    return picture, drawn(picture)


def shown_words(drawing: ElementTree.Element) -> str:
    shown = " ".join("".join(text.itertext()) for text in drawing.iter(f"{SVG}text"))
    return " ".join(shown.split())


@pytest.mark.parametrize("name", CASES)
def test_the_case_fits_a_page_and_breaks_no_range(name: str) -> None:
    picture, drawing = case(name)
    assert float(drawing.get("width") or 0) <= 830
    words = shown_words(drawing).replace(",", " ").replace(";", " ").split()
    for section in picture.sections:
        for column in columns_of(section):
            for range_ in re.findall(r"[0-9.]+/[0-9]+", column.names):
                assert range_ in words


def test_twelve_sites_are_few_zones_and_neighbors_are_apart() -> None:
    picture, _ = case("12-sites")
    titles = [[zone.title for zone in zones(section)] for section in picture.sections]
    assert titles == [
        ["Internet", "Perimeter", "Internal: 2 similar sites", "Smart hosts"],
        ["Internet", "Clients", "Internal: amsterdam", "Internal: berlin"]
        + ["Internal: 5 similar sites"] * 2,
        ["Internal: 4 similar sites", "Internal: 8 similar sites"],
        ["Administration", "Monitoring", "Perimeter"]
        + [f"Internal: {number} similar sites" for number in (2, 10)]
        + ["Updates"],
    ]


def test_a_long_reason_is_whole_at_its_row_and_counted_in_its_box() -> None:
    picture, drawing = case("long-texts")
    (reason,) = {
        reason.summary
        for row in picture.rows
        for reason in row.reasons
        if len(reason.summary) > 200
    }
    words = shown_words(drawing)
    assert reason in words
    assert "\N{HORIZONTAL ELLIPSIS} +33 words" in words
    # Each risk that was accepted is marked.
    assert words.count("accepted risk") == sum(row.is_risky for row in picture.rows) == 2


# ---- text in its room ----


def test_widths_are_those_of_helvetica() -> None:
    """By Adobe's metrics of Helvetica, in 1/1000 em, whose widths Arial and Liberation Sans have."""
    for letter, regular, bold in (
        ("E", 667, 667),
        ("x", 500, 556),
        ("0", 556, 556),
        (".", 278, 278),
    ):
        assert width(letter, 1000) == pytest.approx(regular, abs=0.6)
        assert width(letter, 1000, bold=True) == pytest.approx(bold, abs=0.6)


@pytest.mark.parametrize("text", ["10.20.240.0/24", "2001:db8:10::/48", "(10.64.0.0/12),"])
def test_an_address_is_never_broken(text: str) -> None:
    assert wrapped(f"the range {text} of a network", 12, 20)[2:3] != ()
    assert text in wrapped(f"the range {text} of a network", 12, 20)
    assert widest_word(f"a {text}", 12) == width(text, 12)


@given(st.lists(st.text("abc-", min_size=1, max_size=12), min_size=1, max_size=30))
def test_text_without_room_is_counted(words: list[str]) -> None:
    lines = wrapped(" ".join(words), 12, 120, 3)
    assert len(lines) <= 3
    assert all(width(line, 12) <= 120 for line in lines)
    shown = " ".join(lines).split()
    if shown[-1] == "words":
        kept, missing = shown[:-3], int(shown[-2])
        assert shown[-3] == "\N{HORIZONTAL ELLIPSIS}"
        assert len(kept) + missing >= len(words)
    else:
        assert shown == words


HARM: Final = re.compile(r"<script|<foreignObject|\bon\w+=|href|url\(|@import|<image|<use", re.I)


def test_it_asks_no_one_for_anything(picture: ElementTree.Element) -> None:
    text = ElementTree.tostring(picture, encoding="unicode")
    assert not HARM.search(text)
    assert text.count("http") == 1, "only the namespace"


def luminance(color: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_it_can_be_read_on_light_and_on_dark_pages(palette: Mapping[str, str]) -> None:
    """4.5:1 for text and 3:1 for lines that mean something (WCAG 2.2, AA)."""
    grounds = [palette["page"], *(palette[kind] for kind in ZoneKind)]
    for ground in grounds:
        for text in ("ink", "soft", Status.ALLOWED, Status.BLOCKED, RISK):
            assert contrast(palette[text], ground) >= 4.5, (text, ground)
        for line in ("line", "edge"):
            assert contrast(palette[line], ground) >= 3, (line, ground)


# ---- what people write is no markup ----

NASTY: Final = (
    "</text><script>alert(1)</script>\"&'",
    "]]> <!-- %% end",
    '"]; click n0 href "javascript:alert(1)"',
    "`code` [link](http://example.org) @someone #1",
    "bell \x07 and \ufffe and 日本語 " + "x" * 90,
)


@pytest.mark.parametrize("summary", NASTY)
def test_what_people_write_is_no_markup(summary: str) -> None:
    plans = plans_of(
        {
            "additional_flows": [
                {"from": "10.20.6.0/24", "to": "exchange", "ports": ["3389/tcp"], "reason": "words"}
            ]
        }
    )
    # Past the reader, which refuses some of these.
    flows = tuple(
        replace(
            f,
            reasons=tuple(replace(r, summary=summary) if r.entry is None else r for r in f.reasons),
        )
        for f in plans.flows
    )
    shown = draw_picture(replace(plans, flows=flows))
    picture = drawn(shown)
    tags = {element.tag.removeprefix(SVG) for element in picture.iter()}
    assert tags == {
        "svg",
        "title",
        "desc",
        "style",
        "rect",
        "line",
        "text",
        "tspan",
        "g",
        "circle",
        "polygon",
    }
    chart = mermaid(shown, Heading(summary))
    for line in chart.splitlines():
        assert re.fullmatch(
            r"%% [\w .,:/()+#;-]*|flowchart LR|  end"
            r"|  subgraph s\d+\[\"[\w .,:/()+#;-]*\"\]"
            r"|  subgraph z\d+\[\"[\w .,:/()+#;<br>-]*\"\]"
            r"|    n\d+(\[|\(\[)\"[\w .,:/()+#;<br>-]*\"(\]|\]\))"
            r"|  n\d+ <?-->\|\"[\w .,:/()+#;<br>-]*\"\| n\d+"
            r"|  r\d+\{\{\"[\w .,:/()+#;<br>-]*\"\}\}"
            r"|  [nr]\d+( & n\d+)* <?--[->] [nr]\d+( & n\d+)*"
            r"|  linkStyle [\d,]+ [\w#:,.\- ]+",
            line,
            re.ASCII,
        ), line


# ---- the pictures in the docs, and the command ----

#: What the docs show: the file, and what the command is asked.
SHOWN: Final = {
    **{f"{path.stem.removeprefix('Pulumi.')}.svg": [f"stacks/{path.name}"] for path in STACKS},
    "change.svg": [
        "tests/fixtures/diagram/Pulumi.prod-aws.yaml",
        "--against",
        "stacks/Pulumi.prod-aws.yaml",
        "--only",
        "changes",
    ],
    "overview.svg": ["stacks/Pulumi.prod-aws.yaml", "--only", "mail", "--only", "clients"],
}


def answer(*arguments: str) -> bytes:
    return subprocess.run(
        [sys.executable, "-m", "exchange_ports", "diagram", *arguments],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout


@pytest.mark.slow
@pytest.mark.parametrize("name", SHOWN)
def test_the_pictures_in_the_docs_are_those_that_the_command_draws(
    name: str, pytestconfig: pytest.Config
) -> None:
    found = answer(*SHOWN[name])
    if pytestconfig.getoption("--update-goldens"):
        PICTURES.mkdir(exist_ok=True)
        (PICTURES / name).write_bytes(found)
    assert (PICTURES / name).read_bytes() == found, "make golden draws them again"


def test_the_flowchart_of_a_stack_is_as_reviewed(golden: Callable[[str, str], None]) -> None:
    chart = answer("stacks/Pulumi.prod-aws.yaml", "--format", "mermaid").decode()
    golden("diagram/prod-aws.mmd", chart)


def test_a_file_with_errors_has_no_picture(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "Pulumi.bad.yaml"
    file.write_text(json.dumps({"config": {"exchange-ports:topology": {}}}))
    assert main(["diagram", str(file)]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert "error[" in err


@pytest.mark.parametrize(
    "later, title",
    [
        ({}, "Exchange"),
        ({"version": 2016, "sites.hq.servers.ex1": {}}, "Mailbox"),
        # A site of both versions: the title is true of each of its servers.
        ({"sites.hq.servers.ex2": {"version": 2016}}, "Exchange"),
    ],
)
def test_servers_with_both_roles_have_the_title_of_their_version(later: Data, title: str) -> None:
    plans = compile_plans(load_topology(edited(SMALL, {"clients.internet": {}, **later}))[0])
    text = mermaid(draw_picture(plans), Heading("hq"))
    assert f'["{title}<br>ex' in text
    assert f'["{"Mailbox" if title == "Exchange" else "Exchange"}<br>ex' not in text


def test_ad_fs_is_drawn_and_is_no_change_of_our_rules() -> None:
    hybrid = {"mode": "classic_minimal", "endpoints": "2026081400"}
    ad_fs = {
        "servers": ["10.20.2.30"],
        "proxies": ["10.20.240.30"],
        "entra_connect": ["10.20.2.31"],
    }
    before = compile_plans(load_topology(edited(SMALL, {"hybrid": hybrid}))[0])
    now = compile_plans(load_topology(edited(SMALL, {"hybrid": {**hybrid, "ad_fs": ad_fs}}))[0])
    assert dict(before.networks) == dict(now.networks)
    ours, section = draw_picture(now, only=[Only.HYBRID]).sections
    assert "no rule of the plan" not in ours.title
    assert "no rule of the plan" in section.title
    columns = {
        (zone.title, column.title): column.managed
        for zone in zones(section)
        for column in zone.columns
    }
    for zone, name in (
        ("AD FS", "AD FS"),
        ("AD FS", "AD FS proxies"),
        ("AD FS", "Microsoft Entra Connect"),
    ):
        assert columns[zone, name] is False
    assert [row.reasons[0].entry for row in section.rows] == ["H5", "H6"]
    words = svg(draw_picture(now, only=[Only.HYBRID]), Heading("contoso"))
    assert "between other hosts, no rule of the plan" in words
    assert draw_picture(now, before, only=[Only.CHANGES]).rows == ()
    assert not any("AD FS" in row.reasons[0].summary for row in draw_picture(before).rows)
