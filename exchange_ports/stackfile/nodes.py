"""A YAML file as a tree of nodes with their lines, within bounds.

Knows: the syntax of YAML, by the events of PyYAML's parser, and how much of it is read at most.
Must not know: what a stack file is, or what a scalar means. Nothing is resolved, built or run here.

The tree is built from events, without recursion, and not by PyYAML's own composer: that one
recurses, and knows no bounds.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import yaml

from exchange_ports.findings import Finding, Kind, Place, Refused
from exchange_ports.findings import file_kinds as kinds

#: Bytes. A file of 500 servers has about 60,000.
MAX_BYTES: Final = 1024 * 1024
#: Levels, from the top of the file. A topology uses 10; all later steps may recurse this deep.
MAX_DEPTH: Final = 40
#: Values, aliases counted as often as used. A file of 500 servers has about 5,000.
MAX_NODES: Final = 100_000
#: Go yaml.v3 refuses a file of which 99 of 100 values come from aliases, once it has 1,000 of them.
#: We stop well before, so that what is accepted here is accepted there.
MAX_VALUES_A_WRITTEN_ONE: Final = 20
ALIASES_ARE_FEW_BELOW: Final = 1_000

_BOM: Final = b"\xef\xbb\xbf"
#: Control characters, line breaks that editors do not count, and those that reorder what is shown.
_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]"
)
#: A comment behind a plain scalar that looks like a ticket: it begins without a blank, or with a number.
_HASH_AND_WORD: Final = re.compile(r"[ \t]+#(?:[^\s#]|[ \t]*[0-9])")
_ESCAPE: Final = re.compile(r"\\(.)")
_LINE_BREAK: Final = re.compile("\r\n?|\n")
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_REMEDIES: Final[Mapping[str, str]] = {
    "found character that cannot start any token": "Indent with spaces instead of tabs. Put quotes "
    "around text that begins with @, ` or %.",
    "mapping values are not allowed in this context": "Put quotes around text that contains a "
    "colon and a space. Indent all keys of a mapping equally.",
    "could not find expected ':'": "Write a colon and a space after the key. If the line continues the "
    "previous one, indent it.",
}
_REMEDY: Final = "Indent all keys of a mapping equally, and close each quote and bracket."


@dataclass(slots=True)
class _Node:
    line: int
    tag: str | None
    #: How many values it stands for: itself and everything in it.
    values: int = field(default=1, init=False)
    #: How many levels it has, itself included.
    height: int = field(default=1, init=False)
    #: Whether its end was read. Only then it can be repeated, and are the two numbers final.
    finished: bool = field(default=False, init=False)


@dataclass(slots=True)
class YamlText(_Node):
    """A scalar, as written."""

    text: str
    #: Neither quoted nor a block: its meaning is up to the reader.
    plain: bool
    #: Whether a comment that looks like a ticket follows a plain scalar: `Ticket #4711`, `Ticket # 4711`.
    before_hash: bool = False


@dataclass(slots=True)
class YamlList(_Node):
    """A sequence: each value with the line in which it stands."""

    items: list[tuple[int, "Node"]] = field(default_factory=list[tuple[int, "Node"]])


@dataclass(slots=True)
class YamlEntry:
    """One key of a mapping with its value. An alias in place of a key is no text."""

    line: int
    key: "Node | None"
    value: "Node"


@dataclass(slots=True)
class Fields(_Node):
    """A mapping: its entries as they are written, duplicates included."""

    entries: list[YamlEntry] = field(default_factory=list[YamlEntry])


#: An alias stands as the very node that it repeats: nodes are shared, never in a circle.
Node = YamlText | YamlList | Fields


@dataclass(frozen=True, slots=True)
class Placed:
    """A value, and the line of its key, or of itself in a sequence."""

    line: int
    node: Node


def step_into(node: Node, step: str | int) -> Placed | None:
    """What stands below a key of a mapping or at an index of a sequence; None where there is none."""
    if isinstance(node, Fields):
        for entry in node.entries:
            if isinstance(entry.key, YamlText) and entry.key.text == step:
                return Placed(entry.line, entry.value)
    if isinstance(node, YamlList) and isinstance(step, int) and 0 <= step < len(node.items):
        line, value = node.items[step]
        return Placed(line, value)
    return None


class _Builder:
    """Takes events, keeps the open nodes, refuses as soon as a bound is passed."""

    def __init__(self, source: str, file: str) -> None:
        self.file = file
        self.root: Node | None = None
        self.written = 0
        self.documents = 0
        #: What is between the marks of a scalar, escapes and all.
        self._source = source
        #: For each open node whether it is in brackets or braces.
        self._flows: list[bool] = []
        self._open: list[YamlList | Fields] = []
        #: For each open mapping the key whose value comes next; for a sequence never one.
        self._keys: list[tuple[int, Node | None] | None] = []
        self._anchors: dict[str, Node] = {}

    def take(self, event: yaml.Event) -> None:
        """Add one event to the tree."""
        line = 1 if event.start_mark is None else event.start_mark.line + 1
        if isinstance(event, yaml.ScalarEvent):
            self._check_go(event, line)
            self._begin(
                event,
                YamlText(
                    line, event.tag, event.value, not event.style, self._is_before_hash(event)
                ),
            )
        elif isinstance(event, yaml.CollectionStartEvent):
            is_mapping = isinstance(event, yaml.MappingStartEvent)
            self._begin(event, (Fields if is_mapping else YamlList)(line, event.tag))
            self._keys.append(None)
            self._flows.append(bool(event.flow_style))
        elif isinstance(event, yaml.CollectionEndEvent):
            self._flows.pop()
            self._keys.pop()
            self._close(self._open.pop())
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event, line)
        elif isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                raise self.refused(kinds.SEVERAL_DOCUMENTS, line)

    @property
    def in_brackets(self) -> bool:
        """Whether the last value that was begun is in brackets or braces."""
        return bool(self._flows and self._flows[-1])

    @property
    def opened_at(self) -> int:
        """The line in which the outermost bracket or brace that is open was opened."""
        first = self._flows.index(True)
        return self._open[first].line

    def refused(self, kind: Kind, line: int | None, **facts: object) -> Refused:
        return _refused(kind, self.file, line, **facts)

    def _check_go(self, event: yaml.ScalarEvent, line: int) -> None:
        """Refuse what libyaml reads and Go's port of it, which Pulumi uses, does not."""
        if not event.style:
            if "?" in event.value and self._flows and self._flows[-1]:
                problem = "a question mark without quotes inside brackets or braces"
                remedy = "Put quotes around the text."
                raise self.refused(kinds.NOT_YAML, line, problem=problem, remedy=remedy)
        elif event.style == '"' and event.start_mark and event.end_mark:
            written = self._source[event.start_mark.index : event.end_mark.index]
            if "/" in _ESCAPE.findall(written):
                problem = "`\\/` is not allowed in double quotes"
                raise self.refused(kinds.NOT_YAML, line, problem=problem, remedy="Write `/`.")

    def _is_before_hash(self, event: yaml.ScalarEvent) -> bool:
        mark = event.end_mark
        return bool(not event.style and mark and _HASH_AND_WORD.match(self._source, mark.index))

    def _begin(self, event: yaml.NodeEvent, node: Node) -> None:
        self.written += 1
        if len(self._open) >= MAX_DEPTH:
            raise self.refused(kinds.NESTED_TOO_DEEP, node.line, limit=MAX_DEPTH)
        if event.anchor is not None:
            if event.anchor in self._anchors:
                raise self.refused(kinds.DUPLICATE_ANCHOR, node.line)
            self._anchors[event.anchor] = node
        self._place(node.line, node, is_alias=False)
        if isinstance(node, YamlText):
            self._close(node)
        else:
            self._open.append(node)

    def _alias(self, event: yaml.AliasEvent, line: int) -> None:
        # No finding shows the name: it may be a secret that was written without quotes.
        node = self._anchors.get(str(event.anchor))
        if node is None:
            raise self.refused(kinds.UNKNOWN_ALIAS, line)
        if not node.finished:
            raise self.refused(kinds.RECURSIVE_ALIAS, line)
        # Each alias may sit on the one before it: heights add up although nothing is nested.
        if len(self._open) + node.height > MAX_DEPTH:
            raise self.refused(kinds.NESTED_TOO_DEEP, line, limit=MAX_DEPTH)
        self._place(line, node, is_alias=True)
        self._count(line, node)

    def _place(self, line: int, node: Node, *, is_alias: bool) -> None:
        """Put a node where it belongs: under the innermost open one."""
        if not self._open:
            self.root = node
            return
        parent = self._open[-1]
        if isinstance(parent, YamlList):
            parent.items.append((line, node))
        elif (key := self._keys[-1]) is None:
            self._keys[-1] = (line, None if is_alias else node)
        else:
            parent.entries.append(YamlEntry(key[0], key[1], node))
            self._keys[-1] = None

    def _close(self, node: Node) -> None:
        node.finished = True
        self._count(node.line, node)

    def _count(self, line: int, node: Node) -> None:
        """Add what a finished node stands for to the one that holds it."""
        if node.values > MAX_NODES:
            raise self.refused(kinds.TOO_MANY_VALUES, line, limit=MAX_NODES)
        if self._open:
            parent = self._open[-1]
            parent.height = max(parent.height, node.height + 1)
            parent.values += node.values


