"""`python -m bench`: exit code 1 when a target is missed or the outside checker finds a difference."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bench import compiling, differing, fwshift, memory, proving, rules, starting
from bench.measure import Section, machine, report
from bench.page import page
from bench.picture import picture

_DOCS: Final = Path(__file__).parent.parent / "docs"


def _measured() -> Iterator[Section]:
    yield Section(
        "Compile",
        tuple(compiling.measure()),
        (
            "Ours: both plans, from flows; "
            '"read, check and compile" begins with plain data, and counts the limits too.',
            "Aerleon: from plain data to the text of one target, without its shade check. Its "
            "targets differ by no more than chance here, so one of the quickest was taken: nftables.",
        ),
    )
    yield Section(
        "Prove",
        tuple(proving.measure()),
        (
            "Ours: every law of docs/proof.md for the plans of both clouds.",
            "Aerleon's shade check: whether one term is covered by a single other one; the time with "
            "it less the time without it.",
            "z3: permitted = required, and for each rule whether the others cover it, of the same plans by "
            "address in the order in which the clouds evaluate them, every network of a rule written "
            "as its two halves. It found them equal. The proof has every other law besides; the main "
            "statement alone is below it, on both sides.",
        ),
    )
    yield Section(
        "Compare",
        tuple(differing.measure()),
        (
            "40 sites and 400 servers against the same with one server more, as whole processes: "
            "`diff` reads and compiles two files, and what it is held against starts Python and "
            "pydantic once and compiles the old file twice.",
        ),
    )
    yield Section("Memory", tuple(memory.measure()), ("The peak of a process of its own each.",))
    yield Section(
        "Start",
        tuple(starting.measure()),
        ("Whole processes, from a cold start to the answer.",),
    )
    yield Section("Register", tuple(rules.measure()))
    yield fwshift.independent_check()


def main() -> int:
    """Measure everything, print it, and write page and picture."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--no-write", action="store_true", help="print, and leave docs/ alone")
    asked = parser.parse_args()
    where = machine()
    print(where, flush=True)
    sections: list[Section] = []
    for section in _measured():
        print(f"measured: {section.title}", file=sys.stderr, flush=True)
        sections.append(section)
    print("\n".join(report(sections)))
    if not asked.no_write:
        (_DOCS / "bench.md").write_text(page(sections, where), encoding="utf-8")
        (_DOCS / "bench.svg").write_text(picture(sections, where), encoding="utf-8")
    return int(any(section.missed or section.wrong for section in sections))


if __name__ == "__main__":
    sys.exit(main())
