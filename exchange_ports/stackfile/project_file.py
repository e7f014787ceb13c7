"""The project file, and what it and an environment add to the settings of a stack file, as Pulumi adds them.

Knows: how Pulumi's workspace reads `Pulumi.yaml` (sdk/go/common/workspace: loaders.go, project.go) and
merges its `config` and an inline environment into a stack's (pkg/workspace/config.go).
Must not know: where files are. What is not known for certain is refused: who reviews a stack then says
that it is not reviewed, and never that nothing differs.
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Final, cast

from exchange_ports.findings import Refused
from exchange_ports.findings.file_kinds import NOT_REVIEWED
from exchange_ports.stackfile.nodes import Fields, Node, YamlList, YamlText, compose
from exchange_ports.stackfile.stack_file import (
    NAMESPACE,
    SETTINGS,
    WORDS,
    StackFile,
    has_no_topology,
    read_environment,
    read_stack_file,
)
from exchange_ports.stackfile.yaml_values import lenient

#: The names of a project file in Pulumi's order: the first that is there is read. Its stack files end alike.
PROJECT_FILES: Final = ("Pulumi.json", "Pulumi.yaml", "Pulumi.yml")

#: The name of a stack file, with the stack's name and its ending.
STACK: Final = re.compile(r"Pulumi\.(.+)(\.ya?ml|\.json)", re.DOTALL)

_NAME: Final = "name"
_CONFIG: Final = "config"
_FOLDER: Final = "stackConfigDir"
_BACKEND: Final = "backend"
_DECISIVE: Final = (_NAME, _CONFIG, _FOLDER, _BACKEND)
_MERGE: Final = "<<"
_TOPOLOGY: Final = f"{NAMESPACE}:topology"
#: In a key of the project's `config` these lead into a value: `exchange-ports:topology.sites`.
_PATHS: Final = frozenset('.[]"')


@dataclass(frozen=True, slots=True)
class ProjectFile:
    """What a project file decides about its stacks."""

    file: str
    name: str
    #: Where its stack files are, as written: relative to the file's folder; empty for that folder.
    folder: str = ""
    #: Where Pulumi keeps the stacks; empty where the file does not say.
    backend: str = ""
    #: Values for all stacks that have none of their own, by the whole name of the setting.
    config: Mapping[str, object] = field(default_factory=dict[str, object])
    #: Whether it is named as ours, or declares a setting of ours, with a value or without.
    ours: bool = False

    def folder_from(self, above: str) -> str:
        """Where its stack files are, below or beside the folder `above`, in which it is itself."""
        # As Go joins paths: what begins with a slash is below as well.
        return os.path.normpath(f"{above or '.'}/{self.folder}").replace(os.sep, "/")

    def stack_file(self, stack: str) -> str:
        """The name of the file in which Pulumi looks for a stack: it ends as the project file does."""
        return f"Pulumi.{stack}{PurePosixPath(self.file).suffix}"


@lru_cache(maxsize=4)
def read_project_file(content: bytes, file: str) -> ProjectFile:
    """Read a project file. `file` is only its name, for the finding. The same bytes are read once.

    :raises Refused: with one finding: it is no project file, or Pulumi may read it otherwise than we do.
    """
    try:
        root = compose(content, file)
    except Refused as refused:
        raise _not_reviewed(
            file, "; ".join(each.summary.rstrip(".") for each in refused.findings)
        ) from None
    for problem in _doubtful(root):
        raise _not_reviewed(file, problem)
    given = _mapping(None if root is None else lenient(root))
    if given is None:
        raise _not_reviewed(file, "it is not a mapping")
    for key in given:
        # Go takes a field of JSON in whatever case it is written.
        meant = next((each for each in _DECISIVE if each.casefold() == key.casefold()), key)
        if meant != key:
            raise _not_reviewed(file, f"`{key}` may be read as `{meant}`")
    name = given.get(_NAME)
    if not isinstance(name, str) or not name:
        raise _not_reviewed(file, "it has no `name`")
    config, folder = given.get(_CONFIG), given.get(_FOLDER)
    if isinstance(config, str):
        # The old form: `config` was the name of the folder.
        if _FOLDER in given:
            raise _not_reviewed(file, "both `config` and `stackConfigDir` name a folder")
        config, folder = None, config
    if not isinstance(folder, str | None):
        raise _not_reviewed(file, "`stackConfigDir` is not text")
    if folder and ("\\" in folder or not folder.isprintable()):
        raise _not_reviewed(file, "`stackConfigDir` is not a path on every system")
    if config is not None and _mapping(config) is None:
        raise _not_reviewed(file, "`config` is not a mapping")
    backend = given.get(_BACKEND)
    url = (_mapping(backend) or {}).get("url") or ""
    declared = _mapping(config) or {}
    values = dict(_defaults(declared, name, file))
    names = (_full_name(key, name) or "" for key in declared)
    ours = name == NAMESPACE or any(each.startswith(f"{NAMESPACE}:") for each in names)
    return ProjectFile(file, name, folder or "", str(url), values, ours)


def _not_reviewed(file: str, why: str) -> Refused:
    return Refused([NOT_REVIEWED.at((), what=file, why=why)])


def _doubtful(node: Node | None) -> Iterator[str]:
    """What Pulumi refuses or readers do not read alike, anywhere in the file."""
    if node is None:
        return
    if node.tag is not None:
        yield f"line {node.line}: a value has a tag"
    if isinstance(node, YamlList):
        for _, item in node.items:
            yield from _doubtful(item)
    if isinstance(node, Fields):
        seen: set[str] = set()
        for entry in node.entries:
            if not isinstance(entry.key, YamlText) or entry.key.tag is not None:
                yield f"line {entry.line}: a key is not plain text"
                continue
            if entry.key.text in seen:
                yield f"line {entry.line}: a key is there twice"
            if entry.key.text == _MERGE and not _mergeable(entry.value):
                yield f"line {entry.line}: the merged value is not a mapping"
            seen.add(entry.key.text)
            yield from _doubtful(entry.value)


def _mergeable(node: Node) -> bool:
    several = [item for _, item in node.items] if isinstance(node, YamlList) else [node]
    return all(isinstance(each, Fields) for each in several)


def _mapping(value: object) -> Mapping[str, object] | None:
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else None


def _defaults(
    config: Mapping[str, object], project: str, file: str
) -> Iterator[tuple[str, object]]:
    """The values of a project's `config`, by the whole name of the setting."""
    for key, given in config.items():
        value = given
        declared = _mapping(given)
        if declared is not None:
            both = [
                declared[each] for each in ("value", "default") if declared.get(each) is not None
            ]
            if len(both) > 1:
                raise _not_reviewed(file, f"`config` gives {key} a value and a default")
            if not both:
                continue
            (value,) = both
        if value is None:
            continue
        name = _full_name(key, project)
        if name is None or not _PATHS.isdisjoint(name):
            raise _not_reviewed(file, f"`config` sets {key}, which may lead into another setting")
        if name == _TOPOLOGY:
            raise _not_reviewed(file, "`config` has a topology for stacks that declare none")
        _check_ours(name, value, file)
        yield name, value