#: More faults of syntax in one file are not looked for.
_MOST_FAULTS: Final = 10


def compose(content: bytes, file: str) -> Node | None:
    """The tree of the one document in `content`, None where there is none.

    :raises Refused: when it is no such document, or passes a bound. Faults of syntax are reported together as
        long as it is known how to read on after each.
    """
    source = _readable(content, file)
    faults: list[Finding] = []
    while True:
        try:
            root = _composed(source, file)
        except _Fault as fault:
            faults += fault.findings
            if fault.source is None or len(faults) == _MOST_FAULTS:
                break
            source = fault.source
        except Refused as refused:
            faults += refused.findings
            break
        else:
            if not faults:
                return root
            break
    raise Refused(faults)


class _Fault(Refused):
    """A fault of syntax, with the text in which it is taken out; none where that is not known."""

    def __init__(self, refused: Refused, source: str | None) -> None:
        super().__init__(refused.findings)
        self.source = source


def _composed(source: str, file: str) -> Node | None:
    builder = _Builder(source, file)
    try:
        for event in yaml.parse(source, Loader=_LOADER):
            builder.take(event)
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        problem = fault.problem or fault.context or "the parser gives no reason"
        line = None if mark is None else mark.line + 1
        remedy = _REMEDIES.get(problem, _REMEDY)
        rest = None
        if line is not None and builder.in_brackets:
            found = _unquoted(source, builder.opened_at, line)
            line, remedy, rest = found or (line, remedy, None)
        refused = builder.refused(kinds.NOT_YAML, line, problem=problem, remedy=remedy)
        raise _Fault(refused, rest) from None
    except yaml.YAMLError:
        raise builder.refused(
            kinds.NOT_YAML, None, problem="the parser gives no reason", remedy=_REMEDY
        ) from None
    root = builder.root
    if root is not None and root.values > max(
        ALIASES_ARE_FEW_BELOW, MAX_VALUES_A_WRITTEN_ONE * builder.written
    ):
        raise builder.refused(
            kinds.TOO_MANY_ALIASES, 1, written=builder.written, values=root.values
        )
    return root


