"""A Pulumi stack file: from its bytes to our settings as plain data, with the line of each field.

Knows: which keys a stack file has, which of them are ours, and that what is read here must be what
a program gets through Pulumi's config, or be refused (pulumi.md 2).
Must not know: what can be declared under a setting, nor where the bytes come from.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from exchange_ports.findings import Finding, Kind, Path, Place, Refused
from exchange_ports.findings import reading as kinds
from exchange_ports.topology.nodes import Entry, Fields, Items, Node, Text, compose
from exchange_ports.topology.scalars import Doubt, Scalar, doubt, meaning

__all__ = ["NAMESPACE", "SETTINGS", "StackFile", "read_stack_file"]

#: The project's name, by which Pulumi files our settings: `exchange-ports:topology`.
NAMESPACE: Final = "exchange-ports"
#: Our settings, without the namespace. Only the first must be there.
SETTINGS: Final = ("topology", "networks", "tags")

#: What Pulumi itself writes beside `config`.
_STACK_KEYS: Final = (
    "config",
    "encryptionsalt",
    "encryptedkey",
    "secretsprovider",
    "environment",
)
_FULL_NAMES: Final = tuple(f"{NAMESPACE}:{name}" for name in SETTINGS)
_SECURE: Final = "secure"
_MERGE: Final = "<<"

_DOUBTS: Final[Mapping[Doubt, Kind]] = {
    Doubt.TRUTH: kinds.UNQUOTED_TRUTH,
    Doubt.NUMBER: kinds.UNQUOTED_NUMBER,
    Doubt.TIME: kinds.UNQUOTED_TIME,
    Doubt.SYMBOL: kinds.UNQUOTED_SYMBOL,
    Doubt.TOO_BIG: kinds.NUMBER_TOO_BIG,
}


@dataclass(frozen=True, slots=True)
class StackFile:
    """What a stack file says."""

    #: As the user named it.
    file: str
    #: Our settings by name, without the namespace. Plain data: dict, list, str, int, float, bool
    #: and None; equal to what the program gets through Pulumi.
    config: Mapping[str, object]
    #: The other keys of `config` by name, as written. To run a program offline: what Pulumi makes
    #: of them, with None in place of a secret. Pulumi hands over text as it is, None as "" and
    #: the rest as JSON.
    others: Mapping[str, object]
    #: Where fields stand: the nodes of `config`, ours by the name without the namespace.
    _nodes: Mapping[str, "_Placed"] = field(repr=False, compare=False)
    _line: int = field(repr=False, compare=False)

    def locate(self, path: Path) -> Place:
        """Where a field of `config` stands, or the nearest known one around it."""
        line = self._line
        placed = self._nodes.get(str(path[0])) if path else None
        for step in path[1:]:
            if placed is None:
                break
            line = placed.line
            placed = _step(placed.node, step)
        return Place(self.file, line if placed is None else placed.line)


@dataclass(frozen=True, slots=True)
class _Placed:
    """A value, and the line of its key, or of itself in a sequence."""

    line: int
    node: Node


def _step(node: Node, step: str | int) -> _Placed | None:
    if isinstance(node, Fields):
        for entry in node.entries:
            if isinstance(entry.key, Text) and entry.key.text == step:
                return _Placed(entry.line, entry.value)
    if isinstance(node, Items) and isinstance(step, int) and 0 <= step < len(node.items):
        line, value = node.items[step]
        return _Placed(line, value)
    return None


def read_stack_file(content: bytes, file: str) -> StackFile:
    """Read a stack file. `file` is only its name, for the findings.

    :raises Refused: with every fault of the file, each with its line.
    """
    root = compose(content, file)
    reader = _Reader(file)
    read = reader.stack_file(root)
    if reader.findings or read is None:
        raise Refused(reader.findings)
    return read


class _Reader:
    """Walks the tree and collects every fault."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.findings: list[Finding] = []
        #: A value that aliases repeat is at fault once, not at each use.
        self._told: set[tuple[str, int]] = set()

    def add(self, kind: Kind, path: Path, line: int, **facts: object) -> None:
        """Collect a fault."""
        self.findings.append(kind.at(path, **facts).located(lambda _: Place(self.file, line)))

    def add_once(self, node: Node, kind: Kind, path: Path, line: int, **facts: object) -> None:
        """Collect a fault of a node that may be met again."""
        if (kind.code, id(node)) not in self._told:
            self._told.add((kind.code, id(node)))
            self.add(kind, path, line, **facts)

    # The frame: top level, `config`, and which settings are ours.

    def stack_file(self, root: Node | None) -> StackFile | None:
        if root is None or (isinstance(root, Text) and _plain_value(root) is None):
            self.add(kinds.EMPTY_FILE, (), 1, namespace=NAMESPACE)
            return None
        if not isinstance(root, Fields):
            facts = {"shape": _shape(root), "namespace": NAMESPACE}
            self.add(kinds.NOT_A_STACK_FILE, (), root.line, **facts)
            return None
        config: Entry | None = None
        config_may_be_meant = False
        for name, entry in self.named(root, ()):
            if name == "config":
                config = entry
                continue
            self.free(entry.value, (name,))
            if name not in _STACK_KEYS:
                config_may_be_meant |= self.stray(name, entry.line)
        if config is not None:
            return self.config(config)
        if not config_may_be_meant:
            self.add(kinds.NO_CONFIG, (), root.line, namespace=NAMESPACE)
        return None

    def stray(self, name: str, line: int) -> bool:
        """A key of the top level that Pulumi ignores; whether `config` could have been meant."""
        if name in SETTINGS or ":" in name:
            self.add(kinds.SETTING_OUTSIDE_CONFIG, (name,), line, key=name)
            return True
        meant = _closest(name, _STACK_KEYS)
        facts = {
            "meant": f", perhaps meant for `{meant}`" if meant else "",
            "allowed": _listed(_STACK_KEYS[1:]),
            "remedy": f"write `{meant}`" if meant else "delete it, or put it under `config`",
        }
        self.add(kinds.UNKNOWN_STACK_KEY, (name,), line, key=name, **facts)
        return meant == "config"

    def config(self, config: Entry) -> StackFile | None:
        node = config.value
        if isinstance(node, Text) and _plain_value(node) is None:
            node = Fields(config.line, None)
        if not isinstance(node, Fields):
            facts = {"shape": _shape(node), "namespace": NAMESPACE}
            self.add(kinds.CONFIG_NOT_A_MAPPING, ("config",), config.line, **facts)
            return None
        ours: dict[str, object] = {}
        others: dict[str, object] = {}
        nodes: dict[str, _Placed] = {}
        misspelt: set[str] = set()
        for key, entry in self.named(node, ("config",)):
            namespace, _, name = key.partition(":")
            if namespace == NAMESPACE and name in SETTINGS:
                ours[name] = self.setting(name, key, entry)
                nodes[name] = _Placed(entry.line, entry.value)
            elif meant := _meant(key):
                misspelt.add(meant)
                self.add(kinds.MISSPELT_SETTING, ("config", key), entry.line, key=key, meant=meant)
            elif namespace == NAMESPACE:
                self.unknown_setting(key, entry.line)
            else:
                self.free(entry.value, ("config", key))
                others[key] = _lenient(entry.value)
                nodes.setdefault(key, _Placed(entry.line, entry.value))
        if "topology" not in ours and _FULL_NAMES[0] not in misspelt:
            self.add(kinds.MISSING_TOPOLOGY, ("config",), config.line, namespace=NAMESPACE)
        return StackFile(self.file, ours, others, nodes, config.line)

    def unknown_setting(self, key: str, line: int) -> None:
        meant = _closest(key, _FULL_NAMES)
        facts = {
            "meant": f", perhaps meant for `{meant}`" if meant else "",
            "allowed": _listed(_FULL_NAMES),
            "remedy": f"write `{meant}`" if meant else "delete it",
        }
        self.add(kinds.UNKNOWN_SETTING, ("config", key), line, key=key, **facts)

    def setting(self, name: str, key: str, entry: Entry) -> object:
        value = self.value(entry.value, (name,), entry.line)
        if not isinstance(entry.value, Fields):
            shape = _shape(entry.value)
            self.add(kinds.SETTING_NOT_A_MAPPING, (name,), entry.line, key=key, shape=shape)
        return value

    # Ours: only what every reader reads alike.

    def value(self, node: Node, path: Path, line: int) -> object:
        """The plain data of one of our values."""
        if node.tag is not None:
            self.add_once(node, kinds.TAGGED_VALUE, path, node.line, tag=node.tag)
        if isinstance(node, Text):
            return self.scalar(node, path, line)
        if isinstance(node, Items):
            return [
                self.value(item, (*path, index), at) for index, (at, item) in enumerate(node.items)
            ]
        entries = self.named(node, path)
        if any(name == _SECURE for name, _ in entries):
            # Nothing under it is looked at any further: it must not be shown in any finding.
            self.add_once(node, kinds.SECRET_IN_SETTING, path, node.line)
            return None
        return {name: self.value(entry.value, (*path, name), entry.line) for name, entry in entries}

    def scalar(self, node: Text, path: Path, line: int) -> Scalar:
        if not node.plain or node.tag is not None:
            return node.text
        value = meaning(node.text)
        if (why := doubt(node.text)) is not None:
            # An alias has a line of its own, but what is to be quoted stands where it is written.
            self.add_once(node, _DOUBTS[why], path, node.line, text=node.text, pulumi=_said(value))
        return value

    def named(self, node: Fields, path: Path) -> list[tuple[str, Entry]]:
        """The entries of a mapping whose keys are names for every reader."""
        self.duplicates(node, path)
        entries: dict[str, Entry] = {}
        for entry in node.entries:
            key = entry.key
            if not isinstance(key, Text):
                shape = "an alias" if key is None else _shape(key)
                facts = {"key": "here", "shape": shape, "remedy": "write the name out"}
                self.add_once(node, kinds.KEY_NOT_TEXT, path, entry.line, **facts)
            elif key.text == _MERGE:
                # Pulumi writes and reads the file once more, without the quotes: then it merges.
                self.add_once(key, kinds.MERGE_KEY, path, key.line)
            elif key.tag is not None:
                self.add_once(key, kinds.TAGGED_VALUE, (*path, key.text), key.line, tag=key.tag)
            elif key.plain and not _is_name(key.text):
                facts = {
                    "key": f"`{key.text}`" if key.text else "here",
                    "shape": "a value, not text, to some readers" if key.text else "empty",
                    "remedy": f'write "{key.text}" with quotes' if key.text else "write a name",
                }
                self.add_once(key, kinds.KEY_NOT_TEXT, (*path, key.text), key.line, **facts)
            else:
                entries.setdefault(key.text, entry)
        return list(entries.items())

    def duplicates(self, node: Fields, path: Path) -> None:
        """Pulumi compares keys as they are written, quoted or not."""
        first: dict[str, int] = {}
        for entry in node.entries:
            if isinstance(entry.key, Text):
                name = entry.key.text
                if name in first:
                    facts = {"key": name, "first": first[name], "second": entry.line}
                    self.add_once(
                        entry.key, kinds.DUPLICATE_KEY, (*path, name), entry.line, **facts
                    )
                first.setdefault(name, entry.line)

    # Not ours: only what makes Pulumi refuse the file.

    def free(self, node: Node, path: Path) -> None:
        """Check a value that is not ours."""
        if isinstance(node, Fields):
            self.duplicates(node, path)
            for entry in node.entries:
                name = entry.key.text if isinstance(entry.key, Text) else "?"
                self.free(entry.value, (*path, name))
        elif isinstance(node, Items):
            for index, (_, item) in enumerate(node.items):
                self.free(item, (*path, index))


