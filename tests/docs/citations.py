"""Find the anchors of docs/reference and the citations that lead to them.

An anchor is `<a id="2.4"></a>`. docs/reference/index.md lists the forms of a citation.
"""

import re
import subprocess
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from tests.support.paths import ROOT

REFERENCE: Final = ROOT / "docs" / "reference"

#: Pages that a text may cite. A page without a file is here if texts could still name it.
PAGES: Final = (
    "exchange-later",
    "m365-data",
    "prior-art",
    "exchange",
    "aws",
    "azure",
    "pulumi",
    "ecosystem",
    "flowlogs",
    "design",
)
#: The page that `DESIGN 5` and "section 5 of the design" cite.
DESIGN_PAGE: Final = "design"
#: Files with citations that are wrong on purpose, or with text that only looks like one.
NOT_SEARCHED: Final = ("tests/docs/test_citations.py",)

_ANCHOR: Final = re.compile(r'<a id="([^"]*)"></a>')
_HEADING: Final = re.compile(r"^## (?P<id>A-\d\d): ", re.MULTILINE)
_ROW: Final = re.compile(r"^\| (?P<id>A-\d\d) \|", re.MULTILINE)

#: Space between two words of a citation: also a line break, with the sign of a comment after it.
_GAP: Final = r"(?:[ \t]|\n[ \t]*(?:(?:#:?|//|;|>|\*)[ \t]*)?)+"
_SECTION: Final = r"\d{1,2}(?:\.\d{1,2})?"
#: Ids of rows of the port tables, of validation rules and of readings.
_FACT: Final = r"(?:A-\d{1,2}|V\d{1,2}|[CEFGHMNRUW]\d{1,2}[di]?)"
#: What ends a number or an id: a version such as 2.4.1, a unit or a longer word does not.
_END: Final = r"(?![\w%°]|\.\w|-[\da-z])"
_ITEM: Final = rf"(?:{_FACT}|{_SECTION}){_END}"
_BETWEEN: Final = (
    rf"(?:{_GAP}\([^()]*\))?"
    rf"(?:,{_GAP}(?:and{_GAP})?|:{_GAP}|{_GAP}(?:and|or|to){_GAP})"
)

_ON_PAGE: Final = re.compile(
    rf"(?<![\w-])(?P<page>{'|'.join(PAGES)})\.md`?"
    rf"(?:#(?P<anchor>[\w.-]*\w)|{_GAP}(?P<items>{_ITEM}(?:{_BETWEEN}{_ITEM})*))?"
)
_ON_DESIGN: Final = re.compile(
    rf"\bDESIGN(?:\.md)?`?(?:{_GAP}section)?{_GAP}(?P<after>{_ITEM}(?:{_BETWEEN}{_ITEM})*)"
    rf"|\bsections?{_GAP}(?P<before>{_ITEM}(?:{_BETWEEN}{_ITEM})*){_GAP}of{_GAP}the{_GAP}design\b"
)
_BARE: Final = re.compile(rf"(?<![\w.#&])(?P<id>{_FACT}){_END}")
_IN_ITEMS: Final = re.compile(_ITEM)
_LINK: Final = re.compile(r"\]\((?P<target>[^()\s]*)\)")


class Citation(NamedTuple):
    """What a text cites, and in which line."""

    line: int
    text: str
    #: None where a fact is cited by its id alone, which leads to any page.
    page: str | None
    #: None where the page alone is named.
    anchor: str | None


class Anchors:
    """The anchors of each page, in the order of the page."""

    def __init__(self, pages: Mapping[str, Sequence[str]]) -> None:
        self.pages: Final = {page: tuple(ids) for page, ids in pages.items()}
        self._facts = frozenset(id_ for ids in self.pages.values() for id_ in ids if is_fact(id_))

    def has(self, page: str | None, anchor: str | None) -> bool:
        """Whether the anchor is there, on this page or, for a fact by its id alone, on any."""
        if page is None:
            return anchor in self._facts
        return page in self.pages and (anchor is None or anchor in self.pages[page])

    def duplicates(self) -> list[str]:
        """Anchors that a page has twice, and ids of facts that two pages have."""
        found: list[str] = []
        facts: dict[str, str] = {}
        for page, ids in self.pages.items():
            seen: set[str] = set()
            for id_ in ids:
                if id_ in seen:
                    found.append(f"{page}.md has {id_} twice")
                elif is_fact(id_) and facts.setdefault(id_, page) != page:
                    found.append(f"{facts[id_]}.md and {page}.md both have {id_}")
                seen.add(id_)
        return found


def is_fact(id_: str) -> bool:
    """Whether an id is that of a row, a validation rule or a reading."""
    return re.fullmatch(_FACT, id_) is not None


def anchors_of(text: str) -> list[str]:
    """The anchors of a page."""
    return _ANCHOR.findall(text)


def shipped() -> Anchors:
    """The anchors of the pages in docs/reference."""
    return Anchors(
        {path.stem: anchors_of(path.read_text()) for path in sorted(REFERENCE.glob("*.md"))}
    )


def readings(text: str) -> list[str]:
    """The numbers of the readings on docs/readings.md, in headings and in the table."""
    return [*_HEADING.findall(text), *_ROW.findall(text)]


def citations(text: str) -> Iterator[Citation]:
    """Each citation of a text."""
    starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def line(offset: int) -> int:
        return bisect_right(starts, offset)

    cited: set[int] = set()
    for match in _ON_PAGE.finditer(text):
        page, anchor, items = match["page"], match["anchor"], match["items"]
        if items is None:
            yield Citation(line(match.start()), match[0], page, anchor)
            continue
        begin = match.start("items")
        for item in _IN_ITEMS.finditer(items):
            cited.add(begin + item.start())
            yield Citation(line(begin + item.start()), f"{page}.md {item[0]}", page, item[0])
    for match in _ON_DESIGN.finditer(text):
        group = "after" if match["after"] else "before"
        begin = match.start(group)
        for item in _IN_ITEMS.finditer(match[group]):
            yield Citation(line(begin + item.start()), f"DESIGN {item[0]}", DESIGN_PAGE, item[0])
    for match in _BARE.finditer(text):
        if match.start() not in cited:
            yield Citation(line(match.start()), match["id"], None, match["id"])


def links(text: str) -> Iterator[tuple[int, str]]:
    """The targets of the Markdown links of a text, with their lines."""
    for number, line in enumerate(text.splitlines(), start=1):
        for match in _LINK.finditer(line):
            yield number, match["target"]


def searched_files() -> list[Path]:
    """Every text file in the repository that can have a citation."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return sorted(ROOT / name for name in listed.split("\0") if name and _is_searched(name))


def _is_searched(name: str) -> bool:
    path = ROOT / name
    # The path data of pictures looks like ids of rows, and their texts come from the catalog.
    return (
        name not in NOT_SEARCHED
        and path.suffix != ".svg"
        and path.is_file()
        and not path.is_symlink()
        and b"\0" not in path.read_bytes()[:8192]
    )


def unresolved(texts: Iterable[tuple[str, str]], anchors: Anchors) -> list[str]:
    """A line for each citation of the named texts that leads nowhere."""
    return [
        f"{name}:{citation.line} cites {citation.text}, and docs/reference has no such anchor"
        for name, text in texts
        for citation in citations(text)
        if not anchors.has(citation.page, citation.anchor)
    ]
