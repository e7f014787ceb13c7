"""The offline preview: what a program registers and what that opens, as `pulumi preview` says it.

Knows: how the CLI lays out resources, diagnostics, outputs and the closing count, read in
pulumi/pulumi @1b594989 `pkg/backend/display/{progress,rows,object_diff,diff}.go`. Three
things differ: no blanks at line ends, escapes for whatever a terminal would obey, and text that
happens to be JSON stays text.
Must not know: Pulumi itself, or where the resources come from. Anything with the fields of
`_Registered` will do.

The CLI prints the parts in this order, a blank line between them: `resource_tree`,
`diagnostics_lines`, `outputs_lines`, `summary_lines`.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple, Protocol, cast

from exchange_ports.planning import Plans
from exchange_ports.reports.document import Code, Document, Paragraph, Section
from exchange_ports.reports.plan_report import opening_sections

_STACK_TYPE: Final = "pulumi:pulumi:Stack"
_INDENT: Final = "    "

#: The CLI's word for what only a cloud could tell: shown without quotes.
_UNKNOWN: Final = "[unknown]"

#: Behind the plan the CLI leaves room for the dots that show progress.
_ROOM_FOR_DOTS: Final = 3

#: In the order of the info column, with the words that stand there.
_NOUNS: Final = {"error": "error", "warning": "warning", "info": "message"}


class _Registered(Protocol):
    """A resource, as far as it is shown.

    `type` is its token in full, `parent` the URN of what it stands below; what is `read` exists and
    is only looked at.
    """

    @property
    def urn(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def parent(self) -> str | None: ...
    @property
    def read(self) -> bool: ...


class _Message(Protocol):
    """A message to the user of one line or more, an `error`, `warning` or `info`, about a resource.

    Without a `urn` it is about the stack.
    """

    @property
    def severity(self) -> str: ...
    @property
    def message(self) -> str: ...
    @property
    def urn(self) -> str | None: ...


class _Recorded(Protocol):
    """What a run of the program left: every resource in the order of registration, outputs, messages.

    `secret_outputs` are the paths in the outputs that are secret.
    """

    @property
    def project(self) -> str: ...
    @property
    def stack(self) -> str: ...
    @property
    def registrations(self) -> Sequence[_Registered]: ...
    @property
    def outputs(self) -> Mapping[str, object]: ...
    @property
    def secret_outputs(self) -> Collection[str]: ...
    @property
    def logs(self) -> Sequence[_Message]: ...


class _Row(NamedTuple):
    operation: str
    type: str
    name: str
    plan: str
    info: str


def preview_report(recorded: _Recorded, plans: Plans, *, in_step: bool = False) -> Document:
    """The tree of resources, messages and outputs, then what is opened and the limits.

    `in_step`: registered is a step on the way to `plans`, not these.
    """
    return Document(lambda: _sections(recorded, plans, in_step=in_step))


def _sections(recorded: _Recorded, plans: Plans, *, in_step: bool) -> Iterator[Section]:
    about = (recorded.registrations, recorded.project, recorded.stack)
    offline = f"Offline preview ({recorded.stack}): no engine and no cloud was used"
    yield Section("", (Paragraph(offline),))
    for lines in (
        resource_tree(*about, recorded.logs),
        diagnostics_lines(recorded.logs, *about),
        outputs_lines(recorded.outputs, recorded.secret_outputs),
        summary_lines(recorded.registrations),
    ):
        if lines:
            yield Section("", (Code(lines),))
    yield Section("Allowed after the last phase:" if in_step else "Allowed traffic:")
    yield from opening_sections(plans)


def display_type(token: str) -> str:
    """The short form of a type token.

    >>> display_type("aws:ec2/securityGroup:SecurityGroup")
    'aws:ec2:SecurityGroup'
    >>> display_type("exchange-ports:index:ExchangeFirewall")
    'exchange-ports:index:ExchangeFirewall'
    """
    package, _, rest = token.partition(":")
    module, _, name = rest.rpartition(":")
    folder, _, file = module.rpartition("/")
    if folder and name and file == name[0].lower() + name[1:]:
        return f"{package}:{folder}:{name}"
    return token


def resource_tree(
    registrations: Sequence[_Registered],
    project: str,
    stack: str,
    messages: Iterable[_Message] = (),
) -> list[str]:
    """The table of resources as a tree under the stack, siblings in the order of their URNs.

    Messages are counted in the last column, beside what they are about.
    """
    by_urn = {one.urn: one for one in registrations}
    children: defaultdict[str | None, list[_Registered]] = defaultdict(list)
    for one in registrations:
        # As in the CLI: who has no parent in sight stands right below the stack.
        children[one.parent if one.parent in by_urn else None].append(one)
    counts: defaultdict[str | None, Counter[str]] = defaultdict(Counter)
    for message in messages:
        counts[message.urn if message.urn in by_urn else None][message.severity] += 1

    rows = [
        _Row("", "Type", "Name", "Plan", "Info" if counts else ""),
        _Row("+", _STACK_TYPE, _printable(f"{project}-{stack}"), "create", _counted(counts[None])),
    ]

    def add(parent: str | None, indent: str) -> None:
        siblings = sorted(children[parent], key=lambda one: one.urn)
        for one in siblings:
            last = one is siblings[-1]
            rows.append(
                _Row(
                    ">" if one.read else "+",
                    indent + ("└─ " if last else "├─ ") + _printable(display_type(one.type)),
                    _printable(one.name),
                    "read" if one.read else "create",
                    _counted(counts[one.urn]),
                )
            )
            add(one.urn, indent + ("   " if last else "│  "))

    add(None, "")
    types = max(len(row.type) for row in rows)
    names = max(len(row.name) for row in rows)
    plans = max(len(row.plan) for row in rows) + _ROOM_FOR_DOTS
    return [
        f" {row.operation:<4}{row.type:<{types}}  {row.name:<{names}}  "
        f"{row.plan:<{plans}}  {row.info}".rstrip()
        for row in rows
    ]


def diagnostics_lines(
    messages: Sequence[_Message], registrations: Iterable[_Registered], project: str, stack: str
) -> list[str]:
    """The section `Diagnostics:`, by resource. Without messages there is none."""
    by_urn = {one.urn: one for one in registrations}
    about: defaultdict[str, list[_Message]] = defaultdict(list)
    for message in messages:
        about[message.urn if message.urn in by_urn else ""].append(message)
    lines: list[str] = []
    # The stack first: its messages are the ones that concern everything.
    for urn, logged in sorted(about.items()):
        one = by_urn.get(urn)
        kind, name = (one.type, one.name) if one else (_STACK_TYPE, f"{project}-{stack}")
        lines += [""] if lines else ["Diagnostics:"]
        lines.append(f"  {_printable(display_type(kind))} ({_printable(name)}):")
        for message in logged:
            # A plain message goes without a word in front of it.
            word = "" if message.severity == "info" else f"{message.severity}: "
            text = f"{word}{message.message}".rstrip()
            lines += [f"{_INDENT}{_printable(line)}".rstrip() for line in text.split("\n")]
    return lines


def outputs_lines(outputs: Mapping[str, object], secrets: Collection[str] = ()) -> list[str]:
    """The section `Outputs:`. Values at the paths in `secrets` are not shown.

    At the top, what is empty is left out. Without anything to show there is no section.
    """
    shown = {
        key: value
        for key, value in outputs.items()
        if key in secrets or value not in (None, "", [], {})
    }
    if not shown:
        return []
    return ["Outputs:", *_object_lines(shown, "", _INDENT, frozenset(secrets))]


def summary_lines(registrations: Iterable[_Registered]) -> list[str]:
    """The section `Resources:`: how many are to be created, the stack itself among them."""
    number = 1 + sum(not one.read for one in registrations)
    return ["Resources:", f"{_INDENT}+ {number} to create"]


def _counted(counts: Counter[str]) -> str:
    return "; ".join(
        f"{counts[severity]} {noun}{'s' if counts[severity] > 1 else ''}"
        for severity, noun in _NOUNS.items()
        if counts[severity]
    )


def _printable(text: str) -> str:
    """The text, with escapes in place of what a terminal would obey."""
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in text
    )


def _object_lines(
    values: Mapping[str, object], path: str, indent: str, secrets: frozenset[str]
) -> list[str]:
    # As in the CLI: keys with two underscores are the engine's own.
    keys = sorted(key for key in values if not key.startswith("__"))
    width = max((len(_printable(key)) for key in keys), default=0)
    lines: list[str] = []
    for key in keys:
        at = f"{path}.{key}" if path else key
        first, *rest = _value_lines(values[key], at, indent, secrets)
        lines += [f"{indent}{_printable(key):<{width}}: {first}", *rest]
    return lines


def _value_lines(value: object, path: str, indent: str, secrets: frozenset[str]) -> list[str]:
    """The first line goes behind a key, the others below it."""
    if path in secrets:
        return ["[secret]"]
    if isinstance(value, Mapping):
        inside = _object_lines(cast("Mapping[str, object]", value), path, indent + _INDENT, secrets)
        return ["{", *inside, indent + "}"] if inside else ["{}"]
    if isinstance(value, list | tuple):
        lines = ["["]
        for at, item in enumerate(cast("Sequence[object]", value)):
            first, *rest = _value_lines(item, f"{path}[{at}]", indent + _INDENT, secrets)
            lines += [f"{indent}{_INDENT}[{at}]: {first}", *rest]
        return [*lines, indent + "]"] if len(lines) > 1 else ["[]"]
    return [_scalar(value)]


def _scalar(value: object) -> str:
    match value:
        case None:
            return "<null>"
        case bool():
            return "true" if value else "false"
        case str() if value != _UNKNOWN:
            return _printable(json.dumps(value, ensure_ascii=False))
        case _:
            return str(value)
