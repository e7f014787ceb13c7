"""What pydantic says of data that has not the shape of a topology, as findings.

Knows: pydantic's kinds of errors and the models' fields. Must not know: whether a topology makes
sense.
"""

import ast
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from types import ModuleType
from typing import Any, Final, NamedTuple, cast, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from exchange_ports.catalog import PLAIN_TEXT_PORTS, SERVICES, Service
from exchange_ports.findings import Finding, Path, nearest
from exchange_ports.findings.file_kinds import SECRET_IN_SETTING
from exchange_ports.findings.topology_kinds import BY_CODE
from exchange_ports.topology import models
from exchange_ports.topology.fields import Deferred, cloud_name, plain_type
from exchange_ports.topology.models import Topology

#: In place of a value: the key or item goes.
DROPPED: Final = object()


class ShapeError(NamedTuple):
    """A finding, and where it is clear what was meant, the place with what belongs there."""

    finding: Finding
    mend: tuple[Path, object] | None = None


#: Levels. A topology uses 8; a file cannot have more than 40 (`nodes`), but a program can.
_DEEPEST: Final = 40
#: More than any number that is declared; beyond a few thousand digits Python refuses to write them.
_BIGGEST: Final = 10**100


#: What to do instead of giving an output, by the field.
_LATER: Final = "Write the value itself; only `networks` and `tags` accept outputs."
_FIX_OF: Final = {
    "address": "Declare the address and pass it to the instance (`private_ip=...`), or pass the output in the "
    "argument `addresses`, which compares both. If no finding requires `address`, remove it.",
}


def is_output(data: object) -> bool:
    """Whether a value is one that Pulumi only knows later. Pulumi itself is not loaded here."""
    return type(data).__name__ == "Output" and type(data).__module__.startswith("pulumi.")


def _field(path: Path) -> str:
    return next((str(each) for each in reversed(path) if not isinstance(each, int)), "")


def not_plain(data: object, at: Path, path: Path = ()) -> Iterator[ShapeError]:
    """A finding for each value that no stack file could hold, only a program."""
    if data is None or isinstance(data, bool | float):
        return
    got, expected = f"{type(data).__name__}, an object", "plain data"
    if len(path) > _DEEPEST:
        got = f"more than {_DEEPEST} levels deep"
    elif isinstance(data, str):
        if data.isascii() or not any("\ud800" <= char <= "\udfff" for char in data):
            return
        got, expected = "text with half a character", "text"
    elif isinstance(data, int):
        if abs(data) < _BIGGEST:
            return
        got, expected = "a number with more than 100 digits", "a smaller number"
    elif isinstance(data, list | tuple):
        for index, value in enumerate(cast("Sequence[object]", data)):
            yield from not_plain(value, at, (*path, index))
        return
    elif isinstance(data, dict):
        if "secure" in data and len(cast("dict[object, object]", data)) == 1:
            # What `pulumi config set --secret` leaves; its value must never be shown.
            yield ShapeError(SECRET_IN_SETTING.at((*at, *path)))
            return
        odd = False
        for key, value in cast("dict[object, object]", data).items():
            odd |= not isinstance(key, str)
            yield from not_plain(value, at, (*path, str(key)))
        if not odd:
            return
        got, expected = "a mapping with a key that is not text", "a mapping with text for keys"
    yield ShapeError(_odd((*at, *path), cast("object", data), got, expected))


def _odd(at: Path, data: object, got: str, expected: str) -> Finding:
    if is_output(data):
        return BY_CODE["unresolved-output"].at(at, fix=_FIX_OF.get(_field(at), _LATER))
    fix = f"Write {expected}."
    return BY_CODE["wrong-type"].at(at, got=got, expected=expected, fix=fix)


#: Why a key must be there, by the key, or by what it stands under and the key.
_REASONS: Final = {
    "organization": "Reports show the name of the organization.",
    "networks": "Each server belongs to a network, and its platform determines which rules are created.",
    "platform": "It determines whether security groups or network security groups are created.",
    "internal": "Rules for the internal zone use its ranges.",
    "sites": "Each server belongs to an Active Directory site.",
    "network": "The network determines in which cloud the rules of the server are created.",
    "roles": "The roles determine which traffic the server needs.",
    "name_servers": "Each Exchange server needs a DNS server, and traffic that is not declared is blocked.",
    "name_servers.internal": "Each Exchange server needs a DNS server, and traffic that is not declared is "
    "blocked.",
    "reason": "The description of each cloud rule contains its reason.",
}


