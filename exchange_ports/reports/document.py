"""A report as data: sections of paragraphs, lists, facts and tables, before it is written.

A report is defined once, as a `Document`, and `writers` writes it as text, Markdown, HTML, CSV and
JSON. Every text is plain: how it is escaped is the affair of the writers.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple, TypeAlias, TypeVar


class Look(StrEnum):
    """What a text is, not how it looks."""

    PLAIN = ""
    STRONG = "strong"
    CODE = "code"
    #: A word of ours as it is typed or shown elsewhere, never one of a user.
    KEYWORD = "keyword"
    #: A label that is among the references of the document.
    REFERENCE = "reference"
    #: Beside what matters: the members of a group, the addresses of a name, the heads of columns.
    ASIDE = "aside"
    #: A risk that somebody accepted, or that needs a decision.
    RISK = "risk"
    NOTE = "note"
    #: Allowed, newly or not; what holds.
    GOOD = "good"
    #: Blocked, newly or not; what is refused or fails.
    BAD = "bad"


class Text(NamedTuple):
    """Some words. `to` is where they lead: an address of ours, or `#` and the id of a section or row."""

    text: str
    look: Look = Look.PLAIN
    to: str | None = None


Words: TypeAlias = tuple[Text, ...]
#: One line, however it is given.
Line: TypeAlias = str | Text | Words
#: What stands in a cell: a line, a number, or several lines.
Value: TypeAlias = Line | int | tuple[Words, ...]


def words(line: Line | int) -> Words:
    """A line as its texts."""
    if isinstance(line, Text):
        return (line,)
    return line if isinstance(line, tuple) else (Text(str(line)),)


def lines(value: Value) -> tuple[Words, ...]:
    """The lines of a cell; those without words are left out."""
    if isinstance(value, str | int | Text):
        return (words(value),)
    several = [each for each in value if not isinstance(each, Text)]
    line = tuple(each for each in value if isinstance(each, Text))
    return tuple(each for each in (line, *several) if each)


def plain(value: Value) -> str:
    """A line or a cell without looks, lines joined by blanks."""
    return " ".join("".join(each.text for each in line) for line in lines(value))


def spaced(*several: Line) -> Words:
    """Lines as one, with a blank between each two."""
    made: list[Text] = []
    for each in several:
        made += [*([Text(" ")] if made else []), *words(each)]
    return tuple(made)


def stacked(*several: Line) -> tuple[Words, ...]:
    """A cell of several lines."""
    return tuple(map(words, several))


T = TypeVar("T")


def shortened(items: Sequence[T], most: int, rest: str = "and {} more") -> list[T | str]:
    """The first items, and how many more there are."""
    left = len(items) - most
    return [*items[:most], *([rest.format(left)] if left > 0 else [])]


class Paragraph(NamedTuple):
    """A line that may be long. As text it is indented by `indent`, what follows of it by `hang`."""

    line: Line
    indent: int = 0
    hang: int = 0


class Items(NamedTuple):
    """A list, with what its items have in common above it."""

    items: Iterable[Line]
    heading: Line = ""
    indent: int = 2


class Facts(NamedTuple):
    """Values by their names. A name may be empty: the value is one more of the name before."""

    facts: Iterable[tuple[str, Value]]


class Code(NamedTuple):
    """Lines that stand as they are: what a program prints."""

    lines: Iterable[Line]


class Row(NamedTuple):
    """A row of a table; `look` marks all of it (as text the last cell), and by `id` a text may lead there."""

    cells: tuple[Value, ...]
    look: Look = Look.PLAIN
    id: str = ""
    #: More ids of the same row, where it stands for several things.
    more_ids: tuple[str, ...] = ()
    #: By what a reader may filter, with the values of this row. The same names in all rows of a document.
    keys: Sequence[tuple[str, tuple[str, ...]]] = ()


class Table(NamedTuple):
    """Rows under their columns, with what they have in common above them."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    caption: str = ""
    #: How wide the columns are in HTML, in hundredths of a page; none where they may find their own.
    shares: tuple[int, ...] = ()
    indent: int = 2
    #: The same in another arrangement, as text, where that fits the width and is no longer.
    instead: "Table | None" = None


class Section(NamedTuple):
    """A heading with what stands below it. `id` is where texts and the contents lead."""

    title: Line = ""
    blocks: Sequence["Block"] = ()
    id: str = ""


class Picture(NamedTuple):
    """A picture as SVG, and as a Mermaid flowchart for pages that draw these; `text` is what it shows."""

    text: str
    svg: str
    mermaid: str


Block: TypeAlias = Paragraph | Items | Facts | Code | Table | Picture | Section


class Records(NamedTuple):
    """Rows for a spreadsheet, a record each."""

    columns: Sequence[str]
    rows: Iterable[Iterable[str]]
    ends: str = "\r\n"


class Document(NamedTuple):
    """A report. What is costly to make is made when a writer asks for it."""

    content: Sequence[Section] | Callable[[], Iterable[Section]]
    title: str = ""
    below: Line = ""
    facts: Sequence[tuple[str, Value]] = ()
    #: Whether text and Markdown begin with the title, as HTML does.
    titled: bool = True
    #: Where words lead that are known by a label, in the order in which they are listed.
    references: Mapping[str, str] | None = None
    #: Where lines of text are broken in a file; 0 where they run on. A terminal has its own width.
    width: int = 0
    #: What CSV and JSON have, where it is more than what people read.
    records: Callable[[], Records] | None = None
    data: Callable[[], object] | None = None

    @property
    def sections(self) -> tuple[Section, ...]:
        """The sections, made anew each time."""
        return tuple(self.content() if callable(self.content) else self.content)


class Origin(NamedTuple):
    """What a report was made from and by what, so that a reader can make it again. No clock.

    A stack file by its name, the SHA-256 of its bytes in hexadecimal, and our version; and the commit that
    contains these bytes, where the caller knows it.
    """

    file: str
    sha256: str
    version: str
    commit: str = ""
