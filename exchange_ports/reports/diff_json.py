"""A review as data for programs: keys and their order are always the same."""

from collections.abc import Sequence

from exchange_ports.diff import Change, ChangeEndpoint, Gate, held_by
from exchange_ports.reports.reasons import reason_data
from exchange_ports.reports.review import Review

__all__ = ["reviews_data"]


def reviews_data(reviews: Sequence[Review], base: str, head: str) -> dict[str, object]:
    """Everything that differs between two sides, for JSON; `gates` counts what each would hold."""
    return {
        "base": base,
        "head": head,
        "gates": {
            gate.value: sum(len(held_by(gate, each.changes.all)) for each in reviews)
            for gate in Gate
        },
        "stacks": [_review(each) for each in reviews if not each.quiet],
    }


def _review(review: Review) -> dict[str, object]:
    update = review.update
    return {
        "stack": review.name,
        "file": None if review.new is None else review.new.file,
        "old_file": None if review.old is None else review.old.file,
        "edit": review.edit.value,
        "loads": not review.fails,
        "old_loads": not review.old_fails,
        "same_traffic": review.changes.same_traffic and not review.fails,
        "changes": [_change(review, each) for each in review.changes.all],
        "servers": {
            "come": [each.name for each in review.changes.comes],
            "go": [each.name for each in review.changes.goes],
            "change_address": [each.name for each in review.changes.moves],
            "change_groups": [each.name for each in review.changes.regrouped],
        },
        "renamed": [
            {"what": each.what, "old": each.old, "new": each.new} for each in review.changes.renamed
        ],
        "operations": {
            place: [
                {"does": each.does.value, "kind": each.kind, "name": each.name} for each in done
            ]
            for place, done in review.operations
        },
        "one_step": None if update is None else update.clean,
        "in_passing": [] if update is None else [str(each) for each in update.at_once.troubles],
        "steps": None
        if update is None or update.steps is None
        else [step.turn.value for step in update.steps],
        "warnings": {
            "new": [each.as_data() for each in review.warnings_new],
            "gone": [each.as_data() for each in review.warnings_gone],
            "kept": review.warnings_kept,
        },
        "findings": [each.as_data() for each in review.new.errors]
        if review.new is not None and review.fails
        else [],
        "old_findings": [each.as_data() for each in review.old.errors]
        if review.old is not None and review.old_fails
        else [],
    }


def _change(review: Review, change: Change) -> dict[str, object]:
    return {
        "effect": change.effect.value,
        "cause": change.cause.value,
        "source": _end(change.source),
        "destination": _end(change.destination),
        "services": str(change.services),
        "filters": list(change.ways),
        "from_internet": change.from_internet,
        "perimeter": change.perimeter,
        "accepted_risk": change.accepted_risk,
        "every_protocol": change.every_protocol,
        "reasons": [reason_data(each) for each in change.reasons],
        "former_reasons": [reason_data(each) for each in change.former],
        "about": list(change.about),
        "passed_already": [
            {
                "filter": each.way,
                "sources": str(each.sources),
                "destinations": str(each.destinations),
                "services": str(each.services),
            }
            for each in change.already
        ],
        "lines": [{"file": file, "line": line} for file, line in review.places(change)],
    }


def _end(end: ChangeEndpoint) -> dict[str, object]:
    return {
        "says": end.summary,
        "zone": end.zone.value,
        "servers": list(end.servers),
        "addresses": str(end.addresses),
    }