def shape_errors(errors: Sequence[ErrorDetails], data: Any, at: Path) -> Iterator[ShapeError]:
    """A finding for each error that pydantic found in `data`, which stands at `at`."""
    paths = [_path(error["loc"], data) for error in errors]
    for error, path in zip(errors, paths, strict=True):
        below = any(len(other) > len(path) and other[: len(path)] == path for other in paths)
        if error["type"] == "too_short" and below:
            # An entry was wrong, so the list came out empty: one root cause, one finding.
            continue
        kind = error["type"]
        facts: dict[str, Any] = dict(error.get("ctx", {}))
        if kind in BY_CODE:
            yield _own(kind, facts, path, at)
        elif kind in _READ:
            yield _READ[kind](facts, path, data, at)
        else:
            yield _wrong_type(kind, facts, path, data, at)


#: Pydantic's own steps in a location: union tags (`fields.BY_SHAPE`), and that a key is wrong.
_MARKS: Final = frozenset({"<word>", "<range>", "<list>", "<mapping>", "[key]"})


def mistakable(data: Any, at: Path, path: Path = ()) -> Iterator[ShapeError]:
    """A finding for each key that is spelled like one of pydantic's own steps. None is ever right."""
    if isinstance(data, dict):
        for key, value in cast("dict[str, Any]", data).items():
            if key in _MARKS:
                found = BY_CODE["unknown-key"].at((*at, *path, key), key=key, fix="Remove the key.")
                yield ShapeError(found, ((*path, key), DROPPED))
            else:
                yield from mistakable(value, at, (*path, key))
    elif isinstance(data, list):
        for index, value in enumerate(cast("list[Any]", data)):
            yield from mistakable(value, at, (*path, index))


def _path(loc: tuple[int | str, ...], data: Any) -> Path:
    """A location without pydantic's own steps. The last one may be a key that is missing."""
    steps: list[int | str] = []
    for step in loc:
        if step in _MARKS:
            continue
        steps.append(step)
        if isinstance(data, dict):
            data = cast("dict[object, Any]", data).get(step)
        elif isinstance(data, list):
            data = cast("list[Any]", data)[int(step)]
    return tuple(steps)


def _value(data: Any, path: Path) -> Any:
    for step in path:
        data = data[step]
    return data


def _unknown_key(_: dict[str, Any], path: Path, data: Any, at: Path) -> ShapeError:
    del data
    key = str(path[-1])
    known = sorted(_fields_at(path[:-1]))
    if key == "roles" and "subscribed_site" in known:
        found = BY_CODE["edge-shares-role"].at(
            (*at, *path[:-1]),
            server=path[-2],
            role="declares `roles`",
            fix="Remove `roles`: an Edge server has only the Edge Transport role.",
        )
        return ShapeError(found, (path, DROPPED))
    if key == "through" and "inbound" in path:
        found = BY_CODE["unknown-key"].at((*at, *path), key=key, fix=_INBOUND)
        return ShapeError(found, (path, DROPPED))
    candidates = [each for each in known if key.lower() in each.split("_") and each != key]
    if len(candidates) > 1:
        # One of them would be a guess, and what it stands for is not what the other does.
        lines = (f"`{each}` - {_summary_at(path[:-1], each)}" for each in candidates)
        found = BY_CODE["unknown-key"].at((*at, *path), key=key, fix="")
        found = replace(found, fix="\n".join(("Write one of:", *lines)))
        return ShapeError(found, (path, DROPPED))
    meant = nearest(key, known) or next(iter(candidates), None)
    fix = f"Did you mean `{meant}`?" if meant else f"Known keys are {listed_keys(known)}."
    found = BY_CODE["unknown-key"].at((*at, *path), key=key, fix="")
    # A list of keys is not cut as a fact of the file is.
    return ShapeError(replace(found, fix=fix), (path, DROPPED))


#: Inbound mail has no `through`: which servers receive it follows from the Edge servers, or is in `to`.
_INBOUND: Final = (
    "Remove `through`: Edge servers receive inbound mail, or without them the Client Access servers. "
    "`to: [hq]` names their sites."
)


def _missing(_: dict[str, Any], path: Path, data: Any, at: Path) -> ShapeError:
    del data
    key = str(path[-1])
    under = ".".join(map(str, path[-2:]))
    why = _REASONS.get(under) or _REASONS.get(key) or "The key is required."
    example = f"{key}: {_written(next(_examples(path), '...'))}"
    found = BY_CODE["missing-key"].at((*at, *path[:-1]), key=key, why=why, example=example)
    return ShapeError(found)