#: Text in quotes, with which nothing is wrong.
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\']|\'\')*\'')
#: What readers end a text at inside brackets or braces, and why.
_BREAKS: Final = (
    (
        re.compile(r"[\[{,:]\s*(?P<text>::)"),
        "text that begins with a colon needs quotes",
        'Example: `["::/0"]`.',
    ),
    (
        re.compile(r"[\w-]+:\s+[^,:\[\]{}#]*[^,\s:\[\]{}#](?P<text>:)(?:\s|$)"),
        "a colon and a space in it start another value",
        'Example: `{reason: "change: ticket 4711"}`.',
    ),
    (
        re.compile(r"[^\s,\[{]\s+(?P<text>#)"),
        "a space and `#` start a comment",
        'Example: `{reason: "Ticket #4711"}`.',
    ),
)


def _unquoted(source: str, first: int, last: int) -> tuple[int, str, str] | None:
    """The line of a text in brackets that needs quotes, what to do, and the source without what ends the text.

    None where no such text is seen. `first` and `last` are the lines between which reading failed. The text
    is not shown: it may be a secret of another setting.
    """
    lines = source.splitlines(keepends=True)
    for number in range(min(last, len(lines)), first - 1, -1):
        line = lines[number - 1]
        plain = _QUOTED.sub(lambda quoted: "x" * len(quoted[0]), line)
        for breaks, why, example in _BREAKS:
            if found := breaks.search(plain):
                begin, end = found.span("text")
                lines[number - 1] = f"{line[:begin]}{'x' * (end - begin)}{line[end:]}"
                return number, f"Quote the value: {why}. {example}", "".join(lines)
    return None


def has_alias(root: Node) -> bool:
    """Whether any value of a document repeats another one by an alias."""
    written, left = 0, [root]
    known: set[int] = set()
    while left:
        node = left.pop()
        if id(node) in known:
            return True
        known.add(id(node))
        written += 1
        if isinstance(node, YamlList):
            left += (item for _, item in node.items)
        elif isinstance(node, Fields):
            for entry in node.entries:
                left += (each for each in (entry.key, entry.value) if each is not None)
    # An alias in place of a key counts as what it repeats.
    return written != root.values


def too_big(file: str, size: int) -> Refused:
    """That a file of this many bytes is no stack file."""
    return _refused(kinds.FILE_TOO_BIG, file, None, size=size, limit=MAX_BYTES)


def _readable(content: bytes, file: str) -> str:
    """The text without the byte order mark, which Pulumi drops too; all of it can be seen."""
    if len(content) > MAX_BYTES:
        raise too_big(file, len(content))
    content = content.removeprefix(_BOM)
    try:
        text = content.decode()
    except UnicodeDecodeError as fault:
        before = content[: fault.start].decode()
        begin = content.rfind(b"\n", 0, fault.start) + 1
        raise _refused(kinds.NOT_UTF8, file, _line(before), byte=fault.start - begin + 1) from None
    if unseen := _UNSEEN.search(text):
        code = ord(unseen[0])
        raise _refused(
            kinds.INVISIBLE_CHARACTER,
            file,
            _line(text[: unseen.start()]),
            character=f"U+{code:04X}",
            escape=f"\\u{code:04X}",
        )
    return text


def _line(before: str) -> int:
    return len(_LINE_BREAK.findall(before)) + 1


def _refused(kind: Kind, file: str, line: int | None, **facts: object) -> Refused:
    return Refused([kind.at((), **facts).located(lambda _: Place(file, line))])
