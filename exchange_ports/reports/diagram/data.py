"""The content of a picture as JSON, for programs. Keys and their order are always the same."""

import json
from collections.abc import Iterable

from exchange_ports.reports.diagram.endpoints import DrawnEndpoint
from exchange_ports.reports.diagram.picture import SECTION_WORDS, Picture, PictureSection
from exchange_ports.reports.diagram.texts import Heading, subtitle
from exchange_ports.reports.diagram.zones import Column, zones
from exchange_ports.reports.reasons import reason_data


def as_json(picture: Picture, heading: Heading) -> str:
    """The sections of a picture, each with its zones, columns and rows."""
    data = {
        "organization": picture.organization,
        "stack": heading.stack,
        "date": heading.date or None,
        "summary": subtitle(picture),
        "compared": picture.compared,
        "all_rows": picture.all_rows,
        "sections": [_section(section) for section in picture.sections],
    }
    return json.dumps(data, indent=2) + "\n"


def _section(section: PictureSection) -> dict[str, object]:
    shown = zones(section)
    columns = [(zone.title, column) for zone in shown for column in zone.columns]
    return {
        "section": SECTION_WORDS[section.section].value,
        "title": section.title,
        "zones": [
            {
                "kind": zone.kind.value,
                "title": zone.title,
                "network": zone.below,
                "columns": [
                    {"title": column.title, "names": list(column.every), "managed": column.managed}
                    for column in zone.columns
                ],
            }
            for zone in shown
        ],
        "rows": [
            {
                "status": row.status.value,
                "from": _ends(section, row.source, columns),
                "to": _ends(section, row.destination, columns),
                "both_ways": row.both_ways,
                "own_site": row.own_site,
                "ports": list(map(str, row.ports)),
                "reasons": [reason_data(reason) for reason in row.reasons],
            }
            for row in section.rows
        ],
    }


def _ends(
    section: PictureSection, ends: Iterable[DrawnEndpoint], columns: Iterable[tuple[str, Column]]
) -> list[dict[str, object]]:
    """The columns of one side of a row, and which of their servers and addresses it is about."""
    there = set(ends)
    return [
        {
            "zone": zone,
            "column": column.title,
            "servers": sorted(
                {section.endpoints.server(each) for end in found for each in end.servers}
            ),
            "ranges": [str(range_) for end in found for range_ in end.ranges],
        }
        for zone, column in columns
        if (found := [end for end in column.endpoints if end in there])
    ]