def _word(facts: dict[str, Any], path: Path, data: Any, at: Path) -> ShapeError:
    word = _value(data, path)
    allowed = [each.strip(" '") for each in str(facts["expected"]).replace(" or ", ",").split(",")]
    if not isinstance(word, str):
        one_of = f"one of {listed_keys(allowed, 'or')}"
        fix = _instead(path, word) or f"Write {one_of}."
        got = plain_type(word)
        return ShapeError(BY_CODE["wrong-type"].at((*at, *path), got=got, expected=one_of, fix=fix))
    if path[-2:-1] == ("roles",) and word.lower().startswith("edge"):
        server = path[-3]
        found = BY_CODE["edge-shares-role"].at(
            (*at, *path),
            server=server,
            role="is listed in `servers` of a site",
            fix=f"Move {server} from `servers` to `edge_servers`.",
        )
        return ShapeError(found)
    encrypted = _ENCRYPTED.get(word.lower()) if path[-2:-1] == ("services",) else None
    if encrypted is not None:
        found = BY_CODE["unknown-word"].at(
            (*at, *path), what=_unknown(path, word), fix=_only(encrypted)
        )
        return ShapeError(found, (path, encrypted.value))
    # Some fields take a word or a list, and the list was meant: `from: 10.64.0.0/12`.
    others = [_written(each) for each in _examples(path) if not isinstance(each, str)]
    pasted = cloud_name(word) if others else None
    if pasted is not None:
        facts = {"end": word, **pasted._asdict()}
        return ShapeError(BY_CODE["cloud-name"].at((*at, *path), **facts))
    meant = nearest(word, allowed)
    known = f"Write one of {listed_keys((*allowed, *others), 'or')}."
    found = BY_CODE["unknown-word"].at(
        (*at, *path),
        what=_unknown(path, word),
        fix=f'Did you mean "{meant}"?' if meant else known,
    )
    return ShapeError(found, (path, meant) if meant else None)


#: What people call a service on its encrypted port alone.
_ENCRYPTED: Final = {
    **dict.fromkeys(("imaps", "imap4s", "imap_ssl", "imap-ssl"), Service.IMAP),
    **dict.fromkeys(("pops", "pop3s", "pop_ssl", "pop-ssl"), Service.POP),
}


def _only(service: Service) -> str:
    """How a stack file opens the encrypted port of a service and no other."""
    plain = PLAIN_TEXT_PORTS[service]
    single = (each for several in SERVICES[service].ports for each in several.one_by_one())
    ports = [str(each) for each in single if str(each) != f"{plain}/tcp"]
    return (
        f"Write `services: [{service}]`. To open only the encrypted port, add "
        f"`service_ports: {{{service}: [{', '.join(ports)}]}}` beside `clients`."
    )


def _day(_: dict[str, Any], path: Path, data: Any, at: Path) -> ShapeError:
    found = BY_CODE["bad-date"].at((*at, *path), word=_value(data, path))
    return ShapeError(found, (path, DROPPED))


def _empty(_: dict[str, Any], path: Path, data: Any, at: Path) -> ShapeError:
    del data
    needed = _is_required(path)
    fix = "Add at least one entry." if needed else "Add at least one entry, or remove the key."
    return ShapeError(BY_CODE["empty-list"].at((*at, *path), fix=fix))


#: What a field with several shapes takes, by the tag of the shape.
_SHAPES: Final = {
    "<word>": "a word",
    "<range>": "an address or range",
    "<list>": "a list in brackets",
    "<mapping>": "a mapping",
}


def _wrong_type(kind: str, facts: dict[str, Any], path: Path, data: Any, at: Path) -> ShapeError:
    value = _value(data, path)
    words = [each for each in _examples(path) if isinstance(each, str) and each.isidentifier()]
    tags = str(facts.get("expected_tags", ""))
    shapes = [
        text for tag, text in _SHAPES.items() if tag in tags and (tag != "<word>" or not words)
    ]
    named = [f"`{each}`" for each in words]
    shapes = [*named, *shapes] if "<word>" in tags else shapes
    # A kind of pydantic's own, or one of a field with several shapes.
    expected = _EXPECTED.get(kind) or ", ".join(shapes)
    expected = " or ".join(expected.rsplit(", ", 1))
    if isinstance(value, bool) and words and kind != "bool_type":
        # YAML reads `no` and `off` as false, where a word such as `disabled` was meant.
        expected = " or ".join((*named, expected))
    elif expected == _A_MAPPING:
        expected = _shape_of(path)
    elif kind == "bool_type" and isinstance(value, str):
        expected += " without quotes"
    fix = _instead(path, value) or f"Write {expected}."
    facts = {"got": plain_type(value), "expected": expected, "fix": fix}
    return ShapeError(BY_CODE["wrong-type"].at((*at, *path), **facts))


