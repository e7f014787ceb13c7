"""The page docs/bench.md: what was measured, on what machine, and how to do it again."""

from collections.abc import Iterable, Iterator
from typing import Final

from bench.measure import Section, shown

__all__ = ["page"]

_HEAD: Final = """\
# Benchmarks

After reading this page you can compare the speed of exchange-ports with other tools.
`make bench` installs what is needed, measures all figures below in one run on one machine, and writes this page and its
picture. `.venv/bin/python -m bench --no-write` prints only. The exit code is 1 if a target is missed or the external
checker finds a difference. Ratios compare two measurements on the same machine in the same run. They alternate, and each
figure is the median.

Machine: {machine}.

![The measured amounts as bars on logarithmic scales, ours beside what they are compared with](bench.svg)

The workloads are made by `bench/workload.py`: 100, 300, 1,000 or 10,000 flows, 1,000 a network, the same on both
clouds. The first flows are those of the published tables; the others are additional flows with hosts and ranges, single
ports and ranges, TCP and UDP, in and out. Limits are counted and not enforced: a thousand flows on a dozen groups are
more than a security group takes. Other tools get the same flows by address.
"""


def page(sections: Iterable[Section], machine: str) -> str:
    """The whole page. Deterministic: the same measurements give the same text."""
    lines = [_HEAD.format(machine=machine)]
    for section in sections:
        lines += _section(section)
    return "\n".join(lines)


def _section(section: Section) -> Iterator[str]:
    yield f"## {section.title}\n"
    if section.measured:
        yield "| what | held against | ratio | target |"
        yield "|---|---|---|---|"
        for each in section.measured:
            ratio = each.shown(each.ratio)
            yield f"| {_cell(each.what)} | {_cell(each.against)} | {ratio} | {each.verdict} |"
        yield ""
        yield "| absolute | |"
        yield "|---|---|"
        for amount in section.amounts:
            yield f"| {_cell(amount.what)} | {shown(amount)} |"
        yield ""
    for note in section.notes:
        yield f"- {note}"
    if section.notes:
        yield ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
