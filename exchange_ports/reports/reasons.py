"""Reasons on one line and as JSON-ready data, alike in every report."""

from collections.abc import Iterable

from exchange_ports.catalog import BY_ID
from exchange_ports.flows import Reason
from exchange_ports.reports.escaping import in_markdown

__all__ = ["document", "linked", "reason_data", "references", "why"]


def why(reasons: Iterable[Reason]) -> str:
    """The reasons on one line, each with its row of the published tables or its ticket."""
    return "; ".join(map(_marked, reasons))


def _marked(reason: Reason) -> str:
    marks = [reason.entry or reason.ticket or "", "accepted risk" if reason.accepted_risk else ""]
    said = ", ".join(mark for mark in marks if mark)
    return f"{reason.summary} ({said})" if said else reason.summary


def document(reason: Reason) -> str | None:
    """The address of the published page that a reason stands on; none for an operator's own words."""
    return None if reason.entry is None else BY_ID[reason.entry].cite.where.url


def linked(reasons: Iterable[Reason]) -> str:
    """The reasons in Markdown, each with all that is said of it; rows are links by `references`."""
    return "; ".join(map(_linked, reasons))


def _linked(reason: Reason) -> str:
    marks = [] if reason.entry is None else [f"[{reason.entry}]"]
    marks += ["**accepted risk**"] if reason.accepted_risk else []
    marks += [
        in_markdown(f"{name}{value}")
        for name, value in (
            ("", reason.ticket),
            ("owner ", reason.owner),
            ("review ", reason.review),
        )
        if value
    ]
    summary = in_markdown(reason.summary)
    return f"{summary} ({', '.join(marks)})" if marks else summary


def references(reasons: Iterable[Reason]) -> list[str]:
    """Where the links of `linked` lead, for the end of a page in Markdown."""
    used = {reason.entry for reason in reasons if reason.entry is not None}
    return ["", *(f"[{key}]: {BY_ID[key].cite.where.url}" for key in BY_ID if key in used)]


def reason_data(reason: Reason) -> dict[str, object]:
    """What a reason says, and where it stands: the row with its table and address, or its operator."""
    entry = None if reason.entry is None else BY_ID[reason.entry]
    return {
        "says": reason.summary,
        "entry": reason.entry,
        "source": reason.source,
        "table": None if entry is None else entry.cite.where.value,
        "row": None if entry is None else entry.cite.row,
        "url": None if entry is None else entry.cite.where.url,
        "accepted_risk": reason.accepted_risk,
        "owner": reason.owner,
        "ticket": reason.ticket,
        "review": reason.review,
    }