def _shape_of(path: Path) -> str:
    """A mapping with the keys that it must and can have."""
    known = {
        field.alias or name: field.is_required()
        for model in _models_at(path)
        for name, field in model.model_fields.items()
    }
    needed = [key for key, required in known.items() if required]
    optional = [key for key, required in known.items() if not required]
    if not known:
        return _A_MAPPING
    if not needed:
        return f"{_A_MAPPING} with any of {listed_keys(optional)}"
    also = f" and optionally {listed_keys(optional)}" if optional else ""
    return f"{_A_MAPPING} with {listed_keys(needed)}{also}"


def _instead(path: Path, value: object) -> str:
    """What to write at `path` in place of a value of another type; empty where no example is known."""
    key = _field(path)
    written = [each for each in _examples(path) if type(each) is not type(value)]
    # A word such as `internet` opens more than a list; of a bool it is what YAML made `no` or `off` of.
    written.sort(key=lambda each: isinstance(each, str) != isinstance(value, bool))
    if not written:
        known: list[tuple[bool, str, list[object]]] = [
            (field.is_required(), field.alias or name, field.examples)
            for model in _models_at(path)
            for name, field in model.model_fields.items()
            if field.examples
        ]
        needed = {name: each[0] for required, name, each in known if required}
        lists: Iterator[dict[str, object]] = (
            {name: item} for _, name, each in known for item in each if isinstance(item, list)
        )
        shown = needed or next(lists, None)
        written = [shown] if shown else []
    if not written:
        return ""
    # An item of a list has the list's key in its path, and stands alone.
    alone = path and isinstance(path[-1], int)
    shown = _written(written[0])
    return f"Write `{shown}`." if alone or not path else f"Write `{key}: {shown}`."


def listed_keys(names: Iterable[str], last: str = "and") -> str:
    """Keys or values as a sentence names them: `a`, `b` and `c`."""
    *most, end = (f"`{name}`" for name in names)
    return f"{', '.join(most)} {last} {end}" if most else end


#: What an entry of such a list is called.
_ENTRIES: Final = {"roles": "role", "services": "service", "platform": "platform"}


def _unknown(path: Path, word: str) -> str:
    field = _field(path)
    noun = _ENTRIES.get(field)
    return f'{noun} "{word}"' if noun else f'value "{word}" of `{field}`'


_READ: Final[dict[str, Callable[[dict[str, Any], Path, Any, Path], ShapeError]]] = {
    "extra_forbidden": _unknown_key,
    "missing": _missing,
    "enum": _word,
    "literal_error": _word,
    "string_pattern_mismatch": _day,
    "too_short": _empty,
}

_A_MAPPING: Final = "a mapping"
_EXPECTED: Final = {
    "model_type": _A_MAPPING,
    "dict_type": _A_MAPPING,
    "model_attributes_type": _A_MAPPING,
    "tuple_type": "a list in brackets",
    "list_type": "a list in brackets",
    "bool_type": "true or false",
    "string_type": "text",
    "int_type": "a number",
}


_INTERNET: Final = "internet"
#: What people write into a list of ranges for all public addresses.
_WHOLE_INTERNET: Final = (_INTERNET, "any", "all")


#: One address, as a range.
_SINGLE: Final = re.compile(r"([0-9.]+)/32|([0-9a-fA-F:]+)/128")


def _own(code: str, facts: dict[str, Any], path: Path, at: Path) -> ShapeError:
    """An error of one of our own values."""
    mend: tuple[Path, object] | None = None
    if code == "bad-range" and facts["range"] in _WHOLE_INTERNET:
        whole = path[:-1]
        if _INTERNET in _examples(whole):
            fix = f"Write `{_field(whole)}: {_INTERNET}`, without brackets."
            found = replace(BY_CODE[code].at((*at, *path), **facts), fix=fix)
            return ShapeError(found, (whole, _INTERNET))
    single = _SINGLE.fullmatch(str(facts.get("address", "")))
    if code == "bad-address" and single:
        # As reports print one address as a range.
        address = single[1] or single[2]
        found = replace(BY_CODE[code].at((*at, *path), **facts), fix=f"Write `{address}`.")
        return ShapeError(found, (path, address))
    if code == "wrong-type":
        facts["fix"] = _instead(path, None) or f"Write {facts['expected']}."
    elif code == "host-bits":
        mend = (path, facts["meant"])
    elif code == "bad-name":
        kept = "".join(c if c.isascii() and c.isalnum() else "-" for c in str(facts["name"]))
        facts["meant"] = kept.strip("-")[:40].strip("-") or "hq"
    elif code == "bad-ports":
        facts["example"] = f"{_field(path)}: [{facts['meant']}]"
        # Of several, the first: one value can be read in the place of one.
        mend = (path, str(facts["meant"]).partition(",")[0])
    return ShapeError(BY_CODE[code].at((*at, *path), **facts), mend)


