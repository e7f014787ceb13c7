"""A page as data: sections of paragraphs, lists and tables, before it is HTML or Markdown.

Every text is plain; how it is escaped is the affair of the writers (`page_html`, `page_markdown`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

__all__ = ["Cell", "Look", "Page", "Row", "Section", "Table", "Text", "Words", "cell", "text"]


class Look(StrEnum):
    """What a text is, not how it looks."""

    PLAIN = ""
    STRONG = "strong"
    CODE = "code"
    #: Beside what matters: who wears a group, which addresses a name has.
    ASIDE = "aside"
    RISK = "risk"
    NOTE = "note"
    GOOD = "good"


@dataclass(frozen=True, slots=True)
class Text:
    """Some words. `to` is where they lead: an address of ours, or `#` and an id."""

    text: str
    look: Look = Look.PLAIN
    to: str | None = None


#: One line of texts, and the lines of a table's cell.
Words: TypeAlias = tuple[Text, ...]
Cell: TypeAlias = tuple[Words, ...]


def text(words: str, look: Look = Look.PLAIN, to: str | None = None) -> Words:
    """A line of one text."""
    return (Text(words, look, to),)


def cell(words: str, look: Look = Look.PLAIN, to: str | None = None) -> Cell:
    """A cell of one line."""
    return (text(words, look, to),)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table; `look` marks all of it, and by `id` a text may lead there."""

    cells: tuple[Cell, ...]
    look: Look = Look.PLAIN
    id: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under their columns, with what they have in common above them."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    caption: str = ""
    #: How wide the columns are, in hundredths; none where they may find their own.
    widths: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with what stands below it, sections inside it last."""

    id: str
    title: str
    summary: tuple[Words, ...] = ()
    items: tuple[Words, ...] = ()
    tables: tuple[Table, ...] = ()
    sections: tuple["Section", ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing but the heading."""
        return not (self.summary or self.items or self.tables or self.sections)


@dataclass(frozen=True, slots=True)
class Page:
    """A whole page: its title, a line below it, facts by name, and its sections."""

    title: str
    below: str
    facts: tuple[tuple[str, Cell], ...]
    sections: tuple[Section, ...]

    @classmethod
    def of(
        cls, title: str, below: str, facts: Iterable[tuple[str, Cell]], sections: Iterable[Section]
    ) -> "Page":
        """A page without its empty sections."""
        return cls(title, below, tuple(facts), tuple(s for s in sections if not s.is_empty))
