"""The plan of a stack for people (lines) and for programs (JSON-ready data)."""

from collections.abc import Iterable, Iterator, Sequence

from exchange_ports.clouds import cloud_of
from exchange_ports.clouds.base import NEVER, RuleSet, Use
from exchange_ports.findings import Finding, counted
from exchange_ports.planning import Plans
from exchange_ports.reports.document import (
    Document,
    Items,
    Look,
    Row,
    Section,
    Table,
    Text,
)
from exchange_ports.reports.openings import Opening, closed, openings


def plan_report(plans: Plans, findings: Sequence[Finding]) -> Document:
    """What a stack opens, network by network, what stays closed, and how near the limits are."""
    return Document(lambda: _sections(plans), data=lambda: plan_data(plans, findings))


def _sections(plans: Plans) -> Iterator[Section]:
    yield from opening_sections(plans)
    for heading, said in (
        ("Stays closed", closed(plans.topology)),
        (
            "Acknowledged warnings",
            [f"{code}: {why}" for code, why in plans.topology.acknowledge.items()],
        ),
    ):
        if said:
            yield Section(heading, (Items(said),))


def opening_sections(plans: Plans) -> Iterator[Section]:
    """What is opened, by network and zone, and for each limit that is checked whoever is nearest to it."""
    for key, plan in plans.networks.items():
        seen = openings(plans, key)
        for zone in dict.fromkeys(opening.zone for opening in seen):
            platform = plans.topology.networks[key].platform.summary
            rows = tuple(_row(opening) for opening in seen if opening.zone == zone)
            table = Table(("", "group", "ports", "peer", "why"), rows)
            yield Section(f"{key} ({platform}), {zone} zone", (table,))
        yield Section("", (Items((_made(plan),)),))
    rows = tuple(
        Row((key, f"{use.used} of {use.limit.most} {use.limit.what}", use.where, use.limit.per))
        for key in plans.networks
        for use in nearest(plans.uses(key))
    )
    yield Section("Limits", (Table(("network", "used", "nearest to it", "counted per"), rows),))


def _row(opening: Opening) -> Row:
    risky = any(reason.accepted_risk for reason in opening.reasons)
    return Row(
        (
            Text(opening.direction, Look.GOOD if opening.direction == "in" else Look.OUT),
            opening.role,
            opening.ports,
            opening.peer,
            opening.why,
        ),
        Look.RISK if risky else Look.PLAIN,
    )


def _made(plan: RuleSet) -> str:
    servers = counted(len(plan.memberships), "server")
    made = (counted(number, noun) for number, noun in cloud_of(plan).names.counts(plan))
    return f"{', '.join(made)} for {servers}"


def nearest(uses: Iterable[Use]) -> Iterator[Use]:
    """For each limit whoever is nearest to it; nothing is near what is not there, nor a mere law."""
    fullest: dict[str, Use] = {}
    for use in uses:
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
