"""`diagram`: a picture shows exactly the flows, harms nobody, and can be read by everybody."""

import json
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, cast
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from exchange_ports.cli import main
from exchange_ports.flows import ExternalEndpoint
from exchange_ports.planning import Plans, compile_plans
from exchange_ports.reports.diagram import Picture, draw_picture, mermaid, svg
from exchange_ports.reports.diagram.columns import ColumnKind, columns
from exchange_ports.reports.diagram.layout import PicturePlace, Stand
from exchange_ports.reports.diagram.svg import DARK, LIGHT, width
from exchange_ports.stackfile.stack_file import read_stack_file
from exchange_ports.topology.groups import Group, identity
from exchange_ports.topology.inventory import Inventory
from exchange_ports.topology.validate import load_topology
from exchange_ports.traffic.addresses import AddressSet
from exchange_ports.traffic.ports import Ports
from exchange_ports.traffic.services import ServiceSet
from exchange_ports.traffic.traffic import Traffic
from tests.support.edits import edited_plans
from tests.support.paths import ROOT
from tests.support.planning import planned
from tests.support.strategies import SMALL, Data, edited, topologies

STACKS: Final = sorted((ROOT / "stacks").glob("Pulumi.*.yaml"))
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
    wears: dict[Group, list[str]] = defaultdict(list)
    for wearer in Inventory(topology).servers:
        for group in wearer.groups:
            wears[group].append(names[wearer.name])

    def ends(end: Group | ExternalEndpoint) -> Iterator[tuple[str | None, AddressSet]]:
        if isinstance(end, Group):
            yield from ((server, AddressSet()) for server in wears[end])
        else:
            yield None, AddressSet.of(end.ranges)

    return gathered(
        (source, destination, flow.ports)
        for flow in plans.flows
        for source in ends(flow.source)
        for destination in ends(flow.destination)
    )


def of_rows(shown: Picture, stands: Iterable[Stand]) -> Shown:
    """From the rows, taken apart again; a server that comes or goes is in a lane on one side only."""
    standing = {
        (key, member.name): member.stand
        for key, lane in shown.land.lanes.items()
        for member in lane.members
    }

    def ends(place: PicturePlace) -> Iterator[tuple[str | None, AddressSet]]:
        if place.outside is not None:
            yield None, AddressSet.of(place.outside.ranges)
        for server in place.servers:
            if standing[place.lane, shown.land.server(server)] in stands:
                yield server, AddressSet()

    def pairs() -> Iterator[tuple[Any, Any, Ports]]:
        for row in shown.rows:
            if row.stand not in stands:
                continue
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

    return gathered(pairs())


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
    assert {row.stand for row in shown.rows} <= {Stand.KEPT}
    assert of_rows(shown, Stand) == of_flows(plans)


@some
@given(st.data())
def test_what_is_kept_and_new_is_what_passes_now_and_what_is_kept_and_cut_what_passed(
    draw: st.DataObject,
) -> None:
    before, now, _ = edited_plans(draw)
    shown = draw_picture(now, before)
    assert of_rows(shown, (Stand.KEPT, Stand.NEW)) == of_flows(now)
    assert of_rows(shown, (Stand.KEPT, Stand.CUT)) == of_flows(before)


@pytest.mark.slow
@some
@given(topologies())
def test_nothing_is_new_or_cut_between_a_topology_and_itself(data: Data) -> None:
    plans = planned(data)
    assert [row.stand for row in draw_picture(plans, plans).rows] == [
        r.stand for r in draw_picture(plans).rows
    ]


@pytest.mark.slow
@some
@given(topologies())
def test_everybody_stands_in_one_lane(data: Data) -> None:
    shown = draw_picture(planned(data))
    lanes = [
        place for column in columns(shown) for strip in column.strips for place in strip.places
    ]
    assert len(lanes) == len(set(lanes))
    assert {end for row in shown.rows for end in (*row.source, *row.destination)} <= set(lanes)


# ---- like sites are one ----


def test_forty_like_sites_are_one_column() -> None:
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
    shown = draw_picture(plans_of(edit))
    (alike,) = [members for members in shown.sites if len(members) > 1]
    assert len(alike) == 40
    inside = [column for column in columns(shown) if column.kind is ColumnKind.INTERNAL]
    assert [column.title for column in inside] == ["Internal: hq", "Internal: 40 like sites"]
    assert inside[1].strips[0].names == "400 servers"
    # One of them that more is open to is not like the others.
    edit["clients.office"] = {"from": ["10.64.0.0/16"], "to": ["s07"]}
    inside = [
        each for each in columns(draw_picture(plans_of(edit))) if each.kind is ColumnKind.INTERNAL
    ]
    assert sorted(column.title for column in inside) == [
        "Internal: 39 like sites",
        "Internal: hq",
        "Internal: s07",
    ]


