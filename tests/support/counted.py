"""Lines of many cases, each line once with the number of its cases, for goldens that are read."""

from collections import Counter
from collections.abc import Iterable

__all__ = ["CountedLines"]


class CountedLines:
    """Each distinct line, in how many cases it is, and the first of these."""

    def __init__(self) -> None:
        """Begin without a case."""
        self._count = Counter[str]()
        self._first: dict[str, str] = {}

    def add(self, case: str, lines: Iterable[str]) -> None:
        """Count the lines of a case; one that it has twice counts twice."""
        for line in lines:
            self._count[line] += 1
            self._first.setdefault(line, case)

    def text(self, title: str) -> str:
        """The lines in order."""
        lines = [
            f"* {line}  [{count}, the first: {self._first[line]}]"
            for line, count in sorted(self._count.items())
        ]
        return "\n".join((f"# {title}", "", *lines, ""))
