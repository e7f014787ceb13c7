"""A Pulumi stack file: from its bytes to our settings as plain data, with the line of each field.

Knows: which keys a stack file has, which of them are ours, and that what is read here must be what
a program gets through Pulumi's config, or be refused (pulumi.md 2).
Must not know: what can be declared under a setting, nor where the bytes come from.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from exchange_ports.findings import Finding, Path, Place, Refused
from exchange_ports.findings import file_kinds as kinds
from exchange_ports.stackfile.nodes import (
    Fields,
    Node,
    Placed,
    YamlEntry,
    YamlList,
    YamlText,
    compose,
    has_alias,
    step_into,
)
from exchange_ports.stackfile.yaml_values import (
    Walk,
    digest,
    has_secret,
    is_empty,
    lenient,
    shape,
)

#: The project's name, by which Pulumi files our settings: `exchange-ports:topology`.
NAMESPACE: Final = "exchange-ports"
#: Our settings, without the namespace. Only the first must be there.
SETTINGS: Final = ("topology", "networks", "tags", "previous", "phase", "servers_in")
FULL_NAMES: Final = tuple(f"{NAMESPACE}:{name}" for name in SETTINGS)

#: Our settings that are one word; the others are mappings.
WORDS: Final = ("phase", "servers_in")

#: Fields that hold what people write, and mappings of such texts. Elsewhere no value has a `#` in it.
_SENTENCES: Final = ("organization", "reason", "owner", "ticket")
_OF_SENTENCES: Final = ("accept_risk", "acknowledge", "tags")

#: How alike a name must be to one of ours to be a slip of it, as `difflib` measures it.
_ALIKE: Final = 0.8

#: What Pulumi itself writes beside `config`.
_STACK_KEYS: Final = ("config", "encryptionsalt", "encryptedkey", "secretsprovider", "environment")


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
    #: Those of `others` with an encrypted value, each with a digest of it as it is written.
    sealed: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    #: What stands under `environment`, as data, and a digest of it as it is written.
    environment: object = None
    environment_digest: str = ""
    #: Our settings that another file has the value of, by name, with that file.
    from_file: Mapping[str, str] = field(default_factory=dict[str, str], repr=False, compare=False)
    #: Where fields stand: the nodes of `config`, ours by the name without the namespace.
    _nodes: Mapping[str, Placed] = field(
        default_factory=dict[str, Placed], repr=False, compare=False
    )
    _line: int | None = field(default=None, repr=False, compare=False)

    def locate(self, path: Path) -> Place:
        """Where a field of `config` stands, or the nearest known one around it."""
        if path and path[0] in self.from_file:
            return Place(self.from_file[str(path[0])], None)
        line = self._line
        placed = self._nodes.get(str(path[0])) if path else None
        for step in path[1:]:
            if placed is None:
                break
            line = placed.line
            if isinstance(step, str) and isinstance(placed.node, YamlList):
                # The key is left out: `domain_controllers: [10.20.2.10]` has their `addresses`.
                continue
            placed = step_into(placed.node, step)
        return Place(self.file, line if placed is None else placed.line)


def read_stack_file(content: bytes, file: str, supplied: tuple[str, ...] = ()) -> StackFile:
    """Read a stack file. `file` is only its name, for the findings.

    `supplied`: the keys that lead to the topology in its `environment`, where it has none under `config`.

    :raises Refused: with every fault of the file, each with its line.
    """
    root = compose(content, file)
    reader = _Reader(file, supplied)
    read = reader.stack_file(root)
    if reader.findings or read is None:
        raise Refused(reader.findings)
    return read


#: What is wrong with a file in which nothing is ours, and nothing else.
_NOTHING: Final = (kinds.EMPTY_FILE, kinds.NO_CONFIG, kinds.MISSING_TOPOLOGY)


def has_no_topology(refused: Refused) -> bool:
    """Whether a file was refused for that alone, so that its settings may come from its environment."""
    return all(finding.kind in _NOTHING for finding in refused.findings)


class WrittenEnvironment(NamedTuple):
    """What stands under `environment` of a file that has no topology."""

    given: object = None
    #: A digest of it as it is written.
    digest: str = ""
    #: Whether the file has an alias: Pulumi hands the environment alone to another reader.
    has_alias: bool = False


def read_environment(content: bytes, file: str) -> WrittenEnvironment:
    """The environment of a stack file, as data.

    :raises Refused: it is no document.
    """
    root = compose(content, file)
    entry = _entry(root, _ENVIRONMENT)
    if root is None or entry is None:
        return WrittenEnvironment()
    return WrittenEnvironment(lenient(entry.value), digest(entry.value), has_alias(root))


_ENVIRONMENT: Final = "environment"


def _entry(node: Node | None, name: str) -> YamlEntry | None:
    for entry in node.entries if isinstance(node, Fields) else ():
        if isinstance(entry.key, YamlText) and entry.key.text == name:
            return entry
    return None


class _Reader(Walk):
    """The frame of a stack file: its top level, `config`, and which settings are ours."""

    def __init__(self, file: str, supplied: tuple[str, ...] = ()) -> None:
        """`supplied`: the keys below `environment` that lead to its topology."""
        super().__init__(file)
        self.supplied = supplied

    def stack_file(self, root: Node | None) -> StackFile | None:
        if root is None or is_empty(root):
            self.add(kinds.EMPTY_FILE, (), 1, namespace=NAMESPACE)
            return None
        if not isinstance(root, Fields):
            facts = {"shape": shape(root), "namespace": NAMESPACE}
            self.add(kinds.NOT_A_STACK_FILE, (), root.line, **facts)
            return None
        self.tags(root, ())
        config: YamlEntry | None = None
        environment: Node | None = None
        config_may_be_meant = False
        for name, entry in self.named(root, ()):
            if name == "config":
                config = entry
                continue
            self.free(entry.value, (name,))
            if name == _ENVIRONMENT:
                environment = entry.value
            if name not in _STACK_KEYS:
                config_may_be_meant |= self.stray(name, entry.line)
        topology = self.from_environment(root)
        if config is None and topology is not None:
            config = YamlEntry(root.line, None, Fields(root.line, None))
        if config is not None:
            return _with_environment(self.config(config, topology), environment)
        if not config_may_be_meant:
            self.add(kinds.NO_CONFIG, (), root.line, namespace=NAMESPACE)
        return None

    def is_sentence(self, path: Path) -> bool:
        return path[-1] in _SENTENCES or path[-2:-1] in {(each,) for each in _OF_SENTENCES}

    def stray(self, name: str, line: int) -> bool:
        """A key of the top level that Pulumi ignores; whether `config` could have been meant."""
        if name in SETTINGS or ":" in name:
            self.add(kinds.SETTING_OUTSIDE_CONFIG, (name,), line, key=name)
            return True
        meant = closest(name, _STACK_KEYS)
        facts = {
            "allowed": listed(_STACK_KEYS),
            "remedy": f"Did you mean `{meant}`?"
            if meant
            else "Delete it, or move it below `config`.",
        }
        self.add(kinds.UNKNOWN_STACK_KEY, (name,), line, key=name, **facts)
        return meant == "config"

    def from_environment(self, root: Fields) -> YamlEntry | None:
        """The topology that the environment supplies, where that is known."""
        found = _entry(root, _ENVIRONMENT) if self.supplied else None
        for name in self.supplied:
            found = None if found is None else _entry(found.value, name)
        return found

    def config(self, config: YamlEntry, topology: YamlEntry | None) -> StackFile | None:
        """What stands under `config`; the topology from elsewhere where it has none itself."""
        node = config.value
        if is_empty(node):
            node = Fields(config.line, None)
        if not isinstance(node, Fields):
            facts = {"shape": shape(node), "namespace": NAMESPACE}
            self.add(kinds.CONFIG_NOT_A_MAPPING, ("config",), config.line, **facts)
            return None
        self.tags(node, ("config",))
        ours: dict[str, object] = {}
        others: dict[str, object] = {}
        sealed: dict[str, str] = {}
        nodes: dict[str, Placed] = {}
        misspelled: set[str] = set()
        for key, entry in self.named(node, ("config",)):
            namespace, _, name = key.partition(":")
            if namespace == NAMESPACE and name in SETTINGS:
                ours[name] = self.setting(name, key, entry)
                nodes[name] = Placed(entry.line, entry.value)
            elif meant := _meant(key):
                misspelled.add(meant)
                self.add(
                    kinds.MISSPELLED_SETTING, ("config", key), entry.line, key=key, meant=meant
                )
            elif namespace == NAMESPACE:
                misspelled.add(self.unknown_setting(key, name, entry.line))
            elif key.count(":") > 1 and key.split(":")[1:-1] != ["config"]:
                self.add(kinds.CONFIG_KEY_FORM, ("config", key), entry.line, key=key)
            else:
                self.free(entry.value, ("config", key))
                others[key] = lenient(entry.value)
                if has_secret(entry.value):
                    sealed[key] = digest(entry.value)
                nodes.setdefault(key, Placed(entry.line, entry.value))
        if topology is not None and "topology" not in ours:
            ours["topology"] = self.setting("topology", FULL_NAMES[0], topology)
            nodes["topology"] = Placed(topology.line, topology.value)
        if "topology" not in ours and FULL_NAMES[0] not in misspelled:
            self.add(kinds.MISSING_TOPOLOGY, ("config",), config.line, namespace=NAMESPACE)
        return StackFile(self.file, ours, others, sealed, _nodes=nodes, _line=config.line)

    def unknown_setting(self, key: str, name: str, line: int) -> str:
        """A key in our namespace that nothing reads; which one is meant, if one is."""
        finding = unknown_setting(name, ("config", key))
        self.findings.append(finding.located(lambda _: Place(self.file, line)))
        meant = closest(name, SETTINGS)
        return f"{NAMESPACE}:{meant}" if meant else ""

    def setting(self, name: str, key: str, entry: YamlEntry) -> object:
        value = self.value(entry.value, (name,))
        if name not in WORDS and not isinstance(entry.value, Fields):
            facts = {"key": key, "shape": shape(entry.value)}
            self.add(kinds.SETTING_NOT_A_MAPPING, (name,), entry.line, **facts)
        # A key without a value is an empty text to a program.
        return "" if name in WORDS and value is None else value


def _with_environment(stack: StackFile | None, node: Node | None) -> StackFile | None:
    if stack is None or node is None:
        return stack
    return replace(stack, environment=lenient(node), environment_digest=digest(node))


def _meant(key: str) -> str | None:
    """Which of our settings is meant by a key that is not in our namespace, if one is."""
    namespace, _, name = key.casefold().rpartition(":")
    if key.startswith(f"{NAMESPACE}:") and namespace == NAMESPACE:
        return None
    if name == NAMESPACE:
        # A space after the colon made a mapping of its own: `exchange-ports: {topology: ...}`.
        return FULL_NAMES[0]
    # `exchange-ports:config:topology`, the old form and the same key to Pulumi, is close as well.
    if namespace and closest(namespace, [NAMESPACE]) is None:
        return None
    setting = closest(name, SETTINGS) if namespace else name if name in SETTINGS else None
    return None if setting is None else f"{NAMESPACE}:{setting}"


# ---- the names of settings ----


def unknown_setting(name: str, at: Path) -> Finding:
    """That there is no such setting, and which one is meant, if one is. `name` is without namespace."""
    found = closest(name, SETTINGS)
    meant = f"`{NAMESPACE}:{found}`" if found else ""
    return kinds.UNKNOWN_SETTING.at(
        at,
        key=f"{NAMESPACE}:{name}",
        remedy=f"Did you mean {meant}?"
        if meant
        else f"Delete it. Known settings are {listed(FULL_NAMES)}.",
    )


def listed(names: Iterable[str]) -> str:
    """Names as one reads them: all of them, the last after `and`."""
    *most, last = (f"`{name}`" for name in names)
    return f"{', '.join(most)} and {last}"


def closest(name: str, known: Iterable[str]) -> str | None:
    """The one that is likely meant by a name, if one is."""
    word = name.casefold()
    # Lengths alone tell that most are not alike, and most files need not wait for this import.
    near = [each for each in known if 2 * min(len(word), len(each)) >= _ALIKE * len(word + each)]
    if not near:
        return None
    from difflib import get_close_matches

    found = get_close_matches(word, near, n=1, cutoff=_ALIKE)
    return found[0] if found else None