def test_what_passes_at_each_of_like_sites_alone_is_not_said_of_all_pairs() -> None:
    edit: dict[str, Any] = {"sender_reputation": "disabled", "name_servers.edge": "cloud_resolver"}
    for number in range(3):
        edit[f"sites.s{number}"] = {
            "network": "corp",
            "servers": {
                f"own{number}": {
                    "roles": ["client_access", "mailbox"],
                    "address": f"10.20.{4 + number}.20",
                }
            },
        }
        edit[f"edge_servers.edge{number}"] = {
            "network": "corp",
            "address": f"10.20.240.{20 + number}",
            "subscribed_site": f"s{number}",
        }
    plans = plans_of(edit)
    shown = draw_picture(plans)
    assert ("s0", "s1", "s2") in shown.sites
    assert any(row.own_site for row in shown.rows)
    assert of_rows(shown, Stand) == of_flows(plans)


def plans_of(edit: Mapping[str, Any]) -> Plans:
    data = edited(SMALL, {"networks.corp.platform": "azure", **edit})
    return compile_plans(load_topology(data)[0])


# ---- who looks at it ----


def drawn(shown: Picture) -> ElementTree.Element:
    return ElementTree.fromstring(svg(shown, "it"))  # noqa: S314 - our own


@pytest.fixture(params=STACKS, ids=lambda path: path.stem.removeprefix("Pulumi."))
def picture(request: pytest.FixtureRequest) -> ElementTree.Element:
    plans = compile_plans(load_topology(topology_of(request.param))[0])
    return drawn(draw_picture(plans))


def topology_of(stack: Path) -> dict[str, Any]:
    return cast(
        "dict[str, Any]", read_stack_file(stack.read_bytes(), stack.name).config["topology"]
    )


def test_it_can_be_read_aloud(picture: ElementTree.Element) -> None:
    said = [picture.find(f"{SVG}{tag}") for tag in ("title", "desc")]
    assert all(each is not None and each.text for each in said)
    assert (picture.get("aria-labelledby") or "").split() == [
        each.get("id") for each in said if each is not None
    ]
    assert picture.get("role") == "img"


def test_no_text_is_wider_than_its_room(picture: ElementTree.Element) -> None:
    whole = float(picture.get("width") or 0)
    for text in picture.iter(f"{SVG}text"):
        classes, x = (text.get("class") or "").split(), float(text.get("x") or 0)
        size = 10.5 if "small" in classes else 12
        wide = width(text.text or "", size, bold="bold" in classes)
        left, right = (x - wide / 2, x + wide / 2) if "middle" in classes else (x, x + wide)
        assert left >= 0
        assert right <= whole, text.text
    for box in picture.iter(f"{SVG}g"):
        rect = box.find(f"{SVG}rect")
        if rect is None or "box" not in (rect.get("class") or ""):
            continue
        for text in box.iter(f"{SVG}text"):
            size = 10.5 if "small" in (text.get("class") or "") else 12
            assert width(text.text or "", size) <= float(rect.get("width") or 0), text.text
            assert float(text.get("y") or 0) <= float(rect.get("y") or 0) + float(
                rect.get("height") or 0
            )


HARM: Final = re.compile(r"<script|<foreignObject|\bon\w+=|href|url\(|@import|<image|<use", re.I)


def test_it_asks_nobody_for_anything(picture: ElementTree.Element) -> None:
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
    grounds = [palette["page"], *(palette[kind] for kind in ColumnKind)]
    for ground in grounds:
        for text in ("ink", "soft", Stand.NEW, Stand.CUT, "risk"):
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
        "g",
        "circle",
        "polygon",
    }
    chart = mermaid(shown, summary)
    for line in chart.splitlines():
        assert re.fullmatch(
            r"%% [\w .,:/()+#;-]*|flowchart LR|  end"
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
    ],
}


def asked(*arguments: str) -> bytes:
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
    found = asked(*SHOWN[name])
    if pytestconfig.getoption("--update-goldens"):
        PICTURES.mkdir(exist_ok=True)
        (PICTURES / name).write_bytes(found)
    assert (PICTURES / name).read_bytes() == found, "make golden draws them again"


def test_the_flowchart_of_a_stack_is_as_reviewed(golden: Callable[[str, str], None]) -> None:
    chart = asked("stacks/Pulumi.prod-aws.yaml", "--format", "mermaid").decode()
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