def _full_name(key: str, project: str) -> str | None:
    """A setting's name with its namespace: the project's, if it has none; None where there is no such name."""
    several = key.split(":")
    if len(several) == 3 and several[1] == _CONFIG:  # noqa: PLR2004 - the old form of a name
        several = [several[0], several[2]]
    if len(several) == 1:
        several = [project, *several]
    return ":".join(several) if len(several) == 2 and all(several) else None  # noqa: PLR2004


def _check_ours(name: str, value: object, file: str) -> None:
    """Refuse for a setting of ours what the program would read otherwise, or not at all."""
    namespace, _, setting = name.partition(":")
    if namespace != NAMESPACE:
        return
    if setting not in SETTINGS:
        raise _not_reviewed(file, f"{name} is set, but is not a setting")
    fits = isinstance(value, str) if setting in WORDS else isinstance(value, dict)
    if not fits:
        expected = "a text" if setting in WORDS else "a mapping"
        raise _not_reviewed(file, f"{name} is set to something else than {expected}")


# ---- environments ----

#: Where an environment has settings of a stack.
_SETTINGS_OF_ESC: Final = "pulumiConfig"


@dataclass(frozen=True, slots=True)
class Environment:
    """What a stack's `environment` adds to its settings."""

    #: By the whole name of the setting.
    config: Mapping[str, object] = field(default_factory=dict[str, object])
    #: Of the process of Pulumi, for all that it runs.
    variables: Mapping[str, object] = field(default_factory=dict[str, object])
    #: Why all that it adds is not known from the file; empty where it is.
    unknown: str = ""


def environment_of(given: object, project: str) -> Environment:
    """What the `environment` of a stack file adds, as far as the file has it."""
    if given is None:
        return Environment()
    is_list = isinstance(given, list)
    parts = {"imports": cast("object", given)} if is_list else _mapping(given)
    if parts is None:
        return Environment(unknown="its `environment` is neither a list nor a mapping")
    unknown = _unknown(parts)
    if unknown:
        return Environment(unknown=unknown)
    values = _mapping(parts.get("values")) or {}
    config: dict[str, object] = {}
    for key, value in (_mapping(values.get(_SETTINGS_OF_ESC)) or {}).items():
        name = _full_name(key, project)
        if name is None:
            return Environment(
                unknown=f"its environment sets {key}, which is not the name of a setting"
            )
        if name in config:
            return Environment(unknown=f"its environment sets {name} twice")
        config[name] = value
    return Environment(config, _mapping(values.get("environmentVariables")) or {})


