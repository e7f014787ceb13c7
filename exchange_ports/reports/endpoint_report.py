"""Snapshots of Microsoft 365 endpoints for people and programs: which there are, what they have, what differs."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from exchange_ports.endpoints import EndpointSet, Selection, Snapshot
from exchange_ports.endpoints.changes import SetChange, SnapshotChanges
from exchange_ports.endpoints.written import as_data
from exchange_ports.findings import counted, printable
from exchange_ports.flows import ExternalEndpoint
from exchange_ports.flows.flow import Endpoint
from exchange_ports.flows.labels import EndpointLabels
from exchange_ports.planning import Plans
from exchange_ports.reports import document as doc
from exchange_ports.reports.reasons import why
from exchange_ports.topology.fields import EndpointKind
from exchange_ports.traffic.addresses import Network

#: Characters of a line in a file.
_WIDTH: Final = 98
_BY_NAME: Final = (
    "by name only: Microsoft publishes no addresses for it, so no rule can be made of it"
)


class EndpointUse(NamedTuple):
    """A set that a stack uses: where its endpoints come from, and the flows that have them as an end."""

    snapshot: Snapshot
    set: EndpointSet
    #: Each flow in words, with its direction and ports.
    flows: tuple[str, ...]
    #: The networks whose rules leave out the ranges of IPv6, as they have none.
    without_ipv6: tuple[str, ...] = ()


def endpoint_uses(plans: Plans) -> tuple[EndpointUse, ...]:
    """The sets of which a stack makes rules, each with the flows that have it as an end."""
    hybrid = plans.topology.hybrid
    if hybrid is None:
        return ()
    from exchange_ports.topology import microsoft_365

    known = microsoft_365.snapshot(hybrid)
    return tuple(
        EndpointUse(
            known,
            each.selection.set,
            tuple(_flows_with(plans, each.selection.set)),
            each.networks,
        )
        for each in microsoft_365.used_sets(plans.topology, hybrid)
    )


def _flows_with(plans: Plans, which: EndpointSet) -> Iterator[str]:
    """Each flow from or to a set, once: `edge1 to hybrid mail, 25/tcp`, and why."""
    labels, members = EndpointLabels(plans.inventory), plans.inventory.members
    found: dict[str, None] = {}
    for flow in plans.usable_flows:
        ends = (flow.source, flow.destination)
        if not any(_is_of(end, which) for end in ends):
            continue
        source, destination = (
            end.summary
            if isinstance(end, ExternalEndpoint)
            else labels.name(frozenset(each.name for each in members.get(end, ())))
            for end in ends
        )
        found[f"{source} to {destination}, {flow.ports}: {why(flow.reasons)}"] = None
    yield from found


def _is_of(end: Endpoint, which: EndpointSet) -> bool:
    is_list = isinstance(end, ExternalEndpoint) and end.kind is EndpointKind.PREFIX_LIST
    return is_list and end.of == which.value


# ---- which there are ----

_LISTED: Final = ("instance", "version", "date", "sets", "IPv4", "IPv6", "names", "source")


def list_report(snapshots: Sequence[Snapshot]) -> doc.Document:
    """The snapshots with their figures: each range and name is counted once."""
    rows = [_listed(each) for each in snapshots]
    return doc.Document(
        (doc.Section("", (doc.Table(_LISTED, tuple(map(doc.Row, rows)), indent=0),)),),
        "Microsoft 365 endpoint snapshots",
        titled=False,
        width=_WIDTH,
        records=lambda: doc.Records(_LISTED, (map(str, row) for row in rows)),
        data=lambda: [_summary(each) for each in snapshots],
    )


def _listed(snapshot: Snapshot) -> tuple[doc.Value, ...]:
    every, names = _totals(snapshot)
    return (
        snapshot.instance.value,
        snapshot.version,
        str(snapshot.date),
        len(snapshot.sets),
        sum(each.version == 4 for each in every),  # noqa: PLR2004
        sum(each.version == 6 for each in every),  # noqa: PLR2004
        len(names),
        printable(snapshot.source),
    )


def _totals(snapshot: Snapshot) -> tuple[set[Network], set[str]]:
    several = snapshot.sets.values()
    return (
        {range_ for each in several for range_ in each.ranges},
        {name for each in several for name in each.names},
    )


def _summary(snapshot: Snapshot) -> dict[str, object]:
    every, names = _totals(snapshot)
    return {
        "instance": snapshot.instance.value,
        "version": snapshot.version,
        "date": str(snapshot.date),
        "source": snapshot.source,
        "note": snapshot.note,
        "ranges": len(every),
        "names": len(names),
        "sets": [which.value for which in snapshot.sets],
    }


# ---- what one has ----

_RECORDS: Final = ("instance", "version", "set", "kind", "value")


def snapshot_report(snapshot: Snapshot) -> doc.Document:
    """The sets of a snapshot with their ranges and names."""
    return doc.Document(
        lambda: [_section(each) for each in snapshot.sets.values()],
        snapshot.label,
        facts=_facts(snapshot),
        width=_WIDTH,
        records=lambda: doc.Records(_RECORDS, _records(snapshot)),
        data=lambda: {**as_data(snapshot), "date": str(snapshot.date)},
    )


def _facts(snapshot: Snapshot) -> list[tuple[str, doc.Value]]:
    facts = [
        ("instance", snapshot.instance.value),
        ("version", snapshot.version),
        ("date", str(snapshot.date)),
        ("source", printable(snapshot.source)),
        ("note", _in_full(snapshot.note)),
    ]
    return [(name, value) for name, value in facts if value]


def _in_full(text: str) -> str:
    """A text of a snapshot, as it may stand in a terminal; it is on one line already."""
    return "".join(char for char in text if char.isprintable())


def _section(selection: Selection) -> doc.Section:
    title = f"{selection.set.label} ({selection.set})"
    purpose = f"For {selection.set.purpose}."
    return doc.Section(title, [doc.Paragraph(purpose, 2, 2), *_contents(selection)])


def _contents(selection: Selection, without_ipv6: Sequence[str] = ()) -> Iterator[doc.Block]:
    facts: list[tuple[str, doc.Value]] = [
        (f"IPv{version}", ", ".join(map(str, selection.ranges_of(version)))) for version in (4, 6)
    ]
    if without_ipv6:
        networks = ", ".join(map(printable, without_ipv6))
        facts.append(("left out", f"the IPv6 ranges, in networks without IPv6: {networks}"))
    facts.append(("names", ", ".join(selection.names)))
    facts.append(("records", ", ".join(map(str, selection.records))))
    facts.append(("basis", _in_full(selection.basis)))
    if selection.by_name_only:
        facts.insert(0, ("addresses", f"none, {_BY_NAME}"))
    yield doc.Facts([(name, value) for name, value in facts if value])


def _records(snapshot: Snapshot) -> Iterator[tuple[str, ...]]:
    head = (snapshot.instance.value, snapshot.version)
    for which, each in snapshot.sets.items():
        yield from ((*head, which, f"IPv{r.version} range", str(r)) for r in each.ranges)
        yield from ((*head, which, "name", name) for name in each.names)


# ---- what a stack uses ----


def use_report(stack: str, uses: Sequence[EndpointUse]) -> doc.Document:
    """The sets that a stack uses, with the flows that use them."""
    return doc.Document(
        lambda: _used(stack, uses),
        f"Microsoft 365 endpoints of {printable(stack)}",
        titled=bool(uses),
        width=_WIDTH,
        records=lambda: doc.Records((*_RECORDS, "flows"), _use_records(uses)),
        data=lambda: {"stack": stack, "uses": [_use_data(each) for each in uses]},
    )


def _used(stack: str, uses: Iterable[EndpointUse]) -> Iterator[doc.Section]:
    several = list(uses)
    if not several:
        none = f"{printable(stack)} uses no endpoints of Microsoft 365: it declares no hybrid deployment."
        yield doc.Section("", (doc.Paragraph(none),))
    for snapshot in dict.fromkeys(each.snapshot.label for each in several):
        found = [each for each in several if each.snapshot.label == snapshot]
        blocks = [
            doc.Section(
                f"{each.set.label} ({each.set})",
                [
                    doc.Items(each.flows, f"For {each.set.purpose}:", indent=4),
                    *_contents(_selected(each), each.without_ipv6),
                ],
            )
            for each in found
        ]
        yield doc.Section("", (doc.Facts(_facts(found[0].snapshot)),))
        yield from blocks


def _selected(use: EndpointUse) -> Selection:
    return use.snapshot.sets.get(use.set) or Selection(use.set, ())


def _use_records(uses: Iterable[EndpointUse]) -> Iterator[tuple[str, ...]]:
    for use in uses:
        for record in _records(use.snapshot):
            if record[2] == use.set:
                yield (*record, "; ".join(use.flows))


def _use_data(use: EndpointUse) -> dict[str, object]:
    selection = _selected(use)
    return {
        "instance": use.snapshot.instance.value,
        "version": use.snapshot.version,
        "set": use.set.value,
        "flows": list(use.flows),
        "without_ipv6": list(use.without_ipv6),
        "ranges": [str(each) for each in selection.ranges],
        "names": list(selection.names),
    }


# ---- what differs ----

_CHANGES: Final = ("set", "change", "kind", "value", "rules")


def changes_report(found: SnapshotChanges) -> doc.Document:
    """What differs between two snapshots, set by set: what changes a rule, and what does not."""
    old, new = found.old, found.new
    return doc.Document(
        lambda: _changes(found),
        f"{new.instance.label}: {old.version} to {new.version}",
        below=_verdict(found),
        width=_WIDTH,
        records=lambda: doc.Records(_CHANGES, _change_records(found)),
        data=lambda: {
            "instance": new.instance.value,
            "old": {"version": old.version, "date": str(old.date), "source": old.source},
            "new": {"version": new.version, "date": str(new.date), "source": new.source},
            "same_rules": found.same_rules,
            "sets": {each.set.value: _change_data(each) for each in found.sets},
        },
    )


def _verdict(found: SnapshotChanges) -> doc.Text:
    if found.same_rules:
        return doc.Text("The rules stay the same.", doc.Look.GOOD)
    added = sum(len(each.ranges_added) for each in found.sets)
    removed = sum(len(each.ranges_removed) for each in found.sets)
    both = (("added", added), ("removed", removed))
    summary = ", ".join(f"{counted(number, 'range')} {word}" for word, number in both if number)
    return doc.Text(f"Rules change: {summary}.", doc.Look.RISK)


def _changes(found: SnapshotChanges) -> Iterator[doc.Section]:
    yield doc.Section("", [doc.Items([_in_words(each) for each in found.sets], indent=0)])
    for each in found.sets:
        if not each.same:
            yield doc.Section(f"{each.set.label} ({each.set})", [_lines(each)])


def _in_words(change: SetChange) -> str:
    """One set in a line: `hybrid mail: no change to addresses; 1 name added, no rule changes`."""
    if change.same:
        return f"{change.set.label}: no change"
    if change.same_rules:
        addresses = "no change to addresses" if change.new.ranges else "no addresses"
    else:
        several = (("added", change.ranges_added), ("removed", change.ranges_removed))
        addresses = ", ".join(
            f"{counted(len(ranges), 'range')} {word}" for word, ranges in several if ranges
        )
        if change.same_addresses:
            addresses += " (the same addresses in other ranges)"
    several_names = (("added", change.names_added), ("removed", change.names_removed))
    names = [f"{counted(len(each), 'name')} {word}" for word, each in several_names if each]
    if names and change.same_rules:
        names.append("no rule changes")
    return f"{change.set.label}: {'; '.join(filter(None, (addresses, ', '.join(names))))}"


def _lines(change: SetChange) -> doc.Items:
    """Ranges in the colors of rules that are added and removed; names in none, as no rule has them."""
    ranges = (
        ("+", doc.Look.GOOD, change.ranges_added),
        ("-", doc.Look.BAD, change.ranges_removed),
    )
    names = (("+", change.names_added), ("-", change.names_removed))
    lines = [doc.Text(f"{sign} {each}", look) for sign, look, several in ranges for each in several]
    lines += [doc.Text(f"{sign} name {each}") for sign, several in names for each in several]
    return doc.Items(lines)


def _change_records(found: SnapshotChanges) -> Iterator[tuple[str, ...]]:
    for each in found.sets:
        kinds = (
            ("added", "range", "change", each.ranges_added),
            ("removed", "range", "change", each.ranges_removed),
            ("added", "name", "same", each.names_added),
            ("removed", "name", "same", each.names_removed),
        )
        for word, kind, rules, several in kinds:
            yield from ((each.set.value, word, kind, str(value), rules) for value in several)


def _change_data(change: SetChange) -> dict[str, object]:
    return {
        "same_rules": change.same_rules,
        "same_addresses": change.same_addresses,
        "ranges_added": [str(each) for each in change.ranges_added],
        "ranges_removed": [str(each) for each in change.ranges_removed],
        "names_added": list(change.names_added),
        "names_removed": list(change.names_removed),
    }
