"""The proof, for people and for programs."""

from collections.abc import Iterable, Iterator
from typing import Final

from exchange_ports.findings import Finding, counted
from exchange_ports.proof import Failure, Figures, Proof
from exchange_ports.proof.cross_cloud import Swap
from exchange_ports.reports import document as doc
from exchange_ports.topology.checks.additional import Reviews

#: More failures than this are counted: the first ones of each law say what is wrong.
_MOST: Final = 12

_PROVED: Final = (
    "permitted = meant: for every server and direction, at every address, no more and no less",
    "ground rules: everything passes between internal Exchange servers and their fabric",
    "perimeter: an Edge server has what the tables and additional flows give it, and no more",
    "rules: none names nobody, none is covered by a single other one",
)


def proof_report(
    proof: Proof,
    swaps: Iterable[Swap] = (),
    reviews: Reviews | None = None,
    passed: Iterable[Finding] = (),
) -> doc.Document:
    """What was proved, in figures, or what fails, and how the other cloud and the reviews compare.

    `passed` are the findings of `reviews` at their lines.
    """
    return doc.Document(
        lambda: _sections(proof, swaps, reviews),
        data=lambda: proof_data(proof, swaps, reviews, passed),
    )


def compared(figures: Figures) -> str:
    """How much was compared."""
    return (
        f"{counted(figures.servers, 'server')}, {counted(figures.directions, 'direction')}, "
        f"{counted(figures.rules, 'rule')}, {counted(figures.flows, 'flow')}, "
        f"{counted(figures.boxes, 'piece')} of traffic compared"
    )


def _sections(
    proof: Proof, swaps: Iterable[Swap], reviews: Reviews | None
) -> Iterator[doc.Section]:
    yield from _proved(proof) if proof.holds else [_failed(proof)]
    blocks = [block for swap in swaps for block in _swap(swap)]
    if blocks:
        yield doc.Section("", blocks)
    if reviews is not None:
        yield _reviewed(reviews)


def _proved(proof: Proof) -> Iterator[doc.Section]:
    heading = "Proved: what the rules let through is what the flows mean"
    yield doc.Section(heading, (doc.Items((compared(proof.figures), *_PROVED)),))
    for heading, named in (
        ("Named, not failed", proof.notes),
        ("Rules that others cover together", doc.shortened(proof.warnings, _MOST)),
    ):
        if named:
            yield doc.Section(
                heading, (doc.Items([doc.Text(each, doc.Look.NOTE) for each in named]),)
            )


def _failed(proof: Proof) -> doc.Section:
    by_law: dict[str, list[str]] = {}
    for failure in proof.failures:
        by_law.setdefault(failure.law, []).append(str(failure))
    heading = f"Not proved: {counted(len(proof.failures), 'failure')}"
    laws = [
        doc.Items(doc.shortened(failures, _MOST), doc.Text(law, doc.Look.STRONG), indent=4)
        for law, failures in by_law.items()
    ]
    return doc.Section(doc.Text(heading, doc.Look.RISK), laws)


def _swap(swap: Swap) -> Iterator[doc.Block]:
    """What the same topology permits on the other cloud: the same, or where it differs."""
    cloud = swap.platform.summary
    if swap.refused:
        heading = doc.Text(f"Not compared with {cloud}, whose plan is refused", doc.Look.STRONG)
        yield doc.Items(map(str, swap.refused), heading)
        return
    if swap.holds:
        heading = f"The same on {cloud}: all of {counted(swap.servers, 'server')}, both ways"
        but = "but for platform addresses: the probes of Azure's load balancers"
        yield doc.Items((but,), doc.Text(heading, doc.Look.STRONG))
    else:
        heading = doc.Text(f"Not the same on {cloud}", doc.Look.RISK)
        yield doc.Items(doc.shortened([*map(str, swap.failures)], _MOST), heading)
    if swap.over:
        heading = f"{counted(len(swap.over), 'limit')} of {cloud} that it would be over there:"
        over = [doc.Text(finding.summary, doc.Look.NOTE) for finding in swap.over]
        yield doc.Items(over, doc.Text(heading, doc.Look.NOTE), indent=4)


def _reviewed(reviews: Reviews) -> doc.Section:
    """Whether additional flows are reviewed in time, in figures; the findings say which are not."""
    late = f"Late on {reviews.as_of}: {counted(len(reviews.passed), 'review')}"
    summary = f"No review is late on {reviews.as_of}," if reviews.in_time else late
    heading = f"{summary} of {counted(reviews.dated, 'additional flow')} with a day of review"
    undated = f"besides, {counted(reviews.undated, 'accepted risk')} without one"
    return doc.Section(
        doc.Text(heading, doc.Look.STRONG if reviews.in_time else doc.Look.RISK),
        (doc.Items([doc.Text(undated, doc.Look.NOTE)]),) if reviews.undated else (),
    )


def proof_data(
    proof: Proof,
    swaps: Iterable[Swap] = (),
    reviews: Reviews | None = None,
    passed: Iterable[Finding] = (),
) -> dict[str, object]:
    """The proof for JSON: keys and their order are always the same."""
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
