"""What a picture shows, before anything is decided about how: sections with their rows.

Each section of the catalog has columns of its own, for the endpoints of its rows only. So a picture is as
wide as its widest section, and sites that differ in one section share a column in the others.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from exchange_ports.catalog import CatalogSection
from exchange_ports.differences import FlowDiff
from exchange_ports.planning import Plans
from exchange_ports.reports.diagram.drawn_flows import (
    DrawnFlow,
    drawn_between_others,
    drawn_flows,
    sections,
)
from exchange_ports.reports.diagram.endpoints import ColumnKey, EndpointMap, Member, Status
from exchange_ports.reports.diagram.like_sites import SiteClass, like_sites
from exchange_ports.reports.diagram.neighbors import with_kinds
from exchange_ports.reports.diagram.rows import PictureRow, rows_of


class Only(StrEnum):
    """What a picture may be narrowed to: sections, or rows that changed or for which a risk is accepted."""

    MAIL = "mail"
    CLIENTS = "clients"
    INTERNAL = "internal"
    DNS = "dns"
    WITNESS = "witness"
    UNIFIED_MESSAGING = "unified_messaging"
    HYBRID = "hybrid"
    ADDITIONAL = "additional"
    CHANGES = "changes"
    RISKS = "risks"


SECTION_WORDS: Final = {
    CatalogSection.MAIL: Only.MAIL,
    CatalogSection.CLIENTS: Only.CLIENTS,
    CatalogSection.INSIDE: Only.INTERNAL,
    CatalogSection.NAMES: Only.DNS,
    CatalogSection.WITNESS: Only.WITNESS,
    CatalogSection.UNIFIED_MESSAGING: Only.UNIFIED_MESSAGING,
    CatalogSection.HYBRID: Only.HYBRID,
    CatalogSection.ADDITIONAL: Only.ADDITIONAL,
}


@dataclass(frozen=True, slots=True)
class PictureSection:
    """The rows of one section of the catalog, and the sites that share a column in it."""

    section: CatalogSection
    endpoints: EndpointMap
    sites: tuple[SiteClass, ...]
    """Sites by identity; those of one class are drawn as one."""
    rows: tuple[PictureRow, ...]
    of_others: bool = False
    """Whether the rows are about hosts of others only."""

    @property
    def title(self) -> str:
        """What the section is called."""
        name = self.section.value
        return f"{name}: between other hosts, no rule of the plan" if self.of_others else name

    def sites_of(self, columns: Iterable[ColumnKey]) -> Iterator[SiteClass]:
        """The sites of these columns, like ones together; Edge servers may be of no declared site."""
        yield from self.sites
        known = {site for members in self.sites for site in members}
        yield from dict.fromkeys((site,) for site, *_ in columns if site not in known)


@dataclass(frozen=True, slots=True)
class Picture:
    """The sections of a picture, and what is not in them."""

    organization: str
    endpoints: EndpointMap
    sections: tuple[PictureSection, ...]
    compared: bool
    readdressed: tuple[str, ...] = ()
    """The servers with another address than before, by name."""
    view: str = ""
    """What the picture is narrowed to, in words."""
    all_rows: int = 0
    """The rows of the whole picture."""

    @property
    def rows(self) -> tuple[PictureRow, ...]:
        """The rows of all sections."""
        return tuple(row for section in self.sections for row in section.rows)

    @property
    def members(self) -> tuple[Member, ...]:
        """Every server once; one that is in several columns is added or removed if it is in all of them."""
        found: dict[str, set[Status]] = {}
        for column in self.endpoints.columns.values():
            for name, status in column.members:
                found.setdefault(name, set()).add(status)
        return tuple(
            Member(name, next(iter(several)) if len(several) == 1 else Status.UNCHANGED)
            for name, several in found.items()
        )


def draw_picture(
    now: Plans,
    before: Plans | None = None,
    *,
    sites: Collection[str] = (),
    only: Collection[Only] = (),
) -> Picture:
    """The picture of a topology, or of the change from another one to it.

    `sites` are keys of sites to which the picture is narrowed, and `only` narrows it to parts.

    :raises KeyError: there is no site with one of these keys.
    """
    diff = None if before is None else FlowDiff(before, now)
    endpoints = EndpointMap(
        (before or now).inventory, now.inventory, ({}, {}) if diff is None else diff.alike
    )
    flows = (
        *drawn_flows(endpoints, now.flows, () if before is None else before.flows, diff),
        *drawn_between_others(endpoints, now.topology),
    )
    every = tuple(_sections(endpoints, flows))
    shown = every
    if sites or only:
        wanted = frozenset(map(endpoints.site_called, sites))
        narrowed = tuple(flow for flow in flows if _shown(endpoints, flow, wanted, frozenset(only)))
        shown = tuple(_sections(endpoints, narrowed))
    return Picture(
        now.topology.organization,
        endpoints,
        shown,
        before is not None,
        () if diff is None else diff.readdressed,
        _view(sites, only),
        sum(len(section.rows) for section in every),
    )


def _sections(endpoints: EndpointMap, flows: Iterable[DrawnFlow]) -> Iterator[PictureSection]:
    for section, theirs in sections(flows).items():
        for of_others in (False, True):
            some = tuple(flow for flow in theirs if _is_of_others(flow) is of_others)
            if some:
                placed = with_kinds(endpoints, some)
                classes = like_sites(endpoints, placed)
                rows = rows_of(placed, classes)
                yield PictureSection(section, endpoints, classes, rows, of_others)


def _is_of_others(flow: DrawnFlow) -> bool:
    return flow.source.outside is not None and flow.destination.outside is not None


def _shown(
    endpoints: EndpointMap, flow: DrawnFlow, sites: frozenset[str], only: Collection[Only]
) -> bool:
    if sites and not sites & {flow.source.site, flow.destination.site}:
        return False
    parts = [each for each in only if each in SECTION_WORDS.values()]
    if parts and SECTION_WORDS[flow.section] not in parts:
        return False
    changed = flow.status is not Status.UNCHANGED or any(
        map(endpoints.has_changes, (flow.source, flow.destination))
    )
    if Only.CHANGES in only and not changed:
        return False
    return Only.RISKS not in only or any(reason.accepted_risk for reason in flow.reasons)


def _view(sites: Iterable[str], only: Collection[Only]) -> str:
    parts = [f"site {site}" for site in sites] + [str(each) for each in Only if each in only]
    return f"only {', '.join(parts)}" if parts else ""
