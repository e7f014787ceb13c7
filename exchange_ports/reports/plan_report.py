"""The plan of a stack for people (lines) and for programs (JSON-ready data)."""

from collections.abc import Iterator, Sequence

from exchange_ports.clouds import cloud_of
from exchange_ports.clouds.base import NEVER, RuleSet, Use
from exchange_ports.findings import Finding, counted
from exchange_ports.planning import Plans
from exchange_ports.reports.lines import Line, Span, Style, line, table
from exchange_ports.reports.openings import Opening, closed, openings

__all__ = ["limit_lines", "opening_lines", "plan_data", "plan_lines"]


def plan_lines(plans: Plans) -> list[Line]:
    """What a stack opens, network by network, what stays closed, and how near the limits are."""
    lines = opening_lines(plans)
    lines += limit_lines(plans)
    acknowledged = [f"{code}: {why}" for code, why in plans.topology.acknowledge.items()]
    for heading, said in (
        ("Stays closed", closed(plans.topology)),
        ("Acknowledged warnings", acknowledged),
    ):
        if said:
            lines += [line(heading, Style.HEADING), *(line(f"  {each}") for each in said), line()]
    return lines[:-1]


def opening_lines(plans: Plans) -> list[Line]:
    """What is opened, by network and zone."""
    lines: list[Line] = []
    for key, plan in plans.networks.items():
        seen = openings(plans, key)
        for zone in dict.fromkeys(opening.zone for opening in seen):
            platform = plans.topology.networks[key].platform.summary
            lines.append(line(f"{key} ({platform}), {zone} zone", Style.HEADING))
            rows = [_row(opening) for opening in seen if opening.zone == zone]
            lines += table(("", "group", "ports", "peer", "why"), rows)
            lines.append(line())
        lines += [line(f"  {_made(plan)}"), line()]
    return lines


def _row(opening: Opening) -> list[Span]:
    risky = any(reason.accepted_risk for reason in opening.reasons)
    return [
        Span(opening.direction, Style.IN if opening.direction == "in" else Style.OUT),
        Span(opening.role),
        Span(opening.ports),
        Span(opening.peer),
        Span(opening.why, Style.RISK if risky else Style.PLAIN),
    ]


def _made(plan: RuleSet) -> str:
    servers = counted(len(plan.memberships), "server")
    made = (counted(number, noun) for number, noun in cloud_of(plan).names.counts(plan))
    return f"{', '.join(made)} for {servers}"


def limit_lines(plans: Plans) -> list[Line]:
    """For each limit that is checked, whoever is nearest to it."""
    rows = [
        [
            Span(key),
            Span(f"{use.used} of {use.limit.most} {use.limit.what}"),
            Span(use.where),
            Span(use.limit.per),
        ]
        for key in plans.networks
        for use in _nearest(plans.uses(key))
    ]
    columns = ("network", "used", "nearest to it", "counted per")
    return [line("Limits", Style.HEADING), *table(columns, rows), line()]


def _nearest(uses: Sequence[Use]) -> Iterator[Use]:
    fullest: dict[str, Use] = {}
    for use in uses:
        # Nothing is near what is not there, nor a law between two quotas.
        if not use.used or use.limit.near == NEVER:
            continue
        before = fullest.get(use.limit.code)
        if before is None or (use.share, use.used) > (before.share, before.used):
            fullest[use.limit.code] = use
    yield from fullest.values()


def plan_data(plans: Plans, findings: Sequence[Finding]) -> dict[str, object]:
    """The whole plan as JSON-ready data; keys and order are the same for the same input."""
    return {
        "organization": plans.topology.organization,
        "networks": {key: _network_data(plans, key, plan) for key, plan in plans.networks.items()},
        "stays_closed": list(closed(plans.topology)),
        "acknowledged": dict(plans.topology.acknowledge),
        "findings": [finding.as_data() for finding in findings],
    }


def _network_data(plans: Plans, key: str, plan: RuleSet) -> dict[str, object]:
    return {
        "platform": plans.topology.networks[key].platform.value,
        "opens": [opening.as_data() for opening in openings(plans, key)],
        "servers": {server: list(worn) for server, worn in plan.memberships.items()},
        **cloud_of(plan).names.as_data(plan),
        "limits": [
            {
                "limit": use.limit.code,
                "where": use.where,
                "used": use.used,
                "most": use.limit.most,
            }
            for use in plans.uses(key)
        ],
    }
