"""All flows of a topology: those of the catalog's rows, and those that operators declare; and back."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property

from exchange_ports.catalog import ENTRIES, NEEDS, CatalogEntry
from exchange_ports.findings import Path
from exchange_ports.flows.flow import (
    Endpoint,
    EndpointPairs,
    Flow,
    Reason,
    across,
    addresses,
    in_order,
)
from exchange_ports.flows.risky_flows import RiskyFlows
from exchange_ports.flows.rows import ROWS, FlowContext
from exchange_ports.topology.fields import EndpointKind, FlowEnd, ends_of
from exchange_ports.topology.groups import Group, identity
from exchange_ports.topology.inventory import Inventory
from exchange_ports.topology.models import AdditionalFlow
from exchange_ports.traffic.ports import without_adjacent


def _of_entry(context: FlowContext, risky: RiskyFlows, entry: CatalogEntry) -> Iterator[Flow]:
    for source, destination, own in ROWS[entry.id].flows(context, entry):
        articles = context.articles(entry.id, source, destination)
        reason = (Reason(entry.summary, entry.id, articles=articles),)
        for ports in entry.ports if own is None else (own,):
            flow = Flow(source, destination, ports, reason)
            if risky.risks(flow, entry.id):
                found = risky.accepted(flow, entry.id)
                if found is not None:
                    summary = f"{entry.summary}: {found[1]}"
                    accepted = Reason(summary, entry.id, accepted_risk=True, articles=articles)
                    flow = Flow(source, destination, ports, (accepted,))
            yield flow


def _of_operator(
    context: FlowContext, risky: RiskyFlows, declared: AdditionalFlow
) -> Iterator[Flow]:
    """The flows of one declaration, with its reason."""
    need = None if declared.need is None else NEEDS[declared.need]
    summary = ": ".join(part for part in (need and need.summary, declared.reason) if part)
    reason = Reason(
        summary,
        None if need is None else need.id,
        accepted_risk=declared.accept_risk,
        owner=declared.owner,
        ticket=declared.ticket,
        review_by=declared.review_by,
        purpose=declared.purpose,
    )
    ports = without_adjacent(declared.ports or (need.ports if need else ()))
    for start in ends_of(declared.source):
        for other in ends_of(declared.to):
            for source, target in _resolved(context, start, other):
                cited = reason
                if need is not None:
                    articles = context.articles(need.id, source, target)
                    cited = replace(reason, articles=articles)
                for each in ports:
                    flow = Flow(source, target, each, (cited,))
                    if reason.accepted_risk and not risky.risks(flow, reason.entry):
                        # Accepted where there is no risk: that is nothing to show as one.
                        flow = replace(flow, reasons=(replace(cited, accepted_risk=False),))
                    yield flow


def _resolved(context: FlowContext, source: FlowEnd, to: FlowEnd) -> EndpointPairs:
    """The ends of an additional flow; the Internet is what the other end's network means by it."""
    if source.kind is EndpointKind.INTERNET:
        return ((context.internet(end), end) for end in _groups(context, to))
    if to.kind is EndpointKind.INTERNET:
        return ((end, context.internet(end)) for end in _groups(context, source))
    return across(_ends(context, source), _ends(context, to))


def _ends(context: FlowContext, end: FlowEnd) -> tuple[Endpoint, ...]:
    if end.range_ is not None:
        return (addresses(end.range_),)
    return _groups(context, end)


def _groups(context: FlowContext, end: FlowEnd) -> tuple[Group, ...]:
    return context.parts.server(end.word) or context.parts.role(end.word, end.site)


def compile_flows(inventory: Inventory, risky: RiskyFlows | None = None) -> tuple[Flow, ...]:
    """Everything that must pass, each flow once with all its reasons, in a fixed order.

    The topology must have passed its checks: every name in it is declared. `risky` is of the same
    topology, where it is known already.
    """
    risky = risky or RiskyFlows(FlowContext(inventory))
    context = risky.context
    found: dict[Flow, set[Reason]] = {}
    for entry in ENTRIES:
        for flow in _of_entry(context, risky, entry):
            found.setdefault(flow, set()).update(flow.reasons)
    for declared in inventory.topology.additional_flows:
        for flow in _of_operator(context, risky, declared):
            found.setdefault(flow, set()).update(flow.reasons)
    merged = [Flow(f.source, f.destination, f.ports, in_order(r)) for f, r in found.items()]
    return tuple(sorted(merged, key=lambda flow: flow.order))


class FieldOrigins:
    """The fields of one topology, by what they ask for, and the risks of its flows."""

    def __init__(self, inventory: Inventory) -> None:
        """Know the topology; what its fields ask for is worked out when it is first asked."""
        self.risky = RiskyFlows(FlowContext(inventory))

    @cached_property
    def _operators(self) -> dict[tuple[Flow, Reason], list[Path]]:
        context = self.risky.context
        found: dict[tuple[Flow, Reason], list[Path]] = {}
        for index, declared in enumerate(context.topology.additional_flows):
            for flow in _of_operator(context, self.risky, declared):
                for reason in flow.reasons:
                    found.setdefault((flow, reason), []).append(("additional_flows", index))
        return found

    @cached_property
    def _retired(self) -> dict[tuple[str, str], Path]:
        # These have no members any more, so the field that keeps them declares their flows.
        return {
            (identity(key, network), group): ("networks", key, "retired_groups")
            for key, network in self.risky.context.topology.networks.items()
            for group in network.retired_groups
        }

    def of(self, flow: Flow, reason: Reason) -> tuple[Path, ...]:
        """The fields that ask for a flow by one of its reasons, as paths from the topology's top.

        None where no declaration is needed: between internal Exchange servers.
        """
        found = self._operators.get((flow, reason), [])
        row = ROWS.get(reason.entry or "")
        if row is not None:
            found = [*row.declared_at(self.risky.context, flow), *found]
        for end in (flow.source, flow.destination):
            if isinstance(end, Group) and (end.network, end.key) in self._retired:
                found = [*found, self._retired[end.network, end.key]]
        return tuple(dict.fromkeys(found))

    def accepted_risks(self, flows: Iterable[Flow]) -> dict[Path, tuple[Flow, ...]]:
        """The flows at an accepted risk, by the thing of the topology where it is accepted, in order."""
        found: dict[Path, list[Flow]] = {}
        for flow in flows:
            for reason in flow.reasons:
                for path in self._accepted_at(flow, reason):
                    found.setdefault(path, []).append(flow)
        in_order = sorted(found, key=lambda path: (str(path[0]), *path[1:]))
        return {path: tuple(found[path]) for path in in_order}

    def _accepted_at(self, flow: Flow, reason: Reason) -> Iterator[Path]:
        if not reason.accepted_risk:
            return
        if reason.entry is not None and reason.entry in ROWS:
            accepted = self.risky.accepted(flow, reason.entry)
            if accepted is not None:
                yield accepted[0]
            return
        # A retired group opens nothing by itself: its flows are declared elsewhere.
        yield from (path for path in self.of(flow, reason) if path[0] == "additional_flows")