def _fields_at(path: Path) -> set[str]:
    """The keys that a stack file may write at `path`, from the models."""
    return {
        field.alias or name
        for model in _models_at(path)
        for name, field in model.model_fields.items()
    }


def _summary_at(path: Path, key: str) -> str:
    """The first words below a field of a model: what it is."""
    for model in _models_at(path):
        for field, text in field_texts().get(model.__name__, {}).items():
            if field == key:
                return re.split(r"[:.]", " ".join(text.split()))[0]
    return key


def _modules() -> Iterator[ModuleType]:
    """The modules with the models of a topology, those of deferred ones last."""
    yield models
    for field in Topology.model_fields.values():
        for each in field.metadata:
            if isinstance(each, Deferred):
                yield sys.modules[each.model().__module__]


def model_named(name: str) -> type[BaseModel]:
    """A model whose fields have texts (`field_texts`)."""
    # A deferred model has a stand-in for its type where it is a field.
    several = [vars(module).get(name) for module in _modules()]
    return next(each for each in several if isinstance(each, type) and issubclass(each, BaseModel))


@cache
def field_texts() -> dict[str, dict[str, str]]:
    """The text below each field, by model and field; a model has those of its bases too."""
    described: dict[str, dict[str, str]] = {}
    for node in (each for one in _modules() for each in ast.parse(inspect.getsource(one)).body):
        if isinstance(node, ast.ClassDef):
            texts: dict[str, str] = {}
            for base in node.bases:
                texts |= described.get(base.id, {}) if isinstance(base, ast.Name) else {}
            described[node.name] = texts | dict(_texts(node))
    return described


def _texts(model: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, below in zip(model.body, model.body[1:], strict=False):
        match field, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                yield name, inspect.cleandoc(text)
            case _:
                pass


def _is_required(path: Path) -> bool:
    """Whether the key that ends `path` must be there."""
    return any(
        (field.alias or name) == path[-1] and field.is_required()
        for model in _models_at(path[:-1])
        for name, field in model.model_fields.items()
    )


def _examples(path: Path) -> Iterator[object]:
    """The examples of the key that ends `path`, from the models."""
    for model in _models_at(path[:-1]):
        for name, field in model.model_fields.items():
            if (field.alias or name) == path[-1]:
                yield from field.examples or ()


def _written(value: object) -> str:
    """An example as a stack file writes it, on one line."""
    if isinstance(value, dict):
        entries = cast("dict[str, object]", value).items()
        return "{" + ", ".join(f"{key}: {_written(each)}" for key, each in entries) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, cast("list[object]", value))) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    # A colon would end a key.
    return f'"{value}"' if isinstance(value, str) and ":" in value else str(value)


def _models_at(path: Path) -> list[type[BaseModel]]:
    """The models that may stand at `path`."""
    models: list[type[BaseModel]] = [Topology]
    annotations: list[Any] = []
    for step in path:
        if models:
            annotations = [
                _annotation(field)
                for model in models
                for name, field in model.model_fields.items()
                if (field.alias or name) == step
            ]
        else:
            # Behind a mapping's key or a list's index stands what the container holds.
            annotations = [arg for a in annotations for arg in get_args(a)[-2:]]
        models = list(_models_in(annotations))
        annotations = [a for each in annotations for a in _containers_in(each)]
    return models


def _annotation(field: FieldInfo) -> Any:
    """What a field holds; of a deferred model, the model."""
    deferred = (each.model() for each in field.metadata if isinstance(each, Deferred))
    return next(deferred, field.annotation)


def _members(annotation: Any) -> Iterator[Any]:
    """An annotation without unions and `Annotated`."""
    if get_args(annotation) and not _is_container(annotation):
        for arg in get_args(annotation):
            yield from _members(arg)
    else:
        yield annotation


def _is_container(annotation: Any) -> bool:
    return getattr(annotation, "__origin__", None) in (dict, tuple)


def _models_in(annotations: Iterable[Any]) -> Iterator[type[BaseModel]]:
    for annotation in annotations:
        for member in _members(annotation):
            if isinstance(member, type) and issubclass(member, BaseModel):
                yield member


def _containers_in(annotation: Any) -> Iterator[Any]:
    return (member for member in _members(annotation) if _is_container(member))