def _unknown(parts: Mapping[str, object]) -> str:
    imports = parts.get("imports")
    if imports:
        several = cast("list[object]", imports) if isinstance(imports, list) else [imports]
        names = [", ".join(_mapping(each) or {}) or str(each) for each in several]
        return f"it imports the environment {', '.join(names)}, whose values are kept elsewhere"
    other = sorted(set(parts) - {"imports", "values"})
    if other:
        return f"its environment has {', '.join(other)}, which is not read here"
    if _has_expression(parts.get("values")):
        return "its environment has an expression, which only Pulumi ESC evaluates"
    return ""


def _has_expression(value: object) -> bool:
    if isinstance(value, dict):
        several = cast("dict[str, object]", value)
        return any(key.startswith("fn::") or _has_expression(v) for key, v in several.items())
    if isinstance(value, list):
        return any(map(_has_expression, cast("list[object]", value)))
    return isinstance(value, str) and "${" in value


def read_declared(content: bytes, file: str, project: ProjectFile | None) -> StackFile:
    """Read a stack file; where it declares no topology, with that of its inline environment.

    Nothing else of the environment is added: `resolved` does that.

    :raises Refused: as `read_stack_file`; or it has no topology, and whether its environment has one is not
        known for certain.
    """
    try:
        return read_stack_file(content, file)
    except Refused as refused:
        if not has_no_topology(refused):
            raise
        written = read_environment(content, file)
        name = "" if project is None else project.name
        added = environment_of(written.given, name)
        if added.unknown:
            raise _not_reviewed(file, added.unknown) from None
        if _TOPOLOGY not in added.config:
            raise
        if written.has_alias:
            # Pulumi hands the text of the environment to the reader of Pulumi ESC, without the rest of the file.
            why = "its topology is in its environment, and the file has an alias"
            raise _not_reviewed(file, why) from None
    values = cast("Mapping[str, Mapping[str, object]]", written.given)["values"]
    settings = cast("Mapping[str, object]", values[_SETTINGS_OF_ESC])
    (key,) = (each for each in settings if _full_name(each, name) == _TOPOLOGY)
    return read_stack_file(content, file, ("values", _SETTINGS_OF_ESC, key))


def uncovered(before: StackFile, now: StackFile) -> tuple[str, ...]:
    """Our settings that a stack file no longer has, each by its path.

    Where its environment is not known, a value of that may stand there now: until then its own was first.
    """
    was, left = (set(_paths(each.config)) for each in (before, now))
    return tuple(sorted(was - left))


def _paths(values: Mapping[str, object], above: str = "") -> Iterator[str]:
    for key, value in values.items():
        path = f"{above}.{key}" if above else f"{NAMESPACE}:{key}"
        inner = _mapping(value)
        if inner is None:
            yield path
        else:
            yield from _paths(inner, path)


def resolved(stack: StackFile, project: ProjectFile | None) -> StackFile:
    """The stack file with what its environment and its project add to it, in Pulumi's order.

    A stack's own value is first, and merged with the environment's where both are mappings; what neither
    has comes from the project. An environment that is not known adds nothing here.

    :raises Refused: a setting of ours would be something else than the program expects.
    """
    name = NAMESPACE if project is None else project.name
    added = environment_of(stack.environment, name).config
    own = {f"{NAMESPACE}:{key}": value for key, value in stack.config.items()}
    # By the name as it is written: an old form `aws:config:region` is `aws:region`.
    written = {_full_name(key, name) or key: key for key in stack.others}
    own |= {full: stack.others[key] for full, key in written.items()}
    merged = _merged(own, added)
    if project is not None:
        merged = {**project.config, **merged}
    for key in added:
        _check_ours(key, merged[key], stack.file)
    ours = {
        key.partition(":")[2]: v for key, v in merged.items() if key.startswith(f"{NAMESPACE}:")
    }
    others = {key: v for key, v in merged.items() if not key.startswith(f"{NAMESPACE}:")}
    sealed = {full: stack.sealed[key] for full, key in written.items() if key in stack.sealed}
    added_here = {key.partition(":")[2] for key in added} | stack.config.keys()
    from_file = {} if project is None else dict.fromkeys(ours.keys() - added_here, project.file)
    return replace(stack, config=ours, others=others, sealed=sealed, from_file=from_file)


def _merged(own: Mapping[str, object], added: Mapping[str, object]) -> dict[str, object]:
    """Both, the own value first: only where both are mappings is there something of either."""
    merged = {**added, **own}
    for key in own.keys() & added.keys():
        mine, theirs = _mapping(own[key]), _mapping(added[key])
        if mine is not None and theirs is not None:
            merged[key] = _merged(mine, theirs)
    return merged
