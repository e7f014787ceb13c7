"""The proof, for people and for programs."""

from collections.abc import Iterable
from typing import Final

from exchange_ports.findings import Finding, counted
from exchange_ports.proof import Failure, Proof
from exchange_ports.proof.cross_cloud import Swap
from exchange_ports.reports.lines import Line, Style, line
from exchange_ports.topology.review_dates import Reviews

__all__ = ["failure_lines", "proof_data", "proof_lines", "review_lines", "swap_lines"]


#: More failures than this are counted: the first ones of each law say what is wrong.
_MOST: Final = 12


def proof_lines(proof: Proof) -> list[Line]:
    """What was proved, in figures, and what is named besides."""
    figures = proof.figures
    lines = [
        line("Proved: what the rules let through is what the flows mean", Style.HEADING),
        line(
            f"  {counted(figures.servers, 'server')}, {counted(figures.directions, 'direction')}, "
            f"{counted(figures.rules, 'rule')}, {counted(figures.flows, 'flow')}, "
            f"{counted(figures.boxes, 'piece')} of traffic compared"
        ),
        line(
            "  permitted = meant: for every server and direction, at every address, no more and no less"
        ),
        line(
            "  ground rules: everything passes between internal Exchange servers and their fabric"
        ),
        line(
            "  perimeter: an Edge server has what the tables and additional flows give it, and no more"
        ),
        line("  rules: none names nobody, none is covered by a single other one"),
    ]
    if proof.notes:
        lines += [line(), line("Named, not failed", Style.HEADING)]
        lines += [line(f"  {note}", Style.WARNING) for note in proof.notes]
    if proof.warnings:
        lines += [line(), line("Rules that others cover together", Style.HEADING)]
        lines += [line(f"  {rule}", Style.WARNING) for rule in proof.warnings[:_MOST]]
        if len(proof.warnings) > _MOST:
            lines.append(line(f"  and {len(proof.warnings) - _MOST} more"))
    return lines


def swap_lines(swaps: Iterable[Swap]) -> list[Line]:
    """What the same topology permits on the other cloud: the same, or where it differs."""
    lines: list[Line] = []
    for swap in swaps:
        cloud = swap.platform.summary
        if swap.refused:
            lines.append(line(f"Not compared with {cloud}, whose plan is refused", Style.HEADING))
            lines += [line(f"  {finding}") for finding in swap.refused]
            continue
        if swap.holds:
            text = f"The same on {cloud}: all of {counted(swap.servers, 'server')}, both ways"
            lines.append(line(text, Style.HEADING))
            lines.append(line("  but for platform addresses: the probes of Azure's load balancers"))
        else:
            lines.append(line(f"Not the same on {cloud}", Style.RISK))
            lines += [line(f"  {failure}") for failure in swap.failures[:_MOST]]
            if len(swap.failures) > _MOST:
                lines.append(line(f"  and {len(swap.failures) - _MOST} more"))
        if swap.over:
            text = f"  {counted(len(swap.over), 'limit')} of {cloud} that it would be over there:"
            lines.append(line(text, Style.WARNING))
            lines += [line(f"    {finding.summary}", Style.WARNING) for finding in swap.over]
    return lines


def review_lines(reviews: Reviews) -> list[Line]:
    """Whether additional flows are reviewed in time, in figures; the findings say which are not."""
    if reviews.in_time:
        summary = f"No review is late on {reviews.as_of}, of"
        lines = [
            line(
                f"{summary} {counted(reviews.dated, 'additional flow')} with a day of review",
                Style.HEADING,
            )
        ]
    else:
        summary = f"Late on {reviews.as_of}: {counted(len(reviews.passed), 'review')} of"
        lines = [
            line(
                f"{summary} {counted(reviews.dated, 'additional flow')} with a day of review",
                Style.RISK,
            )
        ]
    if reviews.undated:
        text = f"  besides, {counted(reviews.undated, 'accepted risk')} without one"
        lines.append(line(text, Style.WARNING))
    return lines


def failure_lines(proof: Proof) -> list[Line]:
    """What does not hold, law by law, each with its witness."""
    by_law: dict[str, list[Failure]] = {}
    for failure in proof.failures:
        by_law.setdefault(failure.law, []).append(failure)
    lines = [line(f"Not proved: {counted(len(proof.failures), 'failure')}", Style.RISK)]
    for law, failures in by_law.items():
        lines.append(line(f"  {law}", Style.HEADING))
        lines += [line(f"    {failure}") for failure in failures[:_MOST]]
        if len(failures) > _MOST:
            lines.append(line(f"    and {len(failures) - _MOST} more"))
    return lines


def proof_data(
    proof: Proof,
    swaps: Iterable[Swap] = (),
    reviews: Reviews | None = None,
    passed: Iterable[Finding] = (),
) -> dict[str, object]:
    """The proof for JSON: keys and their order are always the same.

    `passed` are the findings of `reviews` at their lines.
    """
    figures = proof.figures
    return {
        "proved": proof.holds,
        "figures": {
            "servers": figures.servers,
            "directions": figures.directions,
            "rules": figures.rules,
            "flows": figures.flows,
            "pieces_of_traffic": figures.boxes,
        },
        "failures": _failures(proof.failures),
        "notes": list(proof.notes),
        "covered_together": list(proof.warnings),
        "other_clouds": [
            {
                "platform": swap.platform.value,
                "same": None if swap.refused else swap.holds,
                "servers": swap.servers,
                "failures": _failures(swap.failures),
                "over_limit": [finding.as_data() for finding in swap.over],
                "refused": [finding.as_data() for finding in swap.refused],
            }
            for swap in swaps
        ],
        "reviews": None
        if reviews is None
        else {
            "as_of": str(reviews.as_of),
            "in_time": reviews.in_time,
            "dated": reviews.dated,
            "undated_risks": reviews.undated,
            "passed": [finding.as_data() for finding in passed],
        },
    }


def _failures(failures: Iterable[Failure]) -> list[dict[str, str]]:
    return [
        {"law": each.law, "witness": each.counterexample, "says": each.summary} for each in failures
    ]