def _lenient(node: Node) -> object:
    """What Pulumi makes of a value that is not ours, without its secrets."""
    if isinstance(node, Text):
        return meaning(node.text) if node.plain and node.tag is None else node.text
    if isinstance(node, Items):
        return [_lenient(item) for _, item in node.items]
    read: dict[str, object] = {}
    merged: dict[str, object] = {}
    for entry in node.entries:
        if not isinstance(entry.key, Text):
            continue
        if entry.key.text == _MERGE:
            sources = entry.value.items if isinstance(entry.value, Items) else [(0, entry.value)]
            for _, source in sources:
                value = _lenient(source)
                if isinstance(value, dict):
                    merged = {**value, **merged}
        else:
            read[_lenient_key(entry.key)] = _lenient(entry.value)
    return None if _SECURE in read or _SECURE in merged else {**merged, **read}


def _lenient_key(key: Text) -> str:
    value = _lenient(key)
    return "<nil>" if value is None else value if isinstance(value, str) else _said(value)


def _said(value: object) -> str:
    """A scalar as Pulumi would write it in JSON or as a key."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _plain_value(node: Text) -> Scalar:
    return meaning(node.text) if node.plain else node.text


def _is_name(text: str) -> bool:
    return doubt(text) is None and isinstance(meaning(text), str)


def _shape(node: Node) -> str:
    """What a node is, in words, without showing it."""
    if isinstance(node, Items):
        return "a list"
    if isinstance(node, Fields):
        return "a mapping"
    return "empty" if _plain_value(node) is None else "a single value"


def _listed(names: Iterable[str]) -> str:
    *most, last = (f"`{name}`" for name in names)
    return f"{', '.join(most)} and {last}"


def _closest(name: str, known: Iterable[str]) -> str | None:
    # Only where something is wrong already: a good file need not wait for this import.
    from difflib import get_close_matches

    found = get_close_matches(name.casefold().replace("_", "-"), known, n=1, cutoff=0.8)
    return found[0] if found else None


def _meant(key: str) -> str | None:
    """Which of our settings is meant by a key of another name, if one is."""
    if key.casefold() in SETTINGS:
        return f"{NAMESPACE}:{key.casefold()}"
    namespace, _, name = key.rpartition(":")
    if namespace == NAMESPACE or not namespace:
        return None
    short = name.casefold()
    twin = namespace.casefold().replace("_", "-").removesuffix(":config")
    alike = twin == NAMESPACE or (short in SETTINGS and _closest(twin, [NAMESPACE]) is not None)
    return _closest(f"{NAMESPACE}:{short}", _FULL_NAMES) if alike else None
